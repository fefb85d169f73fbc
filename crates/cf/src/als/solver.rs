//! How one vector is improved while the other side stands still.
//!
//! All solvers see the same problem: minimize
//! `sum over j of (w_j y_j·x - q_j)² + sum over k of D_k x_k²`, the loss as far as it depends on `x`.

use marquee_math::{HalfRows, NotFinite, Ridge, RidgeProblem, dot};

use super::{AlsConfig, AlsSolver, confidence::Evidence};

/// The problem of one vector.
pub(super) struct Problem<'a> {
    /// The standing side, rows of as many numbers as `scales`, in a basis in which its Gram matrix
    /// is diagonal.
    pub(super) factors: &'a [f32],
    /// The same in bfloat16, where outer products may be those of rounded vectors.
    pub(super) halves: Option<&'a HalfRows>,
    /// What is known of the row.
    pub(super) evidence: &'a Evidence,
    /// `1 / sqrt(D_k)`.
    pub(super) scales: &'a [f32],
}

impl Problem<'_> {
    /// The part of the problem that the coordinates from `start` to `end` take part in, with other
    /// targets.
    fn ridge<'a>(&'a self, (start, end): (usize, usize), targets: &'a [f32]) -> RidgeProblem<'a> {
        RidgeProblem {
            matrix: &self.factors[start..],
            stride: self.scales.len(),
            rows: &self.evidence.rows,
            weights: &self.evidence.weights,
            targets,
            scales: &self.scales[start..end],
            halves: None,
        }
    }

    /// The whole problem.
    fn whole(&self) -> RidgeProblem<'_> {
        RidgeProblem {
            halves: self.halves,
            ..self.ridge((0, self.scales.len()), &self.evidence.targets)
        }
    }

    fn factor(&self, place: usize) -> &[f32] {
        let d = self.scales.len();
        &self.factors[self.evidence.rows[place] as usize * d..][..d]
    }

    /// `sum over k of D_k x_k²` over some coordinates.
    fn penalty(&self, x: &[f32], coordinates: std::ops::Range<usize>) -> f64 {
        let parts = coordinates.map(|k| (f64::from(x[k]) / f64::from(self.scales[k])).powi(2));
        parts.sum()
    }
}

/// Improves vectors, one after the other in the same memory.
pub(super) struct Solver {
    kind: AlsSolver,
    cg_steps: usize,
    block: usize,
    ridge: Ridge,
    /// `w_j y_j·x - q_j` of each interaction.
    residuals: Vec<f32>,
    targets: Vec<f32>,
}

impl Solver {
    pub(super) fn new(config: &AlsConfig) -> Self {
        Self {
            kind: config.solver,
            cg_steps: config.cg_steps,
            block: config.block,
            ridge: Ridge::new(),
            residuals: Vec::new(),
            targets: Vec::new(),
        }
    }

    /// Improves `x` and returns what the loss of the row is then.
    pub(super) fn improve(
        &mut self,
        problem: &Problem<'_>,
        x: &mut [f32],
    ) -> Result<f64, NotFinite> {
        if problem.evidence.rows.is_empty() {
            x.fill(0.0);
            return Ok(0.0);
        }
        let loss = match self.kind {
            AlsSolver::Cholesky => self.exact(problem, x),
            AlsSolver::ConjugateGradient => {
                Ok(self.ridge.descend(&problem.whole(), self.cg_steps, x))
            }
            AlsSolver::BlockCoordinate => self.blocks(problem, x),
        }?;
        let finite = loss.is_finite() && x.iter().all(|value| value.is_finite());
        finite.then_some(loss).ok_or(NotFinite)
    }

    fn exact(&mut self, problem: &Problem<'_>, x: &mut [f32]) -> Result<f64, NotFinite> {
        self.ridge.solve(&problem.whole(), x)
    }

    /// The exact minimum over a block of coordinates after the other.
    fn blocks(&mut self, problem: &Problem<'_>, x: &mut [f32]) -> Result<f64, NotFinite> {
        let mut loss = 0.0;
        self.read_residuals(problem, x);
        for start in (0..x.len()).step_by(self.block) {
            let end = (start + self.block).min(x.len());
            self.targets.clear();
            for place in 0..problem.evidence.rows.len() {
                let own = dot(&problem.factor(place)[start..end], &x[start..end]);
                let residual = self.residuals[place];
                self.targets
                    .push(problem.evidence.weights[place] * own - residual);
            }
            let part = problem.ridge((start, end), &self.targets);
            let minimum = self.ridge.solve(&part, &mut x[start..end])?;
            for place in 0..problem.evidence.rows.len() {
                let own = dot(&problem.factor(place)[start..end], &x[start..end]);
                let weight = problem.evidence.weights[place];
                self.residuals[place] = weight * own - self.targets[place];
            }
            loss = minimum - problem.penalty(x, start..end);
        }
        Ok(loss + problem.penalty(x, 0..x.len()))
    }

    fn read_residuals(&mut self, problem: &Problem<'_>, x: &[f32]) {
        let Evidence {
            weights, targets, ..
        } = problem.evidence;
        self.residuals.clear();
        for (place, (&weight, &target)) in weights.iter().zip(targets).enumerate() {
            let score = dot(problem.factor(place), x);
            self.residuals.push(weight * score - target);
        }
    }
}
