//! One journal through several lives, each ended by a fault, and what must hold after each.

use std::{collections::HashSet, sync::Arc};

use marquee_core::{
    Action, Actor, Event, EventId, Item, ItemId, SessionId, Timestamp, User, UserId,
};
use marquee_journal::{
    Committed, Compaction, Entry, Error, Indexing, Journal, JournalConfig, Result, Tombstones,
};

use super::{
    disk::{Fault, SimDisk},
    model::{Model, Unknown, about, did, id_of},
    random::Random,
};

/// What happened, so that a run can show that it was not idle.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Report {
    pub(crate) power_cuts: u64,
    pub(crate) kills: u64,
    pub(crate) failed_syncs: u64,
    pub(crate) full_disks: u64,
    pub(crate) openings: u64,
    pub(crate) acknowledged: u64,
    /// Appends of which nobody was told, and that were there after all.
    pub(crate) survived: u64,
    pub(crate) erasures: u64,
}

impl Report {
    pub(crate) fn add(&mut self, other: &Self) {
        self.power_cuts += other.power_cuts;
        self.kills += other.kills;
        self.failed_syncs += other.failed_syncs;
        self.full_disks += other.full_disks;
        self.openings += other.openings;
        self.acknowledged += other.acknowledged;
        self.survived += other.survived;
        self.erasures += other.erasures;
    }
}

/// Runs one seed; panics where the journal breaks a promise.
pub(crate) fn run(seed: u64) -> Report {
    let mut random = Random::new(seed);
    let disk = SimDisk::new(Random::new(random.next()));
    let config = JournalConfig {
        segment_bytes: 4096 << random.below(3),
        batch_bytes: 1 << (8 + random.below(8)),
        indexing: Indexing::Inline,
        ..JournalConfig::default()
    };
    let mut world = World {
        disk,
        config,
        random,
        model: Model::default(),
        unknown: None,
        time: 0,
        report: Report::default(),
    };
    for _ in 0..6 {
        world.live();
    }
    world.disk.restart();
    let journal = world.open().expect("nothing is wrong any more");
    world.settle(&journal);
    world.report
}

struct World {
    disk: SimDisk,
    config: JournalConfig,
    random: Random,
    model: Model,
    unknown: Option<Unknown>,
    time: i64,
    report: Report,
}

impl World {
    /// Opens the journal, works with it until something goes wrong, and leaves it.
    fn live(&mut self) {
        self.disk.restart();
        // A fault may come while it is opened, too.
        let fault = self.arm();
        if let Ok(journal) = self.open() {
            self.settle(&journal);
            let steps = 10 + self.random.below(60);
            for _ in 0..steps {
                if self.step(&journal).is_err() {
                    break;
                }
            }
        }
        let stopped = self.disk.is_stopped();
        match fault {
            Fault::PowerCut(_) => {
                self.report.power_cuts += 1;
                self.disk.restart_without_cache();
            }
            Fault::Kill(_) => self.report.kills += u64::from(stopped),
            Fault::FailedSync(_) => {
                self.report.failed_syncs += 1;
                // The system may die soon after the disk began to fail.
                if self.random.one_in(2) {
                    self.disk.restart();
                    drop(self.open().map(|journal| self.settle(&journal)));
                    self.disk.restart_without_cache();
                }
            }
        }
    }

    fn arm(&mut self) -> Fault {
        let after = self.random.below(120);
        let fault = match self.random.below(4) {
            0 => Fault::Kill(after),
            1 => Fault::FailedSync(after / 2),
            _ => Fault::PowerCut(after),
        };
        self.disk.arm(fault);
        fault
    }

    fn open(&mut self) -> Result<Journal> {
        self.report.openings += 1;
        let disk = Arc::new(self.disk.clone());
        let opened = Journal::open_on(disk, self.config.clone(), Box::new(()));
        if let Err(error) = &opened {
            let damaged = matches!(error, Error::Damaged { .. } | Error::Missing { .. });
            assert!(!damaged, "a fault is no damage: {error}");
        }
        opened
    }

    /// Finds out what became of what was unknown, and checks everything else.
    fn settle(&mut self, journal: &Journal) {
        let found: Vec<Committed> = journal
            .scan(0)
            .map(|one| one.expect("everything is readable"))
            .collect();
        assert!(journal.durable_seq() >= self.model.highest, "numbers go on");
        if let Some(unknown) = self.unknown.take() {
            self.resolve(unknown, &found, journal.durable_seq());
        }
        let want: Vec<Committed> = self.model.entries.values().cloned().collect();
        assert_eq!(found.len(), want.len(), "nothing lost, nothing invented");
        for (found, want) in found.iter().zip(&want) {
            assert_eq!(found, want);
        }
        self.model.highest = journal.durable_seq();
        self.check_reads(journal);
    }

