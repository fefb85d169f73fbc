//! Items with two vectors, owned and borrowed.

/// A trained model of two vectors an item that owns its numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct ContextModel {
    /// Name of the training that made it.
    pub(crate) name: &'static str,
    /// Configuration values, for people to read.
    pub(crate) metas: Vec<(&'static str, String)>,
    /// Numbers in a vector.
    pub(crate) n_factors: usize,
    /// `e` in the viewer's vector.
    pub(crate) length_exponent: f64,
    /// `n_items x n_factors`: `q`.
    pub(crate) item_factors: Vec<f32>,
    /// `n_items x n_factors`: `c`.
    pub(crate) context_factors: Vec<f32>,
    /// `b`.
    pub(crate) biases: Vec<f32>,
}

/// A model of two vectors an item that borrows its numbers, from memory or a mapped file.
#[derive(Debug, Clone, Copy)]
pub struct ContextView<'a> {
    pub(crate) name: &'static str,
    pub(crate) n_factors: usize,
    pub(crate) length_exponent: f64,
    pub(crate) item_factors: &'a [f32],
    pub(crate) context_factors: &'a [f32],
    pub(crate) biases: &'a [f32],
}

impl ContextModel {
    /// Borrows the numbers.
    pub fn view(&self) -> ContextView<'_> {
        ContextView {
            name: self.name,
            n_factors: self.n_factors,
            length_exponent: self.length_exponent,
            item_factors: &self.item_factors,
            context_factors: &self.context_factors,
            biases: &self.biases,
        }
    }
}

impl<'a> ContextView<'a> {
    /// What an item asks of a viewer: its vector `q`.
    pub(crate) fn item(&self, row: usize) -> &'a [f32] {
        &self.item_factors[row * self.n_factors..][..self.n_factors]
    }

    /// What an item says of a viewer: its vector `c`.
    pub(crate) fn context(&self, row: usize) -> &'a [f32] {
        &self.context_factors[row * self.n_factors..][..self.n_factors]
    }
}
