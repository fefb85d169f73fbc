//! Random draws that the generators of this crate share.

use marquee_math::{Rng, rng};
use rand::Rng as _;

/// A generator with the few distributions that are needed here.
#[derive(Debug)]
pub(crate) struct Draw(Rng);

impl Draw {
    /// Draws of `stream` under `seed`.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        Self(rng(seed, stream))
    }

    /// Uniform in `[0, 1)`, 53 bits.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in `[low, high)`.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Whether something of probability `p` happens.
    pub(crate) fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// Uniform in `0..n`; zero for `n = 0`.
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        let scaled = (u64::from(self.0.next_u32()) * u64::from(n)) >> 32;
        u32::try_from(scaled).expect("a product shifted by 32 bits is below n")
    }

    /// One of `from`, which must not be empty.
    pub(crate) fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.index(from.len())]
    }

    /// Uniform position in a slice of `len`.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        self.below(u32::try_from(len).expect("lengths drawn from fit 32 bits")) as usize
    }

    /// Standard normal (Box and Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        self.normal_pair().0
    }

    /// Two independent standard normals.
    pub(crate) fn normal_pair(&mut self) -> (f64, f64) {
        // 1 - u lies in (0, 1], so the logarithm is finite.
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let (sin, cos) = (std::f64::consts::TAU * self.unit()).sin_cos();
        (radius * cos, radius * sin)
    }

    /// Poisson with `mean`, by inversion; cost grows with the mean.
    pub(crate) fn poisson(&mut self, mean: f64) -> u32 {
        let limit = (-mean).exp();
        let mut product = self.unit();
        let mut count = 0;
        while product > limit {
            product *= self.unit();
            count += 1;
        }
        count
    }

    /// Gamma of `shape` and scale 1 (Marsaglia and Tsang 2000, with their boost below shape 1).
    pub(crate) fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let boost = (1.0 - self.unit()).powf(1.0 / shape);
            return self.gamma(shape + 1.0) * boost;
        }
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

    /// Puts `values` in a random order (Fisher and Yates).
    pub(crate) fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.index(last + 1));
        }
    }
}

/// Draws from a fixed discrete distribution in constant time (Vose's alias method).
#[derive(Debug, Clone)]
pub(crate) struct Alias {
    keep: Vec<f64>,
    other: Vec<u32>,
}

impl Alias {
    /// A table over `0..weights.len()`; `None` when no weight is positive.
    pub(crate) fn new(weights: &[f64]) -> Option<Self> {
        let total: f64 = weights.iter().sum();
        if total <= 0.0 {
            return None;
        }
        let scale = weights.len() as f64 / total;
        let mut keep: Vec<f64> = weights.iter().map(|weight| weight * scale).collect();
        let mut other: Vec<u32> = (0..row(weights.len())).collect();
        let (mut small, mut large): (Vec<u32>, Vec<u32>) =
            other.iter().partition(|&&place| keep[place as usize] < 1.0);
        while let (Some(&below), Some(&above)) = (small.last(), large.last()) {
            small.pop();
            other[below as usize] = above;
            keep[above as usize] -= 1.0 - keep[below as usize];
            if keep[above as usize] < 1.0 {
                large.pop();
                small.push(above);
            }
        }
        // What is left over is one but for rounding.
        for place in small.into_iter().chain(large) {
            keep[place as usize] = 1.0;
        }
        Some(Self { keep, other })
    }

    /// One position.
    pub(crate) fn draw(&self, draw: &mut Draw) -> u32 {
        let place = draw.index(self.keep.len());
        if draw.unit() < self.keep[place] {
            row(place)
        } else {
            self.other[place]
        }
    }
}

/// A position as a dense row.
pub(crate) fn row(index: usize) -> u32 {
    u32::try_from(index).expect("rows fit 32 bits")
}

/// Rounds to single precision, in which tables are kept.
#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding is what is asked for"
)]
pub(crate) fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests;
