//! Cyclic coordinate descent for one item.

use marquee_core::SparseView;

use super::SlimConfig;

/// Every so many rounds go over all candidates, the others over those with a weight.
const ALL_EVERY: usize = 5;

/// What all items' descents have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Problem<'a> {
    pub(super) gram: SparseView<'a>,
    /// The diagonal of `gram`.
    pub(super) diagonal: &'a [f32],
    pub(super) config: &'a SlimConfig,
}

/// Which candidates a round goes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    All,
    /// Those whose weight is not zero.
    Weighted,
}

/// Scratch space for one item after another.
#[derive(Debug)]
pub(super) struct Descent {
    /// Items that may get a weight, rising.
    pub(super) candidates: Vec<u32>,
    /// Weight of each candidate.
    pub(super) weights: Vec<f64>,
    /// `G b` at every item.
    fitted: Vec<f64>,
}

impl Descent {
    pub(super) fn new(n_items: usize) -> Self {
        Self {
            candidates: Vec::new(),
            weights: Vec::new(),
            fitted: vec![0.0; n_items],
        }
    }

    /// Finds the weights for item `target`.
    pub(super) fn solve(&mut self, problem: &Problem<'_>, target: usize) {
        self.candidates.clear();
        self.weights.clear();
        self.fitted.fill(0.0);
        let row = problem.gram.row(target);
        let mut together = Vec::new();
        for (place, &item) in row.columns.iter().enumerate() {
            if item as usize != target {
                self.candidates.push(item);
                together.push(f64::from(row.weight(place)));
            }
        }
        self.weights.resize(self.candidates.len(), 0.0);
        for round in 0..problem.config.max_rounds {
            let scope = if round % ALL_EVERY == 0 {
                Scope::All
            } else {
                Scope::Weighted
            };
            let moved = self.round(problem, &together, scope);
            // Only a round over all candidates can say that nothing moves any more.
            if moved <= problem.config.tolerance && scope == Scope::All {
                return;
            }
        }
    }

    /// One pass over candidates; the largest change of a weight.
    fn round(&mut self, problem: &Problem<'_>, together: &[f64], scope: Scope) -> f64 {
        let Problem {
            gram,
            diagonal,
            config,
        } = *problem;
        let mut largest: f64 = 0.0;
        for (place, &item) in self.candidates.iter().enumerate() {
            let old = self.weights[place];
            if scope == Scope::Weighted && old == 0.0 {
                continue;
            }
            let own = f64::from(diagonal[item as usize]);
            let pull = together[place] - (self.fitted[item as usize] - own * old);
            let new = ((pull - config.l1) / (own + config.l2)).max(0.0);
            let change = new - old;
            if change == 0.0 {
                continue;
            }
            self.weights[place] = new;
            largest = largest.max(change.abs());
            let row = gram.row(item as usize);
            for (place, &column) in row.columns.iter().enumerate() {
                self.fitted[column as usize] += change * f64::from(row.weight(place));
            }
        }
        largest
    }
}
