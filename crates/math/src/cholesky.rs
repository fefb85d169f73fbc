//! Symmetric positive definite systems of any size: factor, solve, invert.
//!
//! Everything happens in blocks of rows, so that nearly all the work is matrix products, which the
//! threads of the current rayon pool share. Blocks have a fixed size and are worked on in a fixed
//! way: the result has the same bits on any number of threads.

use rayon::prelude::*;

use crate::{MatrixView, MatrixViewMut, Real, Scale, gemm, mirror};

mod block;

use block::{factor_block, invert_block};

/// Rows of a block.
const BLOCK: usize = 128;

/// A matrix was not positive definite to working precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotPositiveDefinite {
    /// The row whose pivot was not a positive number.
    pub pivot: usize,
}

/// The factor `U`, upper triangular with a positive diagonal, of a matrix `A = Uᵀ U`.
#[derive(Debug, Clone, PartialEq)]
pub struct Cholesky<T> {
    /// Row after row; what stands below the diagonal means nothing.
    factor: Vec<T>,
    n: usize,
}

impl<T: Real> Cholesky<T> {
    /// Factors the symmetric matrix `a` of `n x n` numbers, row after row, in its place; only what
    /// stands on and above the diagonal is read.
    ///
    /// Cost: `n³ / 6` multiplications and additions.
    ///
    /// # Errors
    ///
    /// [`NotPositiveDefinite`] names the first row whose pivot is not positive and finite.
    ///
    /// # Panics
    ///
    /// When `a` does not have `n * n` elements.
    pub fn factor(mut a: Vec<T>, n: usize) -> Result<Self, NotPositiveDefinite> {
        assert_eq!(a.len(), n * n, "elements of a square matrix");
        for start in (0..n).step_by(BLOCK) {
            let end = (start + BLOCK).min(n);
            let (pivot_rows, below) = a[start * n..].split_at_mut((end - start) * n);
            factor_block(pivot_rows, n, start..end)
                .map_err(|row| NotPositiveDefinite { pivot: start + row })?;
            solve_panel(pivot_rows, n, start..end);
            subtract_panel(pivot_rows, below, n, end);
        }
        Ok(Self { factor: a, n })
    }

    /// Number of rows.
    pub fn n(&self) -> usize {
        self.n
    }

    /// The factor, row after row; what stands below the diagonal means nothing.
    pub fn upper(&self) -> &[T] {
        &self.factor
    }

    /// Replaces each column of `b`, `n` rows of `n_columns` numbers, by the solution `x` of
    /// `A x = b`.
    ///
    /// Cost: `n²` multiplications and additions a column.
    ///
    /// # Panics
    ///
    /// When `b` does not have `n * n_columns` elements.
    pub fn solve(&self, b: &mut [T], n_columns: usize) {
        assert_eq!(b.len(), self.n * n_columns, "elements of the right side");
        let starts: Vec<usize> = (0..self.n).step_by(BLOCK).collect();
        for &start in &starts {
            self.solve_rows(b, n_columns, start, Side::Forward);
        }
        for &start in starts.iter().rev() {
            self.solve_rows(b, n_columns, start, Side::Backward);
        }
    }

    /// Solves for the rows of one block and takes what they add out of the rows still to solve.
    fn solve_rows(&self, b: &mut [T], n_columns: usize, start: usize, side: Side) {
        let n = self.n;
        let end = (start + BLOCK).min(n);
        let factor = MatrixView::new(&self.factor, n, n);
        let (before, rest) = b.split_at_mut(start * n_columns);
        let (own, after) = rest.split_at_mut((end - start) * n_columns);
        block::solve_block(factor.part(start..end, start..end), own, n_columns, side);
        let own = MatrixView::new(own, end - start, n_columns);
        let (coupling, mut other) = match side {
            Side::Forward => (
                factor.part(start..end, end..n).transposed(),
                MatrixViewMut::new(after, n - end, n_columns),
            ),
            Side::Backward => (
                factor.part(0..start, start..end),
                MatrixViewMut::new(before, start, n_columns),
            ),
        };
        gemm(Scale::subtract(), coupling, own, &mut other);
    }

    /// The inverse of `A`, row after row, symmetric to the bit, in the memory of the factor.
    ///
    /// Cost: `n³ / 3` multiplications and additions; beside the matrix, memory for `3 * 128 * n`
    /// numbers.
    pub fn into_inverse(self) -> Vec<T> {
        let Self { factor: mut a, n } = self;
        let starts: Vec<usize> = (0..n).step_by(BLOCK).collect();
        for &start in starts.iter().rev() {
            invert_row(&mut a, n, start);
        }
        for &start in &starts {
            multiply_row(&mut a, n, start);
        }
        mirror(&mut a, n);
        a
    }
}

/// Which of the two triangular systems `Uᵀ y = b` and `U x = y` is solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Forward,
    Backward,
}

