//! A graph filter: a history is spread over the graph of users and items, once sharply and once
//! smoothly.
//!
//! With `n_u` and `d_i` the numbers of touches of a user and an item:
//!
//! ```text
//! s_u      = n_u^-a Σ over the history of d_h^-c [u touched h]       who is like the viewer
//! t_u      = s_u^p, scaled to the same sum                           the more alike, the louder
//! score(j) = d_j^-e Σ over the users of j of n_u^-a t_u              what they touched
//!          + β d_j^½ v_j·Σ over the history of d_h^-½ v_h            the broad currents of taste
//! ```
//!
//! where the rows `v` come from the `factors` largest right singular vectors of the matrix
//! `n_u^-a d_i^-½`. With `p = 1` this is a linear filter of the graph, a sum of its polynomial of
//! first degree and its ideal low-pass: GF-CF (Shen, Wu, Zhang, Shan, Zhang, Letaief, Li 2021) for
//! `a = c = e = ½`. The exponents apart from each other are after Paudel et al. 2017 and Park, Shin,
//! Shin 2024; `p` above 1 is the case amplification of Breese, Heckerman, Kadie 1998, between
//! users.
//!
//! An entry counts where its weight is above zero, whatever its size. Nothing is learned by descent:
//! training is one truncated decomposition. Cost of an answer: the touches of the users of the
//! history's items, and `factors` operations for each item. Memory: 16 bytes a touch and `4 factors`
//! bytes an item.

mod artifact;
mod model;
mod score;
mod train;

pub use model::{GraphFilterModel, GraphFilterView};
pub use train::train;

use crate::{Result, check::Checks};

/// Name of the model in artifacts, errors and on the command line.
pub const NAME: &str = "graph-filter";

/// What [`train`] is told.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct GraphFilterConfig {
    /// `a`: how much users with many touches are held back, 0 to 1.
    pub user_exponent: f64,
    /// `c`: how much popular items of the history are held back, 0 to 1.
    pub history_exponent: f64,
    /// `e`: how much popular items are held back in the score, 0 to 1.
    pub target_exponent: f64,
    /// `p`: how much louder the viewers most alike are; 1 for a linear filter, at most 4.
    pub sharpness: f64,
    /// `β`: what the low-pass counts; not negative.
    pub low_pass_weight: f64,
    /// Singular vectors of the low-pass, 1 to 4,096.
    pub factors: usize,
    /// Rounds of the decomposition; at least 1.
    pub iterations: usize,
}

impl Default for GraphFilterConfig {
    fn default() -> Self {
        Self {
            user_exponent: 0.4,
            history_exponent: 0.4,
            target_exponent: 0.3,
            sharpness: 1.3,
            low_pass_weight: 0.2,
            factors: 256,
            iterations: 6,
        }
    }
}

impl GraphFilterConfig {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) for the first field that is out of range.
    pub fn validate(&self) -> Result<()> {
        let checks = Checks(NAME);
        checks.fraction("user_exponent", self.user_exponent)?;
        checks.fraction("history_exponent", self.history_exponent)?;
        checks.fraction("target_exponent", self.target_exponent)?;
        let sharp = (1.0..=4.0).contains(&self.sharpness);
        checks.holds("sharpness", self.sharpness, "a number from 1 to 4", sharp)?;
        checks.not_negative("low_pass_weight", self.low_pass_weight)?;
        let size = (1..=4096).contains(&self.factors);
        checks.holds("factors", self.factors as f64, "1 to 4096", size)?;
        checks.count("iterations", self.iterations)
    }
}

#[cfg(test)]
mod tests;
