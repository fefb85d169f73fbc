//! Sparse EASE: every item predicted by a ridge regression on the items that go with it most.
//!
//! Where [`ease`](crate::ease) regresses an item on all others, which takes a dense matrix of all pairs,
//! this keeps for item `j` the `neighbors` items `S` with the largest `G_ij / sqrt(G_ii)` and solves
//!
//! ```text
//! (G_SS + diag(l)) b = G_Sj,   l_i = regularization + dropout / (1 - dropout) · G_ii
//! score(j) = p_j^popularity_exponent · Σ over the history of  w(h) b_h
//! ```
//!
//! exactly, one small system an item. `G` weighs users by `n_u^-user_exponent` over its mean; `p_j` is
//! the popularity of `j` over the mean. With all items as neighbors it is EASE but for pairs that share
//! no user; with a hundred or two it ranks about as well.
//!
//! Sources: the regression of Steck 2019; choosing the features of each column first, as fsSLIM does
//! (Ning & Karypis 2011) and as the sparse approximation of Steck, "Markov Random Fields for
//! Collaborative Filtering", 2019.
//!
//! Cost: the Gram matrix as [`item_knn`](crate::item_knn), and `neighbors³ / 6` multiplications and
//! additions an item. Memory: 16 bytes for each pair of items that share a user while training, 8 bytes
//! for each of `n_items · neighbors` weights after it.

mod support;
mod train;

pub use train::{open, train};

use crate::{Result, check::Checks};

/// Name of the model in artifacts, errors and on the command line.
pub const NAME: &str = "sparse-ease";

/// What [`train`] is told.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct SparseEaseConfig {
    /// Items that may speak for an item; at least 1.
    pub neighbors: usize,
    /// Penalty of every weight, above 0, in the unit of interactions.
    pub regularization: f64,
    /// Probability of leaving an entry out, 0 or more and below 1; see [`edlae`](crate::edlae).
    pub dropout: f64,
    /// Power of the length of a user's history that his weight is divided by; 0 or more.
    pub user_exponent: f64,
    /// Power of an item's popularity that its scores are multiplied by; any number.
    pub popularity_exponent: f64,
    /// Training stops before it starts when it might need more memory than this; above 0.
    pub max_memory_gib: f64,
}

impl Default for SparseEaseConfig {
    fn default() -> Self {
        Self {
            neighbors: 200,
            regularization: 150.0,
            dropout: 0.0,
            user_exponent: 0.5,
            popularity_exponent: 0.0,
            max_memory_gib: 8.0,
        }
    }
}

impl SparseEaseConfig {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) for the first field that is out of range.
    pub fn validate(&self) -> Result<()> {
        let checks = Checks(NAME);
        checks.count("neighbors", self.neighbors)?;
        checks.positive("regularization", self.regularization)?;
        let fits = (0.0..1.0).contains(&self.dropout);
        let expected = "a number of at least 0 and below 1";
        checks.holds("dropout", self.dropout, expected, fits)?;
        checks.not_negative("user_exponent", self.user_exponent)?;
        checks.finite("popularity_exponent", self.popularity_exponent)?;
        checks.positive("max_memory_gib", self.max_memory_gib)
    }
}

#[cfg(test)]
mod tests;
