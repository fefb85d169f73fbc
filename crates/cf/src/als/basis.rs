//! A basis in which the Gram matrix of one side is diagonal.
//!
//! The loss does not change when all vectors of both sides are turned by the same rotation. With the
//! standing side in the eigenvectors of its own Gram matrix, what everything unseen adds to the
//! penalty of a moving vector is a diagonal, whatever the regularization of its row. That lets a row
//! with few interactions be solved in a system of that few equations
//! ([`marquee_math::ridge`]), and spares iterative solvers a product with the Gram matrix.

use marquee_math::{MatrixView, MatrixViewMut, Scale, gemm, gram, symmetric_eigen};

use super::model::narrow;

/// Rows that are turned at a time.
const ROWS: usize = 4096;

/// A rotation, and the diagonal that a Gram matrix has after it.
#[derive(Debug)]
pub(super) struct Basis {
    /// `d` eigenvalues, largest first, none below zero.
    pub(super) spectrum: Vec<f32>,
    rotation: Vec<f32>,
}

impl Basis {
    /// The basis of the Gram matrix of `factors`, rows of `d` numbers; none where one is not finite.
    pub(super) fn of(factors: &[f32], d: usize) -> Option<Self> {
        let matrix = MatrixView::new(factors, factors.len() / d, d);
        let eigen = symmetric_eigen(gram(matrix), d).ok()?;
        // Rounding may leave an eigenvalue that is truly zero a little below it.
        let spectrum = eigen.values.iter().map(|&value| narrow(value.max(0.0)));
        Some(Self {
            spectrum: spectrum.collect(),
            rotation: eigen.vectors.into_iter().map(narrow).collect(),
        })
    }

    /// Turns rows of `d` numbers into the basis, in their place.
    pub(super) fn turn(&self, factors: &mut [f32]) {
        let d = self.spectrum.len();
        let rotation = MatrixView::new(&self.rotation, d, d);
        let mut turned = vec![0.0; (ROWS * d).min(factors.len())];
        for rows in factors.chunks_mut(ROWS * d) {
            let n = rows.len() / d;
            let turned = &mut turned[..rows.len()];
            let mut target = MatrixViewMut::new(turned, n, d);
            gemm(
                Scale::SET,
                MatrixView::new(rows, n, d),
                rotation,
                &mut target,
            );
            rows.copy_from_slice(turned);
        }
    }
}
