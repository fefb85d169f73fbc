//! Making the log smaller: segments are rewritten without what goes, while appending goes on.
//!
//! A segment is rewritten under another name, synced and renamed over the old one, so a crash at any
//! moment leaves the one or the other. The new one says which sequence numbers it covers; when it
//! takes the place of several, the others are removed after that, and whatever of them a crash
//! leaves behind is recognized by being covered.

mod compact;
mod erase;
mod retain;
mod rewrite;

pub use compact::{Compacted, Compaction, Tombstones};
pub use erase::Erased;
pub use retain::Retained;

pub(crate) use erase::finish as finish_erasure;

use std::sync::{Arc, PoisonError, mpsc::channel};

use marquee_core::{Timestamp, UserId};

use crate::{Error, Journal, Result, segment::Segment, shared::Shared};

impl Journal {
    /// Drops every event that arrived before `before`, and the records of the catalog that later
    /// ones replaced, as far as they lie in segments with such events. What holds of the catalog
    /// stays, however old: see [`Journal::catalog`](crate::Journal::catalog).
    ///
    /// An event that was dropped is not known as a duplicate any more.
    ///
    /// Cost: segments with nothing but old events become one small one; one in which old and new
    /// events meet is written anew.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] and what else the disk says: every segment is as before or done.
    pub fn retain(&self, before: Timestamp) -> Result<Retained> {
        let growing = self.snapshot().segments.last().map(Arc::clone);
        let earliest = growing.and_then(|segment| segment.index.totals().earliest);
        if earliest.is_some_and(|earliest| earliest < before) {
            self.seal()?;
        }
        let _guard = hold(self.shared());
        retain::retain(self.shared(), before)
    }

    /// Drops what has no effect any more, and merges small segments:
    ///
    /// - records of the catalog and sign-ins that later ones replaced;
    /// - events that were taken back, and what took them back, where both arrived before
    ///   [`Compaction::before`] (an event that is sent once more after that is written as new);
    /// - deletions older than that, if [`Compaction::tombstones`] says so.
    ///
    /// Cost: a pass over the log, and writing the segments anew that lose something or are merged.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] and what else the disk says: every segment is as before or done.
    pub fn compact(&self, compaction: &Compaction) -> Result<Compacted> {
        self.seal()?;
        let _guard = hold(self.shared());
        compact::compact(self.shared(), compaction)
    }

    /// Erases a person: afterwards no file of the journal holds
    ///
    /// - an event that they did, or that a session did from which they signed in;
    /// - their sign-ins and their record;
    /// - anybody's retraction of one of these events.
    ///
    /// Numbers of other entries stay as they are. What others wrote into free text, such as a
    /// comment, is theirs and stays; so are ids of creators, which are other names. Snapshots that
    /// were made before go on showing what they show, until they are dropped. What is appended
    /// later is not touched.
    ///
    /// An erasure that has begun is finished when the journal is opened next, whatever happens in
    /// between.
    ///
    /// Cost: a pass over the whole log, and writing the segments anew that hold something of it.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] and what else the disk says; it will be finished by the next call or the
    /// next opening.
    pub fn erase(&self, user: &UserId) -> Result<Erased> {
        let through_seq = self.seal()?;
        let _guard = hold(self.shared());
        erase::finish(self.shared())?;
        erase::erase(self.shared(), user, through_seq)
    }

    /// Begins a new segment, after all that waits was written. Gives the last sequence number of the
    /// one before: up to there every file is sealed, and a copy of it is good for a backup.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] when there is no room for it, [`Error::Stopped`].
    pub fn seal(&self) -> Result<u64> {
        let (sender, receiver) = channel();
        self.shared().queue.push_seal(sender)?;
        (receiver.recv()).unwrap_or(Err(Error::Stopped { cause: None }))
    }
}

fn hold(shared: &Shared) -> std::sync::MutexGuard<'_, ()> {
    (shared.maintenance.lock()).unwrap_or_else(PoisonError::into_inner)
}

/// Cuts the list into runs that `joins` holds together; it is asked about a run and the segment
/// behind it. Numbers within one segment have 32 bits, so a run covers no more than that.
fn runs(
    segments: &[Arc<Segment>],
    joins: impl Fn(&[Arc<Segment>], &Segment) -> bool,
) -> Vec<&[Arc<Segment>]> {
    let mut runs = Vec::new();
    let mut start = 0;
    for (at, segment) in segments.iter().enumerate() {
        let run = &segments[start..at];
        let short = |first: &Arc<Segment>| {
            segment.last_seq() - first.header.first_seq < u64::from(u32::MAX) / 2
        };
        if (run.first()).is_some_and(|first| !short(first) || !joins(run, segment)) {
            runs.push(run);
            start = at;
        }
    }
    if start < segments.len() {
        runs.push(&segments[start..]);
    }
    runs
}

/// All segments but the one that grows.
fn sealed(shared: &Shared) -> Vec<Arc<Segment>> {
    let mut segments = shared.snapshot().segments.to_vec();
    segments.pop();
    segments
}
