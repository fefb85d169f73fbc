//! The loss: how surprised the network is by what came next.
//!
//! ```text
//! logit(i, j) = output_i · items[j] / temperature        (both of length one if `cosine`)
//! loss        = mean over events i of  -log softmax over candidates j of logit(i, j)  at what came next
//! ```
//!
//! Candidates are all items, or what came next and `negatives` others drawn alike for a whole batch; a
//! drawn one then stands for `(n_items - 1) / negatives`, which keeps the softmax unbiased (logQ
//! correction; Yi et al. 2019).

use marquee_math::{MatrixView, MatrixViewMut, Scale, axpy, dot, gemm};
use rayon::prelude::*;

use crate::{
    check::narrow,
    exponential::{exp, exp_all, largest},
};

/// Events whose logits are in memory at a time.
const TILE: usize = 256;

/// Who competes with what came next.
#[derive(Debug, Clone, Copy)]
pub(super) enum Candidates<'a> {
    /// Every item.
    All,
    /// These rows, rising; each counts `exp(log_weight)` times.
    Drawn { items: &'a [u32], log_weight: f32 },
}

/// Vectors and what came next.
pub(super) struct Problem<'a> {
    /// Vectors of all items.
    pub(super) items: &'a [f32],
    pub(super) factors: usize,
    /// One vector for each event, as they come out of the network.
    pub(super) outputs: &'a [f32],
    /// What came next, for each event.
    pub(super) targets: &'a [u32],
    pub(super) candidates: Candidates<'a>,
    /// What dot products are multiplied by.
    pub(super) scale: f32,
}

/// How large a loss is, and where it falls.
pub(super) struct Surprise {
    /// The sum over all events.
    pub(super) total: f64,
    /// The gradient of the mean over all events, for the outputs.
    pub(super) d_outputs: Vec<f32>,
}

