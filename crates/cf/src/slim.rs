//! SLIM: every item predicted from few others, by weights that are never negative.
//!
//! For each item `j`, over `b >= 0` with `b_j = 0`, by cyclic coordinate descent:
//!
//! ```text
//! ½ Σ_u d_u (x_uj - x_u b)² + ½ l2 |b|² + l1 Σ_i b_i
//! ```
//!
//! `d_u = n_u^-user_exponent` over its mean. Only items that share a user with `j` can get a weight.
//! Descent ends when no weight moves by more than `tolerance` in a round, or after `max_rounds`.
//!
//! Source: Ning & Karypis, "SLIM: Sparse Linear Methods for Top-N Recommender Systems", 2011; the
//! descent on the Gram matrix after Friedman, Hastie, Tibshirani 2010.
//!
//! Cost: the Gram matrix, then for each item and round the rows of the Gram matrix of the weights that
//! moved. Memory: 16 bytes for each pair of items that share a user.

mod descent;
mod train;

pub use train::{open, train};

use crate::{Result, check::Checks};

/// Name of the model in artifacts, errors and on the command line.
pub const NAME: &str = "slim";

/// What [`train`] is told.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct SlimConfig {
    /// Penalty of the size of the weights, 0 or more: larger leaves fewer of them.
    pub l1: f64,
    /// Penalty of the square of the weights, above 0.
    pub l2: f64,
    /// Power of the length of a user's history that his weight is divided by; 0 or more.
    pub user_exponent: f64,
    /// Largest change of a weight at which descent ends; above 0.
    pub tolerance: f64,
    /// Rounds after which descent ends anyway; at least 1.
    pub max_rounds: usize,
    /// Training stops before it starts when it might need more memory than this; above 0.
    pub max_memory_gib: f64,
}

impl Default for SlimConfig {
    fn default() -> Self {
        Self {
            l1: 1.0,
            l2: 100.0,
            user_exponent: 0.0,
            tolerance: 1e-4,
            max_rounds: 100,
            max_memory_gib: 8.0,
        }
    }
}

impl SlimConfig {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) for the first field that is out of range.
    pub fn validate(&self) -> Result<()> {
        let checks = Checks(NAME);
        checks.not_negative("l1", self.l1)?;
        checks.positive("l2", self.l2)?;
        checks.not_negative("user_exponent", self.user_exponent)?;
        checks.positive("tolerance", self.tolerance)?;
        checks.count("max_rounds", self.max_rounds)?;
        checks.positive("max_memory_gib", self.max_memory_gib)
    }
}

#[cfg(test)]
mod tests;
