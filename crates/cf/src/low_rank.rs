//! The largest singular values of a sparse matrix and their right singular vectors.
//!
//! Subspace iteration from a random start (Halko, Martinsson, Tropp 2011, algorithm 4.4): the columns
//! of a tall matrix are multiplied by `Aᵀ A` and made orthonormal, a few times over, and the small
//! problem that is left is solved exactly. Nothing larger than a tall matrix is ever formed.

use marquee_core::SparseView;
use marquee_math::{
    MatrixView, MatrixViewMut, NoEigen, Scale, fill_normal, gemm, gram, rng, symmetric_eigen,
};

use crate::{check::narrow, spread::spread};

/// Columns beyond those asked for, so that the last of them are accurate too.
const OVERSAMPLING: usize = 32;

/// The largest singular values of a matrix, squared, and the vectors on the side of its columns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LowRank {
    /// Squares of the singular values, largest first; as many as were asked for, or fewer where the
    /// matrix is smaller.
    pub(crate) squares: Vec<f64>,
    /// `n_columns x squares.len()`: orthonormal columns.
    pub(crate) right: Vec<f32>,
}

/// A matrix, its transpose, and how it is taken apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decomposition<'a> {
    pub(crate) rows: SparseView<'a>,
    pub(crate) columns: SparseView<'a>,
    /// Singular vectors wanted.
    pub(crate) rank: usize,
    /// Products with `Aᵀ A`; each sharpens what the random start caught.
    pub(crate) iterations: usize,
    pub(crate) seed: u64,
}

impl Decomposition<'_> {
    /// Takes the matrix apart.
    ///
    /// Cost, with `w` = rank + 32: for each iteration `2 w` operations an entry, `n_columns w²` for the
    /// Gram matrix and the turn, and `5 w³`.
    ///
    /// # Errors
    ///
    /// [`NoEigen`] where a number is not finite.
    pub(crate) fn compute(&self) -> Result<LowRank, NoEigen> {
        let (n_rows, n_columns) = (self.rows.n_rows(), self.rows.n_columns());
        let rank = self.rank.min(n_rows).min(n_columns);
        let width = (rank + OVERSAMPLING).min(n_columns);
        let mut basis = vec![0.0; n_columns * width];
        for (row, stream) in basis.chunks_exact_mut(width.max(1)).zip(0..) {
            fill_normal(&mut rng(self.seed, stream), 1.0, row);
        }
        for _ in 0..self.iterations.max(1) {
            let image = spread(self.rows, &basis, width);
            basis = orthonormal(&spread(self.columns, &image, width), width)?;
        }
        let image = spread(self.rows, &basis, width);
        let eigen = symmetric_eigen(gram(MatrixView::new(&image, n_rows, width)), width)?;
        let kept = eigen.vectors.chunks_exact(width.max(1));
        let turn: Vec<f32> = kept
            .flat_map(|row| row[..rank].iter().copied().map(narrow))
            .collect();
        Ok(LowRank {
            right: product(&basis, (n_columns, width, rank), &turn),
            squares: eigen.values[..rank]
                .iter()
                .map(|&value| value.max(0.0))
                .collect(),
        })
    }
}

/// An orthonormal basis of the columns of `vectors`; what depends on the others becomes zero.
fn orthonormal(vectors: &[f32], width: usize) -> Result<Vec<f32>, NoEigen> {
    let n = vectors.len() / width.max(1);
    let eigen = symmetric_eigen(gram(MatrixView::new(vectors, n, width)), width)?;
    // Single-precision columns tell nothing about directions a millionth as long as the longest.
    let floor = eigen.values.first().map_or(0.0, |largest| largest * 1e-12);
    let lengths = eigen.values.iter().map(|&square| {
        if square > floor {
            1.0 / square.sqrt()
        } else {
            0.0
        }
    });
    let lengths: Vec<f64> = lengths.collect();
    let rows = eigen.vectors.chunks_exact(width.max(1));
    let turn: Vec<f32> = rows
        .flat_map(|row| {
            row.iter()
                .zip(&lengths)
                .map(|(value, length)| narrow(value * length))
        })
        .collect();
    Ok(product(vectors, (n, width, width), &turn))
}

/// `a b` for `a` of `n x width` and `b` of `width x k`.
fn product(a: &[f32], (n, width, k): (usize, usize, usize), b: &[f32]) -> Vec<f32> {
    let mut product = vec![0.0; n * k];
    let mut view = MatrixViewMut::new(&mut product, n, k);
    gemm(
        Scale::SET,
        MatrixView::new(a, n, width),
        MatrixView::new(b, width, k),
        &mut view,
    );
    product
}

#[cfg(test)]
mod tests {
    use marquee_testkit::conformance::BlockWorld;
    use nalgebra::DMatrix;

    use super::*;

    fn low_rank(rank: usize) -> (DMatrix<f64>, LowRank) {
        let data = BlockWorld::small(5).data;
        let mut dense = DMatrix::zeros(data.n_users(), data.n_items());
        for (user, row) in data.by_user().rows().enumerate() {
            for &item in row.columns {
                dense[(user, item as usize)] = 1.0;
            }
        }
        let got = Decomposition {
            rows: data.by_user(),
            columns: data.by_item(),
            rank,
            iterations: 12,
            seed: 3,
        };
        (dense, got.compute().unwrap())
    }

    #[test]
    fn values_and_projection_are_those_of_the_dense_decomposition() {
        let (dense, got) = low_rank(6);
        let svd = dense.clone().svd(false, true);
        let right = svd.v_t.unwrap();
        let mut order: Vec<usize> = (0..svd.singular_values.len()).collect();
        order.sort_by(|&a, &b| svd.singular_values[b].total_cmp(&svd.singular_values[a]));
        for (k, &at) in order[..6].iter().enumerate() {
            let want = svd.singular_values[at].powi(2);
            assert!((got.squares[k] - want).abs() < 1e-3 * want, "value {k}");
        }
        // The four blocks stand out, so the space of the first four is well defined.
        for row in 0..60 {
            for column in 0..60 {
                let mine: f32 = (0..4)
                    .map(|k| got.right[row * 6 + k] * got.right[column * 6 + k])
                    .sum();
                let want: f64 = order[..4]
                    .iter()
                    .map(|&k| right[(k, row)] * right[(k, column)])
                    .sum();
                assert!((f64::from(mine) - want).abs() < 1e-3, "{row} {column}");
            }
        }
    }

    #[test]
    fn rank_is_that_of_the_matrix_at_most() {
        let (_, got) = low_rank(500);
        assert_eq!(got.squares.len(), 60);
        assert!(got.right.iter().all(|value| value.is_finite()));
    }
}
