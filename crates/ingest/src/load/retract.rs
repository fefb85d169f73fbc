//! Events that were taken back.

use std::collections::HashSet;

use marquee_core::{Action, Timestamp};

use super::Later;
use crate::{
    DataFolder, Result,
    segment::{Segment, hash_of},
};

/// One retraction.
struct Retraction {
    time: i64,
    /// Order of import.
    number: usize,
    /// Hash of its own id, if it has one: it may be taken back itself.
    own: Option<u128>,
    target: u128,
}

/// Hashes of the ids of all events that are taken back, those of `later` among them, rising.
///
/// Retractions are gone through from the latest to the earliest, so that one that is itself taken
/// back later does nothing.
///
/// # Errors
///
/// [`crate::Error::Artifact`] or [`crate::Error::Segment`] when a segment is damaged.
pub(crate) fn retracted(
    folder: &DataFolder,
    as_of: Option<Timestamp>,
    later: &mut Later<'_>,
) -> Result<Vec<u128>> {
    let mut all = Vec::new();
    let as_of = as_of.map_or(i64::MAX, Timestamp::as_millis);
    for (_, segment) in folder.manifest().segments() {
        let segment = Segment::open(&folder.dir().join(&segment.file))?;
        collect(&segment, as_of, &mut all)?;
    }
    later(&mut |event| {
        if let Action::Retract { event: target } = &event.action
            && event.time.as_millis() <= as_of
        {
            all.push(Retraction {
                time: event.time.as_millis(),
                number: all.len(),
                own: event.id.as_ref().map(|id| hash_of(id.as_str())),
                target: hash_of(target.as_str()),
            });
        }
        Ok(())
    })?;
    all.sort_by_key(|one| std::cmp::Reverse((one.time, one.number)));
    let mut dead: HashSet<u128> = HashSet::new();
    for one in all {
        if one.own.is_none_or(|own| !dead.contains(&own)) {
            dead.insert(one.target);
        }
    }
    let mut dead: Vec<u128> = dead.into_iter().collect();
    dead.sort_unstable();
    Ok(dead)
}

fn collect(segment: &Segment, as_of: i64, all: &mut Vec<Retraction>) -> Result<()> {
    let (targets, rows) = segment.retractions()?;
    if rows.is_empty() {
        return Ok(());
    }
    let columns = segment.columns()?;
    let ids = segment.texts("id", "id_row")?;
    for (at, &row) in rows.iter().enumerate() {
        let time = columns.time[row as usize];
        if time > as_of {
            continue;
        }
        let own = ids.as_ref().and_then(|(with_id, texts)| {
            let at = with_id.binary_search(&row).ok()?;
            texts.get(at).map(hash_of)
        });
        all.push(Retraction {
            time,
            number: all.len(),
            own,
            target: targets.get(at),
        });
    }
    Ok(())
}

/// Rows of `segment` whose event id is among `retracted`, rising.
///
/// # Errors
///
/// [`crate::Error::Artifact`] or [`crate::Error::Segment`] when the segment is damaged.
pub(crate) fn dead_rows(segment: &Segment, retracted: &[u128]) -> Result<Vec<u32>> {
    let (hashes, rows) = segment.id_hashes()?;
    let mut dead = Vec::new();
    for &hash in retracted {
        let (mut low, mut high) = (0, hashes.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if hashes.get(middle) < hash {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if low < hashes.len() && hashes.get(low) == hash {
            dead.push(rows[low]);
        }
    }
    dead.sort_unstable();
    Ok(dead)
}
