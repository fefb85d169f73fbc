//! Adam (Kingma & Ba 2015) with decoupled weight decay (Loshchilov & Hutter 2019).

use rayon::prelude::*;

use crate::{check::narrow, passes::Numbers};

const FIRST: f32 = 0.9;
const SECOND: f32 = 0.98;
const SMALL: f32 = 1e-9;
/// Numbers that a thread moves at a time.
const CHUNK: usize = 1 << 14;
/// Rows that a thread moves at a time.
const ROWS: usize = 512;

/// Running moments of the gradients of one array of parameters.
#[derive(Debug, Clone)]
pub(crate) struct Adam {
    first: Vec<f32>,
    second: Vec<f32>,
}

/// Size of one step, the bias of young moments made up for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StepSize {
    rate: f32,
    /// Share of the second moment that a step keeps.
    second: f32,
    /// Share of a parameter that is taken off.
    decay: f32,
    /// Factor of the second moment.
    correction: f32,
}

impl StepSize {
    /// Of step `number`, counted from 1, at `learning_rate`.
    pub(crate) fn new(learning_rate: f64, weight_decay: f64, number: usize) -> Self {
        let power = |base: f32| f64::from(base).powf(number as f64);
        Self {
            rate: narrow(learning_rate / (1.0 - power(FIRST))),
            second: SECOND,
            decay: narrow(learning_rate * weight_decay),
            correction: narrow(1.0 / (1.0 - power(SECOND))),
        }
    }

    /// The same step, number `number`, where `second` of the second moment is kept.
    pub(crate) fn remembering(mut self, second: f32, number: usize) -> Self {
        self.second = second;
        self.correction = narrow(1.0 / (1.0 - f64::from(second).powf(number as f64)));
        self
    }
}

impl Adam {
    /// No gradient seen yet, for `n` parameters.
    pub(crate) fn new(n: usize) -> Self {
        Self {
            first: vec![0.0; n],
            second: vec![0.0; n],
        }
    }

    /// Moves all parameters and sets `gradients` to zero.
    pub(crate) fn step(&mut self, size: StepSize, parameters: &mut [f32], gradients: &mut [f32]) {
        let moments = self
            .first
            .par_chunks_mut(CHUNK)
            .zip(self.second.par_chunks_mut(CHUNK));
        let values = parameters
            .par_chunks_mut(CHUNK)
            .zip(gradients.par_chunks_mut(CHUNK));
        moments
            .zip(values)
            .for_each(|((first, second), (values, gradients))| {
                size.apply(first, second, values, gradients);
            });
    }

    /// Moves only the rows of `d` parameters that `rows` names, and sets their gradients to zero; the
    /// moments of other rows stay as they are.
    pub(crate) fn step_rows(
        &mut self,
        size: StepSize,
        (rows, d): (&[u32], usize),
        parameters: &mut [f32],
        gradients: &mut [f32],
    ) {
        for &row in rows {
            let range = row as usize * d..(row as usize + 1) * d;
            size.apply(
                &mut self.first[range.clone()],
                &mut self.second[range.clone()],
                &mut parameters[range.clone()],
                &mut gradients[range],
            );
        }
    }
}

impl Adam {
    /// As [`step_rows`](Self::step_rows) for rows that rise and whose gradients stand close together,
    /// `rows.len() x d`, on many threads.
    pub(crate) fn step_gathered(
        &mut self,
        size: StepSize,
        (rows, d): (&[u32], usize),
        parameters: &mut [f32],
        gradients: &mut [f32],
    ) {
        let moments = self
            .first
            .par_chunks_mut(ROWS * d)
            .zip(self.second.par_chunks_mut(ROWS * d));
        let mut rest = gradients;
        let gradients: Vec<(&[u32], &mut [f32])> = rows
            .chunk_by(|&one, &other| one as usize / ROWS == other as usize / ROWS)
            .map(|rows| {
                let (own, others) = std::mem::take(&mut rest).split_at_mut(rows.len() * d);
                rest = others;
                (rows, own)
            })
            .collect();
        let mut by_block: Vec<Option<(&[u32], &mut [f32])>> = Vec::new();
        by_block.resize_with(parameters.len().div_ceil(ROWS * d), || None);
        for (rows, own) in gradients {
            by_block[rows[0] as usize / ROWS] = Some((rows, own));
        }
        let tasks = moments.zip(parameters.par_chunks_mut(ROWS * d).zip(by_block));
        tasks.for_each(|((first, second), (values, touched))| {
            let Some((rows, gradients)) = touched else {
                return;
            };
            for (&row, gradient) in rows.iter().zip(gradients.chunks_exact_mut(d)) {
                let range = row as usize % ROWS * d..(row as usize % ROWS + 1) * d;
                size.apply(
                    &mut first[range.clone()],
                    &mut second[range.clone()],
                    &mut values[range],
                    gradient,
                );
            }
        });
    }

