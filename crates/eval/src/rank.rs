//! From scores of the whole catalog to the ranked list of one case.

use marquee_core::ItemIdx;
use marquee_math::top_k;

use crate::TestCase;

/// The `k` best items of `scores` that the case's user does not have yet, best first, equal scores by
/// the smaller row.
///
/// - `scores`: one per item of the catalog, in the order of rows; those of the history are overwritten
///   with negative infinity. Where `scores` is shorter than the catalog, the items past its end are
///   not ranked. Negative infinity and not-a-number mean "not a candidate".
///
/// The list is shorter than `k` where fewer items are left. Cost: one pass over the scores.
///
/// # Panics
///
/// When there are more than 2³² scores.
pub fn rank_case(scores: &mut [f32], case: &TestCase<'_>, k: usize) -> Vec<ItemIdx> {
    for &item in case.history.columns {
        if let Some(score) = scores.get_mut(item as usize) {
            *score = f32::NEG_INFINITY;
        }
    }
    let best = top_k(scores, k);
    best.iter().map(|scored| ItemIdx(scored.index)).collect()
}
