//! Cyclic coordinate descent for one item.

use marquee_core::SparseView;

use super::SlimConfig;

/// Every so many rounds go over all candidates, the others over those with a weight.
const FULL_EVERY: usize = 5;

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
    pub(super) fn solve(
        &mut self,
        gram: SparseView<'_>,
        diagonal: &[f32],
        target: usize,
        config: &SlimConfig,
    ) {
        self.candidates.clear();
        self.weights.clear();
        self.fitted.fill(0.0);
        let row = gram.row(target);
        let mut together = Vec::new();
        for (place, &item) in row.columns.iter().enumerate() {
            if item as usize != target {
                self.candidates.push(item);
                together.push(f64::from(row.weight(place)));
            }
        }
        self.weights.resize(self.candidates.len(), 0.0);
        for round in 0..config.max_rounds {
            let full = round % FULL_EVERY == 0;
            let moved = self.round(gram, diagonal, &together, (config, full));
            // Only a round over all candidates can say that nothing moves any more.
            if moved <= config.tolerance && (full || round + 1 == config.max_rounds) {
                return;
            }
        }
    }

    /// One pass over the candidates, all of them or those with a weight; the largest change.
    fn round(
        &mut self,
        gram: SparseView<'_>,
        diagonal: &[f32],
        together: &[f64],
        (config, full): (&SlimConfig, bool),
    ) -> f64 {
        let mut largest: f64 = 0.0;
        for (place, &item) in self.candidates.iter().enumerate() {
            let old = self.weights[place];
            if !full && old == 0.0 {
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