    fn resolve(&mut self, unknown: Unknown, found: &[Committed], durable_seq: u64) {
        let seqs: HashSet<u64> = found.iter().map(|one| one.seq).collect();
        let gone = |goes: HashSet<u64>| -> HashSet<u64> {
            goes.into_iter().filter(|seq| !seqs.contains(seq)).collect()
        };
        match unknown {
            Unknown::Append(entries, received) => {
                let (_, added) = self
                    .model
                    .expect(&entries, received, self.model.highest + 1);
                // All or nothing.
                if durable_seq > self.model.highest {
                    self.report.survived += 1;
                    self.model.add(added);
                }
            }
            Unknown::Retain(before) => {
                for seq in gone(self.model.may_retention_drop(before)) {
                    self.model.entries.remove(&seq);
                }
            }
            Unknown::Compact(before) => self.compacted(found, before),
            Unknown::Erase(user) => {
                let mine = self.model.of_person(&user);
                let gone = gone(mine.clone());
                // All or nothing.
                assert!(gone.is_empty() || gone.len() == mine.len(), "half erased");
                for seq in gone {
                    self.model.entries.remove(&seq);
                }
            }
        }
    }

    /// Takes `found` over, if compaction has dropped nothing but what has no effect.
    fn compacted(&mut self, found: &[Committed], before: Timestamp) {
        let mut after = Model {
            highest: self.model.highest,
            ..Model::default()
        };
        for one in found {
            let known = self.model.entries.get(&one.seq);
            assert_eq!(known, Some(one), "compaction invents nothing");
            after.entries.insert(one.seq, one.clone());
        }
        assert_eq!(after.effective(), self.model.effective());
        assert_eq!(after.catalog(), self.model.catalog());
        for (seq, one) in &self.model.entries {
            let is_event = matches!(one.entry, Entry::Event(_));
            let kept = after.entries.contains_key(seq);
            assert!(
                kept || !is_event || one.received < before,
                "too young to go"
            );
        }
        self.model = after;
    }

    fn check_reads(&mut self, journal: &Journal) {
        let model = &self.model;
        let catalog: Vec<Committed> = journal.catalog().expect("readable").collect();
        assert_eq!(catalog, model.catalog());
        let who = actor(&mut self.random);
        let all = journal
            .actor_events(&who, None, usize::MAX)
            .expect("readable");
        assert_eq!(all, model.newest(|entry| did(entry, &who)));
        let what = item(&mut self.random);
        let before = 1 + self.random.next() % (model.highest + 2);
        let some = journal
            .item_events(&what, Some(before), 3)
            .expect("readable");
        let mut want = model.newest(|entry| about(entry, &what));
        want.retain(|one| one.seq < before);
        want.truncate(3);
        assert_eq!(some, want);
        let id = event_id(&mut self.random);
        let want = model.newest(|entry| id_of(entry) == Some(&id));
        assert_eq!(journal.event(&id).expect("readable").as_ref(), want.first());
        let from = self.random.next() % (model.highest + 2);
        let n = journal.scan(from).count();
        assert_eq!(n, model.entries.range(from..).count());
    }

    /// Does one thing. An error ends this life.
    fn step(&mut self, journal: &Journal) -> Result<()> {
        self.time += 1;
        match self.random.below(40) {
            0 => self.retain(journal),
            1 => self.compact(journal),
            2 => self.erase(journal),
            3 => {
                self.check_reads(journal);
                Ok(())
            }
            4 => journal.seal().map(drop),
            5 => self.fill_disk(journal),
            _ => {
                let entries = self.entries();
                self.append(journal, entries)
            }
        }
    }

    fn append(&mut self, journal: &Journal, entries: Vec<Entry>) -> Result<()> {
        let received = Timestamp::from_seconds(self.time);
        let (want, added) = self
            .model
            .expect(&entries, received, self.model.highest + 1);
        match journal.append(entries.clone(), received) {
            Ok(outcomes) => {
                assert_eq!(outcomes, want);
                self.report.acknowledged += added.len() as u64;
                self.model.add(added);
                Ok(())
            }
            Err(error @ Error::NoSpace { .. }) => Err(error),
            Err(error) => {
                self.unknown = Some(Unknown::Append(entries, received));
                Err(error)
            }
        }
    }

