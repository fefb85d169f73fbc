//! Rows through a layer: `Y = start + X W`, the same bits for a row whatever its company.

use crate::{
    MatrixView, MatrixViewMut,
    simd::{self, Affine, BLOCK, Few, Outer, Rows, Start},
};

/// Columns of weights are padded to a multiple of it.
pub const AFFINE_BLOCK: usize = BLOCK;

/// Writes `start + x W` for each row `x`.
///
/// Each number is one chain of additions, in the order of the rows of `weights`: a row's bits depend
/// neither on how many rows are asked for nor on their order, and the chain may be broken off and gone
/// on with, taking the first part's result as `start`. On machines that multiply and add with one
/// rounding all instruction sets give the same bits.
///
/// - `x`: rows side by side in memory.
/// - `weights`: a row for each column of `x`; its columns a multiple of [`AFFINE_BLOCK`].
/// - `start`: as many numbers as `weights` has columns.
/// - `y`: a row for each row of `x`, of as many columns as `weights`.
///
/// Cost: as many multiplications and additions as the product has, at close to the machine's best
/// rate from about six rows on.
///
/// # Panics
///
/// When shapes do not agree, or columns of `x` or `weights` are not side by side.
///
/// # Example
///
/// ```
/// use marquee_math::{AFFINE_BLOCK, MatrixView, MatrixViewMut, affine};
///
/// let mut weights = [0.0; 2 * AFFINE_BLOCK];
/// (weights[0], weights[AFFINE_BLOCK]) = (10.0, 100.0);
/// let mut start = [0.0; AFFINE_BLOCK];
/// start[0] = 1.0;
/// let mut y = [0.0; AFFINE_BLOCK];
/// affine(
///     MatrixView::new(&[2.0, 3.0], 1, 2),
///     MatrixView::new(&weights, 2, AFFINE_BLOCK),
///     &start,
///     &mut MatrixViewMut::new(&mut y, 1, AFFINE_BLOCK),
/// );
/// assert_eq!(y[..2], [321.0, 0.0]);
/// ```
pub fn affine(
    x: MatrixView<'_, f32>,
    weights: MatrixView<'_, f32>,
    start: &[f32],
    y: &mut MatrixViewMut<'_, f32>,
) {
    assert_eq!(weights.n_columns(), start.len(), "numbers to start from");
    multiply(x, weights, Start::Row(start), y);
}

/// Adds `x W` to `y`, row by row; otherwise as [`affine`].
///
/// # Panics
///
/// As [`affine`].
pub fn affine_add(
    x: MatrixView<'_, f32>,
    weights: MatrixView<'_, f32>,
    y: &mut MatrixViewMut<'_, f32>,
) {
    multiply(x, weights, Start::Own, y);
}

fn multiply(
    x: MatrixView<'_, f32>,
    weights: MatrixView<'_, f32>,
    start: Start<'_>,
    y: &mut MatrixViewMut<'_, f32>,
) {
    let size = (x.n_rows(), x.n_columns());
    let width = weights.n_columns();
    assert_eq!(size.1, weights.n_rows(), "inner length of a product");
    assert_eq!(size.0, y.n_rows(), "rows of a product");
    assert_eq!(width, y.n_columns(), "columns of a product");
    assert!(width.is_multiple_of(BLOCK), "padded columns");
    let (x, weights) = (rows(x), rows(weights));
    let (y, stride) = y.raw();
    simd::affine(Affine {
        x,
        size,
        weights,
        width,
        start,
        y: Rows { data: y, stride },
    });
}

/// Rows through a layer of few outputs, row by row: for each row and output `start + x w`, the numbers of a row summed
/// in [`AFFINE_BLOCK`] chains. A row has the same bits in any company, and as in [`affine`] on any instruction set.
///
/// - `columns`: the weights of each output, as many as a row of `x` has numbers and padded with zeros to a multiple of
///   [`AFFINE_BLOCK`].
/// - `start`: as many numbers as a row of `y`, at least one for each output; those beyond are copied.
///
/// # Panics
///
/// When shapes do not agree, or columns of `x` are not side by side.
///
/// # Example
///
/// ```
/// use marquee_math::{AFFINE_BLOCK, MatrixView, MatrixViewMut, affine_few};
///
/// let mut column = [0.0; AFFINE_BLOCK];
/// (column[0], column[1]) = (10.0, 100.0);
/// let mut y = [0.0; 2];
/// let mut to = MatrixViewMut::new(&mut y, 1, 2);
/// affine_few(MatrixView::new(&[2.0, 3.0], 1, 2), &column, &[1.0, 7.0], &mut to);
/// assert_eq!(y, [321.0, 7.0]);
/// ```
pub fn affine_few(
    x: MatrixView<'_, f32>,
    columns: &[f32],
    start: &[f32],
    y: &mut MatrixViewMut<'_, f32>,
) {
    let size = (x.n_rows(), x.n_columns());
    assert_eq!(size.0, y.n_rows(), "rows of a product");
    assert_eq!(start.len(), y.n_columns(), "numbers to start from");
    let padded = size.1.next_multiple_of(BLOCK).max(BLOCK);
    assert!(columns.len().is_multiple_of(padded), "padded columns");
    assert!(columns.len() / padded <= start.len(), "room for outputs");
    let x = rows(x);
    let (y, stride) = y.raw();
    simd::few(Few {
        x,
        size,
        columns,
        start,
        y: Rows { data: y, stride },
    });
}

