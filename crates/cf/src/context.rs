//! Items with two vectors: what one says of the viewer who touched it, and what it asks of a viewer.
//!
//! ```text
//! v        = n^-e Σ over the history of c_h          n entries that count, c_h the context vector
//! score(j) = b_j + q_j·v                             q_j the item's own vector, b_j its bias
//! ```
//!
//! Several trainings fill this form; the model carries the name of the one that did. An entry counts
//! where its weight is above zero, whatever its size. Parts of a score are exact, since `v` is a sum
//! over the history.
//!
//! Cost of scoring everything: `d` multiplications and additions for each entry and each item.
//! Memory: `8 d` bytes an item.

mod artifact;
mod model;
mod score;

pub use model::{ContextModel, ContextView};

#[cfg(test)]
mod tests;
