//! Sparse item-to-item weights, owned and borrowed.

use marquee_core::{SparseRows, SparseView};

/// A trained sparse item-to-item model that owns its weights.
#[derive(Debug, Clone, PartialEq)]
pub struct SparseItemModel {
    /// Name of the training that made it.
    pub(crate) name: &'static str,
    /// Items by items: row of the history's item, column of the scored item, rising in each row.
    pub(crate) weights: SparseRows,
}

/// A sparse item-to-item model that borrows its weights, from memory or a mapped file.
#[derive(Debug, Clone, Copy)]
pub struct SparseItemView<'a> {
    pub(crate) name: &'static str,
    pub(crate) weights: SparseView<'a>,
}

impl SparseItemModel {
    /// Borrows the weights.
    pub fn view(&self) -> SparseItemView<'_> {
        SparseItemView {
            name: self.name,
            weights: self.weights.view(),
        }
    }
}

impl<'a> SparseItemView<'a> {
    /// The weights: row of the history's item, column of the scored item, rising in each row.
    pub fn weights(&self) -> SparseView<'a> {
        self.weights
    }
}
