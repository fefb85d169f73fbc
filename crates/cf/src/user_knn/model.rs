//! What user neighbors keep: everybody's history, by user and by item.

use marquee_core::{SparseRows, SparseView};

/// A trained user-neighbor model that owns its histories.
#[derive(Debug, Clone, PartialEq)]
pub struct UserKnnModel {
    /// Users by items, weights as they were, columns rising.
    pub(crate) taken: SparseRows,
    /// Items by users, weighted for comparison.
    pub(crate) compared: SparseRows,
    /// What the likeness to each user is divided by, before the viewer's own size comes in.
    pub(crate) user_sizes: Vec<f32>,
    /// Weight of each item in a comparison.
    pub(crate) item_weights: Vec<f32>,
    pub(crate) constants: Constants,
}

/// A user-neighbor model that borrows its histories, from memory or a mapped file.
#[derive(Debug, Clone, Copy)]
pub struct UserKnnView<'a> {
    pub(crate) taken: SparseView<'a>,
    pub(crate) compared: SparseView<'a>,
    pub(crate) user_sizes: &'a [f32],
    pub(crate) item_weights: &'a [f32],
    pub(crate) constants: Constants,
}

/// The part of the configuration that scoring needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Constants {
    pub(crate) neighbors: u32,
    pub(crate) shrinkage: f64,
    pub(crate) asymmetry: f64,
}

impl UserKnnModel {
    /// Borrows the histories.
    pub fn view(&self) -> UserKnnView<'_> {
        UserKnnView {
            taken: self.taken.view(),
            compared: self.compared.view(),
            user_sizes: &self.user_sizes,
            item_weights: &self.item_weights,
            constants: self.constants,
        }
    }
}
