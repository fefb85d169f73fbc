//! Curves from what a ranker says to probabilities at the first place, where it is asked.
//!
//! Scores are those of a row at the first place, and are asked for to put it there. What follows at later
//! places follows less often because fewer look: a curve that was fitted on all places would promise what
//! happens at the mean place, in a feed with ten places less than half of what the first one sees.

use marquee_features::{NONE, TrainingRows};
use marquee_ranking::{Calibration, Method, Ranker};
use serde::Serialize;

use crate::Result;

/// Times that an outcome has to have happened, and not happened, at the first place for its curve to be fitted
/// there.
///
/// With `a` rows where it happened and `b` where it did not, the logarithm of the odds is known to about
/// `sqrt(1/a + 1/b)`: at least a fifth of the odds with 50 of each. All places together know it better and are
/// wrong by what places do, which is more than that.
pub(super) const ENOUGH: usize = 50;

/// Where the rows stood that a curve was fitted on and is measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Places {
    /// At the first place, or nobody knows where.
    First,
    /// Anywhere: at the first place it happened, or did not happen, too rarely.
    All,
}

impl Places {
    /// Whether a row counts.
    pub(super) fn count(self, rows: &TrainingRows<'_>, row: usize) -> bool {
        self == Self::All || matches!(rows.position()[row], 0 | NONE)
    }
}

/// The curves of a ranker's heads.
pub(super) struct Curves {
    pub(super) calibration: Calibration,
    /// Of each head, where its rows stood.
    pub(super) places: Vec<Places>,
}

impl Curves {
    /// Fits the curves of all heads of `ranker` on rows that it was not trained on: those at the first place, or
    /// all where [`ENOUGH`] is not reached there.
    ///
    /// # Errors
    ///
    /// As [`Calibration::fit`].
    pub(super) fn fit(ranker: &dyn Ranker, rows: &TrainingRows<'_>) -> Result<Self> {
        let heads = ranker.heads().iter();
        let places: Vec<Places> = heads
            .map(|head| match rows.place_of(head) {
                Some(place) if enough(rows, rows.label(place)) => Places::First,
                _ => Places::All,
            })
            .collect();
        let counts = |head: usize, row: usize| places[head].count(rows, row);
        let calibration = Calibration::fit_where(ranker, rows, Method::Platt, counts)?;
        Ok(Self {
            calibration,
            places,
        })
    }
}

fn enough(rows: &TrainingRows<'_>, labels: &[f32]) -> bool {
    let labels = labels.iter().enumerate();
    let first = labels.filter(|&(row, label)| {
        !label.is_nan() && rows.weight()[row] > 0.0 && Places::First.count(rows, row)
    });
    let (happened, not): (Vec<f32>, Vec<f32>) = first
        .map(|(_, &label)| label)
        .partition(|&label| label > 0.0);
    happened.len().min(not.len()) >= ENOUGH
}

#[cfg(test)]
mod tests;
