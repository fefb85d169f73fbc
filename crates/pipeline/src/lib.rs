//! The request path: many sources propose, filters remove with a reason, a scorer orders,
//! a costlier one orders the best of them anew, re-rankers rearrange, and the answer says what it cost and what was left out.
//!
//! [`run()`] is the whole path in one function. The stages themselves are traits of
//! [`marquee_core::stage`]; this crate keeps their budgets, counts and times.

pub mod answer;
pub mod budget;
pub mod error;
pub mod plan;
pub mod run;

pub use answer::{Answer, Degradation, DegradedReason, Placed, StageTiming};
pub use budget::{Budget, Clock, MonotonicClock, Quality};
pub use error::{PipelineError, Result};
pub use plan::{OnFailure, Plan, Ranking, Step, Width};
pub use run::run;
