//! A linear blend of other models, its weights learned on held-out interactions.
//!
//! Each member scores all items for a history; its scores are divided by their Euclidean norm, so
//! that members of any scale meet as equals, and summed with one weight a member. A blend costs as
//! much to answer as its members together. It is only offered where it beats the best of them.

mod artifact;
mod cases;
mod search;
mod train;
mod view;

use serde::{Deserialize, Serialize};

pub use train::{BlendModel, train};
pub use view::BlendView;

/// Name of the family.
pub(crate) const NAME: &str = "blend";

/// Settings of a [`train`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BlendConfig {
    /// The members, each `NAME` or `NAME:key=value,…`; 2 to 8, none of them a blend.
    pub members: Vec<String>,
    /// Weights of the members in their order, not negative; learned when there are none.
    pub weights: Vec<f32>,
    /// Length of the lists whose nDCG the weights are to raise.
    pub k: usize,
    /// For whom the weights are learned.
    pub cut: Cut,
    /// Share of each asked user's items held out while the weights are learned, in (0, 1).
    pub held_out: f64,
    /// At most so many users are asked, half to learn the weights from and half to check them on.
    pub users: usize,
}

/// What the members do not see while the weights are learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// A share of every user's items: weights for viewers whose histories the members were trained
    /// on.
    #[default]
    Items,
    /// A third of the users: weights for viewers who come later, known by their histories alone.
    Users,
}

impl Default for BlendConfig {
    fn default() -> Self {
        Self {
            members: vec!["sparse-ease".into(), "user-knn".into(), "ials".into()],
            weights: Vec::new(),
            k: 20,
            cut: Cut::default(),
            held_out: 0.2,
            users: 20_000,
        }
    }
}

#[cfg(test)]
mod tests;
