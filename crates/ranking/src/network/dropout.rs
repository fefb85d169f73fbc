//! Dropping numbers of hidden layers in training.

use marquee_math::{Rng, rng};
use rand::Rng as _;

/// Drops a share of the numbers it is shown and makes the others larger by as much.
#[derive(Debug)]
pub(crate) struct Dropout {
    /// Kept where a draw of 16 bits is at least this.
    threshold: u16,
    scale: f32,
    drawn: Option<Rng>,
}

impl Dropout {
    /// Drops `rate` of all numbers, as drawn from a stream of `seed`.
    pub(crate) fn new(rate: f64, seed: u64, stream: u64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "rates are at most 0.9"
        )]
        let threshold = (rate * 65_536.0).round() as u16;
        let kept = 1.0 - f32::from(threshold) / 65_536.0;
        Self {
            threshold,
            scale: 1.0 / kept,
            drawn: (threshold > 0).then(|| rng(seed, stream)),
        }
    }

    /// Drops nothing.
    pub(crate) fn none() -> Self {
        Self::new(0.0, 0, 0)
    }

    /// Factor of what is kept.
    pub(crate) fn scale(&self) -> f32 {
        self.scale
    }

    /// Drops numbers of a layer none of whose numbers is below 0, so that those dropped can be told
    /// later.
    pub(crate) fn apply(&mut self, values: &mut [f32]) {
        let Some(drawn) = &mut self.drawn else {
            return;
        };
        for values in values.chunks_mut(4) {
            let mut bits = drawn.next_u64();
            for value in values {
                let draw = u16::try_from(bits & 0xffff).expect("16 bits");
                bits >>= 16;
                *value = if draw >= self.threshold {
                    *value * self.scale
                } else {
                    0.0
                };
            }
        }
    }
}