/// Adds `aᵀ b` to `c`: the sum of the outer products of rows of `a` with rows of `b`, in their order.
///
/// - `a`, `b`: as many rows each; columns of `b` a multiple of [`AFFINE_BLOCK`].
/// - `c`: a row for each column of `a`, of as many columns as `b`.
///
/// Cost: as many multiplications and additions as the product has.
///
/// # Panics
///
/// When shapes do not agree, or columns of `a` or `b` are not side by side.
///
/// # Example
///
/// ```
/// use marquee_math::{AFFINE_BLOCK, MatrixView, MatrixViewMut, outer_add};
///
/// let mut b = [0.0; 2 * AFFINE_BLOCK];
/// (b[0], b[AFFINE_BLOCK]) = (10.0, 100.0);
/// let mut c = [1.0; AFFINE_BLOCK];
/// outer_add(
///     MatrixView::new(&[2.0, 3.0], 2, 1),
///     MatrixView::new(&b, 2, AFFINE_BLOCK),
///     &mut MatrixViewMut::new(&mut c, 1, AFFINE_BLOCK),
/// );
/// assert_eq!(c[..2], [321.0, 1.0]);
/// ```
pub fn outer_add(a: MatrixView<'_, f32>, b: MatrixView<'_, f32>, c: &mut MatrixViewMut<'_, f32>) {
    let size = (a.n_rows(), a.n_columns(), b.n_columns());
    assert_eq!(size.0, b.n_rows(), "inner length of a product");
    assert_eq!(size.1, c.n_rows(), "rows of a product");
    assert_eq!(size.2, c.n_columns(), "columns of a product");
    assert!(size.2.is_multiple_of(BLOCK), "padded columns");
    let (a, b) = (rows(a), rows(b));
    let (c, stride) = c.raw();
    simd::outer(Outer {
        a,
        b,
        size,
        c: Rows { data: c, stride },
    });
}

fn rows(matrix: MatrixView<'_, f32>) -> Rows<&[f32]> {
    let (data, stride, column) = matrix.raw();
    assert!(column == 1, "columns side by side");
    Rows { data, stride }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fill_normal, rng, simd::Level};

    fn drawn(n: usize, stream: u64) -> Vec<f32> {
        let mut numbers = vec![0.0; n];
        fill_normal(&mut rng(3, stream), 1.0, &mut numbers);
        numbers
    }

    #[test]
    fn few_outputs_are_those_of_a_product() {
        let cases: [(usize, usize, usize); 5] =
            [(1, 1, 1), (5, 16, 2), (9, 37, 3), (2, 330, 1), (4, 41, 1)];
        for (n_rows, inner, outputs) in cases {
            let padded = inner.next_multiple_of(BLOCK);
            let (x, start) = (drawn(n_rows * inner, 1), drawn(outputs + 1, 2));
            let mut columns = drawn(outputs * padded, 3);
            for column in columns.chunks_exact_mut(padded) {
                column[inner..].fill(0.0);
            }
            let run = |level, x: &[f32]| {
                let mut y = vec![0.0; x.len() / inner * (outputs + 1)];
                let all = Few {
                    x: Rows {
                        data: x,
                        stride: inner,
                    },
                    size: (x.len() / inner, inner),
                    columns: &columns,
                    start: &start,
                    y: Rows {
                        data: &mut y,
                        stride: outputs + 1,
                    },
                };
                simd::on::few(level, all);
                y
            };
            for level in Level::all() {
                let y = run(level, &x);
                let rows = x.chunks_exact(inner).zip(y.chunks_exact(outputs + 1));
                for (x, y) in rows {
                    for (at, weights) in columns.chunks_exact(padded).enumerate() {
                        let both = x.iter().zip(weights);
                        let exact: f64 = both.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                        let gap = f64::from(y[at]) - exact - f64::from(start[at]);
                        assert!(gap.abs() < 1e-4, "{gap}");
                    }
                    assert_eq!(y[outputs].to_bits(), start[outputs].to_bits());
                    assert_eq!(run(level, x), y, "a row alone");
                }
                if level != Level::plain() {
                    assert_eq!(run(Level::best(), &x), y, "another instruction set");
                }
            }
        }
    }
}
