//! WARP: vectors trained on the untouched items that come too close to the touched ones.
//!
//! For a touched pair `(u, i)` items that `u` did not touch are drawn until one, `j`, has
//! `x(u, j) > x(u, i) - 1`, where `x(u, i) = b_i + p_u·q_i`. If that took `t` draws, about
//! `r = (n_items - 1) / t` items stand too high, and the pair's loss `max(0, 1 - x(u, i) + x(u, j))`
//! counts by `1 + 1/2 + … + 1/r`, here divided by the same sum over all items. What is already at the
//! top is soon left alone. An interaction with a weight of zero or less is no touch; the size of the
//! others does not count.
//!
//! A viewer is scored by his history, as in [`bpr`](crate::bpr).
//!
//! Source: Weston, Bengio, Usunier 2011 (the estimate of the rank by sampling); Adagrad's rates after
//! Duchi, Hazan, Singer 2011. Cost of an epoch: as [`bpr`](crate::bpr) and up to `d` operations for
//! each draw. Memory while training: `16 d` bytes a user and an item.

use marquee_core::Dataset;
use marquee_store::Artifact;

use crate::{
    ContextModel, ContextView, Progress, Result,
    check::Checks,
    pairwise::{self, Objective, Plan},
};

/// Name of the model in artifacts, errors and on the command line.
pub const NAME: &str = "warp";

/// What [`train`] is told.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct WarpConfig {
    /// Numbers in a vector, 1 to 4,096.
    pub factors: usize,
    /// Passes over the interactions, at most; at least 1.
    pub epochs: usize,
    /// Interactions whose steps are computed from the same vectors; at least 1.
    pub batch: usize,
    /// Adagrad's `η`; positive.
    pub learning_rate: f32,
    /// `r` of the steps; not negative.
    pub regularization: f32,
    /// Length of a vector at the start, on average; positive.
    pub init_std: f32,
    /// Draws of a negative for an interaction at most, 1 to 10,000.
    pub trials: u32,
    /// Negatives are drawn in proportion to popularity to this power, 0 to 2; 0 draws all alike.
    pub popularity_power: f64,
    /// Users with an interaction set aside to see when to stop, while `patience` is above zero.
    pub validation_users: usize,
    /// Epochs without a better result on what is set aside until training ends and the best vectors are
    /// taken; 0 runs all epochs on all interactions.
    pub patience: usize,
    /// `e` of a viewer's vector: the sum over `n` items of his history is divided by `n^e`; 0 to 1.
    pub length_exponent: f64,
    /// How much context vectors are held back when they are fitted; positive.
    pub link_regularization: f64,
}

impl Default for WarpConfig {
    fn default() -> Self {
        Self {
            factors: 64,
            epochs: 200,
            batch: 1024,
            learning_rate: 0.05,
            regularization: 0.05,
            init_std: 0.1,
            trials: 50,
            popularity_power: 0.0,
            validation_users: 1000,
            patience: 10,
            length_exponent: 0.5,
            link_regularization: 1.0,
        }
    }
}

impl WarpConfig {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) for the first field that is out of range.
    pub fn validate(&self) -> Result<()> {
        let fits = (1..=10_000).contains(&self.trials);
        Checks(NAME).holds("trials", f64::from(self.trials), "1 to 10000", fits)?;
        self.plan().validate()
    }

    fn plan(&self) -> Plan {
        Plan {
            name: NAME,
            objective: Objective::Hinge {
                trials: self.trials,
            },
            factors: self.factors,
            epochs: self.epochs,
            batch: self.batch,
            learning_rate: self.learning_rate,
            regularization: self.regularization,
            init_std: self.init_std,
            popularity_power: self.popularity_power,
            validation_users: self.validation_users,
            patience: self.patience,
            length_exponent: self.length_exponent,
            link_regularization: self.link_regularization,
        }
    }
}

/// Trains on `data`, on the current rayon pool; the same data, configuration and seed give the same
/// bits on any number of threads.
///
/// The loss reported after an epoch is the mean of the pairs' losses as they were met.
///
/// # Errors
///
/// [`Error::Config`](crate::Error::Config), [`Error::NoInteractions`](crate::Error::NoInteractions),
/// [`Error::NotFinite`](crate::Error::NotFinite), [`Error::Stopped`](crate::Error::Stopped).
pub fn train(
    data: &Dataset,
    config: &WarpConfig,
    seed: u64,
    progress: &mut Progress<'_>,
) -> Result<ContextModel> {
    config.validate()?;
    pairwise::train(data, &config.plan(), seed, progress)
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
