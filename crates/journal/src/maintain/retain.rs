//! Dropping what is too old.

use std::{collections::HashSet, sync::Arc};

use marquee_core::Timestamp;

use super::{
    rewrite::{Fate, rewrite},
    runs, sealed,
};
use crate::{Committed, Entry, Result, segment::Segment, shared::Shared};

/// What retention dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retained {
    /// Events that are gone.
    pub events: u64,
    /// Replaced records of the catalog that are gone.
    pub records: u64,
    /// How many segments fewer there are.
    pub segments: u64,
    /// How many bytes the log is shorter.
    pub bytes: u64,
}

/// What is to be done with a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    /// It has no event that stays.
    Old,
    /// It has events that go and events that stay.
    Mixed,
    /// All its events stay.
    Young,
}

pub(super) fn retain(shared: &Shared, before: Timestamp) -> Result<Retained> {
    let latest: HashSet<u64> = shared.snapshot().catalog()?.map(|one| one.seq).collect();
    let mut retained = Retained::default();
    let segments = sealed(shared);
    let old = |segment: &Segment| age(segment, before) == Age::Old;
    for run in runs(&segments, |run, next| old(&run[0]) && old(next)) {
        let kind = age(&run[0], before);
        let events: u64 = (run.iter()).map(|one| one.index.totals().events).sum();
        if kind == Age::Young || (events == 0 && run.len() == 1) {
            continue;
        }
        let goes = |committed: &Committed| match &committed.entry {
            Entry::Event(_) => committed.received < before,
            Entry::PutItem(_)
            | Entry::DeleteItem(_)
            | Entry::PutUser(_)
            | Entry::DeleteUser(_)
            | Entry::SignIn { .. } => !latest.contains(&committed.seq),
        };
        let floor = match kind {
            Age::Old => run.last().map_or(0, |last| last.last_seq() + 1),
            _ => highest(run, |one| goes(one) && matches!(one.entry, Entry::Event(_)))? + 1,
        };
        let done = rewrite(shared, run, floor, &mut |committed| {
            if !goes(committed) {
                return Fate::Keep;
            }
            match &committed.entry {
                Entry::Event(_) => retained.events += 1,
                _ => retained.records += 1,
            }
            Fate::Drop
        })?;
        retained.segments += run.len() as u64 - 1;
        retained.bytes += done.bytes_before.saturating_sub(done.bytes_after);
    }
    Ok(retained)
}

fn age(segment: &Segment, before: Timestamp) -> Age {
    let totals = segment.index.totals();
    match (totals.earliest, totals.latest) {
        (_, latest) if latest.is_none_or(|latest| latest < before) => Age::Old,
        (Some(earliest), _) if earliest < before => Age::Mixed,
        _ => Age::Young,
    }
}

/// Highest number of an entry for which `goes` holds; 0 when there is none.
fn highest(run: &[Arc<Segment>], mut goes: impl FnMut(&Committed) -> bool) -> Result<u64> {
    let mut highest = 0;
    for segment in run {
        segment.each(|committed| {
            if goes(&committed) {
                highest = committed.seq;
            }
        })?;
    }
    Ok(highest)
}