/// Turns the part right of a factored diagonal block into rows of the factor: `U_JJ^-T A_J`.
fn solve_panel<T: Real>(pivot_rows: &mut [T], n: usize, block: std::ops::Range<usize>) {
    let (height, width) = (block.len(), n - block.end);
    if width == 0 {
        return;
    }
    let rows = MatrixView::with_stride(pivot_rows, height, n, n);
    let inverse = invert_block(rows.part(0..height, block.clone()));
    let inverse = MatrixView::new(&inverse, height, height);
    let right = rows.part(0..height, block.end..n);
    let mut panel = vec![T::ZERO; height * width];
    // Columns in tiles, so that the threads share this step too.
    let tiles = in_tiles(width, |columns| {
        product(inverse.transposed(), right.part(0..height, columns))
    });
    scatter_tiles(&mut panel, width, 0, &tiles);
    for (row, from) in pivot_rows.chunks_exact_mut(n).zip(panel.chunks(width)) {
        row[block.end..].copy_from_slice(from);
    }
}

/// Takes the products of a finished block of rows out of all rows below it, above the diagonal.
fn subtract_panel<T: Real>(pivot_rows: &[T], below: &mut [T], n: usize, end: usize) {
    let height = pivot_rows.len() / n;
    let pivot = MatrixView::new(pivot_rows, height, n);
    let blocks = below.par_chunks_mut(BLOCK * n);
    blocks.enumerate().for_each(|(block, rows)| {
        let start = end + block * BLOCK;
        let n_rows = rows.len() / n;
        let left = pivot.part(0..height, start..start + n_rows).transposed();
        let right = pivot.part(0..height, start..n);
        let mut target = MatrixViewMut::with_stride(&mut rows[start..], n_rows, n - start, n);
        T::gemm(Scale::subtract(), left, right, &mut target);
    });
}

/// Replaces the block of rows at `start` of the factor by rows of its inverse; all blocks below are
/// replaced already.
fn invert_row<T: Real>(a: &mut [T], n: usize, start: usize) {
    let end = (start + BLOCK).min(n);
    let height = end - start;
    let (rows, below) = a[start * n..].split_at_mut(height * n);
    let view = MatrixView::new(rows, height, n);
    let diagonal = invert_block(view.part(0..height, start..end));
    let below = MatrixView::new(below, n - end, n);
    let tiles = in_tiles(n - end, |columns| {
        let inner = columns.end;
        let coupling = view.part(0..height, end..end + inner);
        let tile = below.part(0..inner, end + columns.start..end + columns.end);
        let sum = product(coupling, tile);
        let width = columns.len();
        let mut result = vec![T::ZERO; sum.len()];
        T::gemm(
            Scale {
                product: -T::ONE,
                old: T::ZERO,
            },
            MatrixView::new(&diagonal, height, height),
            MatrixView::new(&sum, height, width),
            &mut MatrixViewMut::new(&mut result, height, width),
        );
        result
    });
    scatter_tiles(rows, n, end, &tiles);
    for (row, from) in rows.chunks_exact_mut(n).zip(diagonal.chunks(height)) {
        row[start..end].copy_from_slice(from);
    }
}

/// Replaces the block of rows at `start` of the inverted factor `W` by rows of `W Wᵀ`; the blocks
/// below are still those of `W`.
fn multiply_row<T: Real>(a: &mut [T], n: usize, start: usize) {
    let height = (start + BLOCK).min(n) - start;
    let (rows, _) = a[start * n..].split_at(height * n);
    let own = MatrixView::new(rows, height, n);
    let all = MatrixView::new(&a[start * n..], n - start, n);
    let tiles = in_tiles(n - start, |columns| {
        let inner = start + columns.start..n;
        let left = own.part(0..height, inner.clone());
        product(left, all.part(columns, inner).transposed())
    });
    scatter_tiles(&mut a[start * n..(start + height) * n], n, start, &tiles);
}

/// Computes tiles of [`BLOCK`] columns each on all threads.
fn in_tiles<T: Send>(
    width: usize,
    tile: impl Fn(std::ops::Range<usize>) -> Vec<T> + Sync,
) -> Vec<Vec<T>> {
    (0..width.div_ceil(BLOCK))
        .into_par_iter()
        .map(|index| tile(index * BLOCK..((index + 1) * BLOCK).min(width)))
        .collect()
}

/// Writes tiles side by side into rows of `n` numbers, from column `start` on.
fn scatter_tiles<T: Copy>(rows: &mut [T], n: usize, start: usize, tiles: &[Vec<T>]) {
    let height = rows.len() / n;
    for (index, tile) in tiles.iter().enumerate() {
        let width = tile.len() / height;
        let column = start + index * BLOCK;
        for (row, from) in rows.chunks_exact_mut(n).zip(tile.chunks_exact(width)) {
            row[column..column + width].copy_from_slice(from);
        }
    }
}

/// `a b` in memory of its own, on this thread.
fn product<T: Real>(a: MatrixView<'_, T>, b: MatrixView<'_, T>) -> Vec<T> {
    let (n_rows, n_columns) = (a.n_rows(), b.n_columns());
    let mut result = vec![T::ZERO; n_rows * n_columns];
    let mut view = MatrixViewMut::new(&mut result, n_rows, n_columns);
    T::gemm(Scale::SET, a, b, &mut view);
    result
}

#[cfg(test)]
mod tests;
