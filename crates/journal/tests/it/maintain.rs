//! Dropping, compacting and erasing.

use std::{
    fs, io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use marquee_core::{Action, EventId, Item, SessionId, User, UserId};
use marquee_journal::{
    Committed, Compaction, Disk, DiskFile, Entry, Error, FolderDisk, Journal, Outcome, Snapshot,
    Tombstones,
};
use marquee_store::Artifact;

use crate::common::{at, event, item, like, open, session, user};

fn everything(journal: &Journal) -> Vec<Committed> {
    let all = journal.scan(0).map(|one| one.expect("readable"));
    all.collect()
}

fn append(journal: &Journal, entry: Entry, received: i64) -> u64 {
    let outcomes = journal.append(vec![entry], at(received));
    outcomes.expect("there is room")[0].seq()
}

fn titled(id: &str, title: &str) -> Entry {
    let mut record = Item::new(item(id));
    record.title = title.to_owned();
    Entry::PutItem(record)
}

fn retract(id: &str, who: &str, target: &str) -> Entry {
    let mut event = like(id, &user(who), "none");
    event.action = Action::Retract {
        event: EventId::new(target).expect("a good id"),
    };
    Entry::Event(event)
}

/// What is left after opening again is what was left before.
#[track_caller]
fn check_reopened(dir: &Path, journal: Journal) -> Journal {
    let before = everything(&journal);
    let catalog: Vec<Committed> = journal.catalog().expect("readable").collect();
    let first_seq = journal.first_seq();
    drop(journal);
    let journal = open(dir);
    assert_eq!(everything(&journal), before);
    let again: Vec<Committed> = journal.catalog().expect("readable").collect();
    assert_eq!(again, catalog);
    assert_eq!(journal.first_seq(), first_seq);
    journal
}

#[test]
fn retention_drops_old_events_and_keeps_what_holds_of_the_catalog() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    append(&journal, titled("heat", "Heat"), 0);
    append(&journal, titled("heat", "Heat (1995)"), 0);
    for i in 0..400 {
        append(
            &journal,
            event(&format!("e{i}"), &format!("u{}", i % 9), "heat"),
            i,
        );
    }
    append(&journal, Entry::DeleteItem(item("ronin")), 500);
    let all = everything(&journal);
    assert!(journal.stats().segments > 6);
    let retained = journal.retain(at(250)).unwrap();
    assert_eq!((retained.events, retained.records), (250, 1));
    assert!(retained.segments > 2 && retained.bytes > 0, "{retained:?}");
    let event_left =
        |one: &Committed| matches!(one.entry, Entry::Event(_)) && one.received >= at(250);
    let want: Vec<Committed> = (all.into_iter())
        .filter(|one| one.seq == 2 || one.seq == 403 || event_left(one))
        .collect();
    assert_eq!(everything(&journal), want);
    assert_eq!(journal.first_seq(), 253);

    let journal = check_reopened(dir.path(), journal);
    assert_eq!(
        journal.actor_events(&user("u1"), None, 100).unwrap().len(),
        17
    );
    // Forgotten, so it counts as new; a later one is still known.
    assert_eq!(append(&journal, event("e10", "u1", "heat"), 600), 404);
    assert_eq!(append(&journal, event("e300", "u1", "heat"), 600), 303);
    let again = journal.retain(at(250)).unwrap();
    assert_eq!((again.events, again.records), (0, 0));
}

#[test]
fn retention_of_everything_leaves_the_catalog() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    append(&journal, titled("heat", "Heat"), 0);
    for i in 0..100 {
        append(&journal, event(&format!("e{i}"), "ann", "heat"), i);
    }
    assert_eq!(journal.retain(at(1000)).unwrap().events, 100);
    let journal = check_reopened(dir.path(), journal);
    assert_eq!(everything(&journal).len(), 1);
    assert_eq!(journal.durable_seq(), 101);
    assert_eq!(append(&journal, event("e0", "ann", "heat"), 2000), 102);
}

