//! Which components a request runs, and what becomes of it when one of them fails.

use marquee_core::{CandidateSource, Filter, Hydrator, Reranker, Scorer};

/// What an answer does without a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// The answer goes out without it and says so. For what makes an answer better.
    Open,
    /// No answer goes out. For what makes an answer right: filters that must hold, the scorer.
    Closed,
}

/// A component with its place in the plan.
pub struct Step<'a, T: ?Sized> {
    /// The component.
    pub component: &'a T,
    /// What becomes of the answer when it fails or there is no time left for it.
    pub on_failure: OnFailure,
    /// It is not begun once this share of the budget is spent, in percent.
    pub start_before_percent: u32,
    /// If the answer can do without it, it is left out at a quality below this, in percent.
    pub least_quality_percent: u32,
}

impl<T: ?Sized> std::fmt::Debug for Step<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Step")
            .field("on_failure", &self.on_failure)
            .field("start_before_percent", &self.start_before_percent)
            .field("least_quality_percent", &self.least_quality_percent)
            .finish_non_exhaustive()
    }
}

impl<'a, T: ?Sized> Step<'a, T> {
    /// A step the answer cannot do without, begun as long as there is any time left.
    pub fn required(component: &'a T) -> Self {
        Self {
            component,
            on_failure: OnFailure::Closed,
            start_before_percent: 100,
            least_quality_percent: 0,
        }
    }

    /// A step the answer can do without, begun only in the first `start_before_percent` of the
    /// budget.
    pub fn optional(component: &'a T, start_before_percent: u32) -> Self {
        Self {
            component,
            on_failure: OnFailure::Open,
            start_before_percent,
            least_quality_percent: 0,
        }
    }

    /// The same step, left out of answers of a quality below `percent` if they can do without it.
    pub fn from_quality(self, percent: u32) -> Self {
        let least_quality_percent = percent;
        Self {
            least_quality_percent,
            ..self
        }
    }
}

/// How many candidates each source is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Width {
    /// At first.
    pub start: usize,
    /// At most; sources are asked for four times as many, up to here, while filters leave fewer
    /// than `k`.
    pub limit: usize,
}

/// A scorer that is too costly for all candidates: it scores the best of them anew.
///
/// Where a step of it is left out, the scores of the first one stand.
pub struct Ranking<'a> {
    /// Gathers what the scorer needs of each candidate.
    pub hydrator: Step<'a, dyn Hydrator + 'a>,
    /// Orders them.
    pub scorer: Step<'a, dyn Scorer + 'a>,
    /// How many of the best candidates it is given; the answer can have no others.
    pub depth: usize,
}

impl std::fmt::Debug for Ranking<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ranking")
            .field("hydrator", &self.hydrator.component.name())
            .field("scorer", &self.scorer.component.name())
            .field("depth", &self.depth)
            .finish()
    }
}

/// The components of a request, in the order in which they run.
pub struct Plan<'a> {
    /// Propose items; at most 32. Their order gives the numbers in `Placed::sources`.
    pub sources: Vec<Step<'a, dyn CandidateSource + 'a>>,
    /// Remove items before scoring.
    pub filters: Vec<Step<'a, dyn Filter + 'a>>,
    /// Orders what is left.
    pub scorer: Step<'a, dyn Scorer + 'a>,
    /// Orders the best of it anew.
    pub ranking: Option<Ranking<'a>>,
    /// Rearrange the ordered list.
    pub rerankers: Vec<Step<'a, dyn Reranker + 'a>>,
    /// Remove what must not be seen, last of all, whatever the stages before did.
    pub visibility: Vec<Step<'a, dyn Filter + 'a>>,
    /// How many candidates to ask for.
    pub width: Width,
}

impl std::fmt::Debug for Plan<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sources: Vec<_> = self.sources.iter().map(|s| s.component.name()).collect();
        let filters: Vec<_> = self.filters.iter().map(|s| s.component.name()).collect();
        f.debug_struct("Plan")
            .field("sources", &sources)
            .field("filters", &filters)
            .field("scorer", &self.scorer.component.name())
            .field("width", &self.width)
            .finish_non_exhaustive()
    }
}
