//! EASE: every item predicted from all others by one ridge regression in closed form.
//!
//! Minimizes `Σ_u d_u |x_u - x_u B|² + regularization |B|²` over `B` with a zero diagonal; the score of
//! item `j` is `Σ_h w(h) B_hj` over the history, times `p_j^popularity_exponent` with `p_j` the
//! popularity of `j` over the mean. `d_u = n_u^-user_exponent` over its mean: zero is the published
//! model, 0.5 gives users with short histories a fairer say, which helps where many of them meet a large
//! catalog and changes little elsewhere (after Park, Yoon, Kim, Lee 2025).
//!
//! Source: Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", 2019. Cost: `n_items³ / 2`
//! multiplications and additions; memory 12 `n_items²` bytes up to 8,192 items, 4 `n_items²` above. For
//! more items than memory holds see [`sparse_ease`](crate::sparse_ease).

mod train;

pub use train::{open, train};

use crate::{Result, ridge::Ridge};

/// Name of the model in artifacts, errors and on the command line.
pub const NAME: &str = "ease";

/// What [`train`] is told.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct EaseConfig {
    /// Penalty of every weight, above 0, in the unit of interactions.
    pub regularization: f64,
    /// Power of the length of a user's history that his weight is divided by; 0 or more.
    pub user_exponent: f64,
    /// Power of an item's popularity that its scores are multiplied by; any number.
    pub popularity_exponent: f64,
    /// Training stops before it starts when it would need more memory than this; above 0.
    pub max_memory_gib: f64,
}

impl Default for EaseConfig {
    fn default() -> Self {
        Self {
            regularization: 300.0,
            user_exponent: 0.0,
            popularity_exponent: 0.0,
            max_memory_gib: 8.0,
        }
    }
}

impl EaseConfig {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) for the first field that is out of range.
    pub fn validate(&self) -> Result<()> {
        self.ridge().validate()
    }

    fn ridge(&self) -> Ridge {
        Ridge {
            name: NAME,
            regularization: self.regularization,
            diagonal_share: 0.0,
            user_exponent: self.user_exponent,
            popularity_exponent: self.popularity_exponent,
            max_memory_gib: self.max_memory_gib,
        }
    }
}

#[cfg(test)]
mod tests;
