//! Recall: how many of the relevant items were found.
//!
//! By all relevant items, as LightGCN and its successors report it. A user with more than `k` of
//! them cannot reach 1; [`recall_min_at_k`](crate::recall_min_at_k) is the variant where he can.
//! Never compare results of the two.

use std::{collections::HashSet, num::NonZeroUsize};

use marquee_core::ItemIdx;

use crate::hits::Hits;

/// Share of the relevant items among the first `k` places, in `[0, 1]`: hits by all relevant.
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
/// use marquee_eval::recall_at_k;
///
/// let relevant = HashSet::from([ItemIdx(7), ItemIdx(8), ItemIdx(9), ItemIdx(4)]);
/// let k = NonZeroUsize::new(2).unwrap();
/// assert_eq!(recall_at_k(&[ItemIdx(7), ItemIdx(3)], &relevant, k), Some(0.25));
/// ```
pub fn recall_at_k(
    ranked: &[ItemIdx],
    relevant: &HashSet<ItemIdx>,
    k: NonZeroUsize,
) -> Option<f64> {
    recall(&Hits::find(ranked, relevant, k), k)
}

pub(crate) fn recall(hits: &Hits, k: NonZeroUsize) -> Option<f64> {
    let n_relevant = hits.n_relevant()?;
    Some(hits.within(k).len() as f64 / n_relevant.get() as f64)
}
