//! What the journal costs: durable events a second beside bare syncs, bytes an event, opening,
//! look-ups of duplicates, reading a history.
//!
//! ```sh
//! cargo run --release -p marquee-journal --example speed -- [--events 1000000] [--folder DIR]
//! ```
//!
//! The folder has to be on a disk for the figures to mean anything. CPU time is that of the whole
//! process and says more on a machine with other work.

#![expect(clippy::print_stdout, reason = "a report for people")]

use std::{
    env,
    error::Error,
    fs::File,
    io::Write,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use marquee_core::{
    Action, Actor, Event, EventId, ItemId, RecommendationId, Seconds, SessionId, Surface,
    Timestamp, UserId,
};
use marquee_journal::{Entry, Journal, JournalConfig, Snapshot};
use rustix::time::{ClockId, clock_gettime};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let temporary = tempfile::tempdir()?;
    let (mut events, mut folder) = (1_000_000, temporary.path().to_owned());
    let mut words = env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words
            .next()
            .ok_or_else(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--events" => events = value.parse()?,
            "--folder" => folder = PathBuf::from(value),
            _ => return Err(format!("unknown option {word}; --events N, --folder DIR").into()),
        }
    }
    println!(
        "appenders  batch   bare syncs/s   events/s   syncs/s   cpu us/event   p50 ms   p99 ms"
    );
    for appenders in [1, 8] {
        for batch in [1, 100, 1_000] {
            append(&folder, appenders, batch)?;
        }
    }
    large(&folder.join("large"), events)
}

/// One row of the table: a second or two of appending, and bare syncs of as many bytes before it.
fn append(folder: &Path, appenders: u64, batch: u64) -> Outcome<()> {
    let bare = bare_syncs(folder, batch * 80)?;
    let dir = folder.join(format!("append-{appenders}-{batch}"));
    let journal = Journal::open(&dir, JournalConfig::default(), Box::new(()))?;
    let next = AtomicU64::new(0);
    let (start, cpu) = (Instant::now(), processor_time());
    let mut waits = thread::scope(|scope| {
        let work = || {
            let mut waits = Vec::new();
            while start.elapsed() < Duration::from_secs(2) {
                let first = next.fetch_add(batch, Ordering::Relaxed);
                let entries = (first..first + batch).map(entry).collect();
                let asked = Instant::now();
                let written = journal.append(entries, at(first));
                written.map_err(|error| error.to_string())?;
                waits.push(asked.elapsed());
            }
            Ok::<_, String>(waits)
        };
        let threads: Vec<_> = (0..appenders).map(|_| scope.spawn(work)).collect();
        let waits = threads.into_iter().map(|thread| match thread.join() {
            Ok(waits) => waits,
            Err(_) => Err("an appender ended early".to_owned()),
        });
        waits.collect::<Result<Vec<_>, _>>()
    })?
    .concat();
    let (passed, cpu) = (start.elapsed(), processor_time() - cpu);
    waits.sort_unstable();
    let at_share = |share: usize| waits[(waits.len() - 1) * share / 100].as_secs_f64() * 1e3;
    let n = journal.durable_seq();
    let frames = n / batch.max(1);
    println!(
        "{appenders:>9}  {batch:>5}   {bare:>12.0}   {:>8.0}   {:>7}   {:>12.2}   {:>6.2}   {:>6.2}",
        n as f64 / passed.as_secs_f64(),
        if appenders == 1 {
            format!("{:.0}", frames as f64 / passed.as_secs_f64())
        } else {
            "-".to_owned()
        },
        cpu.as_secs_f64() * 1e6 / n as f64,
        at_share(50),
        at_share(99),
    );
    Ok(())
}

/// How many writes of `bytes` and syncs a file takes in a second.
fn bare_syncs(folder: &Path, bytes: u64) -> Outcome<f64> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join("bare");
    let file = File::create(&path)?;
    let block = vec![0x5a; usize::try_from(bytes)?];
    let start = Instant::now();
    let mut n = 0;
    while start.elapsed() < Duration::from_secs(1) {
        file.write_all_at(&block, n * bytes)?;
        file.sync_data()?;
        n += 1;
    }
    std::fs::remove_file(path)?;
    Ok(n as f64 / start.elapsed().as_secs_f64())
}

