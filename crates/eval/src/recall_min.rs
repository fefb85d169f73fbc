//! Recall by what a list of `k` could hold at most.
//!
//! The variant of Liang et al. 2018 and of the work on autoencoders since: a perfect list gets 1
//! whatever the number of relevant items. [`recall_at_k`](crate::recall_at_k) divides by all of them.

use std::{collections::HashSet, num::NonZeroUsize};

use marquee_core::ItemIdx;

use crate::hits::Hits;

/// Hits among the first `k` places by `min(k, relevant items)`, in `[0, 1]`.
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
/// use marquee_eval::recall_min_at_k;
///
/// let relevant = HashSet::from([ItemIdx(7), ItemIdx(8), ItemIdx(9), ItemIdx(4)]);
/// let k = NonZeroUsize::new(2).unwrap();
/// assert_eq!(recall_min_at_k(&[ItemIdx(7), ItemIdx(3)], &relevant, k), Some(0.5));
/// ```
pub fn recall_min_at_k(
    ranked: &[ItemIdx],
    relevant: &HashSet<ItemIdx>,
    k: NonZeroUsize,
) -> Option<f64> {
    recall_min(&Hits::find(ranked, relevant, k), k)
}

pub(crate) fn recall_min(hits: &Hits, k: NonZeroUsize) -> Option<f64> {
    let possible = hits.n_relevant()?.min(k);
    Some(hits.within(k).len() as f64 / possible.get() as f64)
}