#[test]
fn compaction_drops_what_has_no_effect_and_merges() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    for i in 0..60 {
        append(&journal, titled("heat", &format!("Heat {i}")), i);
        append(&journal, event(&format!("e{i}"), "ann", "heat"), i);
        append(
            &journal,
            retract(&format!("r{i}"), "ann", &format!("e{i}")),
            i,
        );
    }
    // Taken back itself, so e7 holds; and one of an event that is elsewhere.
    append(&journal, retract("rr7", "ann", "r7"), 60);
    append(&journal, retract("elsewhere", "ann", "imported"), 60);
    append(&journal, Entry::DeleteItem(item("ronin")), 60);
    let segments = journal.stats().segments;
    let compaction = Compaction {
        before: at(50),
        tombstones: Tombstones::Keep,
    };
    let compacted = journal.compact(&compaction).unwrap();
    // Of e0..e49 all but e7, their retractions; r7 and rr7 arrived too late to go both.
    assert_eq!(compacted.events, 49 + 49);
    assert_eq!(compacted.records, 59);
    let journal = check_reopened(dir.path(), journal);
    let holds = |id: &str| {
        journal
            .event(&EventId::new(id).expect("a good id"))
            .unwrap()
            .is_some()
    };
    assert!(holds("e7") && holds("r7") && holds("rr7") && holds("elsewhere"));
    assert!(!holds("e8") && !holds("r8") && holds("e55") && holds("r55"));
    let latest: Vec<u64> = journal.catalog().unwrap().map(|one| one.seq).collect();
    assert_eq!(latest, [178, 183]);

    let last = Compaction {
        before: at(1000),
        tombstones: Tombstones::Drop,
    };
    let compacted = journal.compact(&last).unwrap();
    assert_eq!(compacted.records, 1);
    let journal = check_reopened(dir.path(), journal);
    assert!(journal.stats().segments < segments);
    let left = everything(&journal);
    let ids: Vec<u64> = left.iter().map(|one| one.seq).collect();
    // e7, the title, the retraction of what is elsewhere.
    assert_eq!(ids, [23, 178, 182]);
}

/// Whether any file of the folder has these bytes.
fn holds_bytes(dir: &Path, bytes: &[u8]) -> bool {
    let files = fs::read_dir(dir).expect("a folder");
    files.into_iter().any(|file| {
        let content = fs::read(file.expect("an entry").path()).expect("a file");
        content.windows(bytes.len()).any(|window| window == bytes)
    })
}

/// The person who is erased, and what must not be found afterwards; the last is a retraction of one
/// of their events by somebody else.
const PERSON: &str = "person-to-forget";
const TRACES: [&str; 5] = [
    PERSON,
    "person-event-",
    "secret",
    "person-session",
    "m3\u{9}moderator",
];

fn sign_in(session: &str, user: &str) -> Entry {
    Entry::SignIn {
        session: SessionId::new(session).expect("a good id"),
        user: UserId::new(user).expect("a good id"),
        time: at(3),
    }
}

/// Events of several people, of the person and of a session of theirs, over many segments.
fn fill_with_people(journal: &Journal) {
    let person = UserId::new(PERSON).expect("a good id");
    append(journal, Entry::PutUser(User::new(person)), 1);
    for i in 0..200 {
        let who = format!("u{}", i % 5);
        append(journal, event(&format!("e{i}"), &who, "heat"), i);
        if i % 20 != 3 {
            continue;
        }
        let mine = format!("person-event-{i}");
        append(journal, event(&mine, PERSON, "heat"), i);
        let mut search = like(&format!("secret-id-{i}"), &session("person-session"), "x");
        search.action = Action::Search {
            query: "a secret search".to_owned(),
        };
        append(journal, Entry::Event(search), i);
        append(journal, retract(&format!("m{i}"), "moderator", &mine), i);
    }
    append(journal, sign_in("person-session", PERSON), 300);
    append(journal, sign_in("other-session", "u1"), 300);
}

/// Whether an entry of [`fill_with_people`] goes when the person is erased.
fn is_of_person(one: &Committed) -> bool {
    match &one.entry {
        Entry::Event(event) => {
            event.actor == user(PERSON)
                || event.actor == session("person-session")
                || matches!(event.action, Action::Retract { .. })
        }
        Entry::PutUser(_) => true,
        Entry::SignIn { user, .. } => user.as_str() == PERSON,
        _ => false,
    }
}

