//! Numbers and times of text files.

use jiff::{civil, tz::TimeZone};
use marquee_core::Timestamp;

/// How a column counts time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeUnit {
    /// By its size: a number below 10¹¹ counts seconds (until the year 5138), below 10¹⁴
    /// milliseconds (from 1973), below 10¹⁷ microseconds, otherwise nanoseconds; text is ISO 8601.
    #[default]
    Detect,
    /// Seconds since the epoch, with or without a fraction.
    Seconds,
    /// Milliseconds since the epoch.
    Millis,
    /// ISO 8601: a date, or date and time, UTC where it names no offset.
    Iso8601,
}

impl TimeUnit {
    /// The unit with this name: `auto`, `s`, `ms`, `iso`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "auto" => Some(Self::Detect),
            "s" | "seconds" => Some(Self::Seconds),
            "ms" | "millis" => Some(Self::Millis),
            "iso" | "iso8601" => Some(Self::Iso8601),
            _ => None,
        }
    }

    /// What a field of this unit should hold, for messages.
    pub(crate) const fn expected(self) -> &'static str {
        match self {
            Self::Detect => "seconds or milliseconds since 1970, or an ISO 8601 time",
            Self::Seconds => "seconds since 1970",
            Self::Millis => "milliseconds since 1970",
            Self::Iso8601 => "an ISO 8601 time",
        }
    }
}

/// A finite number, or `None`.
///
/// Short decimals, which is what ratings are, take a path without the general parser; both give the
/// nearest `f32`.
pub(crate) fn number(text: &[u8]) -> Option<f32> {
    short_decimal(text).or_else(|| {
        let text = std::str::from_utf8(text).ok()?.trim();
        text.parse::<f32>().ok().filter(|value| value.is_finite())
    })
}

/// Up to seven digits, one point among them, no sign: numerator and denominator are exact in `f32`,
/// so their quotient is the nearest number.
fn short_decimal(text: &[u8]) -> Option<f32> {
    const TENS: [f32; 8] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7];
    if text.is_empty() || text.len() > 8 {
        return None;
    }
    let mut digits = 0_u32;
    let mut decimals = None;
    let mut count = 0;
    for &byte in text {
        match byte {
            b'0'..=b'9' => {
                digits = digits * 10 + u32::from(byte - b'0');
                count += 1;
                decimals = decimals.map(|n: usize| n + 1);
            }
            b'.' if decimals.is_none() => decimals = Some(0),
            _ => return None,
        }
    }
    if count == 0 || count > 7 {
        return None;
    }
    Some(digits as f32 / TENS[decimals.unwrap_or(0)])
}

/// The moment that `text` names, or `None`.
pub(crate) fn time(text: &[u8], unit: TimeUnit) -> Option<Timestamp> {
    if let Some(whole) = whole_number(text) {
        return match unit {
            TimeUnit::Detect => Some(by_size(whole)),
            TimeUnit::Seconds => Some(Timestamp::from_seconds(whole)),
            TimeUnit::Millis => Some(Timestamp::from_millis(whole)),
            TimeUnit::Iso8601 => None,
        };
    }
    let text = std::str::from_utf8(text).ok()?.trim();
    match unit {
        TimeUnit::Detect => fraction(text)
            .and_then(|value| match value.abs() {
                size if size < 1e11 => millis(value * 1e3),
                _ => millis(value),
            })
            .or_else(|| iso(text)),
        TimeUnit::Seconds => fraction(text).and_then(|value| millis(value * 1e3)),
        TimeUnit::Millis => fraction(text).and_then(millis),
        TimeUnit::Iso8601 => iso(text),
    }
}

fn by_size(value: i64) -> Timestamp {
    match value.unsigned_abs() {
        0..100_000_000_000 => Timestamp::from_seconds(value),
        100_000_000_000..100_000_000_000_000 => Timestamp::from_millis(value),
        100_000_000_000_000..100_000_000_000_000_000 => Timestamp::from_millis(value / 1000),
        _ => Timestamp::from_millis(value / 1_000_000),
    }
}

/// A whole number of at most 18 digits with or without a minus sign.
fn whole_number(text: &[u8]) -> Option<i64> {
    let (digits, sign) = match text {
        [b'-', digits @ ..] => (digits, -1),
        digits => (digits, 1),
    };
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let mut value = 0_i64;
    for &byte in digits {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(byte - b'0');
    }
    Some(sign * value)
}

fn fraction(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "checked to lie inside the type"
)]
fn millis(value: f64) -> Option<Timestamp> {
    (value.abs() < 9e18).then(|| Timestamp::from_millis(value.round() as i64))
}

fn iso(text: &str) -> Option<Timestamp> {
    // A bare year is a number, not a time: `2014` would otherwise be read as one.
    if !text.contains('-') {
        return None;
    }
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(Timestamp::from_millis(moment.as_millisecond()));
    }
    let local = text
        .parse::<civil::DateTime>()
        .or_else(|_| text.parse::<civil::Date>().map(civil::Date::into))
        .ok()?;
    utc(local)
}

fn utc(local: civil::DateTime) -> Option<Timestamp> {
    let zoned = local.to_zoned(TimeZone::UTC).ok()?;
    Some(Timestamp::from_millis(zoned.timestamp().as_millisecond()))
}

/// A release date: ISO 8601, `01-Jan-1995`, or a year alone (its first day).
pub(crate) fn release_date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    iso(text)
        .or_else(|| day_month_year(text))
        .or_else(|| year(text))
}

fn day_month_year(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let mut parts = text.split(['-', ' ']);
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let name = month.to_ascii_lowercase();
    let month = MONTHS.iter().position(|&month| month == name)? + 1;
    first_moment(
        year.parse().ok()?,
        i8::try_from(month).ok()?,
        day.parse().ok()?,
    )
}

fn year(text: &str) -> Option<Timestamp> {
    let whole = text.strip_suffix(".0").unwrap_or(text);
    if whole.len() != 4 {
        return None;
    }
    first_moment(whole.parse().ok()?, 1, 1)
}

/// The year in parentheses at the end of a title, as MovieLens writes it.
pub(crate) fn year_of_title(title: &str) -> Option<Timestamp> {
    let inside = title.trim_end().strip_suffix(')')?;
    year(inside.rsplit_once('(')?.1)
}

fn first_moment(year: i16, month: i8, day: i8) -> Option<Timestamp> {
    utc(civil::Date::new(year, month, day).ok()?.into())
}

#[cfg(test)]
mod tests;
