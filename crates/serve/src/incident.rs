//! Failures that are ours: the log tells what happened, the caller gets a number to quote.

use std::{
    any::Any,
    error::Error,
    fmt::Write,
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::refusal::Refusal;

/// Numbers incidents.
#[derive(Debug)]
pub(crate) struct Incidents {
    /// Differs between runs, so that a number names one line of all logs.
    run: u64,
    next: AtomicU64,
}

impl Incidents {
    pub(crate) fn new() -> Self {
        Self {
            run: RandomState::new().hash_one("incidents"),
            next: AtomicU64::new(1),
        }
    }

    /// Logs an error with everything that caused it.
    pub(crate) fn report(&self, error: &(dyn Error + 'static)) -> Refusal {
        self.log(&chain(error))
    }

    /// Logs a panic.
    pub(crate) fn report_panic(&self, payload: &(dyn Any + Send)) -> Refusal {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        self.log(&format!("panic: {}", text.unwrap_or("of unknown kind")))
    }

    fn log(&self, problem: &str) -> Refusal {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let incident = format!("{:016x}-{number}", self.run);
        tracing::error!(incident, problem, "call failed");
        Refusal::Internal { incident }
    }
}

/// An error and its causes, from the outermost, between colons.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let _infallible = write!(text, ": {inner}");
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_follow_their_effect() {
        let cause = std::io::Error::other("disk full");
        let error = crate::ServeError::Read {
            path: "keys".into(),
            source: cause,
        };
        assert_eq!(chain(&error), "cannot read keys: disk full");
    }

    #[test]
    fn every_incident_has_a_number_of_its_own_and_says_nothing_else() {
        let incidents = Incidents::new();
        let first = incidents.report(&std::io::Error::other("secret path"));
        let second = incidents.report_panic(&"index out of bounds");
        assert_ne!(first, second);
        assert!(!first.to_string().contains("secret"), "{first}");
        assert!(!second.to_string().contains("index"), "{second}");
    }
}
