//! Gini coefficient of exposure: how unevenly places in lists are dealt out among items.

/// Gini coefficient of `exposure`, in `[0, 1)`: 0 where every item stands in as many lists, close to
/// 1 where a few items have all places. Items in no list count.
///
/// - `exposure`: for each item of the catalog, in how many lists it stands.
///
/// With exposures sorted rising, `Σ (2i - n - 1) x_i / (n Σ x_i)` for `i` from 1: half the mean
/// absolute difference of two items by the mean (Gini 1912). Returns `None` where nothing was shown.
/// Cost: a sort of the catalog.
///
/// # Example
///
/// ```
/// assert_eq!(marquee_eval::gini(&[3, 3, 3]), Some(0.0));
/// assert_eq!(marquee_eval::gini(&[0, 0, 0, 8]), Some(0.75));
/// ```
pub fn gini(exposure: &[u64]) -> Option<f64> {
    let mut sorted = exposure.to_vec();
    sorted.sort_unstable();
    let n = sorted.len() as f64;
    let total: u64 = sorted.iter().sum();
    if total == 0 {
        return None;
    }
    let above_below = |(i, &lists): (usize, &u64)| (2.0 * (i + 1) as f64 - n - 1.0) * lists as f64;
    let weighted: f64 = sorted.iter().enumerate().map(above_below).sum();
    Some(weighted / (n * total as f64))
}
