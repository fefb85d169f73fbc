//! What is kept of the network.

use std::sync::Arc;

use super::{
    SasrecConfig,
    memo::Memo,
    shape::{Parameters, Shape},
};

/// A trained sequence model that owns its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct SasrecModel {
    pub(super) shape: Shape,
    pub(super) items: Vec<f32>,
    /// What the dot product with each item is multiplied by.
    pub(super) item_scales: Vec<f32>,
    pub(super) dense: Vec<f32>,
    /// Whether outputs are brought to length one.
    pub(super) cosine: bool,
}

/// A sequence model that borrows its parameters, from memory or a mapped file. It keeps the states of
/// histories that it was asked for lately, in at most 64 MiB.
#[derive(Debug, Clone)]
pub struct SasrecView<'a> {
    pub(super) parameters: Parameters<'a>,
    pub(super) item_scales: &'a [f32],
    pub(super) cosine: bool,
    pub(super) memo: Arc<Memo>,
}

impl SasrecModel {
    /// Borrows the parameters.
    pub fn view(&self) -> SasrecView<'_> {
        SasrecView {
            parameters: self.parameters(),
            item_scales: &self.item_scales,
            cosine: self.cosine,
            memo: Arc::default(),
        }
    }

    pub(super) fn parameters(&self) -> Parameters<'_> {
        Parameters {
            shape: self.shape,
            items: &self.items,
            dense: &self.dense,
        }
    }
}

impl SasrecConfig {
    pub(super) fn shape(&self, n_items: usize) -> Shape {
        Shape {
            n_items,
            factors: self.factors,
            layers: self.layers,
            heads: self.heads,
            hidden: self.hidden,
            window: self.window,
        }
    }
}
