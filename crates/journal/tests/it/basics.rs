//! Appending, reading, opening again.

use std::sync::mpsc::channel;

use marquee_core::{Item, User, UserId};
use marquee_journal::{
    Committed, Entry, Error, Journal, JournalConfig, Observer, Outcome, Snapshot, Whose,
};

use crate::common::{at, config, event, item, like, open, session, user};

/// Ids of events, of what was read.
fn ids(found: &[Committed]) -> Vec<String> {
    let id = |committed: &Committed| match &committed.entry {
        Entry::Event(event) => event.id.as_ref().map(ToString::to_string),
        _ => None,
    };
    found.iter().filter_map(id).collect()
}

/// Enough events for several segments: event `e0`, `e1`, … of user `u0`..`u6` and item `i0`..`i4`.
fn fill(journal: &Journal, n: i64) {
    for start in (0..n).step_by(10) {
        let one = |i: i64| {
            let (who, what) = (format!("u{}", i % 7), format!("i{}", i % 5));
            event(&format!("e{i}"), &who, &what)
        };
        let entries = (start..n.min(start + 10)).map(one).collect();
        journal.append(entries, at(start)).expect("there is room");
    }
}

#[test]
fn entries_are_numbered_from_one_and_come_back_as_they_were() {
    let dir = tempfile::tempdir().unwrap();
    let entries = vec![
        event("a", "ann", "heat"),
        Entry::PutItem(Item::new(item("heat"))),
        Entry::PutUser(User::new(UserId::new("ann").unwrap())),
        Entry::DeleteItem(item("heat")),
    ];
    let journal = open(dir.path());
    let outcomes = journal.append(entries.clone(), at(5)).unwrap();
    assert_eq!(outcomes.len(), 4);
    assert_eq!(outcomes[3], Outcome::Written { seq: 4 });
    drop(journal);

    let journal = open(dir.path());
    assert_eq!(journal.durable_seq(), 4);
    let found: Vec<Committed> = journal.scan(0).map(Result::unwrap).collect();
    for (seq, (found, entry)) in (1..).zip(found.iter().zip(&entries)) {
        assert_eq!(found.seq, seq);
        assert_eq!(found.received, at(5));
        assert_eq!(&found.entry, entry);
    }
    assert_eq!(found.len(), 4);
}

#[test]
fn event_sent_again_is_a_duplicate_wherever_the_first_is() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    let twice = vec![event("a", "ann", "heat"), event("a", "ann", "heat")];
    let outcomes = journal.append(twice, at(1)).unwrap();
    let (written, duplicate) = (Outcome::Written { seq: 1 }, Outcome::Duplicate { seq: 1 });
    assert_eq!(outcomes, [written, duplicate]);
    fill(&journal, 500);
    assert!(journal.stats().segments > 3);
    let again = || vec![event("a", "ann", "heat")];
    assert_eq!(journal.append(again(), at(2)).unwrap(), [duplicate]);
    drop(journal);
    let journal = open(dir.path());
    assert_eq!(journal.append(again(), at(2)).unwrap(), [duplicate]);
    assert_eq!(journal.durable_seq(), 501);
}

#[test]
fn events_of_an_actor_and_of_an_item_come_newest_first() {
    let dir = tempfile::tempdir().unwrap();
    fill(&open(dir.path()), 300);
    let journal = open(dir.path());
    let of_u3 = journal.actor_events(&user("u3"), None, 1000).unwrap();
    let want: Vec<String> = (0..300)
        .rev()
        .filter(|i| i % 7 == 3)
        .map(|i| format!("e{i}"))
        .collect();
    assert_eq!(ids(&of_u3), want);
    assert!(
        journal
            .actor_events(&session("u3"), None, 9)
            .unwrap()
            .is_empty()
    );
    let of_i2 = journal.item_events(&item("i2"), None, 1000).unwrap();
    let want: Vec<String> = (0..300)
        .rev()
        .filter(|i| i % 5 == 2)
        .map(|i| format!("e{i}"))
        .collect();
    assert_eq!(ids(&of_i2), want);

    let mut pages = Vec::new();
    let mut before = None;
    loop {
        let page = journal.actor_events(&user("u3"), before, 4).unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.seq);
        pages.extend(page);
    }
    assert_eq!(pages, of_u3);
    assert!(
        journal
            .actor_events(&user("u3"), None, 0)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn scan_begins_where_it_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    fill(&journal, 200);
    for from in [0, 1, 2, 99, 100, 101, 200] {
        let seqs: Vec<u64> = journal.scan(from).map(|one| one.unwrap().seq).collect();
        assert_eq!(seqs, (from.max(1)..=200).collect::<Vec<_>>(), "from {from}");
    }
    assert_eq!(journal.scan(201).count(), 0);
}