impl Problem<'_> {
    /// Solves for the outputs; adds the gradient of the items to `d_items`.
    pub(super) fn solve(&self, d_items: &mut [f32]) -> Surprise {
        let d = self.factors;
        let Candidates::Drawn { items, .. } = self.candidates else {
            return self.tiles(self.items, d_items).0;
        };
        let mut rows = Vec::with_capacity(items.len() * d);
        for &item in items {
            rows.extend_from_slice(vector(self.items, item, d));
        }
        let mut d_rows = vec![0.0; rows.len()];
        let (mut surprise, slopes) = self.tiles(&rows, &mut d_rows);
        for (row, &item) in d_rows.chunks_exact(d).zip(items) {
            axpy(&mut d_items[item as usize * d..][..d], 1.0, row);
        }
        // What came next is not among the rows of drawn candidates.
        for (at, (&target, slope)) in self.targets.iter().zip(slopes).enumerate() {
            let row = vector(self.items, target, d);
            axpy(&mut surprise.d_outputs[at * d..][..d], slope, row);
            let to = &mut d_items[target as usize * d..][..d];
            axpy(to, slope, &self.outputs[at * d..][..d]);
        }
        surprise
    }

    /// The loss against `rows`, tile by tile, and the slope of each target's own logit where it is not
    /// among them.
    fn tiles(&self, rows: &[f32], d_rows: &mut [f32]) -> (Surprise, Vec<f32>) {
        let d = self.factors;
        let (n, n_rows) = (self.targets.len(), rows.len() / d);
        let mut total = 0.0;
        let mut slopes = vec![0.0; n];
        let mut d_outputs = vec![0.0; n * d];
        let mut logits = vec![0.0; TILE.min(n) * n_rows];
        for start in (0..n).step_by(TILE) {
            let events = start..(start + TILE).min(n);
            let len = events.len();
            let outputs = &self.outputs[start * d..][..len * d];
            let outputs = MatrixView::new(outputs, len, d);
            let rows = MatrixView::new(rows, n_rows, d);
            let logits = &mut logits[..len * n_rows];
            let mut to = MatrixViewMut::new(logits, len, n_rows);
            let scale = Scale {
                product: self.scale,
                old: 0.0,
            };
            gemm(scale, outputs, rows.transposed(), &mut to);
            let work = logits.par_chunks_exact_mut(n_rows);
            let work = work.zip(&mut slopes[events.clone()]).enumerate();
            let losses: Vec<f64> = work
                .map(|(at, (row, slope))| self.row(start + at, row, slope))
                .collect();
            total += losses.iter().sum::<f64>();

            let slopes = MatrixView::new(logits, len, n_rows);
            let d_outputs = &mut d_outputs[start * d..][..len * d];
            let mut to = MatrixViewMut::new(d_outputs, len, d);
            gemm(Scale::SET, slopes, rows, &mut to);
            let mut to = MatrixViewMut::new(d_rows, n_rows, d);
            gemm(Scale::ADD, slopes.transposed(), outputs, &mut to);
        }
        let surprise = Surprise { total, d_outputs };
        (surprise, slopes)
    }

    /// The loss of event `at`, whose logits `row` become slopes.
    fn row(&self, at: usize, row: &mut [f32], slope: &mut f32) -> f64 {
        let target = self.targets[at];
        let step = f64::from(self.scale) / self.targets.len() as f64;
        match self.candidates {
            Candidates::All => {
                let wanted = row[target as usize];
                let most = largest(row);
                let sum = exp_all(row, most);
                scale(row, step / sum);
                row[target as usize] -= narrow(step);
                f64::from(most - wanted) + sum.ln()
            }
            Candidates::Drawn { items, log_weight } => {
                let d = self.factors;
                let own = vector(self.items, target, d);
                let wanted = dot(own, &self.outputs[at * d..][..d]) * self.scale - log_weight;
                if let Ok(place) = items.binary_search(&target) {
                    row[place] = f32::NEG_INFINITY;
                }
                let most = largest(row).max(wanted);
                let own = f64::from(exp(wanted - most));
                let sum = exp_all(row, most) + own;
                scale(row, step / sum);
                *slope = narrow(step * (own / sum - 1.0));
                f64::from(most - wanted) + sum.ln()
            }
        }
    }
}

fn vector(items: &[f32], item: u32, d: usize) -> &[f32] {
    &items[item as usize * d..][..d]
}

fn scale(row: &mut [f32], factor: f64) {
    let factor = narrow(factor);
    for value in row {
        *value *= factor;
    }
}

/// Vectors at length one, and one over the lengths they had.
pub(super) struct Units {
    pub(super) vectors: Vec<f32>,
    pub(super) inverse: Vec<f32>,
}

impl Units {
    /// Of rows of `d` numbers.
    pub(super) fn of(rows: &[f32], d: usize) -> Self {
        let inverse: Vec<f32> = rows.chunks_exact(d).map(inverse_length).collect();
        let mut vectors = rows.to_vec();
        for (row, &inverse) in vectors.chunks_exact_mut(d).zip(&inverse) {
            row.iter_mut().for_each(|value| *value *= inverse);
        }
        Self { vectors, inverse }
    }

    /// Turns gradients of the vectors at length one, in place, into those of the vectors as they were.
    pub(super) fn backward(&self, gradients: &mut [f32]) {
        let d = self.vectors.len() / self.inverse.len().max(1);
        let rows = gradients.chunks_exact_mut(d.max(1));
        for ((row, unit), &inverse) in rows
            .zip(self.vectors.chunks_exact(d.max(1)))
            .zip(&self.inverse)
        {
            let along = dot(row, unit);
            axpy(row, -along, unit);
            row.iter_mut().for_each(|value| *value *= inverse);
        }
    }
}

/// One over the length of a vector; bounded for one of no length.
pub(super) fn inverse_length(row: &[f32]) -> f32 {
    1.0 / dot(row, row).sqrt().max(1e-12)
}
