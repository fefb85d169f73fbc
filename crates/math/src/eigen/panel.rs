//! The rows of `Qᵀ`, cut into panels of columns that stay in the cache while reflections and
//! rotations are replayed on them.

use rayon::prelude::*;

use super::tridiagonal::Tridiagonal;
use crate::simd::{self, PANEL, Rotation};

/// `PANEL` columns of a matrix of `n` rows, row after row.
#[derive(Debug)]
pub(super) struct Panel {
    rows: Vec<[f64; PANEL]>,
    /// Columns that are in use.
    width: usize,
}

/// `Qᵀ` of the reduction.
pub(super) fn reflected(reduced: &Tridiagonal, n: usize) -> Vec<Panel> {
    let starts: Vec<usize> = (0..n).step_by(PANEL).collect();
    starts
        .into_par_iter()
        .map(|start| {
            let width = PANEL.min(n - start);
            let mut rows = vec![[0.0; PANEL]; n];
            for column in 0..width {
                rows[start + column][column] = 1.0;
            }
            for (step, reflection) in reduced.reflections.iter().enumerate() {
                simd::reflect(&mut rows[step + 1..], &reflection.vector, reflection.scale);
            }
            Panel { rows, width }
        })
        .collect()
}

/// Applies rotations to all panels, in their order.
pub(super) fn rotate(panels: &mut [Panel], rotations: &[Rotation]) {
    panels
        .par_iter_mut()
        .for_each(|panel| simd::rotate(&mut panel.rows, rotations));
}

/// The matrix whose column `k` is row `order[k]` of the panels.
pub(super) fn gathered(panels: &[Panel], order: &[usize]) -> Vec<f64> {
    let n = order.len();
    let mut vectors = vec![0.0; n * n];
    for (panel, target) in panels.iter().zip(vectors.chunks_mut(PANEL * n.max(1))) {
        for (column, target) in target.chunks_exact_mut(n).take(panel.width).enumerate() {
            for (value, &from) in target.iter_mut().zip(order) {
                *value = panel.rows[from][column];
            }
        }
    }
    vectors
}
