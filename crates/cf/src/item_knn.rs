//! Item neighbors: an item is worth what the viewer's items say of their nearest neighbors.
//!
//! ```text
//! s(h, j) = x_h · x_j / ( |x_h|^(2a) |x_j|^(2 (1 - a)) + shrinkage )
//! score(j) = sum over the history of  w(h) s(h, j),  s cut to the `neighbors` largest for each j
//! ```
//!
//! `x_i` is the column of item `i`: one number for each user who touched it, weighted as
//! [`Weighting`] says. `a` = 1/2 is the cosine; below it, popular items of the history are discounted
//! less and popular items to score more (asymmetric cosine, Aiolli 2013). Shrinkage (Bell & Koren
//! 2007) pulls down what rests on few users. Scores are sums, not means over neighbors: the mean ranks
//! worse in every top-n comparison (Deshpande & Karypis 2004).
//!
//! Exact: all pairs that share a user are compared. Cost: the sum over users of the square of their
//! history; memory: 16 bytes for each of `n_items · neighbors` entries while training.

mod train;

pub use train::{open, train};

pub use crate::weighting::Weighting;
use crate::{Result, check::Checks};

/// Name of the model in artifacts, errors and on the command line.
pub const NAME: &str = "item-knn";

/// What [`train`] is told.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct ItemKnnConfig {
    /// Neighbors kept for each item; at least 1.
    pub neighbors: usize,
    /// Added to the denominator, in the unit of the weights; 0 or more.
    pub shrinkage: f64,
    /// `a` in the formula, 0 to 1.
    pub asymmetry: f64,
    /// How interactions are weighted.
    pub weighting: Weighting,
    /// `k1` of BM25, 0 or more.
    pub bm25_saturation: f64,
    /// `b` of BM25, 0 to 1.
    pub bm25_length: f64,
}

impl Default for ItemKnnConfig {
    fn default() -> Self {
        Self {
            neighbors: 100,
            shrinkage: 20.0,
            asymmetry: 0.5,
            weighting: Weighting::Bm25,
            bm25_saturation: 1.2,
            bm25_length: 0.75,
        }
    }
}

impl ItemKnnConfig {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) for the first field that is out of range.
    pub fn validate(&self) -> Result<()> {
        let checks = Checks(NAME);
        checks.count("neighbors", self.neighbors)?;
        checks.not_negative("shrinkage", self.shrinkage)?;
        checks.fraction("asymmetry", self.asymmetry)?;
        checks.not_negative("bm25_saturation", self.bm25_saturation)?;
        checks.fraction("bm25_length", self.bm25_length)
    }
}

#[cfg(test)]
mod tests;
