//! The second stage: hundreds of candidates, ordered by what the viewer will do with them.
//!
//! A version of name [`NAME`] or [`TREES_NAME`] holds, besides the files of the model that proposes its
//! candidates, a ranker, curves that make its values probabilities, the declarations of its features and
//! the state that they were computed from. In a server that state goes on with each event
//! (`live`), so that what the ranker is asked with is computed by the very code that made what it
//! learned from. What predicted outcomes are worth is said by a short text beside the models, which
//! changes without any training ([`value`]).

mod curves;
mod file;
mod fit;
pub(crate) mod live;
mod model;
pub mod report;
mod score;
mod second;
mod slices;
pub mod train;
pub mod value;

pub use curves::Places;
pub use report::{Calibrated, HeadReport, RankerReport, SliceReport};
pub(crate) use score::{Aversion, RankingStage};
pub(crate) use second::{SecondStage, forget};
pub use slices::SliceBy;
pub use train::{RankerRun, train_ranker};

/// Versions whose ranker is a network.
pub const NAME: &str = "ranker";
/// Versions whose ranker is boosted trees, some for each outcome.
pub const TREES_NAME: &str = "ranker-trees";

/// Whether a model of this name orders the candidates of another one.
pub fn is_ranker(name: &str) -> bool {
    [NAME, TREES_NAME].contains(&name)
}

#[cfg(test)]
mod tests;
