//! A network that predicts what follows when a row is shown: cross layers beside experts, a tower for each
//! head.
//!
//! Inputs `x` are embeddings of ids, scaled numbers, and what the candidate sees in the viewer's recent
//! events. Cross layers multiply inputs with each other, `c' = x ⊙ (M c + b) + c`; experts are towers of
//! rectified layers on `x`, some shared by all heads, some a head's own; a head mixes the experts it draws
//! on with shares that a gate gives, sends the mixture through a tower of its own, and adds a linear
//! function of the last cross layer. With one expert and one head that is DCN-v2 in parallel form.
//!
//! Source: Wang et al. 2021 (DCN-v2), Ma et al. 2018 (multi-gate mixture of experts), Tang et al. 2020
//! (experts of their own for each head), Zhou et al. 2018 (attention of the candidate), Guo et al. 2019
//! (chance of looking times chance of acting).
//!
//! Cost of a training row: three products with each weight of the layers; of embeddings only rows that take
//! part in a batch are touched. Scoring: one product, and for all rows of a request together one with
//! those weights that its own inputs meet first.

mod adam;
mod attention;
mod average;
mod chunk;
mod config;
mod describe;
mod dropout;
mod embeddings;
mod judge;
mod layout;
mod linear;
mod model;
mod outcome;
mod parts;
mod pass;
mod records;
mod score;
mod shape;
mod start;
mod state;
mod tables;
mod train;

pub use config::{
    Cross, EmbeddingOptimizer, HeadConfig, Judge, Layers, NetworkConfig, PositionBias, Sharing,
};
pub use model::{NetworkModel, NetworkView};
pub use tables::Precision;
pub use train::{TrainingSet, train};

/// Kind of the artifact, and name of the model in errors.
pub const NAME: &str = "ranker";

#[cfg(test)]
mod tests;
