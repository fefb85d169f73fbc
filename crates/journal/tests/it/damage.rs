//! Whatever happens to the bytes of a journal, it is told or mended, and nothing wrong is read.

use std::sync::Arc;

use marquee_core::EventId;
use marquee_journal::{Committed, Error, Indexing, Journal, JournalConfig, Problem, Result};

use crate::{
    common::{at, event, user},
    simulation::{Random, SimDisk},
};

fn config() -> JournalConfig {
    JournalConfig {
        segment_bytes: 4096,
        indexing: Indexing::Inline,
        ..JournalConfig::default()
    }
}

/// A disk with a journal of three sealed segments and one that grows.
fn sample() -> (SimDisk, Vec<Committed>) {
    let disk = SimDisk::new(Random::new(1));
    let journal = open(&disk).expect("an empty disk");
    for i in 0..40 {
        let one = |j: i64| event(&format!("e{i}-{j}"), &format!("u{}", j % 3), "heat");
        let entries = (0..8).map(one).collect();
        journal.append(entries, at(i)).expect("there is room");
    }
    assert!(journal.stats().segments > 2, "{:?}", journal.stats());
    let all = journal.scan(0).map(|one| one.expect("readable"));
    (disk.clone(), all.collect())
}

fn open(disk: &SimDisk) -> Result<Journal> {
    Journal::open_on(Arc::new(disk.clone()), config(), Box::new(()))
}

/// Everything that can be read, in every way.
fn read(journal: &Journal) -> Result<Vec<Committed>> {
    let all = journal.scan(0).collect::<Result<Vec<_>>>()?;
    journal.actor_events(&user("u1"), None, 1000)?;
    journal.event(&EventId::new("e3-1").expect("a good id"))?;
    Ok(all)
}

#[test]
fn flipped_bit_of_a_segment_is_told_or_costs_the_last_frame_alone() {
    let (disk, all) = sample();
    let logs = disk.names(".log");
    let last = logs.last().unwrap();
    let mut random = Random::new(2);
    for name in &logs {
        for _ in 0..60 {
            let copy = disk.copy();
            copy.damage(name, &mut random);
            match open(&copy).and_then(|journal| read(&journal)) {
                Err(Error::Damaged { .. } | Error::Missing { .. }) => {}
                Err(error) => panic!("damage is something else: {error}"),
                // The end of the log may look as after a crash.
                Ok(found) => {
                    assert!(all.starts_with(&found));
                    let lost = all.len() - found.len();
                    assert!(lost <= 8 && (lost == 0 || name == last), "{lost} of {name}");
                }
            }
        }
    }
}

#[test]
fn damaged_or_missing_index_is_made_again() {
    let (disk, all) = sample();
    let mut random = Random::new(3);
    for name in disk.names(".mqa") {
        for round in 0..40 {
            let copy = disk.copy();
            if round == 0 {
                copy.forget(&name);
            } else {
                copy.damage(&name, &mut random);
            }
            let journal = open(&copy).unwrap();
            assert_eq!(read(&journal).unwrap(), all);
            drop(journal);
            assert_eq!(copy.content(&name), disk.content(&name));
        }
    }
}

#[test]
fn missing_segment_is_told() {
    let (disk, _) = sample();
    let logs = disk.names(".log");
    for name in &logs[..logs.len() - 1] {
        let copy = disk.copy();
        copy.forget(name);
        assert!(matches!(open(&copy), Err(Error::Missing { .. })), "{name}");
    }
}

#[test]
fn segment_of_a_later_version_is_called_newer() {
    let (disk, _) = sample();
    let name = &disk.names(".log")[0];
    let mut content = disk.content(name);
    content[8] = 2;
    disk.put(name, content);
    let refused = open(&disk).unwrap_err();
    let newer = |error: &Error| {
        matches!(
            error,
            Error::Damaged {
                problem: Problem::Version { found: 2 },
                ..
            }
        )
    };
    assert!(newer(&refused), "{refused}");
}

#[test]
fn failed_sync_stops_the_journal_and_opening_it_finds_the_truth() {
    let disk = SimDisk::new(Random::new(4));
    let journal = open(&disk).unwrap();
    let append = |id: &str| journal.append(vec![event(id, "ann", "heat")], at(1));
    append("a").unwrap();
    disk.arm(crate::simulation::Fault::FailedSync(0));
    assert!(matches!(
        append("b"),
        Err(Error::Stopped { cause: Some(_) })
    ));
    // The disk works again, but nobody trusts what it was told before.
    assert!(matches!(
        append("c"),
        Err(Error::Stopped { cause: Some(_) })
    ));
    assert_eq!(journal.durable_seq(), 1);
    drop(journal);
    let journal = open(&disk).unwrap();
    let seqs = |journal: &Journal| read(journal).unwrap().len();
    // The process saw it, so from now on it is there, after a power cut too.
    let found = seqs(&journal);
    drop(journal);
    disk.restart_without_cache();
    assert_eq!(seqs(&open(&disk).unwrap()), found);
}
