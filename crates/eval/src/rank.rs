//! From scores of the whole catalog to the ranked list of one case.

use marquee_core::ItemIdx;
use marquee_math::top_k;

use crate::{TestCase, fold::Seen};

/// The `k` best items of `scores` that the case's user does not have yet, or of all where the case ranks
/// what was seen, best first, equal scores by the smaller row.
///
/// - `scores`: one per item of the catalog, in the order of rows; those of items that are left out are
///   overwritten with negative infinity. Where `scores` is shorter than the catalog, the items past its end are
///   not ranked. Negative infinity and not-a-number mean "not a candidate".
///
/// The list is shorter than `k` where fewer items are left. Cost: one pass over the scores.
///
/// # Panics
///
/// When there are more than 2³² scores.
pub fn rank_case(scores: &mut [f32], case: &TestCase<'_>, k: usize) -> Vec<ItemIdx> {
    let left_out = match case.seen {
        Seen::LeftOut => case.history.columns,
        Seen::Ranked => &[],
    };
    for &item in left_out {
        if let Some(score) = scores.get_mut(item as usize) {
            *score = f32::NEG_INFINITY;
        }
    }
    let best = top_k(scores, k);
    best.iter().map(|scored| ItemIdx(scored.index)).collect()
}
