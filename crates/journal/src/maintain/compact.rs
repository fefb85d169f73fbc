//! Dropping what has no effect any more.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use marquee_core::{Action, Event, EventId, Timestamp};

use super::{
    rewrite::{Fate, rewrite},
    runs, sealed,
};
use crate::{Committed, Entry, Result, segment::Segment, shared::Shared};

/// What [`Journal::compact`](crate::Journal::compact) may drop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compaction {
    /// Retracted events and deletions that arrived at this moment or later are kept.
    pub before: Timestamp,
    /// Whether deletions are ever dropped.
    pub tombstones: Tombstones,
}

/// Whether [`DeleteItem`](Entry::DeleteItem) and [`DeleteUser`](Entry::DeleteUser) are ever dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tombstones {
    /// They are kept: what they delete may also be known from elsewhere.
    #[default]
    Keep,
    /// Old ones are dropped: nobody else knows what they deleted.
    Drop,
}

/// What compaction dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Compacted {
    /// Retracted events and retractions that are gone.
    pub events: u64,
    /// Replaced records and deletions that are gone.
    pub records: u64,
    /// How many segments fewer there are.
    pub segments: u64,
    /// How many bytes the log is shorter.
    pub bytes: u64,
}

/// A retraction.
struct Retraction {
    /// When it was done, then its number: of two the later one counts.
    order: (Timestamp, u64),
    own: Option<EventId>,
    target: EventId,
    received: Timestamp,
}

pub(super) fn compact(shared: &Shared, compaction: &Compaction) -> Result<Compacted> {
    let segments = sealed(shared);
    let mut dropped = replaced(shared, compaction)?;
    dropped.extend(retracted(&segments, compaction.before)?);
    let mut sorted: Vec<u64> = dropped.iter().copied().collect();
    sorted.sort_unstable();
    let loses = |segment: &Arc<Segment>| {
        let next = sorted.partition_point(|&seq| seq < segment.header.first_seq);
        (sorted.get(next)).is_some_and(|&seq| seq <= segment.last_seq())
    };
    let fits = |run: &[Arc<Segment>], next: &Segment| {
        let bytes: u64 = run.iter().map(|segment| segment.end()).sum();
        bytes + next.end() <= shared.config.segment_bytes
    };
    let mut compacted = Compacted::default();
    // From the oldest on: an entry goes before the one that made it void, so that a crash in between
    // brings nothing back.
    for run in runs(&segments, fits) {
        if run.len() == 1 && !run.iter().any(loses) {
            continue;
        }
        let done = rewrite(shared, run, 0, &mut |committed| {
            if !dropped.contains(&committed.seq) {
                return Fate::Keep;
            }
            match &committed.entry {
                Entry::Event(_) => compacted.events += 1,
                _ => compacted.records += 1,
            }
            Fate::Drop
        })?;
        compacted.segments += run.len() as u64 - 1;
        compacted.bytes += done.bytes_before.saturating_sub(done.bytes_after);
    }
    Ok(compacted)
}

/// Numbers of records that later ones replaced, and of deletions that may go.
fn replaced(shared: &Shared, compaction: &Compaction) -> Result<HashSet<u64>> {
    let snapshot = shared.snapshot();
    let latest: HashMap<u64, Committed> = snapshot.catalog()?.map(|one| (one.seq, one)).collect();
    let stays = |seq: u64| {
        latest.get(&seq).is_some_and(|one| {
            let deletion = matches!(one.entry, Entry::DeleteItem(_) | Entry::DeleteUser(_));
            let old = one.received < compaction.before;
            !(deletion && old && compaction.tombstones == Tombstones::Drop)
        })
    };
    let mut replaced = HashSet::new();
    for segment in snapshot.segments.iter() {
        for record in segment.index.catalog() {
            let seq = segment.entry(record)?.seq;
            if !stays(seq) {
                replaced.insert(seq);
            }
        }
    }
    Ok(replaced)
}

/// What retractions do.
#[derive(Default)]
struct Taken {
    /// When the first retraction that holds arrived, of each event that is taken back.
    events: HashMap<EventId, Timestamp>,
    /// Numbers of the retractions that hold.
    by: HashSet<u64>,
}

/// Numbers of events that were taken back and of retractions that did it, all arrived before
/// `before`.
fn retracted(segments: &[Arc<Segment>], before: Timestamp) -> Result<HashSet<u64>> {
    let taken = taken(segments)?;
    // Of each event that holds no more: its number.
    let mut gone: HashMap<EventId, u64> = HashMap::new();
    each_event(segments, |committed, event| {
        // A retraction with an earlier time than the one that takes it back has done its work.
        let works = taken.by.contains(&committed.seq);
        if let Some(id) = &event.id
            && committed.received < before
            && !works
            && (taken.events.get(id)).is_some_and(|&arrived| arrived < before)
        {
            gone.insert(id.clone(), committed.seq);
        }
    })?;
    let mut dropped: HashSet<u64> = gone.values().copied().collect();
    each_event(segments, |committed, event| {
        // One that stands before its target would go first, and a crash would bring the target back.
        // One whose target is elsewhere may be needed there.
        if let Action::Retract { event: target } = &event.action
            && committed.received < before
            && gone.get(target).is_some_and(|&seq| seq < committed.seq)
        {
            dropped.insert(committed.seq);
        }
    })?;
    Ok(dropped)
}

fn taken(segments: &[Arc<Segment>]) -> Result<Taken> {
    let mut all = Vec::new();
    each_event(segments, |committed, event| {
        if let Action::Retract { event: target } = &event.action {
            all.push(Retraction {
                order: (event.time, committed.seq),
                own: event.id.clone(),
                target: target.clone(),
                received: committed.received,
            });
        }
    })?;
    // From the latest to the earliest, so that one that is itself taken back does nothing.
    all.sort_by_key(|one| std::cmp::Reverse(one.order));
    let mut taken = Taken::default();
    for one in all {
        if one.own.is_some_and(|own| taken.events.contains_key(&own)) {
            continue;
        }
        taken.by.insert(one.order.1);
        let first = taken.events.entry(one.target).or_insert(one.received);
        *first = one.received.min(*first);
    }
    Ok(taken)
}

fn each_event(segments: &[Arc<Segment>], mut take: impl FnMut(&Committed, &Event)) -> Result<()> {
    for segment in segments {
        segment.each(|committed| {
            if let Entry::Event(event) = &committed.entry {
                take(&committed, event);
            }
        })?;
    }
    Ok(())
}
