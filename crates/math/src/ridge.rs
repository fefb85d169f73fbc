//! Ridge regression on a few rows of a large matrix: what a vector of an alternating least squares
//! model is fitted with.
//!
//! Given rows `y_1 .. y_n` of `d` numbers, weights `w`, targets `q` and a scale `s_k` of each
//! coordinate, the solution `x` minimizes
//!
//! ```text
//! sum over j of (w_j y_j·x - q_j)²  +  sum over k of (x_k / s_k)²
//! ```
//!
//! With `Z = diag(w) Y diag(s)` and `x = diag(s) u` this is `|Z u - q|² + |u|²`, whose normal
//! equations come in two sizes with the same solution, and the smaller one is solved:
//!
//! ```text
//! (I + Zᵀ Z) u = Zᵀ q          d x d, cost n d² / 2 + d³ / 6 multiplications and additions
//! (I + Z Zᵀ) t = q, u = Zᵀ t   n x n, cost d n² / 2 + n³ / 6
//! ```
//!
//! No eigenvalue of either is below one, which keeps single precision safe.
//!
//! Machines with matrix tiles multiply rows of bfloat16 ([`RidgeProblem::halves`]) eight times as fast as
//! rows of single precision, and read half the memory for them. Where some steps towards the solution
//! are enough ([`Ridge::descend`]), no system is made at all.

use crate::{
    HalfRows,
    simd::{self, BLOCK, Pack, RankUpdate, Rows, Sign, tiles::Gathered},
};

mod descend;
mod halves;

/// The problem of one vector; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct RidgeProblem<'a> {
    /// Where the rows are: row `r` begins at `r * stride` and is as long as `scales`.
    pub matrix: &'a [f32],
    /// Distance between the rows of `matrix`; larger than `scales` is long where only some columns of
    /// a matrix take part.
    pub stride: usize,
    /// Which rows of `matrix` take part.
    pub rows: &'a [u32],
    /// `w_j` of each of `rows`.
    pub weights: &'a [f32],
    /// `q_j` of each of `rows`.
    pub targets: &'a [f32],
    /// `s_k` of each coordinate, positive.
    pub scales: &'a [f32],
    /// The whole of `matrix` in bfloat16, of rows as long as `scales`, where rounded rows may stand for
    /// the rows themselves. [`Ridge::solve`] uses it for many rows on machines with matrix tiles, weights
    /// rounded in likewise, and does not look at it elsewhere; [`Ridge::descend`] reads it in place of
    /// `matrix` everywhere. A solution is then that of rows of a relative error of `2⁻⁹`.
    pub halves: Option<&'a HalfRows>,
}

impl RidgeProblem<'_> {
    /// Whether lengths agree, also with that of the solution.
    fn check(&self, x: &[f32]) {
        let (n, d) = (self.rows.len(), self.scales.len());
        assert_eq!(self.weights.len(), n, "weights of rows");
        assert_eq!(self.targets.len(), n, "targets of rows");
        assert_eq!(x.len(), d, "coordinates of the solution");
    }
}

/// Solves [`RidgeProblem`]s one after the other in the same memory.
#[derive(Debug, Default)]
pub struct Ridge {
    packed: Lines,
    turned: Lines,
    system: Lines,
    right: Lines,
    gathered: Gathered,
}

/// The system was not positive definite: some number was not finite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotFinite;

impl Ridge {
    /// Memory that grows with the problems.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes the solution to `x` and returns the minimum, that is the sum in the
    /// [module's](self) formula.
    ///
    /// Relative error of the solution about `1e-6` times the largest eigenvalue of the system, where
    /// there are no [halves](RidgeProblem::halves).
    ///
    /// # Errors
    ///
    /// [`NotFinite`] when a number is not finite, or so large that its square is not; `x` then
    /// means nothing.
    ///
    /// # Panics
    ///
    /// When lengths do not agree or a row is outside the matrix.
    pub fn solve(&mut self, problem: &RidgeProblem<'_>, x: &mut [f32]) -> Result<f64, NotFinite> {
        problem.check(x);
        let (n, d) = (problem.rows.len(), problem.scales.len());
        if n == 0 {
            x.fill(0.0);
            return Ok(0.0);
        }
        if let Some(tiled) = halves::Tiled::of(problem) {
            return self.solve_tiled(&tiled, x);
        }
        let minimum = if padded(n) < padded(d) {
            self.solve_by_rows(problem, x)
        } else {
            self.solve_by_coordinates(problem, x)
        }?;
        for (value, scale) in x.iter_mut().zip(problem.scales) {
            *value *= scale;
        }
        if minimum.is_finite() {
            Ok(minimum)
        } else {
            Err(NotFinite)
        }
    }

