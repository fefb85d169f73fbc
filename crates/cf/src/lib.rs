//! Collaborative filtering: models that learn from who touched what, and nothing else.
//!
//! Every model has an owned form (`AlsModel`), made by its `train` function from a
//! [`Dataset`](marquee_core::Dataset), a configuration, a seed and a [`Progress`] callback, and a
//! borrowed form (`AlsView`) that scores from memory or straight from a mapped file. The borrowed
//! form implements [`Recommender`]. A viewer is nothing but a history: whoever was in the training
//! data and whoever came a second ago are scored by the same code.

mod adam;
pub mod als;
pub mod biased_mf;
pub mod bpr;
mod check;
#[cfg(test)]
mod conformance;
pub mod context;
pub mod dense_items;
mod draw;
pub mod ease;
pub mod edlae;
pub mod error;
mod gram;
pub mod graph_filter;
pub mod item_knn;
pub mod lightgcn;
mod link;
mod low_rank;
mod pairwise;
mod passes;
pub mod popularity;
mod product;
pub mod progress;
pub mod ratings;
pub mod recommender;
mod ridge;
pub mod rp3beta;
pub mod sasrec;
pub mod session_knn;
pub mod slim;
pub mod sparse_ease;
pub mod sparse_items;
mod spread;
pub mod svdpp;
pub mod transitions;
pub mod user_knn;
pub mod warp;
mod weighting;

use marquee_math::exponential;

pub use als::{AlsConfig, AlsModel, AlsPrecision, AlsSolver, AlsView};
pub use biased_mf::BiasedMfConfig;
pub use bpr::BprConfig;
pub use context::{ContextModel, ContextView};
pub use dense_items::{DenseItemModel, DenseItemView};
pub use ease::EaseConfig;
pub use edlae::EdlaeConfig;
pub use error::{Error, Result};
pub use graph_filter::{GraphFilterConfig, GraphFilterModel, GraphFilterView};
pub use item_knn::ItemKnnConfig;
pub use lightgcn::LightgcnConfig;
pub use popularity::{PopularityConfig, PopularityModel, PopularityView};
pub use progress::{Progress, Step, Watch, silent};
pub use ratings::{RatingModel, RatingPredictor, RatingView};
pub use recommender::{Attribution, Contribution, NewItem, Recommender};
pub use rp3beta::Rp3betaConfig;
pub use sasrec::{Likeness, SasrecConfig, SasrecModel, SasrecState, SasrecView};
pub use session_knn::{SessionKnnConfig, SessionKnnModel, SessionKnnView};
pub use slim::SlimConfig;
pub use sparse_ease::SparseEaseConfig;
pub use sparse_items::{SparseItemModel, SparseItemView};
pub use svdpp::{Implicit, SvdppConfig};
pub use transitions::{TransitionsConfig, TransitionsModel, TransitionsView};
pub use user_knn::{UserKnnConfig, UserKnnModel, UserKnnView};
pub use warp::WarpConfig;
