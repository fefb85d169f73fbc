//! Which numbers a training step leaves out.

use marquee_math::Rng;
use rand::Rng as _;

use crate::check::narrow;

/// Draws masks.
pub(super) struct Dropout<'r> {
    /// A number is dropped where 16 bits of a draw lie below it.
    threshold: u16,
    kept: f32,
    rng: &'r mut Rng,
}

/// A factor for each number: zero or what makes up for the dropped ones. Empty where nothing is dropped.
pub(super) struct Mask(Vec<f32>);

impl<'r> Dropout<'r> {
    /// Drops each number with probability `rate`, as `rng` draws.
    pub(super) fn new(rate: f64, rng: &'r mut Rng) -> Self {
        let parts = f64::from(u16::MAX) + 1.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of 65,536 below all of it"
        )]
        let threshold = (rate * parts) as u16;
        Self {
            threshold,
            kept: narrow(parts / (parts - f64::from(threshold))),
            rng,
        }
    }

    /// A mask for `n` numbers.
    pub(super) fn mask(&mut self, n: usize) -> Mask {
        if self.threshold == 0 {
            return Mask(Vec::new());
        }
        let mut factors = Vec::with_capacity(n.next_multiple_of(4));
        while factors.len() < n {
            let draw = self.rng.next_u64();
            for shift in [0, 16, 32, 48] {
                let dropped = (draw >> shift) & 0xffff < u64::from(self.threshold);
                factors.push(if dropped { 0.0 } else { self.kept });
            }
        }
        factors.truncate(n);
        Mask(factors)
    }
}

impl Mask {
    /// Multiplies `x`, number by number.
    pub(super) fn apply(&self, x: &mut [f32]) {
        for (x, factor) in x.iter_mut().zip(&self.0) {
            *x *= factor;
        }
    }
}
