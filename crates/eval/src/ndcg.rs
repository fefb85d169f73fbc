//! nDCG: how close a ranked list comes to the best order of the same items.
//!
//! Binary relevance, discount `1 / log2(rank + 1)` (Burges et al. 2005), ideal list of
//! `min(k, relevant items)` hits. The older form (Järvelin & Kekäläinen 2002) does not discount rank 2
//! and gives other values for the same list: never compare results of the two.

use std::{collections::HashSet, num::NonZeroUsize};

use marquee_core::ItemIdx;

use crate::hits::Hits;

/// Normalized discounted cumulative gain of the first `k` places, in `[0, 1]`.
///
/// - `ranked`: best first, no repeats. A list shorter than `k` gains nothing at the missing places.
/// - `relevant`: the items held out for this user.
///
/// Returns `None` when `relevant` is empty: the metric is undefined there, and a mean that counted
/// such users as zero would depend on how the data was split.
///
/// # Example
///
/// ```
/// use std::{collections::HashSet, num::NonZeroUsize};
/// use marquee_core::ItemIdx;
/// use marquee_eval::ndcg_at_k;
///
/// let relevant = HashSet::from([ItemIdx(7)]);
/// let k = NonZeroUsize::new(10).unwrap();
/// assert_eq!(ndcg_at_k(&[ItemIdx(7), ItemIdx(3)], &relevant, k), Some(1.0));
/// ```
pub fn ndcg_at_k(ranked: &[ItemIdx], relevant: &HashSet<ItemIdx>, k: NonZeroUsize) -> Option<f64> {
    ndcg(&Hits::find(ranked, relevant, k), k)
}

pub(crate) fn ndcg(hits: &Hits, k: NonZeroUsize) -> Option<f64> {
    let ideal_hits = hits.n_relevant()?.min(k);
    let gain: f64 = hits.within(k).iter().map(|&rank| discount(rank)).sum();
    let ideal_gain: f64 = (1..=ideal_hits.get()).map(discount).sum();
    Some(gain / ideal_gain)
}

/// Weight of a hit at `rank`, counted from 1.
fn discount(rank: usize) -> f64 {
    1.0 / (rank as f64 + 1.0).log2()
}
