//! How long a request may take, the clock that tells, and how much work an answer may be.

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

/// How much work an answer may be, in percent of a whole one. A server lowers it while calls wait for
/// each other, so that answers become simpler before they become late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quality(u32);

impl Quality {
    /// Everything the plan has.
    pub const FULL: Self = Self(100);

    /// `percent` of it, 1 to 100; what lies outside becomes the nearer of both.
    pub fn of_percent(percent: u32) -> Self {
        Self(percent.clamp(1, 100))
    }

    /// 1 to 100.
    pub fn percent(self) -> u32 {
        self.0
    }

    /// This share of `count`, rounded up.
    pub fn of(self, count: usize) -> usize {
        let share = count as u128 * u128::from(self.0);
        usize::try_from(share.div_ceil(100)).unwrap_or(usize::MAX)
    }
}

/// The time one request may take, and the work.
#[derive(Clone, Copy)]
pub struct Budget<'a> {
    clock: &'a dyn Clock,
    limit: Duration,
    quality: Quality,
}

impl<'a> Budget<'a> {
    /// A budget of `limit`, counted by `clock`, for an answer of full quality.
    pub fn new(clock: &'a dyn Clock, limit: Duration) -> Self {
        let quality = Quality::FULL;
        Self {
            clock,
            limit,
            quality,
        }
    }

    /// The same for an answer of this quality.
    pub fn with_quality(self, quality: Quality) -> Self {
        Self { quality, ..self }
    }

    /// How much work the answer may be.
    pub fn quality(&self) -> Quality {
        self.quality
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
            .field("quality", &self.quality)
            .finish()
    }
}
