//! The normal equations of many rows by matrix tiles: `G = sum over j of (w_j y_j) (w_j y_j)ᵀ` of rows
//! rounded to bfloat16, all else in single precision.
//!
//! The rounded rows are a problem of their own, of which this is the exact solution: nothing but the
//! rows is rounded, and the system stays positive definite.

use crate::{
    NotFinite, Ridge, RidgeProblem,
    ridge::{dot_f64, padded},
    simd::{
        self, BLOCK, Gather, LINE, Rows,
        tiles::{Gathered, Tiles},
    },
};

/// A problem of enough rows that tiles gain something, on a machine that has them.
#[derive(Debug)]
pub(super) struct Tiled<'a> {
    tiles: Tiles,
    problem: &'a RidgeProblem<'a>,
    lines: &'a [[u16; LINE]],
}

impl<'a> Tiled<'a> {
    pub(super) fn of(problem: &'a RidgeProblem<'a>) -> Option<Self> {
        let halves = problem.halves?;
        let (n, d) = (problem.rows.len(), problem.scales.len());
        // With fewer rows a system of that many equations is quicker.
        if 4 * n < 3 * d {
            return None;
        }
        assert_eq!(halves.d(), d, "columns of the rounded matrix");
        Some(Self {
            tiles: Tiles::of_this_machine()?,
            problem,
            lines: halves.lines(),
        })
    }

    /// Columns with their padding.
    fn width(&self) -> usize {
        self.problem.scales.len().next_multiple_of(LINE)
    }

    /// Distance between the rows of the system.
    fn stride(&self) -> usize {
        self.width() + BLOCK
    }

    /// Writes `G` on and above the diagonal of `system`, all of it in blocks of [`LINE`] on the
    /// diagonal, and `sum over j of w_j q_j y_j` to `right`.
    fn read(&self, scratch: &mut Gathered, system: &mut [f32], right: &mut [f32]) {
        let problem = self.problem;
        let one = 1.0_f32.to_bits();
        let plain = problem.weights.iter().all(|weight| weight.to_bits() == one);
        right.fill(0.0);
        let gather = Gather {
            from: self.lines,
            lines: self.width() / LINE,
            rows: problem.rows,
            weights: (!plain).then_some(problem.weights),
            targets: problem.targets,
        };
        let target = Rows {
            data: system,
            stride: self.stride(),
        };
        self.tiles.gram(gather, scratch, target, right);
    }

    /// `sum over j of q_j²`.
    fn square_of_targets(&self) -> f64 {
        dot_f64(self.problem.targets, self.problem.targets)
    }
}

impl Ridge {
    /// `(G + diag(1 / s²)) x = Yᵀ diag(w) q`: a Cholesky factor does not care for the scales of the
    /// coordinates, so they need not be multiplied in.
    pub(super) fn solve_tiled(
        &mut self,
        tiled: &Tiled<'_>,
        x: &mut [f32],
    ) -> Result<f64, NotFinite> {
        let (d, stride) = (x.len(), tiled.stride());
        let size = padded(d);
        let system = self.system.room(tiled.width() * stride);
        let right = self.right.room(2 * tiled.width());
        let (right, half_way) = right.split_at_mut(tiled.width());
        tiled.read(&mut self.gathered, system, right);
        for (row, scale) in tiled.problem.scales.iter().enumerate() {
            system[row * stride + row] += 1.0 / (scale * scale);
        }
        for row in d..size {
            system[row * stride + row] += 1.0;
        }
        let system = Rows {
            data: system,
            stride,
        };
        simd::solve(system, &mut right[..size], half_way).map_err(|_| NotFinite)?;
        x.copy_from_slice(&right[..d]);
        // At the minimum |Z u - q|² + |u|² = |q|² - x · Yᵀ diag(w) q.
        let minimum = tiled.square_of_targets() - dot_f64(&half_way[..size], &half_way[..size]);
        let minimum = minimum.max(0.0);
        minimum.is_finite().then_some(minimum).ok_or(NotFinite)
    }
}
