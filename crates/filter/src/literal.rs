//! Numbers, durations and dates as they are written, and the span of values each stands for.

use std::fmt;

use jiff::{Timestamp, civil::Date};

/// Milliseconds of each unit of a duration, longest first.
const UNITS: [(&str, i64); 6] = [
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
];

/// Longest duration, in milliseconds: some 30,000 years, so that sums stay far inside 64 bits.
pub(crate) const MAX_DURATION_MS: i64 = 1_000_000_000_000_000;

/// A value that has an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Scalar {
    Number(i64),
    /// Milliseconds.
    Duration(i64),
    /// A year, month or day, by its first day.
    Calendar(Date, Unit),
    /// Milliseconds since 1970.
    Moment(i64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Unit {
    Year,
    Month,
    Day,
}

/// Values from `first` to `last`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: i64,
    pub(crate) last: i64,
}

impl Span {
    /// Only `value`.
    pub(crate) fn only(value: i64) -> Self {
        Self {
            first: value,
            last: value,
        }
    }

    pub(crate) fn contains(self, value: i64) -> bool {
        self.first <= value && value <= self.last
    }
}

impl Scalar {
    /// What it stands for: a date stands for all its milliseconds.
    pub(crate) fn span(self) -> Span {
        match self {
            Self::Number(value) | Self::Duration(value) | Self::Moment(value) => Span::only(value),
            Self::Calendar(first, unit) => {
                let next = match unit {
                    Unit::Year => Date::new(first.year().saturating_add(1), 1, 1),
                    Unit::Month if first.month() == 12 => {
                        Date::new(first.year().saturating_add(1), 1, 1)
                    }
                    Unit::Month => Date::new(first.year(), first.month() + 1, 1),
                    Unit::Day => first.tomorrow(),
                };
                Span {
                    first: midnight(first),
                    // Past the last year that the calendar has, a span is open.
                    last: next.map_or(i64::MAX, |next| midnight(next) - 1),
                }
            }
        }
    }
}

/// The first millisecond of `date` in UTC.
fn midnight(date: Date) -> i64 {
    let since = date.duration_since(Date::constant(1970, 1, 1));
    since.as_secs() * 1000
}

/// Why a literal is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is written in another way.
    Form,
    /// It is past the bounds that the text names.
    Range(&'static str),
}

/// A whole number, without a sign.
pub(crate) fn number(word: &str) -> Result<i64, Fault> {
    if !word.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::Form);
    }
    word.parse()
        .map_err(|_| Fault::Range("a whole number of at most 9223372036854775807"))
}

/// A duration in milliseconds: `90s`, `1h30m`, `1.5h`.
pub(crate) fn duration(word: &str) -> Result<i64, Fault> {
    let mut rest = word;
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (amount, tail) = rest.split_at(digits.ok_or(Fault::Form)?);
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic());
        let (unit, tail) = tail.split_at(letters.unwrap_or(tail.len()));
        let known = UNITS.iter().find(|(name, _)| *name == unit);
        let &(_, unit_ms) = known.ok_or(Fault::Form)?;
        total += amount_of(amount, unit_ms)?;
        if total > MAX_DURATION_MS {
            return Err(Fault::Range("a duration of at most 11574074d"));
        }
        rest = tail;
    }
    if word.is_empty() {
        return Err(Fault::Form);
    }
    Ok(total)
}

/// `amount` units of `unit_ms` milliseconds, which must be a whole number of them.
fn amount_of(amount: &str, unit_ms: i64) -> Result<i64, Fault> {
    const LONG: Fault = Fault::Range("a duration of at most 11574074d");
    let (whole, part) = amount.split_once('.').unwrap_or((amount, "0"));
    if whole.is_empty() || part.is_empty() || part.contains('.') {
        return Err(Fault::Form);
    }
    let whole: i64 = whole.parse().map_err(|_| LONG)?;
    let whole = whole
        .checked_mul(unit_ms)
        .filter(|&ms| ms <= MAX_DURATION_MS);
    const FINE: Fault = Fault::Range("a duration of whole milliseconds");
    let places = u32::try_from(part.len()).map_err(|_| FINE)?;
    let scale = 10_i64.checked_pow(places).ok_or(FINE)?;
    let part: i64 = part.parse().map_err(|_| FINE)?;
    let part = part.checked_mul(unit_ms).ok_or(FINE)?;
    if part % scale != 0 {
        return Err(FINE);
    }
    Ok(whole.ok_or(LONG)? + part / scale)
}

/// A year, month, day or moment.
pub(crate) fn time(word: &str) -> Result<Scalar, Fault> {
    const YEARS: Fault = Fault::Range("a date of the calendar in the years 1 to 9999");
    if word.contains(['T', 't']) {
        let moment: Timestamp = word.parse().map_err(|_| Fault::Form)?;
        let millis = moment.as_millisecond();
        let first = midnight(Date::constant(1, 1, 1));
        if millis < first {
            return Err(YEARS);
        }
        let whole = Timestamp::from_millisecond(millis).is_ok_and(|whole| whole == moment);
        return if whole {
            Ok(Scalar::Moment(millis))
        } else {
            Err(Fault::Range("a moment of whole milliseconds"))
        };
    }
    let mut parts = word.split('-');
    let year = digits::<i16>(parts.next(), 4).ok_or(Fault::Form)?;
    let month = parts.next();
    let day = parts.next();
    if parts.next().is_some() || year < 0 {
        return Err(Fault::Form);
    }
    let unit = match (month, day) {
        (None, _) => Unit::Year,
        (Some(_), None) => Unit::Month,
        (Some(_), Some(_)) => Unit::Day,
    };
    let number = |part: Option<&str>| match part {
        None => Ok(1),
        part => digits::<i8>(part, 2).ok_or(Fault::Form),
    };
    let date = Date::new(year, number(month)?, number(day)?).map_err(|_| YEARS)?;
    if year == 0 {
        return Err(YEARS);
    }
    Ok(Scalar::Calendar(date, unit))
}

/// A number written with exactly `width` digits.
fn digits<T: std::str::FromStr>(part: Option<&str>, width: usize) -> Option<T> {
    let part = part.filter(|part| part.len() == width)?;
    let plain = part.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| part.parse().ok()).flatten()
}

/// A duration as it is written: the longest units first, none that is zero.
pub(crate) struct Written(pub(crate) i64);

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        if rest == 0 {
            return f.write_str("0s");
        }
        // Weeks are read but not written: `30d` says more than `4w2d`.
        for (name, unit_ms) in &UNITS[1..] {
            if rest >= *unit_ms {
                write!(f, "{}{name}", rest / unit_ms)?;
                rest %= unit_ms;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Number(value) => write!(f, "{value}"),
            Self::Duration(millis) => write!(f, "{}", Written(millis)),
            Self::Calendar(date, Unit::Year) => write!(f, "{:04}", date.year()),
            Self::Calendar(date, Unit::Month) => {
                write!(f, "{:04}-{:02}", date.year(), date.month())
            }
            Self::Calendar(date, Unit::Day) => write!(f, "{date}"),
            Self::Moment(millis) => {
                let moment = Timestamp::from_millisecond(millis);
                write!(f, "{}", moment.map_err(|_| fmt::Error)?)
            }
        }
    }
}

#[cfg(test)]
mod tests;
