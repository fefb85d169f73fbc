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
}