    /// `(I + Zᵀ Z) u = Zᵀ q`.
    fn solve_by_coordinates(
        &mut self,
        problem: &RidgeProblem<'_>,
        u: &mut [f32],
    ) -> Result<f64, NotFinite> {
        let d = problem.scales.len();
        let (size, stride) = (padded(d), padded(d) + BLOCK);
        let height = chunk_rows(stride);
        let packed = self.packed.zeroed(height * stride);
        let system = self.system.zeroed(size * stride);
        let right = self.right.zeroed(2 * size);
        let (right, half_way) = right.split_at_mut(size);
        for start in (0..problem.rows.len()).step_by(height) {
            let end = (start + height).min(problem.rows.len());
            pack(
                problem,
                start..end,
                Rows {
                    data: packed,
                    stride,
                },
            );
            let rows = Rows {
                data: &*packed,
                stride,
            };
            simd::rank_update(RankUpdate {
                target: Rows {
                    data: system,
                    stride,
                },
                rows: 0..size,
                n: size,
                products: rows,
                n_products: end - start,
                sign: Sign::Plus,
            });
            simd::combine(rows, &problem.targets[start..end], right);
        }
        add_identity(system, stride, size);
        let system = Rows {
            data: system,
            stride,
        };
        simd::solve(system, right, half_way).map_err(|_| NotFinite)?;
        u.copy_from_slice(&right[..d]);
        // At the minimum |Z u - q|² + |u|² = |q|² - u · Zᵀ q.
        let square = dot_f64(problem.targets, problem.targets);
        Ok((square - dot_f64(half_way, half_way)).max(0.0))
    }

    /// `(I + Z Zᵀ) t = q`, `u = Zᵀ t`.
    fn solve_by_rows(
        &mut self,
        problem: &RidgeProblem<'_>,
        u: &mut [f32],
    ) -> Result<f64, NotFinite> {
        let (n, d) = (problem.rows.len(), problem.scales.len());
        let (height, width) = (padded(n), padded(d));
        let (row_stride, stride) = (width + BLOCK, height + BLOCK);
        let packed = self.packed.zeroed(height * row_stride);
        let turned = self.turned.zeroed(width * stride);
        let system = self.system.zeroed(height * stride);
        let right = self.right.zeroed(2 * height + width);
        let (t, right) = right.split_at_mut(height);
        let (half_way, sum) = right.split_at_mut(height);
        pack(
            problem,
            0..n,
            Rows {
                data: packed,
                stride: row_stride,
            },
        );
        let rows = Rows {
            data: &*packed,
            stride: row_stride,
        };
        simd::transpose(
            rows,
            Rows {
                data: turned,
                stride,
            },
            (height, width),
        );
        simd::rank_update(RankUpdate {
            target: Rows {
                data: system,
                stride,
            },
            rows: 0..height,
            n: height,
            products: Rows {
                data: turned,
                stride,
            },
            n_products: d,
            sign: Sign::Plus,
        });
        add_identity(system, stride, height);
        t[..n].copy_from_slice(problem.targets);
        let system = Rows {
            data: system,
            stride,
        };
        simd::solve(system, t, half_way).map_err(|_| NotFinite)?;
        simd::combine(rows, &t[..n], sum);
        u.copy_from_slice(&sum[..d]);
        // At the minimum |Z u - q|² + |u|² = q · t.
        Ok(dot_f64(half_way, half_way))
    }
}

/// Rows that are packed at a time: they stay in the nearest cache with room for a tile's traffic.
fn chunk_rows(stride: usize) -> usize {
    (7168 / stride).next_multiple_of(8).clamp(64, 128)
}

fn padded(n: usize) -> usize {
    n.next_multiple_of(BLOCK)
}

fn pack(problem: &RidgeProblem<'_>, rows: std::ops::Range<usize>, to: Rows<&mut [f32]>) {
    simd::pack(Pack {
        from: Rows {
            data: problem.matrix,
            stride: problem.stride,
        },
        width: problem.scales.len(),
        rows: &problem.rows[rows.clone()],
        row_scales: &problem.weights[rows],
        column_scales: problem.scales,
        to,
    });
}

fn add_identity(system: &mut [f32], stride: usize, size: usize) {
    for row in 0..size {
        system[row * stride + row] += 1.0;
    }
}

/// The product of two vectors; its sums take turns, so that an addition does not wait for the one
/// before.
fn dot_f64(a: &[f32], b: &[f32]) -> f64 {
    let product = |a: f32, b: f32| f64::from(a) * f64::from(b);
    let (parts, rest) = a.as_chunks::<8>();
    let (other_parts, other_rest) = b[..a.len()].as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (a, b) in parts.iter().zip(other_parts) {
        for (sum, (&a, &b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += product(a, b);
        }
    }
    let rest = rest.iter().zip(other_rest).map(|(&a, &b)| product(a, b));
    rest.sum::<f64>() + sums.iter().sum::<f64>()
}

/// Numbers that begin at the beginning of a cache line.
#[derive(Debug, Default)]
struct Lines(Vec<Line>);

#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C, align(64))]
struct Line([f32; BLOCK]);

impl Lines {
    /// The first `n` numbers, all zero.
    fn zeroed(&mut self, n: usize) -> &mut [f32] {
        let numbers = self.room(n);
        numbers.fill(0.0);
        numbers
    }

    /// The first `n` numbers, whatever they are.
    fn room(&mut self, n: usize) -> &mut [f32] {
        let lines = n.div_ceil(BLOCK);
        if self.0.len() < lines {
            self.0.resize(lines, Line([0.0; BLOCK]));
        }
        &mut bytemuck::must_cast_slice_mut(&mut self.0)[..n]
    }
}

#[cfg(test)]
mod tests;