#[test]
fn reader_beside_a_writer_sees_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    fill(&journal, 120);
    let snapshot = Snapshot::open(dir.path()).unwrap();
    assert_eq!(snapshot.durable_seq(), 120);
    assert_eq!(snapshot.scan(0).count(), 120);
    let mut lines = Vec::new();
    let whose = Whose::Only(vec![user("u1")]);
    let exported = snapshot.write_json_lines(&mut lines, &whose).unwrap();
    assert_eq!(exported.events, 17);
    assert_eq!(lines.iter().filter(|&&byte| byte == b'\n').count(), 17);
}

#[test]
fn second_writer_is_told_that_the_folder_is_taken() {
    let dir = tempfile::tempdir().unwrap();
    let _journal = open(dir.path());
    let second = Journal::open(dir.path(), JournalConfig::default(), Box::new(()));
    assert!(matches!(second, Err(Error::Locked { .. })));
}

#[test]
fn catalog_is_the_latest_of_each_record() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    let titled = |title: &str| {
        let mut record = Item::new(item("heat"));
        record.title = title.to_owned();
        Entry::PutItem(record)
    };
    let entries = vec![
        titled("Heat"),
        Entry::PutItem(Item::new(item("ronin"))),
        titled("Heat (1995)"),
        Entry::DeleteItem(item("ronin")),
    ];
    journal.append(entries.clone(), at(1)).unwrap();
    fill(&journal, 200);
    let latest: Vec<Committed> = journal.catalog().unwrap().collect();
    let seqs: Vec<u64> = latest.iter().map(|one| one.seq).collect();
    assert_eq!(seqs, [3, 4]);
    assert_eq!(latest[0].entry, entries[2]);
}

/// Passes on what it sees.
struct Passing(std::sync::mpsc::Sender<Vec<u64>>);

impl Observer for Passing {
    fn committed(&mut self, batch: &[Committed]) {
        let seqs = batch.iter().map(|one| one.seq).collect();
        self.0.send(seqs).expect("the test listens");
    }
}

#[test]
fn observer_sees_every_entry_before_its_writer_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let (sender, seen) = channel();
    let journal = Journal::open(dir.path(), config(), Box::new(Passing(sender))).unwrap();
    for i in 0..20 {
        let twice = vec![event(&format!("x{i}"), "ann", "heat"); 2];
        let outcomes = journal.append(twice, at(i)).unwrap();
        // Already there when `append` comes back.
        assert_eq!(seen.try_recv().unwrap(), [outcomes[0].seq()]);
        assert!(seen.try_recv().is_err());
    }
}

#[test]
fn submitted_entries_are_told_of_once_also_when_the_journal_is_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    let (sender, told) = channel();
    for i in 0..100 {
        let sender = sender.clone();
        let done = Box::new(move |outcome| sender.send((i, outcome)).unwrap());
        let entries = vec![event(&format!("s{i}"), "ann", "heat")];
        journal.submit(entries, at(i), done).unwrap();
    }
    drop((journal, sender));
    let told: Vec<_> = told.iter().collect();
    assert_eq!(told.len(), 100);
    for (seq, (i, outcome)) in (1..).zip(told) {
        assert_eq!(i + 1, u64::cast_signed(seq));
        assert_eq!(outcome.unwrap(), [Outcome::Written { seq }]);
    }
}

#[test]
fn what_is_too_large_is_refused_and_nothing_written() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    let mut large = Item::new(item("heat"));
    large.description = "x".repeat(2 << 20);
    let entries = vec![event("a", "ann", "heat"), Entry::PutItem(large)];
    let refused = journal.append(entries, at(1));
    assert!(matches!(refused, Err(Error::TooLarge { .. })));
    assert_eq!(journal.durable_seq(), 0);
    assert_eq!(journal.append(vec![], at(1)).unwrap(), []);
    let anonymous = Entry::Event(like("b", &session("s"), "heat"));
    assert_eq!(
        journal.append(vec![anonymous], at(1)).unwrap(),
        [Outcome::Written { seq: 1 }]
    );
}
