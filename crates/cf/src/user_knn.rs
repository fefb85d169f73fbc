//! User neighbors: what viewers with a like history took.
//!
//! ```text
//! s(v, u) = x_v · x_u / ( |x_v|^(2a) |x_u|^(2 (1 - a)) + shrinkage )
//! score(j) = Σ over the `neighbors` users u with the largest s of  s(v, u) w(u, j)
//! ```
//!
//! `x` is a history as a row of items, weighted as [`Weighting`] says; `w` the weight itself. `a` = 1/2
//! is the cosine, `a` above it discounts the viewer's own length less than the neighbors' (which does
//! not reorder one viewer's neighbors unless there is shrinkage). Neighbors whose `s` is not above zero
//! are left out; equal ones are ordered by row. The viewer himself, where he was in the training data,
//! is a neighbor like any other: what he touched is the caller's to leave out.
//!
//! Source: Herlocker, Konstan, Borchers, Riedl 1999; TF-IDF and BM25 as in [`item_knn`](crate::item_knn),
//! the histories being the documents.
//!
//! Training only weighs: one pass. Scoring costs the rows of the viewer's items, then those of his
//! neighbors. Memory: 24 bytes an interaction.

mod artifact;
mod model;
mod score;
mod train;

pub use model::{UserKnnModel, UserKnnView};
pub use train::train;

pub use crate::weighting::Weighting;
use crate::{Result, check::Checks};

/// Name of the model in artifacts, errors and on the command line.
pub const NAME: &str = "user-knn";

/// What [`train`] is told.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct UserKnnConfig {
    /// Users who speak for a viewer; 1 to 2³² - 1.
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

impl Default for UserKnnConfig {
    fn default() -> Self {
        Self {
            neighbors: 50,
            shrinkage: 0.0,
            asymmetry: 0.5,
            weighting: Weighting::TfIdf,
            bm25_saturation: 1.2,
            bm25_length: 0.75,
        }
    }
}

impl UserKnnConfig {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) for the first field that is out of range.
    pub fn validate(&self) -> Result<()> {
        let checks = Checks(NAME);
        let fits = (1..=u32::MAX as usize).contains(&self.neighbors);
        let found = self.neighbors as f64;
        checks.holds("neighbors", found, "1 to 4294967295", fits)?;
        checks.not_negative("shrinkage", self.shrinkage)?;
        checks.fraction("asymmetry", self.asymmetry)?;
        checks.not_negative("bm25_saturation", self.bm25_saturation)?;
        checks.fraction("bm25_length", self.bm25_length)
    }
}

#[cfg(test)]
mod tests;
