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

/// Writes the product of each row of `rows` with each of `vectors` to `products`, all products of the
/// first vector before those of the second, each with the bits that [`dot`] gives. Rows and vectors
/// have `d` numbers each.
///
/// Many vectors at a time cost far less than one after the other, as rows are read from memory once.
///
/// # Panics
///
/// When `d` is zero, or lengths do not agree.
///
/// # Example
///
/// ```
/// let (rows, vectors) = ([1.0, 2.0, 3.0, 4.0], [1.0, 10.0, 0.0, 1.0]);
/// let mut products = [0.0; 4];
/// marquee_math::dots(&rows, &vectors, 2, &mut products);
/// assert_eq!(products, [21.0, 43.0, 2.0, 4.0]);
/// ```
pub fn dots(rows: &[f32], vectors: &[f32], d: usize, products: &mut [f32]) {
    assert!(d > 0, "numbers in a row");
    let (n_rows, n_vectors) = (rows.len() / d, vectors.len() / d);
    assert_eq!(rows.len(), n_rows * d, "elements of rows");
    assert_eq!(vectors.len(), n_vectors * d, "elements of vectors");
    assert_eq!(products.len(), n_rows * n_vectors, "products");
    if n_rows > 0 {
        simd::dots(rows, vectors, (d, n_rows), products);
    }
}
