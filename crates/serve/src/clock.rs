//! The one place that asks what time it is.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use marquee_core::Timestamp;

/// Now, by the clock of this machine; the epoch if that clock stands before it.
#[expect(
    clippy::disallowed_methods,
    reason = "the moment of a request is an input of everything below, and enters here"
)]
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A moment of the monotonic clock that is also known by the clock of this machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Anchor {
    instant: Instant,
    time: SystemTime,
}

impl Anchor {
    /// Both clocks now.
    #[expect(
        clippy::disallowed_methods,
        reason = "traces are told in the time of the machine, which no answer depends on"
    )]
    pub(crate) fn now() -> Self {
        Self {
            instant: Instant::now(),
            time: SystemTime::now(),
        }
    }

    /// `instant` by the clock of this machine.
    pub(crate) fn time_of(self, instant: Instant) -> SystemTime {
        match instant.checked_duration_since(self.instant) {
            Some(since) => self.time + since,
            None => self.time - (self.instant - instant),
        }
    }
}
