//! RMSE and MAE: how far predicted ratings are from given ones.
//!
//! Over all ratings of all users together, as published results are: a user with many ratings counts
//! for more. A mean over users of each one's own error is another figure.

use std::sync::OnceLock;

use crate::{CaseList, Error, Mean, MetricName, RatingMetric, Result, Summary};

/// Errors of one user's predictions, added up.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Errors {
    squared: f64,
    absolute: f64,
    ratings: usize,
}

impl Errors {
    fn of(predictions: &[f32], ratings: impl Iterator<Item = f32>) -> Self {
        let pairs = predictions.iter().zip(ratings);
        pairs.fold(Self::default(), |sum, (&predicted, given)| {
            let error = f64::from(predicted) - f64::from(given);
            Self {
                squared: sum.squared + error * error,
                absolute: sum.absolute + error.abs(),
                ratings: sum.ratings + 1,
            }
        })
    }
}

/// Takes predicted ratings of each case, in any order and from any thread.
///
/// The result is the same to the last bit whatever the order of recording.
#[derive(Debug)]
pub struct RatingEvaluator<'a> {
    cases: CaseList<'a>,
    recorded: Vec<OnceLock<Errors>>,
}

impl<'a> RatingEvaluator<'a> {
    /// Nothing recorded yet. The weights of the cases' relevant items are the ratings to predict.
    pub fn new(cases: CaseList<'a>) -> Self {
        Self {
            cases,
            recorded: (0..cases.len()).map(|_| OnceLock::new()).collect(),
        }
    }

    /// Takes the predictions for case number `case`, one for each of its relevant items, in their
    /// order. Cutting predictions to the scale of the ratings is the caller's.
    ///
    /// # Errors
    ///
    /// [`Error`] when there is no such case, it is recorded already, or predictions are too few, too
    /// many or not finite.
    pub fn record(&self, case: usize, predictions: &[f32]) -> Result<()> {
        let n_cases = self.cases.len();
        let Some(slot) = self.recorded.get(case) else {
            return Err(Error::NoSuchCase { case, n_cases });
        };
        let relevant = self.cases.get(case).relevant;
        if predictions.len() != relevant.len() {
            return Err(Error::Predictions {
                case,
                found: predictions.len(),
                expected: relevant.len(),
            });
        }
        if let Some(position) = predictions.iter().position(|value| !value.is_finite()) {
            return Err(Error::NotFinite {
                case,
                position,
                found: predictions[position],
            });
        }
        let ratings = (0..relevant.len()).map(|place| relevant.weight(place));
        slot.set(Errors::of(predictions, ratings))
            .map_err(|_| Error::Twice { case })
    }

    /// The errors of all cases.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] when a case was not recorded.
    pub fn finish(self) -> Result<RatingEvaluation> {
        let n_cases = self.recorded.len();
        let recorded = self.recorded.into_iter().map(OnceLock::into_inner);
        let all: Vec<Option<Errors>> = recorded.collect();
        if let Some(first) = all.iter().position(Option::is_none) {
            return Err(Error::Missing {
                missing: all.iter().filter(|errors| errors.is_none()).count(),
                first,
                n_cases,
            });
        }
        Ok(RatingEvaluation {
            users: all.into_iter().flatten().collect(),
        })
    }
}

/// Every user's errors, of one fold or of several together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RatingEvaluation {
    users: Vec<Errors>,
}

impl RatingEvaluation {
    /// Adds the users of another fold after those that are there.
    pub fn append(&mut self, other: &Self) {
        self.users.extend_from_slice(&other.users);
    }

    /// RMSE and MAE over all ratings, with standard errors over users: ratings of one user are not
    /// independent of each other, so users are what is taken to be drawn. `n` is the number of users.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        let squared = self.mean(|errors| errors.squared);
        let rmse = squared.map(|squared| {
            let root = squared.mean.sqrt();
            // The slope of the root carries the error over; at no error at all there is no spread.
            let slope = if root > 0.0 { 0.5 / root } else { 0.0 };
            Mean {
                mean: root,
                se: squared.se.map(|se| se * slope),
                n: squared.n,
            }
        });
        summary.push(MetricName::Rating(RatingMetric::Rmse), rmse);
        let absolute = self.mean(|errors| errors.absolute);
        summary.push(MetricName::Rating(RatingMetric::Mae), absolute);
        summary
    }

    /// Sum over users by number of ratings, with the standard error of such a ratio (Cochran 1977).
    fn mean(&self, sum_of: impl Fn(&Errors) -> f64) -> Option<Mean> {
        let n = self.users.len();
        let ratings: usize = self.users.iter().map(|errors| errors.ratings).sum();
        if ratings == 0 {
            return None;
        }
        let mean = self.users.iter().map(&sum_of).sum::<f64>() / ratings as f64;
        let of_a_user = ratings as f64 / n as f64;
        let off = |errors: &Errors| (sum_of(errors) - mean * errors.ratings as f64) / of_a_user;
        let squares: f64 = self.users.iter().map(|errors| off(errors).powi(2)).sum();
        let se = (n > 1).then(|| (squares / (n - 1) as f64 / n as f64).sqrt());
        Some(Mean { mean, se, n })
    }
}

#[cfg(test)]
mod tests;
