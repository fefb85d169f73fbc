//! Adam (Kingma & Ba 2015) with decoupled weight decay (Loshchilov & Hutter 2019).

use crate::check::narrow;

const FIRST: f32 = 0.9;
const SECOND: f32 = 0.999;
const SMALL: f32 = 1e-8;

/// Running moments of slopes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Adam {
    pub(crate) first: Vec<f32>,
    pub(crate) second: Vec<f32>,
}

/// Size of one step, the bias of young moments made up for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StepSize {
    rate: f32,
    decay: f32,
    correction: f32,
}

impl StepSize {
    /// Of step `number`, counted from 1.
    pub(crate) fn new(learning_rate: f64, weight_decay: f64, number: u64) -> Self {
        let power = |base: f32| f64::from(base).powf(number as f64);
        Self {
            rate: narrow(learning_rate / (1.0 - power(FIRST))),
            decay: narrow(learning_rate * weight_decay),
            correction: narrow(1.0 / (1.0 - power(SECOND))),
        }
    }

    /// Moves some values by their slopes.
    #[inline]
    pub(crate) fn apply(
        self,
        (first, second): (&mut [f32], &mut [f32]),
        values: &mut [f32],
        slopes: &[f32],
    ) {
        let moments = first.iter_mut().zip(second);
        for ((first, second), (value, &slope)) in moments.zip(values.iter_mut().zip(slopes)) {
            *first = FIRST * *first + (1.0 - FIRST) * slope;
            *second = SECOND * *second + (1.0 - SECOND) * slope * slope;
            let size = (*second * self.correction).sqrt() + SMALL;
            *value -= self.rate * *first / size + self.decay * *value;
        }
    }
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
    pub(crate) fn step(&mut self, size: StepSize, values: &mut [f32], slopes: &[f32]) {
        size.apply((&mut self.first, &mut self.second), values, slopes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_step_moves_by_the_rate_whatever_the_slope() {
        let mut values = [1.0, 1.0];
        Adam::new(2).step(StepSize::new(0.1, 0.0, 1), &mut values, &[5.0, -0.01]);
        assert!((values[0] - 0.9).abs() < 1e-5 && (values[1] - 1.1).abs() < 1e-5);
    }

    #[test]
    fn a_parabola_is_descended() {
        let (mut adam, mut value) = (Adam::new(1), [3.0_f32]);
        for number in 1..=600 {
            let slope = [2.0 * (value[0] - 1.0)];
            adam.step(StepSize::new(0.05, 0.0, number), &mut value, &slope);
        }
        assert!((value[0] - 1.0).abs() < 0.02, "{value:?}");
    }
}
