//! EDLAE: the full-rank denoising autoencoder, EASE with a penalty that grows with popularity.
//!
//! Each entry of a history is left out with probability `dropout` and has to be predicted from what
//! stayed; over all ways of leaving out, the best weights with a zero diagonal have a closed form:
//! that of [`ease`](crate::ease) with the penalty `regularization + dropout / (1 - dropout) · G_ii` for
//! item `i`, `G_ii` the (weighted) number of its touches. What is popular thus has to earn its weights.
//!
//! Source: Steck, "Autoencoders that don't overfit towards the Identity", 2020, full rank, where the
//! emphasis on dropped entries is complete (`b = 0`). Cost and memory as EASE.

mod train;

pub use train::{open, train};

use crate::{Result, check::Checks, ridge::Ridge};

/// Name of the model in artifacts, errors and on the command line.
pub const NAME: &str = "edlae";

/// What [`train`] is told.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct EdlaeConfig {
    /// Penalty of every weight, above 0, in the unit of interactions.
    pub regularization: f64,
    /// Probability of leaving an entry out, 0 or more and below 1.
    pub dropout: f64,
    /// Power of the length of a user's history that his weight is divided by; 0 or more.
    pub user_exponent: f64,
    /// Power of an item's popularity that its scores are multiplied by; any number.
    pub popularity_exponent: f64,
    /// Training stops before it starts when it would need more memory than this; above 0.
    pub max_memory_gib: f64,
}

impl Default for EdlaeConfig {
    fn default() -> Self {
        Self {
            regularization: 200.0,
            dropout: 0.2,
            user_exponent: 0.0,
            popularity_exponent: 0.0,
            max_memory_gib: 8.0,
        }
    }
}

impl EdlaeConfig {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) for the first field that is out of range.
    pub fn validate(&self) -> Result<()> {
        let fits = (0.0..1.0).contains(&self.dropout);
        let expected = "a number of at least 0 and below 1";
        Checks(NAME).holds("dropout", self.dropout, expected, fits)?;
        self.ridge().validate()
    }

    fn ridge(&self) -> Ridge {
        Ridge {
            name: NAME,
            regularization: self.regularization,
            diagonal_share: self.dropout / (1.0 - self.dropout),
            user_exponent: self.user_exponent,
            popularity_exponent: self.popularity_exponent,
            max_memory_gib: self.max_memory_gib,
        }
    }
}

#[cfg(test)]
mod tests;
