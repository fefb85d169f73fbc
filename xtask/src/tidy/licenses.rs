//! Licenses of everything that we build on.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use serde::Deserialize;

use crate::workspace::Metadata;

use super::{Problem, spdx::Expression};

/// Where the allowed licenses stand; `cargo deny` reads the same file.
pub(super) const POLICY: &str = "deny.toml";

/// Which licenses a dependency may have.
#[derive(Debug, Default)]
pub(super) struct Policy {
    allowed: BTreeSet<String>,
    exceptions: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Debug, Deserialize)]
struct File {
    licenses: Section,
}

#[derive(Debug, Deserialize)]
struct Section {
    allow: BTreeSet<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

#[derive(Debug, Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: BTreeSet<String>,
}

impl Policy {
    /// Reads the `[licenses]` section of `deny.toml`.
    ///
    /// # Errors
    ///
    /// When the file is not TOML or has no list of allowed licenses.
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let file: File = toml::from_str(text)
            .with_context(|| format!("cannot read the licenses of {POLICY}"))?;
        let exceptions = file.licenses.exceptions.into_iter();
        Ok(Self {
            allowed: file.licenses.allow,
            exceptions: exceptions.map(|one| (one.name, one.allow)).collect(),
        })
    }

    /// Whether the package `name` may come under `expression`; none when that is malformed.
    fn permits(&self, name: &str, expression: &str) -> Option<bool> {
        let own = self.exceptions.get(name);
        let allowed = |license: &str| {
            self.allowed.contains(license) || own.is_some_and(|own| own.contains(license))
        };
        Some(Expression::parse(expression)?.is_allowed(&allowed))
    }
}

/// Checks every package of the lock file, whatever platform or feature it is for.
pub(super) fn check(metadata: &Metadata, policy: &Policy) -> Vec<Problem> {
    metadata
        .packages
        .iter()
        .filter_map(|package| {
            let what = format!("{} {}", package.name, package.version);
            let message = match package.license.as_deref() {
                None => format!("{what} states no license"),
                Some(text) => match policy.permits(&package.name, text) {
                    Some(true) => return None,
                    Some(false) => format!("{what} is under {text}, which {POLICY} does not allow"),
                    None => format!("{what} states a license that is no expression: {text}"),
                },
            };
            Some(Problem::of_file("Cargo.lock", message))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exception_is_for_one_package_only() {
        let policy = Policy::parse(
            "[licenses]\nallow = [\"MIT\"]\nexceptions = [{ crate = \"a\", allow = [\"ISC\"] }]\n",
        )
        .unwrap();
        assert_eq!(policy.permits("b", "MIT OR GPL-2.0-only"), Some(true));
        assert_eq!(policy.permits("a", "ISC"), Some(true));
        assert_eq!(policy.permits("b", "ISC"), Some(false));
        assert_eq!(policy.permits("b", "MIT OR"), None);
    }

    #[test]
    fn policy_without_a_list_is_an_error() {
        assert!(Policy::parse("").is_err());
        assert!(Policy::parse("[licenses]\nallow = 3\n").is_err());
    }
}
