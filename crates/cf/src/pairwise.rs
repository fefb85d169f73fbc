//! Vectors learned from pairs: an item a user touched against one he did not.
//!
//! A user `u` and an item `i` get vectors `p_u`, `q_i` of `d` numbers and the item a bias `b_i`, so
//! that `x(u, i) = b_i + p_u·q_i` is larger for what was touched than for what was not. Training goes
//! over the interactions in an order that is drawn anew each epoch, draws an item `j` that `u` did not
//! touch for each, and takes a step with Adagrad's rate for each number:
//!
//! ```text
//! p_u += η [g (q_i - q_j) - r p_u]    q_i += η [g p_u - r q_i]    q_j += η [-g p_u - r q_j]
//! ```
//!
//! where `g` is what [`Objective`] makes of `x(u, i)` and `x(u, j)`.
//!
//! **The same bits on any number of threads.** Interactions are taken in batches. First all `g` of a
//! batch are computed from the vectors as they stand, many at a time; then the steps are taken, where
//! the tasks are not interactions but blocks of coordinates: each task walks the whole batch in order
//! and changes only its own coordinates. No two tasks touch the same number, and nothing depends on
//! who comes first. See `docs/decisions/training-on-pairs.md` for what was measured.
//!
//! **Viewers are histories.** What is kept is not `p_u` but the [link](crate::link) from histories to
//! them, a context vector for each item, in the form of a [`ContextModel`](crate::ContextModel).

mod batch;
mod blocks;
mod negatives;
mod objective;
mod stopping;
mod train;

pub(crate) use blocks::{Vectors, deviation};
pub(crate) use objective::Objective;
pub(crate) use stopping::Cut;
pub(crate) use train::{Plan, liked, train};

#[cfg(test)]
mod tests;
