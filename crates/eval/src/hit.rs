//! Hit: whether the list helped at all. Its mean over users is the hit rate, also written HR.

use std::{collections::HashSet, num::NonZeroUsize};

use marquee_core::ItemIdx;

use crate::hits::Hits;

/// 1 if a relevant item is among the first `k` places, otherwise 0.
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
/// use marquee_eval::hit_at_k;
///
/// let relevant = HashSet::from([ItemIdx(7)]);
/// let ranked = [ItemIdx(3), ItemIdx(7)];
/// assert_eq!(hit_at_k(&ranked, &relevant, NonZeroUsize::new(2).unwrap()), Some(1.0));
/// assert_eq!(hit_at_k(&ranked, &relevant, NonZeroUsize::MIN), Some(0.0));
/// ```
pub fn hit_at_k(ranked: &[ItemIdx], relevant: &HashSet<ItemIdx>, k: NonZeroUsize) -> Option<f64> {
    hit(&Hits::find(ranked, relevant, k), k)
}

pub(crate) fn hit(hits: &Hits, k: NonZeroUsize) -> Option<f64> {
    hits.n_relevant()?;
    Some(if hits.within(k).is_empty() { 0.0 } else { 1.0 })
}
