//! Putting sparse rows together, many at a time, in an order that threads do not change.

use marquee_core::SparseRows;
use marquee_math::{Scored, TopK};
use rayon::prelude::*;

/// Rows that one task makes; fixed, so that the work is cut alike on any number of threads.
const ROWS_PER_TASK: usize = 64;

/// Makes `n_rows` rows of a matrix with `n_columns` columns in parallel.
///
/// `state` makes the scratch space of a task; `row` fills the entries of one row, each column at most
/// once and in any order. Rows come out with rising columns.
pub(crate) fn build_rows<S>(
    n_rows: usize,
    n_columns: usize,
    state: impl Fn() -> S + Sync,
    row: impl Fn(&mut S, usize, &mut Vec<Scored>) + Sync,
) -> SparseRows {
    let parts: Vec<SparseRows> = (0..n_rows.div_ceil(ROWS_PER_TASK))
        .into_par_iter()
        .map(|task| {
            let start = task * ROWS_PER_TASK;
            let mut scratch = state();
            let mut part = empty_rows(n_columns);
            let mut entries = Vec::new();
            for index in start..n_rows.min(start + ROWS_PER_TASK) {
                entries.clear();
                row(&mut scratch, index, &mut entries);
                push_row(&mut part, &mut entries);
            }
            part
        })
        .collect();
    parts.into_iter().fold(empty_rows(n_columns), append)
}

/// The `n` best of `entries`, best first; equal scores by the smaller column.
pub(crate) fn best(entries: impl Iterator<Item = (u32, f32)>, n: usize) -> Vec<Scored> {
    let mut best = TopK::new(n);
    for (index, score) in entries {
        best.push(Scored { index, score });
    }
    best.into_sorted()
}

fn empty_rows(n_columns: usize) -> SparseRows {
    SparseRows {
        n_columns,
        offsets: vec![0],
        columns: Vec::new(),
        weights: Some(Vec::new()),
        times: None,
    }
}

fn push_row(rows: &mut SparseRows, entries: &mut [Scored]) {
    entries.sort_unstable_by_key(|entry| entry.index);
    rows.columns.extend(entries.iter().map(|entry| entry.index));
    let weights = rows.weights.get_or_insert_default();
    weights.extend(entries.iter().map(|entry| entry.score));
    rows.offsets.push(rows.columns.len() as u64);
}

fn append(mut all: SparseRows, part: SparseRows) -> SparseRows {
    let start = all.columns.len() as u64;
    let offsets = part.offsets.iter().skip(1);
    all.offsets.extend(offsets.map(|offset| start + offset));
    all.columns.extend(part.columns);
    all.weights
        .get_or_insert_default()
        .extend(part.weights.unwrap_or_default());
    all
}
