//! Sparse item-to-item weights: what neighbors, random walks and sparse autoencoders all end in.
//!
//! `score(j) = Σ_h w(h) · W[h, j]` over the history `h`, with `W` sparse, its diagonal zero and its
//! entries finite. Several trainings fill the same form; the model carries the name of the one that did.
//!
//! Cost of scoring everything: the entries of the rows of the history. Memory: 8 bytes an entry.

mod artifact;
mod build;
mod model;
mod score;

pub(crate) use artifact::rising;
pub(crate) use build::{best, build_rows};
pub use model::{SparseItemModel, SparseItemView};

#[cfg(test)]
mod tests;
