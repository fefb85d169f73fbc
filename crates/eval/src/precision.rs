//! Precision: how much of the list was worth its place.
//!
//! Divided by `k` even where the list is shorter: an empty place is a wasted one.

use std::{collections::HashSet, num::NonZeroUsize};

use marquee_core::ItemIdx;

use crate::hits::Hits;

/// Hits among the first `k` places by `k`, in `[0, 1]`.
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
/// use marquee_eval::precision_at_k;
///
/// let relevant = HashSet::from([ItemIdx(7)]);
/// let k = NonZeroUsize::new(4).unwrap();
/// assert_eq!(precision_at_k(&[ItemIdx(3), ItemIdx(7)], &relevant, k), Some(0.25));
/// ```
pub fn precision_at_k(
    ranked: &[ItemIdx],
    relevant: &HashSet<ItemIdx>,
    k: NonZeroUsize,
) -> Option<f64> {
    precision(&Hits::find(ranked, relevant, k), k)
}

pub(crate) fn precision(hits: &Hits, k: NonZeroUsize) -> Option<f64> {
    hits.n_relevant()?;
    Some(hits.within(k).len() as f64 / k.get() as f64)
}
