//! One set of parameters, and how it did.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::ModelSpec;

/// How far a trial came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It was judged on every fold.
    Complete,
    /// It was so far behind the best one that it was not continued.
    Behind,
    /// It could not be trained or judged.
    Failed,
}

/// A set of parameters that was tried. With serde it is written whole: reading it gives the same
/// trial, bit for bit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// Which trial of its model, counted from 1.
    pub number: usize,
    /// The model with the parameters that differ from its defaults.
    #[serde(with = "as_text")]
    pub spec: ModelSpec,
    /// The metric, one value a user, for each fold it was judged on.
    pub values: Vec<Vec<f32>>,
    /// Number of folds it would have been judged on if it did well.
    pub n_folds: usize,
    /// What went wrong, where something did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Wall time of training and judging.
    pub seconds: f64,
}

impl Trial {
    /// How far it came.
    pub fn status(&self) -> Status {
        if self.error.is_some() {
            Status::Failed
        } else if self.values.len() < self.n_folds {
            Status::Behind
        } else {
            Status::Complete
        }
    }

    /// The mean over all users it was judged by; `None` if there are none.
    pub fn mean(&self) -> Option<f64> {
        let n: usize = self.values.iter().map(Vec::len).sum();
        let all = self.values.iter().flatten();
        let sum: f64 = all.map(|&value| f64::from(value)).sum();
        (n > 0).then(|| sum / n as f64)
    }

    /// Standard error of [`mean`](Self::mean) over users; `None` for fewer than two.
    pub fn standard_error(&self) -> Option<f64> {
        let all: Vec<f64> = self
            .values
            .iter()
            .flatten()
            .copied()
            .map(f64::from)
            .collect();
        standard_error(&all)
    }

    /// User by user, by how much this trial is better than `other`, over the folds that both have.
    pub(super) fn differences(&self, other: &Self) -> Vec<f64> {
        let folds = self.values.iter().zip(&other.values);
        let users = folds.flat_map(|(mine, theirs)| mine.iter().zip(theirs));
        users
            .map(|(&mine, &theirs)| f64::from(mine) - f64::from(theirs))
            .collect()
    }

    /// Better trials first: complete ones by their mean, then those that were left behind by that of
    /// the fold they all have, then failed ones; the earlier of equals first.
    pub(super) fn by_merit(&self, other: &Self) -> Ordering {
        let class = |trial: &Self| match trial.status() {
            Status::Complete => 0,
            Status::Behind => 1,
            Status::Failed => 2,
        };
        let merit = |trial: &Self| match trial.status() {
            Status::Complete => trial.mean().unwrap_or(f64::NEG_INFINITY),
            Status::Behind => trial.first_fold(),
            Status::Failed => 0.0,
        };
        class(self)
            .cmp(&class(other))
            .then(merit(other).total_cmp(&merit(self)))
            .then(self.number.cmp(&other.number))
    }

    fn first_fold(&self) -> f64 {
        let first = self.values.first().map_or(&[][..], Vec::as_slice);
        let sum: f64 = first.iter().map(|&value| f64::from(value)).sum();
        sum / first.len().max(1) as f64
    }
}

/// Sample deviation by the root of the number; `None` for fewer than two values.
pub(super) fn standard_error(values: &[f64]) -> Option<f64> {
    let n = values.len() as f64;
    if values.len() < 2 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((squares / (n - 1.0) / n).sqrt())
}

/// A model as it stands on the command line, which keeps numbers such as `inf` that JSON lacks.
mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::ModelSpec;

    pub(super) fn serialize<S: Serializer>(spec: &ModelSpec, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(spec)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<ModelSpec, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(number: usize, values: &[&[f32]], error: Option<&str>) -> Trial {
        Trial {
            number,
            spec: "popularity:half_life_days=inf".parse().unwrap(),
            values: values.iter().map(|fold| fold.to_vec()).collect(),
            n_folds: 2,
            error: error.map(str::to_owned),
            seconds: 0.5,
        }
    }

    #[test]
    fn better_trials_come_first() {
        let mut trials = [
            trial(1, &[&[0.9]], Some("no")),
            trial(2, &[&[0.8]], None),
            trial(3, &[&[0.1, 0.3], &[0.2]], None),
            trial(4, &[&[0.3, 0.1], &[0.5]], None),
            trial(5, &[&[0.85]], None),
            trial(6, &[&[0.1, 0.3], &[0.2]], None),
        ];
        trials.sort_by(Trial::by_merit);
        assert_eq!(trials.map(|trial| trial.number), [4, 3, 6, 5, 2, 1]);
    }

    #[test]
    fn error_is_that_of_the_mean_of_all_users() {
        let one = trial(1, &[&[0.0, 1.0], &[1.0, 2.0]], None);
        assert_eq!(one.mean(), Some(1.0));
        let want = (2.0_f64 / 3.0 / 4.0).sqrt();
        assert!((one.standard_error().unwrap() - want).abs() < 1e-12);
        assert_eq!(trial(1, &[], Some("no")).mean(), None);
    }

    #[test]
    fn trial_is_written_and_read_bit_for_bit() {
        let values = [0.1, 0.333_333_34, 1.0 / 7.0, f32::MIN_POSITIVE];
        let one = trial(3, &[&values, &[]], Some("said \"no\""));
        let text = serde_json::to_string(&one).unwrap();
        assert_eq!(serde_json::from_str::<Trial>(&text).unwrap(), one);
        let strange = text.replace("\"number\"", "\"nummer\"");
        assert!(serde_json::from_str::<Trial>(&strange).is_err());
    }
}
