//! Random draws that trainings share.

use marquee_math::{Rng, rng};
use rand::Rng as _;

/// A generator with the few distributions that trainings need.
#[derive(Debug)]
pub(crate) struct Draw(Rng);

impl Draw {
    /// Draws of `stream` under `seed`.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        Self(rng(seed, stream))
    }

    /// Uniform in `0..n`; zero for `n = 0`.
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        let scaled = (u64::from(self.0.next_u32()) * u64::from(n)) >> 32;
        u32::try_from(scaled).expect("a product shifted by 32 bits is below n")
    }

    /// Uniform in `[0, 1)`, 53 bits.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Puts `values` in an order that is drawn (Fisher and Yates).
    pub(crate) fn shuffle(&mut self, values: &mut [u32]) {
        for end in (1..values.len()).rev() {
            let bound = u32::try_from(end + 1).expect("rows fit 32 bits");
            values.swap(end, self.below(bound) as usize);
        }
    }

    /// Standard normal (Box and Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        // 1 - u lies in (0, 1], so the logarithm is finite.
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Gamma with rate one and a `shape` of at least a third (Marsaglia and Tsang 2000).
    pub(crate) fn gamma(&mut self, shape: f64) -> f64 {
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && (1.0 - self.unit()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and variance of gamma are both its shape.
    #[test]
    fn gamma_has_the_moments_of_the_distribution() {
        for shape in [0.5, 1.0, 7.0] {
            let mut draw = Draw::new(4, 0);
            let values: Vec<f64> = (0..20_000).map(|_| draw.gamma(shape)).collect();
            let mean = values.iter().sum::<f64>() / 20_000.0;
            let square = values
                .iter()
                .map(|value| (value - mean).powi(2))
                .sum::<f64>()
                / 20_000.0;
            assert!(
                (mean - shape).abs() < 0.05 * shape.max(1.0),
                "{shape}: {mean}"
            );
            assert!(
                (square - shape).abs() < 0.12 * shape.max(1.0),
                "{shape}: {square}"
            );
        }
    }

    #[test]
    fn shuffling_keeps_what_is_there() {
        let mut values: Vec<u32> = (0..100).collect();
        Draw::new(1, 0).shuffle(&mut values);
        assert_ne!(values[..10], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        values.sort_unstable();
        assert!(values.iter().copied().eq(0..100));
    }
}
