//! Running moments of slopes, for steps of Adam.

use marquee_math::elements::{AdamStep, adam};

/// Running moments of slopes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Adam {
    pub(crate) first: Vec<f32>,
    pub(crate) second: Vec<f32>,
}

impl Adam {
    /// No slope seen yet, for `n` values.
    pub(crate) fn new(n: usize) -> Self {
        Self {
            first: vec![0.0; n],
            second: vec![0.0; n],
        }
    }

    /// Moves all values.
    pub(crate) fn step(&mut self, step: AdamStep, values: &mut [f32], slopes: &[f32]) {
        adam(&mut self.first, &mut self.second, values, slopes, step);
    }
}