/// A journal of many events: size, opening, scanning, look-ups.
fn large(dir: &Path, events: u64) -> Outcome<()> {
    let journal = Journal::open(dir, JournalConfig::default(), Box::new(()))?;
    let (start, cpu) = (Instant::now(), processor_time());
    for first in (0..events).step_by(1_000) {
        let entries = (first..first + 1_000).map(entry).collect();
        journal.append(entries, at(first))?;
    }
    let (passed, cpu) = (start.elapsed(), processor_time() - cpu);
    let rate = |n: u64, passed: Duration| n as f64 / passed.as_secs_f64();
    println!(
        "{events} events in batches of 1,000: {:.0}/s, {:.0}/s of cpu",
        rate(events, passed),
        rate(events, cpu)
    );
    let stats = journal.stats();
    drop(journal);
    let indexes: u64 = std::fs::read_dir(dir)?
        .filter_map(|file| file.ok())
        .filter(|file| file.path().extension().is_some_and(|end| end == "mqa"))
        .filter_map(|file| file.metadata().ok())
        .map(|file| file.len())
        .sum();
    println!(
        "{} segments, {:.1} bytes of log an event, {:.1} MB of indexes, {:.1} MB of index memory",
        stats.segments,
        stats.log_bytes as f64 / events as f64,
        indexes as f64 / 1e6,
        stats.index_memory_bytes as f64 / 1e6,
    );
    let (start, cpu) = (Instant::now(), processor_time());
    let journal = Journal::open(dir, JournalConfig::default(), Box::new(()))?;
    println!(
        "open: {:.3} s, {:.3} s of cpu",
        start.elapsed().as_secs_f64(),
        (processor_time() - cpu).as_secs_f64()
    );
    let (start, cpu) = (Instant::now(), processor_time());
    let snapshot = Snapshot::open(dir)?;
    println!(
        "open to read: {:.3} s, {:.3} s of cpu",
        start.elapsed().as_secs_f64(),
        (processor_time() - cpu).as_secs_f64()
    );
    let cpu = processor_time();
    let n = snapshot.scan(0).filter(Result::is_ok).count() as u64;
    println!(
        "scan: {:.0} events/s of cpu",
        rate(n, processor_time() - cpu)
    );
    look_up(&journal, events)?;
    std::io::stdout().flush()?;
    Ok(())
}

fn look_up(journal: &Journal, events: u64) -> Outcome<()> {
    let cost = |n: u64, cpu: Duration| cpu.as_secs_f64() * 1e6 / n as f64;
    let absent: Vec<EventId> = (events..events + 100_000)
        .map(id)
        .collect::<Result<_, _>>()?;
    let cpu = processor_time();
    let found = absent
        .iter()
        .filter_map(|id| journal.event(id).ok().flatten());
    assert_eq!(found.count(), 0);
    println!(
        "a new event's id is looked up in {:.2} us",
        cost(100_000, processor_time() - cpu)
    );
    let present: Vec<EventId> = (0..100_000)
        .map(|i| id(i * 7_919 % events))
        .collect::<Result<_, _>>()?;
    let cpu = processor_time();
    let found = present
        .iter()
        .filter_map(|id| journal.event(id).ok().flatten());
    assert_eq!(found.count(), 100_000);
    println!(
        "a known event is found in {:.2} us",
        cost(100_000, processor_time() - cpu)
    );
    let cpu = processor_time();
    for i in 0..1_000 {
        let who = Actor::User(UserId::new(format!("{}", 1_000_000 + i * 37 % 50_000))?);
        journal.actor_events(&who, None, 100)?;
    }
    println!(
        "an actor's latest 100 events are read in {:.0} us",
        cost(1_000, processor_time() - cpu)
    );
    Ok(())
}

/// A play, as an app sends it: 50,000 users, 10,000 items, ids like UUIDs.
fn entry(i: u64) -> Entry {
    let spread = i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    Entry::Event(event(i, spread).expect("good ids"))
}

fn event(i: u64, spread: u64) -> Result<Event, marquee_core::IdError> {
    Ok(Event {
        id: Some(id(i)?),
        actor: Actor::User(UserId::new(format!("{}", 1_000_000 + spread % 50_000))?),
        time: Timestamp::from_millis(at(i).as_millis() - 1_500),
        action: Action::Play {
            item: ItemId::new(format!("title-{}", spread / 50_000 % 10_000))?,
            watched: Seconds((spread % 7_200) as f64),
            duration: Some(Seconds(7_200.0)),
        },
        surface: Some(Surface {
            page: "home".to_owned(),
            row: 3,
            position: 7,
            artwork: None,
        }),
        device: Some("tv".to_owned()),
        session: Some(SessionId::new(uuid(i / 40, 2))?),
        recommendation: Some(RecommendationId::new(uuid(i / 10, 3))?),
    })
}

fn id(i: u64) -> Result<EventId, marquee_core::IdError> {
    EventId::new(uuid(i, 1))
}

fn uuid(i: u64, kind: u64) -> String {
    let high = (i ^ kind << 56).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let low = high.wrapping_mul(0x94d0_49bb_1331_11eb);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

fn at(i: u64) -> Timestamp {
    Timestamp::from_millis(1_790_000_000_000 + i.cast_signed())
}

/// CPU time of the process.
fn processor_time() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        now.tv_sec.cast_unsigned(),
        u32::try_from(now.tv_nsec).unwrap_or(0),
    )
}
