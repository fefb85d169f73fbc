//! Time as a value: never read from a clock here, always handed in.

use std::{fmt, ops::Sub};

/// A moment, in milliseconds since 1970-01-01T00:00:00 UTC, leap seconds not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
#[repr(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 1970-01-01T00:00:00 UTC; also stands for "not known" in data without times.
    pub const EPOCH: Self = Self(0);

    /// The moment `millis` milliseconds after the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// The moment `seconds` seconds after the epoch, at the border of the type when it is past it.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// This moment moved by `seconds`, which may be negative.
    pub fn plus(self, seconds: Seconds) -> Self {
        Self(self.0.saturating_add(seconds.as_millis()))
    }
}

impl Sub for Timestamp {
    type Output = Seconds;

    fn sub(self, earlier: Self) -> Seconds {
        Seconds::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// A length of time in seconds.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Seconds(pub f64);

impl Seconds {
    /// One day.
    pub const DAY: Self = Self(86_400.0);

    /// The length of `millis` milliseconds.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis as f64 / 1000.0)
    }

    /// Whole milliseconds, rounded towards zero; not-a-number gives zero.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "`as` saturates, which is what a length past the type should do"
    )]
    pub fn as_millis(self) -> i64 {
        (self.0 * 1000.0) as i64
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn difference_is_in_seconds() {
        let later = Timestamp::from_seconds(10).plus(Seconds(0.5));
        assert_eq!(later - Timestamp::from_seconds(10), Seconds(0.5));
    }

    #[test]
    fn times_at_the_border_do_not_overflow() {
        let last = Timestamp::from_millis(i64::MAX);
        assert_eq!(last.plus(Seconds::DAY), last);
        assert!((Timestamp::from_millis(i64::MIN) - last).0 < 0.0);
    }
}
