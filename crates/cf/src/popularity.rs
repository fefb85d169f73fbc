//! Popularity: every viewer gets what most others took, newer events counting more.
//!
//! `score(i) = Σ_u w(u, i) · 2^(-(T - t(u, i)) / half_life)`, with `T` the last time in the data. The
//! history plays no part. The yardstick of every other model, and the answer where nothing is known
//! of a viewer.
//!
//! Cost: one pass over the interactions; 4 bytes an item.

mod artifact;
mod model;
mod score;
mod train;

pub use model::{PopularityModel, PopularityView};
pub use train::train;

/// How popularity counts.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct PopularityConfig {
    /// Days after which an interaction counts half; above zero. Infinity counts all alike, and so
    /// does data without times.
    pub half_life_days: f64,
}

impl Default for PopularityConfig {
    fn default() -> Self {
        Self {
            half_life_days: f64::INFINITY,
        }
    }
}

#[cfg(test)]
mod tests;
