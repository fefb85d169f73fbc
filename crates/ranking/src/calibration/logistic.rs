//! A scaled and shifted logit.
//!
//! Source: Platt 1999, with the labels as they are; the scale alone is the temperature of Guo et al. 2017.

use marquee_math::exponential::sigmoid;

use super::Point;
use crate::check::narrow;

/// `σ(slope · score + offset)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Logistic {
    /// Factor of the score, at least 0.
    pub slope: f32,
    /// What is added to it.
    pub offset: f32,
}

/// Steps of Newton's method; it has long come to rest by then.
const STEPS: usize = 60;
/// How strongly parameters are pulled towards a slope of 1 and no offset: as if both were known before to
/// about 3. A few outcomes outweigh it; where none happened, or next to none, a chance stays within
/// reason of what the score said, in place of falling to nothing.
const PULL: f64 = 0.1;

impl Logistic {
    /// The slope and offset under which the labels are most likely.
    pub fn fit(points: &[Point]) -> Self {
        let (slope, offset) = newton(points, Free::Both);
        Self {
            slope: narrow(slope.max(0.0)),
            offset: narrow(offset),
        }
    }

    /// The slope alone, without an offset.
    pub fn fit_temperature(points: &[Point]) -> Self {
        let (slope, _) = newton(points, Free::Slope);
        Self {
            slope: narrow(slope.max(0.0)),
            offset: 0.0,
        }
    }

    /// The probability that goes with a logit.
    pub fn apply(&self, score: f32) -> f32 {
        sigmoid(self.slope * score + self.offset)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Free {
    Both,
    Slope,
}

/// Minimizes the convex loss; a step that does not lower it is halved.
fn newton(points: &[Point], free: Free) -> (f64, f64) {
    let (mut slope, mut offset) = (1.0_f64, 0.0_f64);
    let mut last = loss(points, (slope, offset));
    for _ in 0..STEPS {
        let (gradient, curvature) = derivatives(points, (slope, offset));
        let [a, b, c] = curvature;
        let step = match free {
            Free::Both => {
                let determinant = a * c - b * b;
                (
                    (c * gradient.0 - b * gradient.1) / determinant,
                    (a * gradient.1 - b * gradient.0) / determinant,
                )
            }
            Free::Slope => (gradient.0 / a, 0.0),
        };
        let mut factor = 1.0;
        let next = loop {
            let at = (slope - factor * step.0, offset - factor * step.1);
            let now = loss(points, at);
            if now < last {
                break Some((at, now));
            }
            factor *= 0.5;
            if factor < 1e-6 {
                break None;
            }
        };
        let Some((at, now)) = next else {
            break;
        };
        (slope, offset) = at;
        last = now;
    }
    (slope, offset)
}

fn loss(points: &[Point], (slope, offset): (f64, f64)) -> f64 {
    let surprise = points.iter().map(|point| {
        let logit = slope * f64::from(point.score) + offset;
        let surprise =
            logit.max(0.0) - logit * f64::from(point.label) + (-logit.abs()).exp().ln_1p();
        f64::from(point.weight) * surprise
    });
    surprise.sum::<f64>() + 0.5 * PULL * ((slope - 1.0).powi(2) + offset * offset)
}

/// First derivatives; second ones by slope, both, offset.
fn derivatives(points: &[Point], (slope, offset): (f64, f64)) -> ((f64, f64), [f64; 3]) {
    let mut gradient = (PULL * (slope - 1.0), PULL * offset);
    let mut curvature = [PULL, 0.0, PULL];
    for point in points {
        let (score, weight) = (f64::from(point.score), f64::from(point.weight));
        let chance = 1.0 / (1.0 + (-(slope * score + offset)).exp());
        let gap = weight * (chance - f64::from(point.label));
        gradient.0 += gap * score;
        gradient.1 += gap;
        let spread = weight * chance * (1.0 - chance);
        curvature[0] += spread * score * score;
        curvature[1] += spread * score;
        curvature[2] += spread;
    }
    (gradient, curvature)
}
