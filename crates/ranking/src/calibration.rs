//! From scores to probabilities: one curve for each head, learned on rows that the model did not train on.
//!
//! A score is a probability only once it was compared with how often things happened. [`Calibration::fit`]
//! learns a curve for each head, [`Calibration::apply`] sends scores through it, and [`reliability`] says
//! how far probabilities are from what happened, for all rows and for any slice of them.

mod artifact;
mod isotonic;
mod logistic;
mod reliability;

pub use artifact::CALIBRATION;
pub use isotonic::Isotonic;
pub use logistic::Logistic;
pub use reliability::{Reliability, ReliabilityBin, reliability, reliability_by_slice};

use marquee_features::{Head, TrainingRows};
use serde::{Deserialize, Serialize};

use crate::{Error, Link, Ranker, Result, ranker::check_room};

/// Name in errors.
const NAME: &str = "calibration";

/// What kind of curve is learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Any rising curve; needs some thousands of rows.
    #[default]
    Isotonic,
    /// Logits are scaled and shifted (Platt). For heads of expected values, as [`Method::Isotonic`].
    Platt,
    /// Logits are scaled only. For heads of expected values, as [`Method::Isotonic`].
    Temperature,
}

/// A curve from scores to probabilities or expected values.
#[derive(Debug, Clone, PartialEq)]
pub enum Curve {
    /// A rising one.
    Isotonic(Isotonic),
    /// A scaled and shifted logit.
    Logistic(Logistic),
}

impl Curve {
    /// The probability that goes with a score.
    pub fn apply(&self, score: f32) -> f32 {
        match self {
            Self::Isotonic(curve) => curve.apply(score),
            Self::Logistic(curve) => curve.apply(score),
        }
    }
}

/// A curve for each head of a ranker.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    heads: Vec<(Head, Curve)>,
}

impl Calibration {
    /// Learns the curves of all heads of `ranker` from rows that it was not trained on, weighted as they are.
    ///
    /// Cost: scores all rows and sorts them once for each head.
    ///
    /// # Errors
    ///
    /// What the ranker says; [`Error::NoSuchHead`] where the table has no labels of a head, and
    /// [`Error::NoLabels`] where none of them is known.
    pub fn fit(ranker: &dyn Ranker, rows: &TrainingRows<'_>, method: Method) -> Result<Self> {
        Self::fit_where(ranker, rows, method, |_, _| true)
    }

    /// The same from some of the rows, such as those at the first place for a ranker that scores rows as if they
    /// stood there.
    ///
    /// - `counts`: whether a row counts for the head at a place of the ranker.
    ///
    /// # Errors
    ///
    /// As [`fit`](Self::fit).
    pub fn fit_where(
        ranker: &dyn Ranker,
        rows: &TrainingRows<'_>,
        method: Method,
        counts: impl Fn(usize, usize) -> bool,
    ) -> Result<Self> {
        let features = rows.features();
        let n_rows = features.n_rows();
        let mut scores = vec![0.0; n_rows * ranker.heads().len()];
        ranker.score(&features, &mut scores)?;
        let mut heads = Vec::new();
        for (place, head) in ranker.heads().iter().enumerate() {
            let column = rows.place_of(head).ok_or_else(|| Error::NoSuchHead {
                model: NAME,
                head: head.to_string(),
            })?;
            let scores = &scores[place * n_rows..(place + 1) * n_rows];
            let counts = |row| counts(place, row);
            let points = points(scores, (rows.label(column), rows.weight()), &counts);
            if points.is_empty() {
                return Err(Error::NoLabels {
                    model: NAME,
                    head: head.clone(),
                });
            }
            let curve = match (method, ranker.link(place)) {
                (Method::Platt, Link::Logit) => Curve::Logistic(Logistic::fit(&points)),
                (Method::Temperature, Link::Logit) => {
                    Curve::Logistic(Logistic::fit_temperature(&points))
                }
                _ => Curve::Isotonic(Isotonic::fit(points)),
            };
            heads.push((head.clone(), curve));
        }
        Ok(Self { heads })
    }

    /// The heads, in the order of the ranker they were learned for.
    pub fn heads(&self) -> impl ExactSizeIterator<Item = &Head> {
        self.heads.iter().map(|(head, _)| head)
    }

    /// The curve of a head.
    pub fn curve(&self, head: &Head) -> Option<&Curve> {
        let mut heads = self.heads.iter();
        heads
            .find(|(other, _)| other == head)
            .map(|(_, curve)| curve)
    }

    /// Replaces scores, as [`Ranker::score`] wrote them, by probabilities and expected values.
    ///
    /// # Errors
    ///
    /// [`Error::Room`] when there are not as many scores as rows and heads.
    pub fn apply(&self, n_rows: usize, values: &mut [f32]) -> Result<()> {
        check_room(NAME, values, n_rows * self.heads.len())?;
        for ((_, curve), values) in self.heads.iter().zip(values.chunks_mut(n_rows.max(1))) {
            for value in values {
                *value = curve.apply(*value);
            }
        }
        Ok(())
    }
}

/// A score, what happened, and how much it counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// What a ranker said.
    pub score: f32,
    /// What happened, from 0 to 1.
    pub label: f32,
    /// How much it counts, at least 0.
    pub weight: f32,
}

fn points(
    scores: &[f32],
    (labels, weights): (&[f32], &[f32]),
    counts: &impl Fn(usize) -> bool,
) -> Vec<Point> {
    let rows = scores.iter().zip(labels).zip(weights).enumerate();
    let rows = rows.filter(|(row, _)| counts(*row)).map(|(_, row)| row);
    let points = rows.map(|((&score, &label), &weight)| Point {
        score,
        label,
        weight,
    });
    let known = points.filter(|point| !point.label.is_nan() && point.weight > 0.0);
    known.collect()
}

#[cfg(test)]
mod tests;
