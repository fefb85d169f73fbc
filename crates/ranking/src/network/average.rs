//! The mean of a network's parameters over its last steps.
//!
//! Each step of a training goes past what it is after, to this side and that; the mean of many stands nearer to
//! it, and heads that are at their best at different steps are all near their best there (Polyak & Juditsky 1992;
//! Izmailov et al. 2018).

use super::train::Trainer;
use crate::check::narrow;

/// How often the mean takes in what parameters are, a pass.
const TIMES: usize = 20;

/// A mean in which what was counts the less the longer ago it was.
#[derive(Debug, Default)]
pub(crate) struct Average {
    pub(crate) tables: Vec<f32>,
    pub(crate) weights: Vec<f32>,
    /// How often it took something in.
    pub(crate) taken: u64,
    /// What the older values still count, from one time to the next; 0 where nothing is averaged.
    fading: f64,
}

impl Average {
    /// - `passes`: the mean age of what is averaged; 0 for no mean.
    pub(crate) fn new(passes: f64, (tables, weights): (usize, usize)) -> Self {
        if passes <= 0.0 {
            return Self::default();
        }
        Self {
            tables: vec![0.0; tables],
            weights: vec![0.0; weights],
            taken: 0,
            fading: (-1.0 / (passes * TIMES as f64)).exp(),
        }
    }

    pub(crate) fn is_used(&self) -> bool {
        self.fading > 0.0
    }

    /// Whether it takes in what parameters are after step `done` of the `steps` of a pass.
    pub(crate) fn is_due(&self, done: usize, steps: usize) -> bool {
        self.is_used() && done * TIMES / steps != (done - 1) * TIMES / steps
    }

    /// Takes in what parameters are now. What it held counts `fading` of what it did; all weights add up to 1.
    pub(crate) fn take(&mut self, tables: &[f32], weights: &[f32]) {
        self.taken += 1;
        let all = 1.0 - self.fading.powf(self.taken as f64);
        let share = narrow((1.0 - self.fading) / all);
        for (mean, now) in [(&mut self.tables, tables), (&mut self.weights, weights)] {
            for (mean, now) in mean.iter_mut().zip(now) {
                *mean += share * (now - *mean);
            }
        }
    }
}

impl Trainer<'_> {
    /// Does something with the means in place of parameters, where there are any.
    pub(crate) fn as_averaged<T>(&mut self, with: impl FnOnce(&mut Self) -> T) -> T {
        if self.average.taken == 0 {
            return with(self);
        }
        self.exchange();
        let found = with(self);
        self.exchange();
        found
    }

    fn exchange(&mut self) {
        std::mem::swap(&mut self.tables, &mut self.average.tables);
        std::mem::swap(&mut self.weights, &mut self.average.weights);
        self.refresh();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_is_that_worked_by_hand() {
        let mut mean = Average::new(0.1, (1, 1));
        let fading = (-0.5_f32).exp();
        for value in [8.0, 4.0, 1.0] {
            mean.take(&[value], &[2.0 * value]);
        }
        let weights = [fading * fading, fading, 1.0];
        let sum: f32 = weights.iter().sum();
        let expected = (8.0 * weights[0] + 4.0 * weights[1] + weights[2]) / sum;
        assert!((mean.tables[0] - expected).abs() < 1e-5, "{mean:?}");
        assert!((mean.weights[0] - 2.0 * expected).abs() < 1e-5, "{mean:?}");
    }

    #[test]
    fn mean_is_taken_twenty_times_a_pass_or_after_each_step() {
        let mean = Average::new(1.0, (1, 1));
        let times = |steps: usize| (1..=steps).filter(|&done| mean.is_due(done, steps)).count();
        assert_eq!([times(1), times(7), times(20), times(1234)], [1, 7, 20, 20]);
        assert!(mean.is_due(1234, 1234));
        assert!(!Average::new(0.0, (1, 1)).is_due(20, 20));
    }
}