#[test]
fn erasure_leaves_no_trace_of_a_person_in_any_file() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    fill_with_people(&journal);
    for trace in TRACES {
        assert!(holds_bytes(dir.path(), trace.as_bytes()), "{trace}");
    }
    let mut want = everything(&journal);
    want.retain(|one| !is_of_person(one));

    let erased = journal.erase(&UserId::new(PERSON).unwrap()).unwrap();
    assert_eq!((erased.events, erased.retractions), (20, 10));
    assert_eq!((erased.records, erased.sessions), (2, 1));
    for trace in TRACES {
        assert!(!holds_bytes(dir.path(), trace.as_bytes()), "{trace}");
    }
    assert_eq!(everything(&journal), want);
    let journal = check_reopened(dir.path(), journal);
    for trace in TRACES {
        assert!(!holds_bytes(dir.path(), trace.as_bytes()), "{trace}");
    }
    let found = journal.actor_events(&user(PERSON), None, 10).unwrap();
    assert!(found.is_empty());
    // The name can be used again.
    let seq = append(&journal, event("person-event-3", PERSON, "heat"), 400);
    assert!(seq > want.last().unwrap().seq);
    let again = journal.erase(&UserId::new("nobody").unwrap()).unwrap();
    assert_eq!((again.events, again.segments), (0, 0));
}

#[test]
fn erasure_that_was_cut_short_is_finished_at_the_next_opening() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    for i in 0..100 {
        append(
            &journal,
            event(&format!("e{i}"), &format!("u{}", i % 4), "heat"),
            i,
        );
    }
    journal.seal().unwrap();
    append(&journal, event("later", "u1", "heat"), 100);
    // A crash after the first file of an erasure: the one that lists what is to be erased.
    let copy = tempfile::tempdir().unwrap();
    for file in fs::read_dir(dir.path()).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    let mut intent = b"\x89MQJe\r\n1".to_vec();
    // Entries 2, 6, 10, … 98: those of u1.
    intent.extend_from_slice(&[25, 2]);
    intent.extend_from_slice(&[4; 24]);
    let checksum = twox_hash::XxHash3_64::oneshot(&intent);
    intent.extend_from_slice(&checksum.to_le_bytes());
    fs::write(copy.path().join("erasing"), intent).unwrap();
    drop(journal);

    let journal = open(copy.path());
    let left = journal.actor_events(&user("u1"), None, 100).unwrap();
    let seqs: Vec<u64> = left.iter().map(|one| one.seq).collect();
    assert_eq!(seqs, [101], "what came after the erasure stays");
    assert_eq!(everything(&journal).len(), 76);
    assert!(!copy.path().join("erasing").exists());
    let next = journal
        .append(vec![event("e1", "u1", "heat")], at(200))
        .unwrap();
    assert_eq!(next, [Outcome::Written { seq: 102 }]);
}

/// Lists a folder as it was a moment ago, so many times.
#[derive(Debug)]
struct Late {
    disk: FolderDisk,
    names: Vec<String>,
    times: AtomicU32,
}

impl Disk for Late {
    fn path(&self) -> &Path {
        self.disk.path()
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let left = |times: u32| times.checked_sub(1);
        match self
            .times
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, left)
        {
            Ok(_) => Ok(self.names.clone()),
            Err(_) => self.disk.list(),
        }
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.disk.open(name)
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.disk.create(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.disk.remove(name)
    }

    fn sync_folder(&self) -> io::Result<()> {
        self.disk.sync_folder()
    }

    fn artifact(&self, name: &str) -> marquee_store::Result<Artifact> {
        self.disk.artifact(name)
    }
}

#[test]
fn who_reads_while_files_are_replaced_looks_again_but_not_for_ever() {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = open(folder.path());
    for number in 0..200 {
        append(
            &journal,
            event(&format!("e{number}"), "ann", "film"),
            number,
        );
    }
    journal.retain(at(150)).expect("there is room");
    let disk = || FolderDisk::read(folder.path()).expect("readable");
    // As if one had been merged into another that was read before.
    let mut names = disk().list().expect("readable");
    names.sort_unstable();
    names.retain(|name| !name.starts_with("00000000000000000111"));
    let late = |times| Late {
        disk: disk(),
        names: names.clone(),
        times: AtomicU32::new(times),
    };
    for times in [0, 1, 4] {
        let snapshot = Snapshot::open_on(&late(times)).expect("readable in the end");
        assert_eq!(snapshot.scan(0).count(), 50, "{times}");
    }
    let missing = Snapshot::open_on(&late(5)).map(drop);
    assert!(matches!(missing, Err(Error::Missing { .. })), "{missing:?}");
}

#[test]
fn a_sealed_journal_has_nothing_to_index() {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = open(folder.path());
    append(&journal, event("e", "ann", "film"), 1);
    assert_eq!(journal.unsealed(), 1);
    journal.seal().expect("there is room");
    assert_eq!(journal.unsealed(), 0);
}
