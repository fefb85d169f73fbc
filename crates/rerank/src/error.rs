//! What is wrong with a rule.

use marquee_core::Rule;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why rules cannot be followed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There are too many rules of one sort.
    #[error("{list}: expected at most {limit} elements, found {found}")]
    TooMany {
        /// The list: `boosts`.
        list: &'static str,
        /// Most that are allowed.
        limit: usize,
        /// How many there are.
        found: usize,
    },
    /// A number of a rule is out of its bounds.
    #[error("{rule}.{field}: expected {expected}, found {found}")]
    OutOfBounds {
        /// The rule.
        rule: Rule,
        /// The field.
        field: &'static str,
        /// Its bounds.
        expected: &'static str,
        /// The number.
        found: f64,
    },
    /// The expression of a boost cannot be evaluated.
    #[error("{rule}")]
    Expression {
        /// The rule.
        rule: Rule,
        /// Why.
        source: marquee_filter::Error,
    },
}

impl Error {
    /// What it is about, as a path from the rules: `boosts[0].weight`.
    pub fn path(&self) -> String {
        match self {
            Self::TooMany { list, .. } => (*list).to_owned(),
            Self::OutOfBounds { rule, field, .. } => format!("{rule}.{field}"),
            Self::Expression { rule, .. } => format!("{rule}.what"),
        }
    }

    /// What is wrong with it, without the path.
    pub fn problem(&self) -> String {
        match self {
            Self::TooMany { limit, found, .. } => {
                format!("expected at most {limit} elements, found {found}")
            }
            Self::OutOfBounds {
                expected, found, ..
            } => {
                format!("expected {expected}, found {found}")
            }
            Self::Expression { source, .. } => source.to_string(),
        }
    }
}
