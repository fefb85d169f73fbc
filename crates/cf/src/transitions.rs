//! Transitions: what comes soon after what, counted.
//!
//! ```text
//! W[i, j]  = Σ over the pairs of places a ≠ b of one sequence with i at a and j at b, |b - a| ≤ window
//!            decay^(|b - a| - 1) · (1 if b > a, `backward` if b < a)
//! score(j) = Σ over the history h  exp(-age(h) / position_decay) · W[h, j] / (|W[h]|^source_power |W[., j]|^target_power)
//! ```
//!
//! `age` counts the events after `h`, from 0; `|W[h]|` and `|W[., j]|` are sums of a row and of a column.
//! Each item keeps its `neighbors` largest weights, itself perhaps among them. Nothing is trained but
//! counts, so this is what any model of order has to beat, and a cheap one where data is thin.
//!
//! Weights and times of interactions are not looked at, only their order.
//!
//! Source: item-to-item Markov chains (Shani, Brafman & Heckerman 2002, with skipping and without their
//! mixture), divided by popularity as in RP3beta (Paudel et al. 2017).
//!
//! Cost of training: `2 window` additions an interaction. Memory: 8 bytes for each weight kept.

mod artifact;
mod model;
mod score;
mod train;

pub use model::{TransitionsModel, TransitionsView};
pub use train::train;

use crate::{Result, check::Checks};

/// Name of the model in artifacts, errors and on the command line.
pub const NAME: &str = "transitions";

/// What [`train`] is told.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct TransitionsConfig {
    /// Weights kept of each item; at least 1.
    pub neighbors: usize,
    /// Places between two items of a sequence, at most; at least 1.
    pub window: usize,
    /// What a pair counts for each place further apart, 0 to 1.
    pub decay: f64,
    /// What a pair counts in the order other than it happened in; 0 or more.
    pub backward: f64,
    /// How much an item with many pairs is held back as a witness; 0 to 1.
    pub source_power: f64,
    /// How much an item with many pairs is held back as an answer; 0 to 1.
    pub target_power: f64,
    /// Events after which an item of the history counts `1/e`; above 0.
    pub position_decay: f64,
}

impl Default for TransitionsConfig {
    fn default() -> Self {
        Self {
            neighbors: 200,
            window: 10,
            decay: 0.8,
            backward: 0.3,
            source_power: 0.2,
            target_power: 0.2,
            position_decay: 2.0,
        }
    }
}

impl TransitionsConfig {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) for the first field that is out of range.
    pub fn validate(&self) -> Result<()> {
        let checks = Checks(NAME);
        checks.count("neighbors", self.neighbors)?;
        checks.count("window", self.window)?;
        checks.fraction("decay", self.decay)?;
        checks.not_negative("backward", self.backward)?;
        checks.fraction("source_power", self.source_power)?;
        checks.fraction("target_power", self.target_power)?;
        checks.positive("position_decay", self.position_decay)
    }
}

#[cfg(test)]
mod tests;
