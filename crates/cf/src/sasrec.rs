//! Self-attention over a viewer's events: what comes next, given what came before and in which order.
//!
//! A causal network of few layers reads the history; the product of its last output with an item's
//! vector is the item's score. Items have one vector, for coming in and for being scored.
//!
//! Source: Kang & McAuley 2018, with the loss of Klenitskiy & Vasilev 2023 (softmax over the catalog, or
//! over many drawn items), norms before each part (Xiong et al. 2020) by root mean square (Zhang &
//! Sennrich 2019), gated feed-forward parts (Shazeer 2020), and distances between events in place of
//! positions (Shaw, Uszkoreit & Vaswani 2018, as a bias of each head), so that a state can be kept:
//! [`SasrecView::push`] takes a new event in one step.
//!
//! Weights and times of a history are not looked at, only its order.
//!
//! Cost of an epoch over `n` events: `6 n d` multiplications and additions for each candidate of the
//! softmax, and `3 n layers (4 d² + 3 d hidden)` for the layers. Memory: 16 bytes a parameter.

mod artifact;
mod attention;
mod dropout;
mod layers;
mod loss;
mod memo;
mod model;
mod network;
mod score;
mod sequences;
mod shape;
mod step;
mod train;

pub use model::{SasrecModel, SasrecView};
pub use step::SasrecState;
pub use train::train;

use crate::{Result, check::Checks};

/// Name of the model in artifacts, errors and on the command line.
pub const NAME: &str = "sasrec";

/// How an output is compared with an item's vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum Likeness {
    /// By the dot product: lengths count, so popular items may have long vectors.
    #[default]
    Dot,
    /// By the angle; goes with a `temperature` of about 0.1.
    Cosine,
}

/// What [`train`] is told.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct SasrecConfig {
    /// Numbers of a vector; a multiple of `heads`.
    pub factors: usize,
    /// Layers of attention and feed-forward parts.
    pub layers: usize,
    /// Heads of each layer's attention.
    pub heads: usize,
    /// Numbers inside a feed-forward part.
    pub hidden: usize,
    /// Events that an event sees, itself among them.
    pub window: usize,
    /// Latest events of a history that are trained on.
    pub max_length: usize,
    /// How an output is compared with an item.
    pub likeness: Likeness,
    /// What products are divided by before the softmax; above 0.
    pub temperature: f64,
    /// Items drawn to compete with what came next, for each step; 0 for all items.
    pub negatives: usize,
    /// Share of numbers dropped in training, 0 to 0.9.
    pub dropout: f64,
    /// Size of a step of Adam at its largest; above 0.
    pub learning_rate: f64,
    /// Share of each parameter that is taken off in a step, times the learning rate.
    pub weight_decay: f64,
    /// Events of a step, at least; whole sequences are taken.
    pub batch_events: usize,
    /// Passes over the data, at most. The learning rate falls to zero over them.
    pub epochs: usize,
    /// Sequences whose last event is set aside to judge each pass by; 0 for none.
    pub validation: usize,
    /// Passes without a better judgment after which training ends; the best one is kept.
    pub patience: usize,
}

impl Default for SasrecConfig {
    fn default() -> Self {
        Self {
            factors: 64,
            layers: 2,
            heads: 2,
            hidden: 64,
            window: 50,
            max_length: 200,
            likeness: Likeness::Dot,
            temperature: 1.0,
            negatives: 512,
            dropout: 0.4,
            learning_rate: 5e-3,
            weight_decay: 0.0,
            batch_events: 512,
            epochs: 24,
            validation: 0,
            patience: 5,
        }
    }
}

impl SasrecConfig {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) for the first field that is out of range.
    pub fn validate(&self) -> Result<()> {
        let checks = Checks(NAME);
        checks.count("factors", self.factors)?;
        checks.count("layers", self.layers)?;
        checks.count("heads", self.heads)?;
        let even = self.factors.is_multiple_of(self.heads);
        checks.holds("factors", self.factors as f64, "a multiple of heads", even)?;
        checks.count("hidden", self.hidden)?;
        checks.count("window", self.window)?;
        let found = self.max_length as f64;
        checks.holds("max_length", found, "at least 2", self.max_length >= 2)?;
        checks.positive("temperature", self.temperature)?;
        let fits = (0.0..=0.9).contains(&self.dropout);
        checks.holds("dropout", self.dropout, "a number from 0 to 0.9", fits)?;
        checks.positive("learning_rate", self.learning_rate)?;
        checks.not_negative("weight_decay", self.weight_decay)?;
        checks.count("batch_events", self.batch_events)?;
        checks.count("epochs", self.epochs)?;
        checks.count("patience", self.patience)
    }
}

#[cfg(test)]
mod tests;
