//! Dense item-to-item weights, owned and borrowed.

/// A trained dense item-to-item model that owns its weights.
#[derive(Debug, Clone, PartialEq)]
pub struct DenseItemModel {
    /// Name of the training that made it.
    pub(crate) name: &'static str,
    pub(crate) n_items: usize,
    /// `n_items * n_items`: row of the history's item, column of the scored item.
    pub(crate) weights: Vec<f32>,
}

/// A dense item-to-item model that borrows its weights, from memory or a mapped file.
#[derive(Debug, Clone, Copy)]
pub struct DenseItemView<'a> {
    pub(crate) name: &'static str,
    pub(crate) n_items: usize,
    pub(crate) weights: &'a [f32],
}

impl DenseItemModel {
    /// Borrows the weights.
    pub fn view(&self) -> DenseItemView<'_> {
        DenseItemView {
            name: self.name,
            n_items: self.n_items,
            weights: &self.weights,
        }
    }
}

impl<'a> DenseItemView<'a> {
    /// All weights, `n_items * n_items`: row of the history's item, column of the scored item.
    pub fn weights(&self) -> &'a [f32] {
        self.weights
    }

    /// What item `row` of a history says for each item.
    pub(crate) fn row(&self, row: usize) -> &'a [f32] {
        &self.weights[row * self.n_items..][..self.n_items]
    }
}
