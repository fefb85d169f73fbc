//! Catalog coverage: how much of the catalog is shown to anybody at all.

/// Share of the items that stand in at least one list, in `[0, 1]`.
///
/// - `exposure`: for each item of the catalog, in how many lists it stands.
///
/// Returns `None` for an empty catalog. It grows with the number of lists, so compare results over
/// the same users only.
///
/// # Example
///
/// ```
/// assert_eq!(marquee_eval::coverage(&[5, 0, 1, 0]), Some(0.5));
/// ```
pub fn coverage(exposure: &[u64]) -> Option<f64> {
    let shown = exposure.iter().filter(|&&lists| lists > 0).count();
    (!exposure.is_empty()).then(|| shown as f64 / exposure.len() as f64)
}
