//! Products of dense matrices.

use rayon::prelude::*;

use crate::{MatrixView, MatrixViewMut, Real};

/// What becomes of the product and of what stood at its place before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale<T> {
    /// Factor of the product.
    pub product: T,
    /// Factor of the old content; zero overwrites it, whatever it is.
    pub old: T,
}

impl<T: Real> Scale<T> {
    /// `c = a b`.
    pub const SET: Self = Self {
        product: T::ONE,
        old: T::ZERO,
    };
    /// `c = c + a b`.
    pub const ADD: Self = Self {
        product: T::ONE,
        old: T::ONE,
    };

    /// `c = c - a b`.
    #[must_use]
    pub fn subtract() -> Self {
        Self {
            product: -T::ONE,
            old: T::ONE,
        }
    }
}

/// Rows of the product that one thread works on at a time: fixed, so that the result has the same
/// bits on any number of threads.
const ROWS: usize = 256;

/// `c = scale.product * a * b + scale.old * c`, for `a` of `m x k`, `b` of `k x n` and `c` of
/// `m x n`, over row blocks of `c` on the current rayon pool.
///
/// Cost: `m k n` multiplications and additions.
///
/// # Panics
///
/// When the shapes do not fit each other.
///
/// # Example
///
/// ```
/// use marquee_math::{MatrixView, MatrixViewMut, Scale, gemm};
///
/// let a = [1.0_f32, 2.0, 3.0, 4.0];
/// let b = [1.0, 0.0, 1.0, 1.0];
/// let mut c = [0.0; 4];
/// let view = |data| MatrixView::new(data, 2, 2);
/// gemm(Scale::SET, view(&a), view(&b), &mut MatrixViewMut::new(&mut c, 2, 2));
/// assert_eq!(c, [3.0, 2.0, 7.0, 4.0]);
/// ```
pub fn gemm<T: Real>(
    scale: Scale<T>,
    a: MatrixView<'_, T>,
    b: MatrixView<'_, T>,
    c: &mut MatrixViewMut<'_, T>,
) {
    assert_eq!(a.n_columns(), b.n_rows(), "inner length of a product");
    assert_eq!(a.n_rows(), c.n_rows(), "rows of a product");
    assert_eq!(b.n_columns(), c.n_columns(), "columns of a product");
    let (n_rows, n_columns) = (c.n_rows(), c.n_columns());
    let (data, row_stride) = c.raw();
    if n_rows == 0 || n_columns == 0 {
        return;
    }
    let used = (n_rows - 1) * row_stride + n_columns;
    let blocks = data[..used].par_chunks_mut(ROWS * row_stride);
    blocks.enumerate().for_each(|(block, part)| {
        let rows = block * ROWS..((block + 1) * ROWS).min(n_rows);
        let mut part = MatrixViewMut::with_stride(part, rows.len(), n_columns, row_stride);
        T::gemm(scale, a.part(rows, 0..a.n_columns()), b, &mut part);
    });
}

/// Rows that are multiplied before their sum is added to the total of a [`gram`] matrix.
const GRAM_ROWS: usize = 1024;
/// Columns of a tile of a [`gram`] matrix.
const GRAM_COLUMNS: usize = 256;

/// `aᵀ a` for `a` of `n x d`: `d x d` numbers, symmetric to the bit.
///
/// Single-precision products over at most 1,024 rows are added up in double precision, so that the
/// error does not grow with `n`.
///
/// Cost: `n d² / 2` multiplications and additions once `d` is beyond 256, `n d²` before.
pub fn gram(a: MatrixView<'_, f32>) -> Vec<f64> {
    let (n, d) = (a.n_rows(), a.n_columns());
    let starts: Vec<usize> = (0..d).step_by(GRAM_COLUMNS).collect();
    let tiles: Vec<(usize, usize)> = starts
        .iter()
        .flat_map(|&row| starts.iter().map(move |&column| (row, column)))
        .filter(|(row, column)| row <= column)
        .collect();
    let chunks: Vec<usize> = (0..n).step_by(GRAM_ROWS).collect();
    let mut total = vec![0.0_f64; d * d];
    // Groups of chunks are computed side by side and added in order: memory stays bounded and the
    // order of the additions fixed.
    for group in chunks.chunks(8) {
        let work: Vec<(usize, (usize, usize))> = group
            .iter()
            .flat_map(|&chunk| tiles.iter().map(move |&tile| (chunk, tile)))
            .collect();
        let parts: Vec<Vec<f32>> = work
            .par_iter()
            .map(|&(start, tile)| gram_tile(a, start, tile))
            .collect();
        for (&(_, tile), part) in work.iter().zip(&parts) {
            add_tile(&mut total, d, tile, part);
        }
    }
    mirror(&mut total, d);
    total
}

fn gram_tile(a: MatrixView<'_, f32>, start: usize, (row, column): (usize, usize)) -> Vec<f32> {
    let (n, d) = (a.n_rows(), a.n_columns());
    let rows = start..(start + GRAM_ROWS).min(n);
    let left = a.part(rows.clone(), row..(row + GRAM_COLUMNS).min(d));
    let right = a.part(rows, column..(column + GRAM_COLUMNS).min(d));
    let (height, width) = (left.n_columns(), right.n_columns());
    let mut part = vec![0.0_f32; height * width];
    let mut view = MatrixViewMut::new(&mut part, height, width);
    f32::gemm(Scale::SET, left.transposed(), right, &mut view);
    part
}

fn add_tile(total: &mut [f64], d: usize, (row, column): (usize, usize), part: &[f32]) {
    let width = GRAM_COLUMNS.min(d - column);
    for (offset, from) in part.chunks_exact(width).enumerate() {
        let start = (row + offset) * d + column;
        for (sum, &value) in total[start..start + width].iter_mut().zip(from) {
            *sum += f64::from(value);
        }
    }
}

/// Copies the part above the diagonal of the `n x n` matrix `a` to below it.
///
/// # Panics
///
/// When `a` does not have `n * n` elements.
pub fn mirror<T: Copy>(a: &mut [T], n: usize) {
    assert_eq!(a.len(), n * n, "elements of a square matrix");
    const BLOCK: usize = 64;
    for row_block in (0..n).step_by(BLOCK) {
        for column_block in (0..=row_block).step_by(BLOCK) {
            for row in row_block..(row_block + BLOCK).min(n) {
                for column in column_block..(column_block + BLOCK).min(row) {
                    a[row * n + column] = a[column * n + row];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
