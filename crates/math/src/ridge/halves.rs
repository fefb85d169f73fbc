//! The normal equations of many rows by matrix tiles: `G = sum over j of (w_j y_j) (w_j y_j)ᵀ` of rows
//! rounded to bfloat16, all else in single precision.
//!
//! The rounded rows are a problem of their own, of which this is the exact solution: nothing but the
//! rows is rounded, and the system stays positive definite.

use crate::{
    NotFinite, Ridge, RidgeProblem,
    ridge::{Lines, dot_f64, padded},
    simd::{
        self, BLOCK, Gather, LINE, Rows,
        tiles::{Gathered, Tiles},
    },
};

/// Memory for one problem after the other.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    tiles: Gathered,
    /// What iterations keep.
    vectors: Lines,
}

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
        tiled.read(&mut self.gathered.tiles, system, right);
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

    /// Steps of conjugate gradients from `x` on `(I + S G S) u = S Yᵀ diag(w) q`, `x = S u`, with
    /// `S = diag(s)`; returns the sum in the [module's](crate::ridge) formula where `x` then is. None
    /// where the problem has no [halves](RidgeProblem::halves), too few rows for them to gain
    /// anything, or the machine has no matrix tiles; `x` is then what it was.
    ///
    /// Cost: `n d² / 2` multiplications of tiles, and `d²` multiplications and additions a step.
    ///
    /// # Panics
    ///
    /// When lengths do not agree or a row is outside the matrix.
    pub fn descend(
        &mut self,
        problem: &RidgeProblem<'_>,
        steps: usize,
        x: &mut [f32],
    ) -> Option<f64> {
        problem.check(x);
        let tiled = Tiled::of(problem)?;
        let (d, width, stride) = (x.len(), tiled.width(), tiled.stride());
        let system = self.system.room(width * stride);
        let right = self.right.room(width);
        tiled.read(&mut self.gathered.tiles, system, right);
        mirror(system, stride, width);
        let gram = Rows {
            data: &*system,
            stride,
        };
        let vectors = self.gathered.vectors.zeroed(4 * width);
        let (residual, vectors) = vectors.split_at_mut(width);
        let (direction, vectors) = vectors.split_at_mut(width);
        let (scaled, image) = vectors.split_at_mut(width);
        let scales = problem.scales;
        // The negative gradient by `u`, halved.
        simd::combine(gram, x, image);
        for k in 0..d {
            residual[k] = (right[k] - image[k]) * scales[k] - x[k] / scales[k];
        }
        direction.copy_from_slice(residual);
        let mut square = dot_f64(residual, residual);
        for _ in 0..steps {
            for (scaled, (along, scale)) in scaled.iter_mut().zip(direction.iter().zip(scales)) {
                *scaled = along * scale;
            }
            image.fill(0.0);
            simd::combine(gram, &scaled[..d], image);
            for (image, (along, scale)) in image.iter_mut().zip(direction.iter().zip(scales)) {
                *image = *image * scale + along;
            }
            let curvature = dot_f64(direction, image);
            // Exactly at the minimum there is nowhere to go.
            if square <= 0.0 || curvature <= 0.0 {
                break;
            }
            let step = narrow(square / curvature);
            for (value, along) in x.iter_mut().zip(&*scaled) {
                *value += step * along;
            }
            simd::axpy(residual, -step, image);
            let next = dot_f64(residual, residual);
            let turn = narrow(next / square);
            for (along, residual) in direction.iter_mut().zip(&*residual) {
                *along = residual + turn * *along;
            }
            square = next;
        }
        // |Z u - q|² + |u|² = |q|² - x · Yᵀ diag(w) q - u · residual.
        let along = residual.iter().zip(x.iter().zip(scales));
        let along: f64 = along.map(|(r, (x, s))| f64::from(r * (x / s))).sum();
        Some((tiled.square_of_targets() - dot_f64(x, right) - along).max(0.0))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "vectors are in single precision"
)]
fn narrow(value: f64) -> f32 {
    value as f32
}

/// Copies what stands above the blocks on the diagonal below them.
fn mirror(system: &mut [f32], stride: usize, width: usize) {
    for start in (LINE..width).step_by(LINE) {
        let (above, own) = system.split_at_mut(start * stride);
        let from = Rows {
            data: &above[start..],
            stride,
        };
        let to = Rows { data: own, stride };
        simd::transpose(from, to, (start, LINE));
    }
}
