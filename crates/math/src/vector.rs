//! Sums over vectors, with the widest instructions the machine has.

use crate::simd;

/// The sum of the products of `a` and `b`.
///
/// Relative error: at most `n 2⁻²⁴` of the sum of the products' sizes, usually far less. The order of
/// the additions depends only on the length and the machine.
///
/// # Panics
///
/// When the lengths differ.
///
/// # Example
///
/// ```
/// assert_eq!(marquee_math::dot(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]), 32.0);
/// ```
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    simd::dot(a, b)
}

/// `target += factor * from`, element by element.
///
/// # Panics
///
/// When the lengths differ.
///
/// # Example
///
/// ```
/// let mut target = [1.0, 1.0];
/// marquee_math::axpy(&mut target, 2.0, &[3.0, 4.0]);
/// assert_eq!(target, [7.0, 9.0]);
/// ```
pub fn axpy(target: &mut [f32], factor: f32, from: &[f32]) {
    simd::axpy(target, factor, from);
}

/// Writes the product of each row of `rows` with `vector` to `products`, each with the bits that
/// [`dot`] gives.
///
/// # Panics
///
/// When `rows` is not as many rows of `vector`'s length as there are `products`.
///
/// # Example
///
/// ```
/// let mut products = [0.0; 2];
/// marquee_math::dots(&[1.0, 2.0, 3.0, 4.0], &[1.0, 10.0], &mut products);
/// assert_eq!(products, [21.0, 43.0]);
/// ```
pub fn dots(rows: &[f32], vector: &[f32], products: &mut [f32]) {
    assert_eq!(
        rows.len(),
        vector.len() * products.len(),
        "elements of rows"
    );
    simd::dots(rows, vector, products);
}
