//! What the path gives back: the slate, and an account of how it came about.

use std::time::Duration;

use marquee_core::{ItemIdx, Moved, Removal, SourceSet};

/// The result of one request.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// Best first, each item once, at most `k`.
    pub slate: Vec<Placed>,
    /// Candidates that did not make it, with the component and rule that removed them.
    pub removals: Vec<Removal>,
    /// What re-rankers put elsewhere by a rule, in the order in which they ran.
    pub moved: Vec<Moved>,
    /// What the answer had to do without; empty when it is whole.
    pub degraded: Vec<Degradation>,
    /// Time spent in each component, in the order in which they ran.
    pub timings: Vec<StageTiming>,
    /// How many different items the sources proposed.
    pub n_candidates: usize,
    /// Whether the scores are those of the plan's ranking.
    pub is_ranked: bool,
}

/// One place of the slate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed {
    /// The item.
    pub item: ItemIdx,
    /// Its score; comparable within this answer only.
    pub score: f32,
    /// The sources that proposed it, by their number in the plan.
    pub sources: SourceSet,
}

/// One thing that the answer had to do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Degradation {
    /// The component that is missing from the answer.
    pub component: &'static str,
    /// Why.
    pub reason: DegradedReason,
}

/// Why a component is missing from an answer, or did less for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DegradedReason {
    /// Its share of the budget was spent before it began.
    OutOfTime,
    /// It failed, and the plan lets the answer go out without it.
    Failed,
    /// It was left out, or did less, because the server has more calls than it can answer in full.
    Load,
}

/// Time that one component took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageTiming {
    /// Which part of the path: `source`, `filter`, `scorer`, `select`, `hydrator`, `ranker`,
    /// `reranker`, `visibility`.
    pub stage: &'static str,
    /// The component's name; empty for work of the path itself.
    pub component: &'static str,
    /// How long it took.
    pub took: Duration,
}
