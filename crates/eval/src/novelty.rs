//! Novelty: how little a list relies on what everybody knows.

use std::num::NonZeroUsize;

use marquee_core::ItemIdx;

use crate::Popularity;

/// Mean self-information of the first `k` places, in bits; higher is less obvious (Zhou et al. 2010).
///
/// - `ranked`: best first; may be shorter than `k`, the mean is then over what is there.
/// - `popularity`: of the training data, see [`Popularity::surprise`].
///
/// Returns `None` for an empty list.
///
/// # Panics
///
/// When an item of the list is not in `popularity`.
pub fn novelty_at_k(ranked: &[ItemIdx], popularity: &Popularity, k: NonZeroUsize) -> Option<f64> {
    let shown = &ranked[..ranked.len().min(k.get())];
    let bits: f64 = shown.iter().map(|&item| popularity.surprise(item)).sum();
    (!shown.is_empty()).then(|| bits / shown.len() as f64)
}
