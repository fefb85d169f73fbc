//! Weights between items, owned and borrowed.

use marquee_core::{SparseRows, SparseView};

/// A trained transition model that owns its weights.
#[derive(Debug, Clone, PartialEq)]
pub struct TransitionsModel {
    /// Items by items: row of the history's item, column of the scored one, rising in each row.
    pub(super) weights: SparseRows,
    pub(super) position_decay: f64,
}

/// A transition model that borrows its weights, from memory or a mapped file.
#[derive(Debug, Clone, Copy)]
pub struct TransitionsView<'a> {
    pub(super) weights: SparseView<'a>,
    pub(super) position_decay: f64,
}

impl TransitionsModel {
    /// Borrows the weights.
    pub fn view(&self) -> TransitionsView<'_> {
        TransitionsView {
            weights: self.weights.view(),
            position_decay: self.position_decay,
        }
    }
}
