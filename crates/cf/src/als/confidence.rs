//! From the weight of an interaction to how surely it says yes or no.

use marquee_core::SparseView;
use marquee_math::RidgeProblem;

/// Turns weights into confidences: `c = |w|^exponent / unit`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Confidence {
    /// `weight_exponent` of the configuration.
    pub exponent: f64,
    /// Mean of `|w|^exponent` over the training data, so that confidences are one on average.
    pub unit: f64,
}

/// The interactions of one row in the form that solvers take.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    /// Rows of the other side.
    pub(super) rows: Vec<u32>,
    /// Square root of each confidence.
    pub(super) weights: Vec<f32>,
    /// Square root of the confidence times the preference, zero or one.
    pub(super) targets: Vec<f32>,
    /// Sum of the confidences.
    pub(super) total: f64,
}

impl Confidence {
    /// Measures the unit in all interactions.
    pub(super) fn of(exponent: f32, data: SparseView<'_>) -> Self {
        let exponent = f64::from(exponent);
        let unit = match data.weights() {
            None => 1.0,
            Some(weights) => mean_power(weights, exponent),
        };
        Self { exponent, unit }
    }

    /// The confidence behind a weight; zero for a weight of zero, which says nothing.
    pub fn of_weight(&self, weight: f32) -> f64 {
        if weight == 0.0 {
            return 0.0;
        }
        if weight.to_bits() == 1.0_f32.to_bits() {
            // The usual case, and a power that need not be computed.
            return 1.0 / self.unit;
        }
        f64::from(weight.abs()).powf(self.exponent) / self.unit
    }

    /// Reads a row of the training data.
    pub(super) fn read(&self, data: SparseView<'_>, row: usize, evidence: &mut Evidence) {
        let is_weighted = data.weights().is_some();
        let row = data.row(row);
        evidence.clear();
        if !is_weighted {
            evidence.push_all(row.columns, self.of_weight(1.0));
            return;
        }
        for (place, &column) in row.columns.iter().enumerate() {
            evidence.push(column, self.of_weight(row.weight(place)), row.weight(place));
        }
    }
}

fn mean_power(weights: &[f32], exponent: f64) -> f64 {
    let count = weights.iter().filter(|&&weight| weight != 0.0).count();
    let powers = weights.iter().filter(|&&weight| weight != 0.0);
    let sum: f64 = powers
        .map(|&weight| f64::from(weight.abs()).powf(exponent))
        .sum();
    if count == 0 { 1.0 } else { sum / count as f64 }
}

impl Evidence {
    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.weights.clear();
        self.targets.clear();
        self.total = 0.0;
    }

    /// Adds one interaction with a row of the other side; nothing where the confidence is zero.
    pub(super) fn push(&mut self, row: u32, confidence: f64, weight: f32) {
        if confidence == 0.0 {
            return;
        }
        let root = super::model::narrow(confidence.sqrt());
        self.rows.push(row);
        self.weights.push(root);
        self.targets.push(if weight > 0.0 { root } else { 0.0 });
        self.total += confidence;
    }

    /// Adds interactions with rows of the other side, of one confidence above zero.
    fn push_all(&mut self, rows: &[u32], confidence: f64) {
        let root = super::model::narrow(confidence.sqrt());
        self.rows.extend_from_slice(rows);
        self.weights.resize(self.rows.len(), root);
        self.targets.resize(self.rows.len(), root);
        self.total += confidence * rows.len() as f64;
    }

    /// The problem that this evidence makes with vectors of as many numbers as `scales`.
    pub(super) fn problem<'a>(&'a self, factors: &'a [f32], scales: &'a [f32]) -> RidgeProblem<'a> {
        RidgeProblem {
            matrix: factors,
            stride: scales.len(),
            rows: &self.rows,
            weights: &self.weights,
            targets: &self.targets,
            scales,
            halves: None,
        }
    }
}
