//! What can go wrong on the request path.

use marquee_core::StageError;

/// Shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, PipelineError>;

/// Why a request has no answer at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PipelineError {
    /// A component that the answer cannot do without failed.
    #[error("the {stage} stage failed")]
    Stage {
        /// Which part of the path: `source`, `filter`, `scorer`, `reranker`, `visibility`.
        stage: &'static str,
        /// What happened.
        source: StageError,
    },
    /// Time ran out before there was anything to answer with.
    #[error("the time budget of {budget_us} µs ran out in the {stage} stage")]
    Deadline {
        /// Where it ran out.
        stage: &'static str,
        /// The whole budget in microseconds.
        budget_us: u64,
    },
}
