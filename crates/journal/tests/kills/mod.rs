//! A process that appends until it is killed, and the comparison afterwards.
//!
//! Shared by the tests and by the example `kills`.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use marquee_core::{Action, Actor, Event, EventId, ItemId, Timestamp, UserId};
use marquee_journal::{Entry, Journal, JournalConfig, Outcome, Result};

/// Threads that append at once.
const APPENDERS: u64 = 4;
/// Now and then the journal is made smaller; so it does not grow without end.
const RETAINED: i64 = 20_000;

/// What the kills hit.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Kills of a process that had said something.
    pub(crate) kills: u64,
    /// Entries that were acknowledged, in all.
    pub(crate) acknowledged: u64,
    /// Entries that were found though nobody was told.
    pub(crate) survived: u64,
    /// Entries in the journal at the end.
    pub(crate) entries: u64,
    /// Segments at the end.
    pub(crate) segments: u64,
}

fn config() -> JournalConfig {
    JournalConfig {
        segment_bytes: 64 << 10,
        ..JournalConfig::default()
    }
}

/// What the child does: appends from several threads, and prints a line `NUMBER ID` for each entry
/// after it was acknowledged.
pub(crate) fn append_until_killed(folder: &Path) -> Result<()> {
    let journal = Arc::new(Journal::open(folder, config(), Box::new(()))?);
    let first = journal.durable_seq() + 1;
    let clock = AtomicU64::new(first);
    thread::scope(|scope| {
        for appender in 0..APPENDERS {
            let (journal, clock) = (&journal, &clock);
            scope.spawn(move || append(journal, &format!("{first}-{appender}"), clock));
        }
        let rewrite = || -> Result<()> {
            loop {
                thread::sleep(Duration::from_millis(20));
                let now = clock.load(Ordering::Relaxed).cast_signed();
                journal.retain(Timestamp::from_millis(now - RETAINED))?;
            }
        };
        // It ends with the process.
        drop(rewrite());
    });
    Ok(())
}

fn append(journal: &Journal, name: &str, clock: &AtomicU64) -> Result<()> {
    for batch in 0_u64.. {
        let n = 1 + batch % 7;
        let ids: Vec<String> = (0..n).map(|i| format!("{name}-{batch}-{i}")).collect();
        let entries = ids.iter().map(|id| entry(id)).collect();
        let now = clock.fetch_add(n, Ordering::Relaxed).cast_signed();
        let outcomes = journal.append(entries, Timestamp::from_millis(now))?;
        let mut told = String::new();
        for (id, outcome) in ids.iter().zip(outcomes) {
            told.push_str(&format!("{} {id}\n", outcome.seq()));
        }
        // One write, so that lines of several threads do not mix.
        let mut out = std::io::stdout().lock();
        if out
            .write_all(told.as_bytes())
            .and_then(|()| out.flush())
            .is_err()
        {
            break;
        }
    }
    Ok(())
}

fn entry(id: &str) -> Entry {
    let (user, _) = id.split_once('-').unwrap_or((id, ""));
    Entry::Event(Event {
        id: Some(EventId::new(id).expect("a good id")),
        actor: Actor::User(UserId::new(user).expect("a good id")),
        time: Timestamp::EPOCH,
        action: Action::Like {
            item: ItemId::new("heat").expect("a good id"),
        },
        surface: None,
        device: None,
        session: None,
        recommendation: None,
    })
}

/// Starts a process that does [`append_until_killed`], kills it, and looks at the journal, `n_kills`
/// times.
///
/// # Panics
///
/// When the journal broke a promise.
pub(crate) fn run(child: impl Fn() -> Command, folder: &Path, n_kills: u64) -> Result<Report> {
    let mut report = Report::default();
    // By number, as far as retention has left it.
    let mut known: HashMap<u64, String> = HashMap::new();
    for kill in 0..n_kills {
        let child = child().stdout(Stdio::piped()).spawn();
        let child = child.expect("the program starts itself");
        let told = kill_later(child, Duration::from_micros(1 + kill * 7919 % 60_000));
        report.kills += u64::from(!told.is_empty());
        report.acknowledged += told.len() as u64;
        check(folder, &told, &mut known, &mut report)?;
    }
    let stats = Journal::open(folder, config(), Box::new(()))?.stats();
    report.entries = stats.entries;
    report.segments = stats.segments;
    Ok(report)
}

/// Kills the child some time after its first line; gives the lines that it finished.
fn kill_later(mut child: Child, after: Duration) -> Vec<(u64, String)> {
    let out = child.stdout.take().expect("it was piped");
    let mut lines = BufReader::new(out);
    let mut text = String::new();
    // An end before that is a child that failed; the comparison will tell.
    while text.lines().last().and_then(parse).is_none()
        && lines.read_line(&mut text).is_ok_and(|n| n > 0)
    {}
    let killer = thread::spawn(move || {
        thread::sleep(after);
        // SIGKILL: nothing of the child runs after it.
        child.kill().expect("it runs");
        child.wait().expect("it was started here");
    });
    let mut rest = Vec::new();
    drop(std::io::Read::read_to_end(&mut lines, &mut rest));
    killer.join().expect("it does not panic");
    text.push_str(&String::from_utf8_lossy(&rest));
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().filter_map(parse).collect()
}

/// A line of the child; nothing for what a test harness says.
fn parse(line: &str) -> Option<(u64, String)> {
    let (seq, id) = line.split_once(' ')?;
    Some((seq.parse().ok()?, id.to_owned()))
}

/// Opens the journal and compares.
fn check(
    folder: &Path,
    told: &[(u64, String)],
    known: &mut HashMap<u64, String>,
    report: &mut Report,
) -> Result<()> {
    let journal = Journal::open(folder, config(), Box::new(()))?;
    let first_seq = journal.first_seq();
    let mut found: HashMap<u64, String> = HashMap::new();
    let mut ids: HashMap<String, u64> = HashMap::new();
    for committed in journal.scan(0) {
        let committed = committed?;
        let Entry::Event(Event { id: Some(id), .. }) = committed.entry else {
            panic!("entry {} was never appended", committed.seq);
        };
        let twice = ids.insert(id.to_string(), committed.seq);
        assert_eq!(twice, None, "{id} is there twice");
        found.insert(committed.seq, id.to_string());
    }
    let lost = |(seq, id): (&u64, &String)| *seq >= first_seq && found.get(seq) != Some(id);
    assert_eq!(
        known.iter().find(|&(seq, id)| lost((seq, id))),
        None,
        "lost later"
    );
    let missing = told.iter().find(|(seq, id)| lost((seq, id)));
    assert_eq!(missing, None, "acknowledged and lost");
    let numbers = (first_seq..=journal.durable_seq()).filter(|seq| !found.contains_key(seq));
    assert_eq!(numbers.count(), 0, "a gap");
    let told: HashMap<u64, &String> = told.iter().map(|(seq, id)| (*seq, id)).collect();
    let new = found
        .keys()
        .filter(|seq| !known.contains_key(seq) && **seq >= first_seq);
    report.survived += new.filter(|seq| !told.contains_key(seq)).count() as u64;
    // An id that was found stays known: sending it again adds nothing.
    if let Some((&seq, id)) = found.iter().max() {
        let again = journal.append(vec![entry(id)], Timestamp::EPOCH)?;
        assert_eq!(again, [Outcome::Duplicate { seq }]);
    }
    *known = found;
    Ok(())
}
