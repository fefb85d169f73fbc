//! The one place that asks what time it is.

use std::time::{SystemTime, UNIX_EPOCH};

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
