//! Steps towards the solution in place of the whole way.

use super::{Ridge, RidgeProblem};
use crate::simd::{self, Descent, Halves, LINE, Rows, Singles};

impl Ridge {
    /// Takes steps of conjugate gradients from `x` on `(I + Zᵀ Z) u = Zᵀ q`, `x = diag(s) u`: the scales
    /// precondition the system. Returns the sum in the [module's](super) formula where `x` then is; it
    /// is not finite where some number is not.
    ///
    /// Where the problem has [halves](RidgeProblem::halves), it is that of the rounded rows.
    ///
    /// Cost: `2 n d` multiplications and additions for each step and for the beginning, each of which
    /// reads the rows once, where they stand.
    ///
    /// # Panics
    ///
    /// When lengths do not agree or a row is outside the matrix.
    pub fn descend(&mut self, problem: &RidgeProblem<'_>, steps: usize, x: &mut [f32]) -> f64 {
        problem.check(x);
        if problem.rows.is_empty() {
            x.fill(0.0);
            return 0.0;
        }
        let d = x.len();
        let memory = self.right.room(4 * d.next_multiple_of(LINE));
        let Some(halves) = problem.halves else {
            let from = Rows {
                data: problem.matrix,
                stride: problem.stride,
            };
            let all = descent(problem, Singles { from, d }, steps);
            return simd::descend_singles(all, x, memory);
        };
        assert_eq!(halves.d(), d, "columns of the rounded matrix");
        let rows = Halves {
            lines: halves.lines(),
            a_row: d.div_ceil(LINE),
        };
        simd::descend_halves(descent(problem, rows, steps), x, memory)
    }
}

fn descent<'a, S>(problem: &RidgeProblem<'a>, matrix: S, steps: usize) -> Descent<'a, S> {
    Descent {
        matrix,
        rows: problem.rows,
        weights: problem.weights,
        targets: problem.targets,
        scales: problem.scales,
        steps,
    }
}
