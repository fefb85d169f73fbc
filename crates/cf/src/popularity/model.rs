//! What popularity keeps: one score an item.

/// A trained popularity model that owns its scores.
#[derive(Debug, Clone, PartialEq)]
pub struct PopularityModel {
    /// Score of each item, finite.
    pub scores: Vec<f32>,
}

/// A popularity model that borrows its scores, from memory or a mapped file.
#[derive(Debug, Clone, Copy)]
pub struct PopularityView<'a> {
    /// Score of each item, finite.
    pub scores: &'a [f32],
}

impl PopularityModel {
    /// Borrows the scores.
    pub fn view(&self) -> PopularityView<'_> {
        PopularityView {
            scores: &self.scores,
        }
    }
}
