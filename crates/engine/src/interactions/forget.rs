//! Taking people out of a file that was written before.

use std::{ops::Range, path::Path};

use marquee_core::UserIdx;
use marquee_store::ArtifactBuilder;

use super::{FORMAT, Interactions, KIND, bounds, in_order, shape};
use crate::Result;

/// Takes the ids of some people and what they did out of the file at `path`; gives whether it held any
/// of them. Their rows stay, without ids and empty, because models count rows.
///
/// Cost: a look into the ids; where one is found, the file is written anew and put in the place of the
/// old one, which whoever has it open goes on reading.
///
/// # Errors
///
/// [`EngineError::Store`](crate::EngineError::Store) or [`EngineError::Shape`](crate::EngineError::Shape) when the file cannot be read or written.
pub(crate) fn forget(path: &Path, ids: &[&str]) -> Result<bool> {
    let open = Interactions::open(path)?;
    let view = open.view();
    let rows: Vec<usize> = ids
        .iter()
        .filter_map(|id| open.user(id))
        .map(UserIdx::index)
        .collect();
    if rows.is_empty() {
        return Ok(false);
    }
    let is_kept = |row: &usize| !rows.contains(row);
    let names = view.users.ids.iter().enumerate();
    let users: Vec<&str> = names
        .map(|(row, id)| if is_kept(&row) { id } else { "" })
        .collect();
    let old = open.0.borrow_owner();
    let mut artifact = ArtifactBuilder::new(KIND, FORMAT);
    for (key, value) in old.metas() {
        artifact.meta(key, value);
    }
    artifact.strings("user_ids", users.iter().copied());
    artifact.strings("item_ids", view.items.ids.iter());
    let order = in_order(users.iter().copied());
    artifact.section("user_order", &[order.len() as u64], &order);
    artifact.section(
        "item_order",
        &[view.items.order.len() as u64],
        view.items.order,
    );
    let (offsets, kept) = without(view.offsets, &is_kept)?;
    let pick = |range: &Range<usize>| view.columns.get(range.clone());
    let columns = gather(&kept, pick)?;
    artifact.section("offsets", &[offsets.len() as u64], &offsets);
    artifact.section("columns", &[columns.len() as u64], &columns);
    if let Some(weights) = view.weights {
        let weights = gather(&kept, |range| weights.get(range.clone()))?;
        artifact.section_owned("weights", &[weights.len() as u64], weights);
    }
    if let Some(times) = view.times {
        let times = gather(&kept, |range| times.get(range.clone()))?;
        artifact.section_owned("times", &[times.len() as u64], times);
    }
    artifact.section(
        "item_counts",
        &[view.item_counts.len() as u64],
        view.item_counts,
    );
    if let Some((offsets, columns)) = view.opposed {
        let (offsets, kept) = without(offsets, &is_kept)?;
        let columns = gather(&kept, |range| columns.get(range.clone()))?;
        artifact.section_owned("opposed_offsets", &[offsets.len() as u64], offsets);
        artifact.section_owned("opposed_columns", &[columns.len() as u64], columns);
    }
    artifact.write(path)?;
    Ok(true)
}

/// Offsets with the rows that are not kept empty, and where the entries of the others lie.
fn without(
    offsets: &[u64],
    is_kept: &dyn Fn(&usize) -> bool,
) -> Result<(Vec<u64>, Vec<Range<usize>>)> {
    let (mut new, mut kept) = (vec![0], Vec::new());
    let mut end = 0;
    for row in 0..offsets.len() - 1 {
        let range = bounds(offsets, row).ok_or(shape("offsets"))?;
        if is_kept(&row) {
            end += range.len() as u64;
            kept.push(range);
        }
        new.push(end);
    }
    Ok((new, kept))
}

/// The entries of `kept` one after the other.
fn gather<'a, T: Copy + 'a>(
    kept: &[Range<usize>],
    entries: impl Fn(&Range<usize>) -> Option<&'a [T]>,
) -> Result<Vec<T>> {
    let mut all = Vec::new();
    for range in kept {
        all.extend_from_slice(entries(range).ok_or(shape("columns"))?);
    }
    Ok(all)
}