    /// A full disk refuses, and takes what comes when there is room again.
    fn fill_disk(&mut self, journal: &Journal) -> Result<()> {
        let room = self.random.below(600);
        self.disk.limit_room(room);
        let mut refused = false;
        for _ in 0..20 {
            let entries = self.entries();
            match self.append(journal, entries) {
                Ok(()) => {}
                Err(Error::NoSpace { .. }) => {
                    refused = true;
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        self.report.full_disks += u64::from(refused);
        self.disk.free_room();
        Ok(())
    }

    fn retain(&mut self, journal: &Journal) -> Result<()> {
        let age = i64::try_from(self.random.below(60)).unwrap_or(0);
        let before = Timestamp::from_seconds(self.time - age);
        self.unknown = Some(Unknown::Retain(before));
        let retained = journal.retain(before)?;
        let found: Vec<Committed> = journal.scan(0).map(|one| one.expect("readable")).collect();
        let events = |entries: &[Committed]| {
            let events = entries
                .iter()
                .filter(|one| matches!(one.entry, Entry::Event(_)));
            events.count() as u64
        };
        let old = |one: &&Committed| matches!(one.entry, Entry::Event(_)) && one.received < before;
        assert_eq!(
            found.iter().find(old),
            None,
            "retention drops every old event"
        );
        let all: Vec<Committed> = self.model.entries.values().cloned().collect();
        assert_eq!(events(&all) - events(&found), retained.events);
        self.settle(journal);
        Ok(())
    }

    fn compact(&mut self, journal: &Journal) -> Result<()> {
        let age = i64::try_from(self.random.below(60)).unwrap_or(0);
        let before = Timestamp::from_seconds(self.time - age);
        self.unknown = Some(Unknown::Compact(before));
        let compaction = Compaction {
            before,
            tombstones: Tombstones::Keep,
        };
        journal.compact(&compaction)?;
        self.settle(journal);
        let latest = journal.catalog().expect("readable").count();
        let stats = journal.stats();
        assert_eq!(stats.entries - stats.events, latest as u64);
        Ok(())
    }

    fn erase(&mut self, journal: &Journal) -> Result<()> {
        let who = user(&mut self.random);
        self.unknown = Some(Unknown::Erase(who.clone()));
        let mine = self.model.of_person(&who);
        let erased = journal.erase(&who)?;
        assert_eq!(
            erased.events + erased.retractions + erased.records,
            mine.len() as u64
        );
        assert!(
            !self.disk.holds(who.as_str().as_bytes()),
            "{who} is still in a file"
        );
        self.settle(journal);
        assert!(self.model.of_person(&who).is_empty());
        self.report.erasures += 1;
        Ok(())
    }

    fn entries(&mut self) -> Vec<Entry> {
        let n = 1 + self.random.below(5);
        (0..n).map(|_| self.entry()).collect()
    }

    fn entry(&mut self) -> Entry {
        let random = &mut self.random;
        match random.below(20) {
            0 => {
                let mut record = Item::new(item(random));
                record.description = "d".repeat(random.below(1500));
                Entry::PutItem(record)
            }
            1 => Entry::DeleteItem(item(random)),
            2 => Entry::PutUser(User::new(user(random))),
            3 => Entry::DeleteUser(user(random)),
            4 => Entry::SignIn {
                session: session(random),
                user: user(random),
                time: Timestamp::from_seconds(self.time),
            },
            _ => Entry::Event(Event {
                id: (!random.one_in(8)).then(|| event_id(random)),
                actor: actor(random),
                time: Timestamp::from_seconds(self.time - 2 + (random.next() % 4).cast_signed()),
                action: match random.below(6) {
                    0 => Action::Retract {
                        event: event_id(random),
                    },
                    1 => Action::Comment {
                        item: item(random),
                        text: "t".repeat(random.below(900)),
                    },
                    _ => Action::Like { item: item(random) },
                },
                surface: None,
                device: None,
                session: None,
                recommendation: None,
            }),
        }
    }
}

fn user(random: &mut Random) -> UserId {
    UserId::new(format!("person-{}-x", random.below(5))).expect("a good id")
}

fn session(random: &mut Random) -> SessionId {
    SessionId::new(format!("session-{}", random.below(4))).expect("a good id")
}

fn actor(random: &mut Random) -> Actor {
    if random.one_in(3) {
        Actor::Session(session(random))
    } else {
        Actor::User(user(random))
    }
}

fn item(random: &mut Random) -> ItemId {
    ItemId::new(format!("item-{}", random.below(6))).expect("a good id")
}

fn event_id(random: &mut Random) -> EventId {
    EventId::new(format!("e{}", random.below(400))).expect("a good id")
}
