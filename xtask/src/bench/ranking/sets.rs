//! The data sets that contenders meet on.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A data set, and how it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Set {
    /// None.
    None,
    /// A synthetic feed of about so many impressions.
    Feed(u64),
    /// A file of synthetic clicks.
    Clicks(PathBuf),
    /// A public data set: its name, the folder of all of them, and the fold that is reported.
    Real(String, PathBuf, u32),
}

/// Folds of graded judgments.
const FOLDS: u32 = 5;

/// Reads `1M`, `200K` or `30000`.
pub(super) fn feed(text: &str) -> Result<Set, String> {
    if text == "none" {
        return Ok(Set::None);
    }
    let (digits, times) = match text.split_at_checked(text.len().saturating_sub(1)) {
        Some((digits, "M")) => (digits, 1_000_000),
        Some((digits, "K")) => (digits, 1_000),
        _ => (text, 1),
    };
    let count: Option<u64> = digits.parse().ok();
    let count = count.and_then(|count| count.checked_mul(times));
    count
        .map(Set::Feed)
        .ok_or_else(|| format!("expected impressions such as 1M, found {text:?}"))
}

impl Set {
    /// A public data set; several where it has folds.
    pub(super) fn real(name: &str, data: &Path) -> Vec<Self> {
        let folds = if name == "grades" { FOLDS } else { 1 };
        (0..folds)
            .map(|fold| Self::Real(name.to_owned(), data.to_owned(), fold))
            .collect()
    }

    /// The name of its folder.
    pub(super) fn name(&self, seed: u64) -> String {
        match self {
            Self::None => "none".to_owned(),
            Self::Feed(impressions) => format!("feed-{impressions}-{seed}"),
            Self::Clicks(_) => "clicks".to_owned(),
            Self::Real(name, _, fold) => format!("{name}-{fold}-{seed}"),
        }
    }

    /// The command that makes it; `command` names the program and the folder.
    pub(super) fn make(&self, mut command: Command, seed: u64) -> Command {
        match self {
            Self::None => {}
            Self::Feed(impressions) => {
                command.arg("world");
                command.args(["--impressions", &impressions.to_string()]);
                command.args(["--seed", &seed.to_string()]);
            }
            Self::Clicks(prefix) => {
                command.arg("clicks").arg("--prefix").arg(prefix);
            }
            Self::Real(name, data, fold) => {
                command.args(["real", "--set", name, "--data"]).arg(data);
                command.args(["--fold", &fold.to_string()]);
                command.args(["--seed", &seed.to_string()]);
            }
        }
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impressions_may_be_short() {
        assert_eq!(feed("5M"), Ok(Set::Feed(5_000_000)));
        assert_eq!(feed("200K"), Ok(Set::Feed(200_000)));
        assert_eq!(feed("30000"), Ok(Set::Feed(30_000)));
        assert!(feed("M").is_err());
        assert!(feed("").is_err());
    }
}