    /// What a later step depends on.
    pub(crate) fn state(&mut self) -> Vec<(&'static str, Numbers<'_>)> {
        vec![
            ("first-moments", Numbers::F32(&mut self.first)),
            ("second-moments", Numbers::F32(&mut self.second)),
        ]
    }
}

impl StepSize {
    fn apply(
        self,
        first: &mut [f32],
        second: &mut [f32],
        values: &mut [f32],
        gradients: &mut [f32],
    ) {
        let moments = first.iter_mut().zip(second);
        let values = values.iter_mut().zip(gradients);
        for ((first, second), (value, gradient)) in moments.zip(values) {
            *first = FIRST * *first + (1.0 - FIRST) * *gradient;
            *second = self.second * *second + (1.0 - self.second) * *gradient * *gradient;
            let size = (*second * self.correction).sqrt() + SMALL;
            *value -= self.rate * *first / size + self.decay * *value;
            *gradient = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_step_moves_by_the_rate_whatever_the_gradient() {
        let mut adam = Adam::new(3);
        let (mut values, mut gradients) = ([1.0, 1.0, 1.0], [5.0, -0.01, 0.0]);
        adam.step(StepSize::new(0.1, 0.0, 1), &mut values, &mut gradients);
        for (got, want) in values.iter().zip([0.9, 1.1, 1.0]) {
            assert!((got - want).abs() < 1e-5, "{values:?}");
        }
        assert!(gradients.iter().all(|&gradient| gradient.abs() < 1e-30));
    }

    #[test]
    fn rows_move_alone_and_alike() {
        let start = [1.0_f32, 2.0, 3.0, 4.0];
        let slopes = [0.5_f32, -1.0, 2.0, 1.0];
        let (mut all, mut some) = (start, start);
        let size = StepSize::new(0.1, 0.01, 1);
        Adam::new(4).step(size, &mut all, &mut slopes.clone());
        Adam::new(4).step_rows(size, (&[1], 2), &mut some, &mut slopes.clone());
        assert_eq!(all[2..].map_bits(), some[2..].map_bits());
        assert_eq!(some[..2].map_bits(), start[..2].map_bits());
    }

    #[test]
    fn gathered_rows_move_as_rows_do() {
        let n = 3 * ROWS;
        let start: Vec<f32> = (0..2 * n).map(|at| at as f32 * 0.01).collect();
        let rows: [u32; 5] = [0, 7, 513, 514, 1535];
        let mut slopes: Vec<f32> = (0..10).map(|at| at as f32 - 4.5).collect();
        let (mut whole, mut gathered) = (start.clone(), start.clone());
        let mut spread = vec![0.0; 2 * n];
        for (row, slope) in rows.iter().zip(slopes.chunks_exact(2)) {
            spread[*row as usize * 2..][..2].copy_from_slice(slope);
        }
        let size = StepSize::new(0.1, 0.01, 1);
        Adam::new(2 * n).step_rows(size, (&rows, 2), &mut whole, &mut spread);
        Adam::new(2 * n).step_gathered(size, (&rows, 2), &mut gathered, &mut slopes);
        assert_eq!(whole.map_bits(), gathered.map_bits());
        assert_ne!(start.map_bits(), gathered.map_bits());
    }

    trait Bits {
        fn map_bits(&self) -> Vec<u32>;
    }

    impl Bits for [f32] {
        fn map_bits(&self) -> Vec<u32> {
            self.iter().map(|value| value.to_bits()).collect()
        }
    }

    #[test]
    fn a_parabola_is_descended() {
        let mut adam = Adam::new(1);
        let mut value = [3.0_f32];
        for number in 1..=400 {
            let mut gradient = [2.0 * (value[0] - 1.0)];
            adam.step(StepSize::new(0.05, 0.0, number), &mut value, &mut gradient);
        }
        assert!((value[0] - 1.0).abs() < 0.02, "{value:?}");
    }
}
