//! Light graph convolution: a viewer is the sum of the vectors of what he touched.
//!
//! On the graph of users and items, a user's vector is what one step of propagation brings him, and
//! nothing of his own, so that whoever came a second ago has one, too:
//!
//! ```text
//! v_u      = Σ over his items of q_h
//! x(u, j)  = cos(v_u, q_j)
//! loss     = mean over touched pairs (u, i) of  -ln( e^(x(u, i) / t) / Σ over items j of e^(x(u, j) / t) )
//! ```
//!
//! Training goes over the users in batches, in an order that is drawn anew each pass. A batch shares a
//! sample of items to stand for all in the sum, so that its scores are one matrix product; each step is
//! one of Adam's for the vectors that took part. `docs/decisions/light-graph-model.md` has what else was
//! measured.
//!
//! Source: He et al. 2020 (propagation without weights or activations), here one step, from items to
//! users, whose own vectors are left out (Wu, Cao et al. 2022); the sampled softmax over cosines after
//! Wu, Wang et al. 2024. Cost of a pass: `6 d · negatives` multiplications and additions a user and about
//! `10 d` an interaction. Memory while training: `16 d` bytes an item.

mod batch;
mod train;

pub use train::train;

use marquee_store::Artifact;

use crate::{ContextView, Result, check::Checks};

/// Name of the model in artifacts, errors and on the command line.
pub const NAME: &str = "lightgcn";

/// What [`train`] is told.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct LightgcnConfig {
    /// Numbers in a vector, 1 to 4,096.
    pub factors: usize,
    /// Passes over the users, at most; at least 1. Steps get shorter in proportion to what is left.
    pub epochs: usize,
    /// Users of a step; at least 1.
    pub batch_users: usize,
    /// Items drawn to stand for all in a step; all of them where there are no more. At least 1.
    pub negatives: usize,
    /// `t` of the softmax; positive.
    pub temperature: f64,
    /// Size of Adam's steps at the start; positive.
    pub learning_rate: f64,
    /// A user of `n` items counts `n^-e` times as much as all his pairs together would; 0 to 1.
    pub activity_discount: f64,
    /// Length of a vector at the start, on average; positive.
    pub init_std: f32,
    /// Users with an interaction set aside to see when to stop, where nothing else tells and `patience`
    /// is above zero.
    pub validation_users: usize,
    /// Passes without a better judgment until training ends and the best vectors are taken; 0 runs all.
    pub patience: usize,
}

impl Default for LightgcnConfig {
    fn default() -> Self {
        Self {
            factors: 128,
            epochs: 12,
            batch_users: 64,
            negatives: 2048,
            temperature: 0.1,
            learning_rate: 5e-3,
            activity_discount: 0.5,
            init_std: 1.0,
            validation_users: 1000,
            patience: 10,
        }
    }
}

impl LightgcnConfig {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) for the first field that is out of range.
    pub fn validate(&self) -> Result<()> {
        let checks = Checks(NAME);
        let size = (1..=4096).contains(&self.factors);
        checks.holds("factors", self.factors as f64, "1 to 4096", size)?;
        checks.count("epochs", self.epochs)?;
        checks.count("batch_users", self.batch_users)?;
        checks.count("negatives", self.negatives)?;
        checks.positive("temperature", self.temperature)?;
        checks.positive("learning_rate", self.learning_rate)?;
        checks.fraction("activity_discount", self.activity_discount)?;
        checks.positive("init_std", f64::from(self.init_std))
    }
}

/// Opens a model that [`train`] made.
///
/// # Errors
///
/// [`Error::Store`](crate::Error::Store) when `artifact` holds something else, and what says that its
/// sections do not fit each other.
pub fn open(artifact: &Artifact) -> Result<ContextView<'_>> {
    ContextView::open(artifact, NAME)
}

#[cfg(test)]
mod tests;
