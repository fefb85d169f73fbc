//! The rising curve closest to what happened.
//!
//! Source: pool adjacent violators (Ayer et al. 1955; Zadrozny & Elkan 2002 for scores). Within a
//! pool the curve is flat, between two pools a line.

use super::Point;
use crate::check::narrow;

/// A curve that never falls, given by its corners.
#[derive(Debug, Clone, PartialEq)]
pub struct Isotonic {
    /// Scores of the corners, rising.
    pub(super) scores: Vec<f32>,
    /// The probability at each of them, rising.
    pub(super) values: Vec<f32>,
}

/// Points next to each other that share a value.
#[derive(Debug, Clone, Copy)]
struct Pool {
    weight: f64,
    labels: f64,
    lowest: f32,
    highest: f32,
}

impl Pool {
    fn value(self) -> f64 {
        self.labels / self.weight
    }

    fn with(self, other: Self) -> Self {
        Self {
            weight: self.weight + other.weight,
            labels: self.labels + other.labels,
            lowest: self.lowest.min(other.lowest),
            highest: self.highest.max(other.highest),
        }
    }
}

impl Isotonic {
    /// The curve with the smallest weighted sum of squared distances to the labels.
    ///
    /// Where labels are 0 or 1 throughout, values stay half a point's share away from 0 and 1: that nothing
    /// happened in some rows does not make it impossible. Points weigh more than 0; there is at least one.
    ///
    /// Cost: sorts the points.
    ///
    /// # Panics
    ///
    /// When there are no points.
    pub fn fit(mut points: Vec<Point>) -> Self {
        assert!(!points.is_empty(), "points to fit a curve to");
        points.sort_unstable_by(|a, b| {
            let by_score = (a.score + 0.0).total_cmp(&(b.score + 0.0));
            by_score
                .then(a.label.total_cmp(&b.label))
                .then(a.weight.total_cmp(&b.weight))
        });
        let mut pools: Vec<Pool> = Vec::new();
        for tied in points.chunk_by(|a, b| (a.score + 0.0).total_cmp(&(b.score + 0.0)).is_eq()) {
            let mut pool = pool_of(tied);
            while let Some(last) = pools.last().copied() {
                if last.value() < pool.value() {
                    break;
                }
                pools.pop();
                pool = last.with(pool);
            }
            pools.push(pool);
        }
        let total: f64 = points.iter().map(|point| f64::from(point.weight)).sum();
        let shares = points
            .iter()
            .all(|point| (0.0..=1.0).contains(&point.label));
        let margin = 0.5 / (total / mean_weight(&points) + 1.0);
        let value = |pool: &Pool| match shares {
            true => pool.value().clamp(margin, 1.0 - margin),
            false => pool.value(),
        };
        let mut curve = Self {
            scores: Vec::new(),
            values: Vec::new(),
        };
        for pool in &pools {
            let value = narrow(value(pool));
            curve.corner(pool.lowest, value);
            if pool.highest > pool.lowest {
                curve.corner(pool.highest, value);
            }
        }
        curve
    }

    fn corner(&mut self, score: f32, value: f32) {
        self.scores.push(score);
        self.values.push(value);
    }

    /// The value at a score; beyond the outermost corners it stays as it is there.
    pub fn apply(&self, score: f32) -> f32 {
        let above = self.scores.partition_point(|&corner| corner <= score);
        let last = self.scores.len() - 1;
        if above == 0 {
            return self.values[0];
        }
        if above > last {
            return self.values[last];
        }
        let (low, high) = (self.scores[above - 1], self.scores[above]);
        let share = (score - low) / (high - low);
        let (from, to) = (self.values[above - 1], self.values[above]);
        // Rounding must not carry the line past its end.
        (from + share * (to - from)).clamp(from, to)
    }

    /// Corners of the curve: scores and values, both rising.
    pub fn corners(&self) -> impl ExactSizeIterator<Item = (f32, f32)> {
        self.scores.iter().copied().zip(self.values.iter().copied())
    }
}

fn pool_of(points: &[Point]) -> Pool {
    let weigh = |point: &Point| (f64::from(point.weight), f64::from(point.label));
    let weighed = points.iter().map(weigh);
    Pool {
        weight: weighed.clone().map(|(weight, _)| weight).sum(),
        labels: weighed.map(|(weight, label)| weight * label).sum(),
        lowest: points[0].score,
        highest: points[0].score,
    }
}

fn mean_weight(points: &[Point]) -> f64 {
    let total: f64 = points.iter().map(|point| f64::from(point.weight)).sum();
    total / points.len() as f64
}
