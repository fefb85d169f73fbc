//! The journal as it was at one moment: everything that reads.

mod catalog;
mod export;
mod scan;

use std::{path::Path, sync::Arc};

use marquee_core::{Actor, Event, EventId, ItemId, Timestamp};

use crate::{
    Committed, Entry, Result,
    disk::{Disk, FolderDisk},
    hash::{actor_hash, item_hash},
    index::Key,
    recover,
    segment::Segment,
};

pub use export::{Exported, Whose};
pub use scan::Scan;

/// The journal as it was at one moment.
///
/// Cheap to make and to clone. It goes on showing that moment, also what is dropped or erased later,
/// and keeps the disk space of it in use, so it should not be kept for long.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// In the order of sequence numbers.
    pub(crate) segments: Arc<Vec<Arc<Segment>>>,
    pub(crate) durable_seq: u64,
}

/// How large a journal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JournalStats {
    /// Files of the log.
    pub segments: u64,
    /// Bytes of the log; indexes take some 40 % of it more.
    pub log_bytes: u64,
    /// Entries of every kind.
    pub entries: u64,
    /// Events among them.
    pub events: u64,
    /// When the first event that is left arrived.
    pub earliest: Option<Timestamp>,
    /// Memory of indexes and filters, in bytes.
    pub index_memory_bytes: u64,
}

/// How often the folder is looked at.
const ATTEMPTS: u32 = 5;

impl Snapshot {
    /// Opens the journal in `dir` for reading. Neither locks it nor changes a file, so it may be in
    /// use; what is being written at this moment may or may not be seen. Where files are rewritten
    /// meanwhile, it looks again.
    ///
    /// # Errors
    ///
    /// [`Error::Io`](crate::Error::Io) when there is no such folder,
    /// [`Error::Damaged`](crate::Error::Damaged) or [`Error::Missing`](crate::Error::Missing) when
    /// it is not as it was written.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self> {
        Self::open_on(&FolderDisk::read(dir)?)
    }

    /// The same on any disk.
    ///
    /// # Errors
    ///
    /// As [`Snapshot::open`].
    pub fn open_on(disk: &dyn Disk) -> Result<Self> {
        let mut tries = 1..ATTEMPTS;
        let segments = loop {
            match recover::for_reading(disk) {
                // Between listing the folder and opening its files, one was replaced.
                Err(error) if error.may_have_moved() && tries.next().is_some() => {}
                read => break read?,
            }
        };
        let durable_seq = segments.last().map_or(0, |last| last.last_seq());
        Ok(Self {
            segments: Arc::new(segments),
            durable_seq,
        })
    }

    /// Sequence number of the last entry that is on the disk; 0 when there is none.
    pub fn durable_seq(&self) -> u64 {
        self.durable_seq
    }

    /// The first sequence number from which on retention has dropped nothing. Records of the catalog
    /// and sign-ins may be older.
    pub fn first_seq(&self) -> u64 {
        let floors = self.segments.iter().map(|segment| segment.header.floor);
        floors.max().unwrap_or(0).max(1)
    }

    /// Events that `actor` did, newest first.
    ///
    /// Of a user those under their own id alone: what a session did before it signed in is the
    /// session's.
    ///
    /// - `before`: only events with a lower sequence number; the last one of an answer leads on.
    ///
    /// Cost: a look into the index of each segment, and one read for each event.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`](crate::Error::Damaged) or [`Error::Io`](crate::Error::Io) when an event
    /// cannot be read.
    pub fn actor_events(
        &self,
        actor: &Actor,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Committed>> {
        let page = Page { before, limit };
        self.newest(Key::Actor(actor_hash(actor)), page, |event| {
            event.actor == *actor
        })
    }

    /// Events that were done to `item`, newest first; otherwise as
    /// [`actor_events`](Self::actor_events).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn item_events(
        &self,
        item: &ItemId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Committed>> {
        let page = Page { before, limit };
        self.newest(Key::Item(item_hash(item)), page, |event| {
            event.action.item() == Some(item)
        })
    }

    /// The event with this id, if it is still there.
    ///
    /// Cost: a look into the filter of each segment, about one read where it is found.
    ///
    /// # Errors
    ///
    /// As [`actor_events`](Self::actor_events).
    pub fn event(&self, id: &EventId) -> Result<Option<Committed>> {
        // From the newest, since what is asked for or sent again is mostly recent.
        for segment in self.segments.iter().rev() {
            if let Some(found) = segment.event(id)?
                && found.seq <= self.durable_seq
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Every entry from sequence number `from_seq` on, in order.
    ///
    /// Reads and proves whole frames, one in memory at a time.
    ///
    /// # Errors
    ///
    /// An item is an error when its frame cannot be read; the scan then ends.
    pub fn scan(&self, from_seq: u64) -> Scan {
        Scan::new(self, from_seq)
    }

    /// How large the journal is.
    pub fn stats(&self) -> JournalStats {
        let mut stats = JournalStats {
            segments: self.segments.len() as u64,
            ..JournalStats::default()
        };
        for segment in self.segments.iter() {
            let totals = segment.index.totals();
            stats.log_bytes += segment.end();
            stats.entries += totals.records;
            stats.events += totals.events;
            stats.index_memory_bytes += totals.memory_bytes;
            stats.earliest = [stats.earliest, totals.earliest]
                .into_iter()
                .flatten()
                .min();
        }
        stats
    }

    fn newest(
        &self,
        key: Key,
        page: Page,
        is_meant: impl Fn(&Event) -> bool,
    ) -> Result<Vec<Committed>> {
        let before = page
            .before
            .unwrap_or(u64::MAX)
            .min(self.durable_seq.saturating_add(1));
        let mut found = Vec::new();
        for segment in self.segments.iter().rev() {
            if segment.header.first_seq >= before {
                continue;
            }
            let mut border = segment.index.records_before(before, &segment.header);
            loop {
                let wanted = page.limit - found.len();
                let records = segment.index.newest(key, border, wanted);
                for &record in &records {
                    let committed = segment.entry(record)?;
                    // Another key may have the same hash.
                    if matches!(&committed.entry, Entry::Event(event) if is_meant(event)) {
                        found.push(committed);
                    }
                }
                if found.len() == page.limit {
                    return Ok(found);
                }
                match records.last() {
                    Some(&last) if records.len() == wanted => border = last,
                    _ => break,
                }
            }
        }
        Ok(found)
    }
}

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy)]
struct Page {
    before: Option<u64>,
    limit: usize,
}
