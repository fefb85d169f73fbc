//! Reciprocal rank, whose mean over users is MRR: how soon the first relevant item comes.
//!
//! Cut at `k`: a first hit below place `k` counts as none.

use std::{collections::HashSet, num::NonZeroUsize};

use marquee_core::ItemIdx;

use crate::hits::Hits;

/// One by the rank of the first hit, counted from 1, if it is among the first `k`; otherwise 0.
///
/// - `ranked`: best first, no repeats; may be shorter than `k`.
/// - `relevant`: the items held out for this user.
///
/// Returns `None` when `relevant` is empty: the metric is undefined there.
///
/// # Example
///
/// ```
/// use std::{collections::HashSet, num::NonZeroUsize};
/// use marquee_core::ItemIdx;
/// use marquee_eval::reciprocal_rank_at_k;
///
/// let relevant = HashSet::from([ItemIdx(7)]);
/// let k = NonZeroUsize::new(10).unwrap();
/// assert_eq!(reciprocal_rank_at_k(&[ItemIdx(3), ItemIdx(7)], &relevant, k), Some(0.5));
/// ```
pub fn reciprocal_rank_at_k(
    ranked: &[ItemIdx],
    relevant: &HashSet<ItemIdx>,
    k: NonZeroUsize,
) -> Option<f64> {
    reciprocal_rank(&Hits::find(ranked, relevant, k), k)
}

pub(crate) fn reciprocal_rank(hits: &Hits, k: NonZeroUsize) -> Option<f64> {
    hits.n_relevant()?;
    let first = hits.within(k).first();
    Some(first.map_or(0.0, |&rank| 1.0 / rank as f64))
}
