//! Dense item-to-item weights: what full-rank linear autoencoders end in.
//!
//! `score(j) = Σ_h w(h) · W[h, j]` over the history `h`, with the diagonal of `W` zero. Several
//! trainings fill the same form; the model carries the name of the one that did.
//!
//! Cost of scoring everything: `n_items` multiplications for each entry of the history. Memory:
//! `4 n_items²` bytes.

mod artifact;
mod model;
mod score;

pub use model::{DenseItemModel, DenseItemView};

#[cfg(test)]
mod tests;
