//! Average precision, whose mean over users is MAP: precision at each hit, averaged.
//!
//! Divided by `min(k, relevant items)`, so that a perfect list gets 1. Others divide by all relevant
//! items, or by the hits alone, and get other values for the same list: never compare those with this.

use std::{collections::HashSet, num::NonZeroUsize};

use marquee_core::ItemIdx;

use crate::hits::Hits;

/// Sum over the hits among the first `k` places of the precision up to each, by
/// `min(k, relevant items)`; in `[0, 1]`.
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
/// use marquee_eval::average_precision_at_k;
///
/// let relevant = HashSet::from([ItemIdx(7), ItemIdx(8)]);
/// let k = NonZeroUsize::new(10).unwrap();
/// // Precision is 1/1 at the first hit and 2/4 at the second.
/// let ranked = [ItemIdx(7), ItemIdx(1), ItemIdx(2), ItemIdx(8)];
/// assert_eq!(average_precision_at_k(&ranked, &relevant, k), Some(0.75));
/// ```
pub fn average_precision_at_k(
    ranked: &[ItemIdx],
    relevant: &HashSet<ItemIdx>,
    k: NonZeroUsize,
) -> Option<f64> {
    average_precision(&Hits::find(ranked, relevant, k), k)
}

pub(crate) fn average_precision(hits: &Hits, k: NonZeroUsize) -> Option<f64> {
    let possible = hits.n_relevant()?.min(k);
    let precisions = (1_usize..)
        .zip(hits.within(k))
        .map(|(found, &rank)| found as f64 / rank as f64);
    Some(precisions.sum::<f64>() / possible.get() as f64)
}
