//! How long a request may take, and the clock that tells.

use std::time::{Duration, Instant};

/// Tells how much time has passed; a trait so that tests decide it.
pub trait Clock {
    /// Time since the request came in; never falls.
    fn elapsed(&self) -> Duration;
}

/// The machine's monotonic clock, from the moment it was made.
#[derive(Debug, Clone, Copy)]
pub struct MonotonicClock(Instant);

impl MonotonicClock {
    /// Starts now.
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for MonotonicClock {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// The time one request may take.
#[derive(Clone, Copy)]
pub struct Budget<'a> {
    clock: &'a dyn Clock,
    limit: Duration,
}

impl<'a> Budget<'a> {
    /// A budget of `limit`, counted by `clock`.
    pub fn new(clock: &'a dyn Clock, limit: Duration) -> Self {
        Self { clock, limit }
    }

    /// The whole budget.
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// Time spent so far.
    pub fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    /// Whether more than `percent` of the budget is spent.
    pub fn is_spent(&self, percent: u32) -> bool {
        self.elapsed() > self.limit * percent / 100
    }
}

impl std::fmt::Debug for Budget<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Budget")
            .field("limit", &self.limit)
            .field("elapsed", &self.elapsed())
            .finish()
    }
}
