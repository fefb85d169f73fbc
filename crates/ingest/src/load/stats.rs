//! What a data folder holds, in numbers.

use std::collections::BTreeMap;

use marquee_core::{EventKind, Timestamp, Vocabulary};
use serde::Serialize;

use crate::{
    DataFolder, Result,
    segment::{IdTable, Segment},
};

/// Numbers of a data folder.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// Imports that came to their end.
    pub imports: usize,
    /// Events, those that were retracted among them.
    pub events: u64,
    /// Events of each kind that there is.
    pub events_by_kind: BTreeMap<&'static str, u64>,
    /// Different users of events.
    pub users: usize,
    /// Different sessions of events that are of no user.
    pub sessions: usize,
    /// Different items of events.
    pub items: usize,
    /// Time of the first event whose time is known.
    pub first: Option<Timestamp>,
    /// Time of the last event whose time is known.
    pub last: Option<Timestamp>,
    /// Item records, the latest of each id.
    pub item_records: usize,
    /// User records, the latest of each id.
    pub user_records: usize,
    /// Creator records, the latest of each id.
    pub creator_records: usize,
}

impl DataFolder {
    /// Counts what the folder holds. Cost: one pass over kinds and times, and all ids and records.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Artifact`], [`crate::Error::Segment`] or [`crate::Error::Record`] when a file
    /// is damaged.
    pub fn stats(&self) -> Result<Stats> {
        let mut stats = Stats {
            imports: self.manifest().imports.len(),
            ..Stats::default()
        };
        let mut names = [
            Vocabulary::default(),
            Vocabulary::default(),
            Vocabulary::default(),
        ];
        for import in &self.manifest().imports {
            if import.segments.is_empty() {
                continue;
            }
            let table = IdTable::open(self.dir(), import)?;
            let ids = table.view()?;
            for (all, some) in names.iter_mut().zip([ids.users, ids.sessions, ids.items]) {
                for id in some.iter() {
                    all.insert(id)?;
                }
            }
            for segment in &import.segments {
                stats.add(&Segment::open(&self.dir().join(&segment.file))?)?;
            }
        }
        [stats.users, stats.sessions, stats.items] = names.each_ref().map(Vocabulary::len);
        let catalog = self.catalog()?;
        stats.item_records = catalog.items().len();
        stats.user_records = catalog.users().len();
        stats.creator_records = catalog.creators().len();
        Ok(stats)
    }
}

impl Stats {
    fn add(&mut self, segment: &Segment) -> Result<()> {
        let columns = segment.columns()?;
        let mut of_kind = [0_u64; 256];
        for &kind in columns.kind {
            of_kind[usize::from(kind)] += 1;
        }
        for kind in EventKind::ALL {
            let count = of_kind[usize::from(kind.number())];
            if count > 0 {
                *self.events_by_kind.entry(kind.name()).or_default() += count;
            }
        }
        self.events += columns.kind.len() as u64;
        let known = columns.time.iter().copied().filter(|&time| time != 0);
        if let Some(first) = known.clone().min().map(Timestamp::from_millis) {
            self.first = Some(self.first.map_or(first, |other| other.min(first)));
        }
        if let Some(last) = known.max().map(Timestamp::from_millis) {
            self.last = Some(self.last.map_or(last, |other| other.max(last)));
        }
        Ok(())
    }
}
