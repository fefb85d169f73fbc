//! RP3beta: a random walk of three steps from the viewer's items, held back from what is popular.
//!
//! ```text
//! W[h, j] = Σ_u p(u|h)^alpha · p(j|u)^alpha / popularity(j)^beta
//! score(j) = Σ over the history of  w(h) W[h, j],  W cut to the `neighbors` largest for each j
//! ```
//!
//! `p(u|h)` is the share of user `u` in what item `h` was touched with, `p(j|u)` the share of item `j`
//! in what user `u` touched, `popularity(j)` the weight of all its touches.
//!
//! Source: Paudel, Christoffel, Newell, Bernstein, "Updatable, Accurate, Diverse, and Scalable
//! Recommendations for Interactive Applications", 2017. The walk starts at the viewer's items, so that
//! a viewer needs no place in the training data. Weights have to be positive. Cost and memory as
//! [`item_knn`](crate::item_knn).

mod train;

pub use train::{open, train};

use crate::{Result, check::Checks};

/// Name of the model in artifacts, errors and on the command line.
pub const NAME: &str = "rp3beta";

/// What [`train`] is told.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct Rp3betaConfig {
    /// Items of a history that may speak for an item; at least 1.
    pub neighbors: usize,
    /// Power of the probability of a step, 0 or more.
    pub alpha: f64,
    /// Power of the popularity that a weight is divided by, 0 or more.
    pub beta: f64,
}

impl Default for Rp3betaConfig {
    fn default() -> Self {
        Self {
            neighbors: 100,
            alpha: 0.6,
            beta: 0.4,
        }
    }
}

impl Rp3betaConfig {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) for the first field that is out of range.
    pub fn validate(&self) -> Result<()> {
        let checks = Checks(NAME);
        checks.count("neighbors", self.neighbors)?;
        checks.not_negative("alpha", self.alpha)?;
        checks.not_negative("beta", self.beta)
    }
}

#[cfg(test)]
mod tests;
