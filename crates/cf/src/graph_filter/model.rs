//! The graph and its scales, owned and borrowed.

use marquee_core::{SparseRows, SparseView};

use super::GraphFilterConfig;

/// A graph filter that owns its numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphFilterModel {
    /// What it was trained with.
    pub(super) config: GraphFilterConfig,
    /// Users by items, without weights.
    pub(super) by_user: SparseRows,
    /// Items by users, without weights.
    pub(super) by_item: SparseRows,
    /// `n_u^-a`.
    pub(super) user_scales: Vec<f32>,
    /// `d_i^-c`, zero for an item that nobody touched.
    pub(super) history_scales: Vec<f32>,
    /// `d_i^-e`, likewise.
    pub(super) target_scales: Vec<f32>,
    /// `n_items x factors`: `d_i^-½ v_i`.
    pub(super) contexts: Vec<f32>,
    /// `n_items x factors`: `β d_i^½ v_i`.
    pub(super) targets: Vec<f32>,
}

/// A graph filter that borrows its numbers, from memory or a mapped file.
#[derive(Debug, Clone, Copy)]
pub struct GraphFilterView<'a> {
    pub(super) sharpness: f32,
    pub(super) n_factors: usize,
    pub(super) by_user: SparseView<'a>,
    pub(super) by_item: SparseView<'a>,
    pub(super) user_scales: &'a [f32],
    pub(super) history_scales: &'a [f32],
    pub(super) target_scales: &'a [f32],
    pub(super) contexts: &'a [f32],
    pub(super) targets: &'a [f32],
}

impl GraphFilterModel {
    /// Borrows the numbers.
    pub fn view(&self) -> GraphFilterView<'_> {
        GraphFilterView {
            sharpness: crate::check::narrow(self.config.sharpness),
            n_factors: self.contexts.len() / self.target_scales.len().max(1),
            by_user: self.by_user.view(),
            by_item: self.by_item.view(),
            user_scales: &self.user_scales,
            history_scales: &self.history_scales,
            target_scales: &self.target_scales,
            contexts: &self.contexts,
            targets: &self.targets,
        }
    }
}

impl<'a> GraphFilterView<'a> {
    /// What an item of the history adds to the viewer's low-pass vector.
    pub(super) fn context(&self, item: usize) -> &'a [f32] {
        &self.contexts[item * self.n_factors..][..self.n_factors]
    }

    /// What an item's score takes of the viewer's low-pass vector.
    pub(super) fn target(&self, item: usize) -> &'a [f32] {
        &self.targets[item * self.n_factors..][..self.n_factors]
    }
}
