//! The stages of the request path, as traits. Components only compute: the pipeline keeps budgets,
//! counts and times.

use crate::{Candidates, Explanation, History, ItemIdx, Moved, ScoredItem, Timestamp};

/// What the stages know of a request.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// What the viewer did, oldest first; empty for somebody unknown.
    pub history: &'a History,
    /// The moment of the request.
    pub now: Timestamp,
    /// Seed for whatever the stages draw; derived from the server's seed and the viewer.
    pub seed: u64,
    /// Number of items the answer is to have.
    pub k: usize,
}

/// Why a component gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StageError {
    /// A score is not a number or infinite.
    #[error("{stage} gave item {} a score that is not finite", item.0)]
    NotFinite {
        /// The component.
        stage: &'static str,
        /// The first item it happened to.
        item: ItemIdx,
    },
    /// An item does not exist in the component's model.
    #[error("{stage} has no item {}", item.0)]
    UnknownItem {
        /// The component.
        stage: &'static str,
        /// The item.
        item: ItemIdx,
    },
    /// The component cannot answer right now.
    #[error("{stage} is unavailable")]
    Unavailable {
        /// The component.
        stage: &'static str,
    },
}

/// Proposes items for a viewer.
pub trait CandidateSource: Send + Sync {
    /// Name in timings, removals and reasons.
    fn name(&self) -> &'static str;

    /// At most `limit` items that might interest the viewer, best first.
    ///
    /// # Errors
    ///
    /// [`StageError`] when it cannot propose anything; an empty list is no error.
    fn candidates(&self, query: &Query<'_>, limit: usize) -> Result<Vec<ScoredItem>, StageError>;
}

/// Takes candidates out, each with a reason.
pub trait Filter: Send + Sync {
    /// Name in timings and removals.
    fn name(&self) -> &'static str;

    /// Calls [`Candidates::remove`] for what must not be shown.
    ///
    /// # Errors
    ///
    /// [`StageError`] when it cannot tell.
    fn apply(&self, query: &Query<'_>, candidates: &mut Candidates) -> Result<(), StageError>;
}

/// Gives each candidate a score that does not depend on the other candidates.
pub trait Scorer: Send + Sync {
    /// Name in timings and explanations.
    fn name(&self) -> &'static str;

    /// Writes the score of `items[n]` to `scores[n]`; both have the same length.
    ///
    /// # Errors
    ///
    /// [`StageError`] when an item is unknown or the model cannot be read.
    fn score(
        &self,
        query: &Query<'_>,
        items: &[ItemIdx],
        scores: &mut [f32],
    ) -> Result<(), StageError>;

    /// The score of one item as a tree whose root equals what [`score`](Self::score) gives.
    ///
    /// # Errors
    ///
    /// As [`score`](Self::score).
    fn explain(&self, query: &Query<'_>, item: ItemIdx) -> Result<Explanation, StageError>;
}

/// Gathers what is known of candidates before something is made of it.
pub trait Hydrator: Send + Sync {
    /// Name in timings.
    fn name(&self) -> &'static str;

    /// Keeps what is known of `items` for the component that asks for it next.
    ///
    /// # Errors
    ///
    /// [`StageError`] when it cannot be told.
    fn hydrate(&self, query: &Query<'_>, items: &[ItemIdx]) -> Result<(), StageError>;
}

/// Reorders, or thins out, a list that is already ordered by score.
pub trait Reranker: Send + Sync {
    /// Name in timings.
    fn name(&self) -> &'static str;

    /// Reorders `slate`, which comes best first; it may shorten it, never add to it. What it moves into
    /// or out of the first `query.k` places by a rule that somebody set, it adds to `moved`.
    ///
    /// # Errors
    ///
    /// [`StageError`] when it cannot; the slate and `moved` must then be as they were.
    fn rerank(
        &self,
        query: &Query<'_>,
        slate: &mut Vec<ScoredItem>,
        moved: &mut Vec<Moved>,
    ) -> Result<(), StageError>;
}
