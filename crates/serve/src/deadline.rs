//! Until when a call may run.

use std::time::{Duration, Instant};

use http::HeaderMap;

use crate::refusal::{Refusal, Violation};

const HEADER: &str = "grpc-timeout";

/// The moment at which a call ends, whatever it has by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    /// The end of a call that arrived at `arrived`: what its client allows, at most `limit`.
    ///
    /// # Errors
    ///
    /// When the client's deadline cannot be read. Ignoring it would let a call run longer than its
    /// client waits.
    pub(crate) fn of(
        headers: &HeaderMap,
        arrived: Instant,
        limit: Duration,
    ) -> Result<Self, Refusal> {
        let allowed = match headers.get(HEADER) {
            Some(value) => parse(value.as_bytes()).ok_or_else(unreadable)?,
            None => limit,
        };
        Ok(Self(arrived + allowed.min(limit)))
    }

    /// The deadline as the runtime's timer takes it.
    pub(crate) fn instant(self) -> tokio::time::Instant {
        self.0.into()
    }

    /// How much of it work may use that starts now: all that is left but a twentieth, which
    /// writing the answer takes.
    pub(crate) fn budget(self) -> Duration {
        let left = self.0.saturating_duration_since(Instant::now());
        left - left / 20
    }
}

fn unreadable() -> Refusal {
    Refusal::InvalidFields(vec![Violation {
        field: HEADER.to_owned(),
        problem: "expected 1 to 8 digits and one of H, M, S, m, u, n".to_owned(),
    }])
}

/// `10S`, `250m`: at most eight digits and a unit, as the gRPC protocol writes a length of time.
fn parse(text: &[u8]) -> Option<Duration> {
    let (&unit, digits) = text.split_last()?;
    if !(1..=8).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let amount: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    match unit {
        b'H' => Some(Duration::from_secs(amount * 3600)),
        b'M' => Some(Duration::from_secs(amount * 60)),
        b'S' => Some(Duration::from_secs(amount)),
        b'm' => Some(Duration::from_millis(amount)),
        b'u' => Some(Duration::from_micros(amount)),
        b'n' => Some(Duration::from_nanos(amount)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: Option<Duration>) {
        assert_eq!(parse(text.as_bytes()), want, "{text}");
    }

    #[test]
    fn units_are_those_of_the_protocol() {
        check("2H", Some(Duration::from_secs(7200)));
        check("3M", Some(Duration::from_secs(180)));
        check("4S", Some(Duration::from_secs(4)));
        check("250m", Some(Duration::from_millis(250)));
        check("5u", Some(Duration::from_micros(5)));
        check("6n", Some(Duration::from_nanos(6)));
        check("99999999H", Some(Duration::from_secs(359_999_996_400)));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "S",
            "1",
            "1s",
            "-1S",
            "+1S",
            "1.5S",
            " 1S",
            "123456789S",
            "1SS",
            "1é",
        ] {
            check(text, None);
        }
    }

    #[track_caller]
    fn check_limit(header: Option<&'static str>, want: Duration) {
        let mut headers = HeaderMap::new();
        if let Some(text) = header {
            headers.insert(HEADER, http::HeaderValue::from_static(text));
        }
        let arrived = Instant::now();
        let got = Deadline::of(&headers, arrived, Duration::from_secs(2));
        assert_eq!(got, Ok(Deadline(arrived + want)));
    }

    #[test]
    fn the_shorter_of_both_limits_holds() {
        check_limit(None, Duration::from_secs(2));
        check_limit(Some("9S"), Duration::from_secs(2));
        check_limit(Some("99999999H"), Duration::from_secs(2));
        check_limit(Some("30m"), Duration::from_millis(30));
        check_limit(Some("0m"), Duration::ZERO);
    }

    #[test]
    fn unreadable_deadline_names_its_header() {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, http::HeaderValue::from_static("soon"));
        let got = Deadline::of(&headers, Instant::now(), Duration::from_secs(2));
        let Err(Refusal::InvalidFields(fields)) = got else {
            panic!("{got:?}");
        };
        assert_eq!(fields[0].field, "grpc-timeout");
    }

    #[test]
    fn past_deadline_leaves_no_budget() {
        assert_eq!(Deadline(Instant::now()).budget(), Duration::ZERO);
    }
}
