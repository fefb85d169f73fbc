//! What every ranker answers once it is trained.

use marquee_features::{FeatureRows, Head};

use crate::{Error, Result};

/// How a value stands to a probability before it is calibrated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// It is the logarithm of the odds.
    Logit,
    /// It is the expected value itself, or a score without a scale.
    Identity,
}

impl Link {
    /// The expected value that a score stands for.
    pub fn mean(self, score: f32) -> f32 {
        match self {
            Self::Logit => marquee_math::exponential::sigmoid(score),
            Self::Identity => score,
        }
    }
}

/// A trained model that scores rows.
///
/// The same row and request always give the same bits, whatever else is scored in the same call and however
/// many threads there are.
pub trait Ranker: Send + Sync {
    /// Name of the model as in artifacts and errors.
    fn name(&self) -> &'static str;

    /// What it predicts, in the order of the values.
    fn heads(&self) -> &[Head];

    /// How the values of a head, by its place, stand to probabilities.
    fn link(&self, head: usize) -> Link;

    /// Writes a value for each row and head, all rows of the first head before those of the second.
    ///
    /// # Errors
    ///
    /// [`Error::Schema`] for a table with other columns, [`Error::Room`] for a buffer of another length.
    fn score(&self, rows: &FeatureRows<'_>, values: &mut [f32]) -> Result<()>;
}

/// Fails for a buffer of another length.
pub(crate) fn check_room(model: &'static str, values: &[f32], expected: usize) -> Result<()> {
    if values.len() == expected {
        return Ok(());
    }
    Err(Error::Room {
        model,
        found: values.len(),
        expected,
    })
}
