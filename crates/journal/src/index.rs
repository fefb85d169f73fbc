//! Where in a segment the entries of an id, an actor or an item are.
//!
//! A record is named by its number in the segment, from 0. While a segment grows its index is in
//! memory ([`MemoryIndex`]); a sealed one has an artifact beside it ([`MappedIndex`]), which is made
//! from the segment alone and made again whenever it is missing or does not fit.

mod build;
mod filter;
mod mapped;
mod memory;

use std::{path::Path, sync::RwLock};

use marquee_core::Timestamp;

use crate::{Error, Result, segment::SegmentHeader};

pub(crate) use build::build;
pub(crate) use mapped::MappedIndex;
pub(crate) use memory::MemoryIndex;

/// What events are looked up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// Hash of who did it.
    Actor(u64),
    /// Hash of what it was done to.
    Item(u64),
}

/// Where a record is, and what its numbers are counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Position in the file.
    pub(crate) offset: u32,
    /// Sequence number of the frame.
    pub(crate) first_seq: u64,
    /// Time of arrival of the frame.
    pub(crate) received: Timestamp,
}

/// What an index counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Totals {
    pub(crate) records: u64,
    pub(crate) events: u64,
    /// Earliest arrival of an event; none without events.
    pub(crate) earliest: Option<Timestamp>,
    /// Latest arrival of an event.
    pub(crate) latest: Option<Timestamp>,
    /// Bytes of memory that the index takes.
    pub(crate) memory_bytes: u64,
}

/// Index of a segment.
#[derive(Debug)]
pub(crate) enum Index {
    /// Of one that grows, or whose artifact is not written yet.
    Memory(RwLock<MemoryIndex>),
    /// Of a sealed one.
    Mapped(MappedIndex),
}

impl Index {
    pub(crate) fn memory(index: MemoryIndex) -> Self {
        Self::Memory(RwLock::new(index))
    }

    /// Records of events whose id has this hash.
    pub(crate) fn events(&self, hash: u64) -> Vec<u32> {
        match self {
            Self::Memory(index) => read(index).events(hash),
            Self::Mapped(index) => index.events(hash),
        }
    }

    /// Up to `limit` records of events under `key` before record `before`, newest first.
    pub(crate) fn newest(&self, key: Key, before: u32, limit: usize) -> Vec<u32> {
        match self {
            Self::Memory(index) => read(index).newest(key, before, limit),
            Self::Mapped(index) => index.newest(key, before, limit),
        }
    }

    /// Records that are not events, rising.
    pub(crate) fn catalog(&self) -> Vec<u32> {
        match self {
            Self::Memory(index) => read(index).catalog().to_vec(),
            Self::Mapped(index) => index.catalog().to_vec(),
        }
    }

    /// Number of records whose sequence number is lower than `seq`.
    pub(crate) fn records_before(&self, seq: u64, header: &SegmentHeader) -> u32 {
        let after = seq.saturating_sub(header.first_seq);
        match self {
            Self::Memory(index) => read(index).records_before(after),
            Self::Mapped(index) => index.records_before(after),
        }
    }

    /// Where the frame is that may hold `seq`: the last one that does not begin behind it.
    pub(crate) fn frame_before(&self, seq: u64) -> Option<u32> {
        match self {
            Self::Memory(index) => read(index).frame_before(seq),
            Self::Mapped(index) => index.frame_before(seq),
        }
    }

    /// Last sequence number that the segment covers.
    pub(crate) fn last_seq(&self, header: &SegmentHeader) -> u64 {
        let found = match self {
            Self::Memory(index) => read(index).last_seq(),
            Self::Mapped(index) => index.last_seq(),
        };
        found.unwrap_or(header.first_seq - 1).max(header.last_seq)
    }

    pub(crate) fn totals(&self) -> Totals {
        match self {
            Self::Memory(index) => read(index).totals(),
            Self::Mapped(index) => index.totals(),
        }
    }

    /// Where record `record` is.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] when there is no such record.
    pub(crate) fn place(&self, record: u32, path: &Path) -> Result<Place> {
        let place = match self {
            Self::Memory(index) => read(index).place(record),
            Self::Mapped(index) => index.place(record),
        };
        place.ok_or_else(|| {
            Error::damaged(path, 0)(crate::Problem::Limit {
                what: "number of a record",
                found: record.into(),
                limit: self.totals().records,
            })
        })
    }
}

/// What was written under a lock is whole also when a thread died holding it, since all changes are
/// made by one function that does not panic in between.
pub(crate) fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The same for writing.
pub(crate) fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
