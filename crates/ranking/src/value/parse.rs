//! Reading a value model, with the place of whatever is wrong.

use std::{collections::BTreeMap, ops::Range};

use marquee_features::Head;
use serde::{Deserialize, Serialize, Serializer};
use toml::Spanned;

use super::{Term, TermCurve, ValueModel};

/// What is wrong with a value model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueFault {
    /// The text is not TOML, or has a key or a value of a kind that is not expected.
    #[error("line {line}, column {column}: {message}")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
        /// What the parser says.
        message: String,
    },
    /// An outcome nobody knows.
    #[error("line {line}, column {column}: no head is called {found:?}")]
    Outcome {
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
        /// The name found.
        found: String,
    },
    /// A number that is out of range.
    #[error("line {line}, column {column}: {field} is {found}, expected {expected}")]
    Number {
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
        /// The field.
        field: String,
        /// The number found.
        found: f64,
        /// What would have been accepted.
        expected: &'static str,
    },
    /// An outcome that the ranker does not predict.
    #[error("the ranker does not predict {head}, only {}", heads.join(", "))]
    NotPredicted {
        /// The outcome.
        head: String,
        /// What it predicts.
        heads: Vec<String>,
    },
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct Written {
    outcomes: BTreeMap<Spanned<String>, Spanned<f64>>,
    watch_minutes: Option<WrittenTerm>,
    relationship: Option<WrittenTerm>,
    age_hours: Option<WrittenTerm>,
    type_preference: Option<WrittenTerm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTerm {
    weight: Spanned<f64>,
    curve: TermCurve,
    scale: Spanned<f64>,
}

/// Finds lines and columns of places in a text.
#[derive(Clone, Copy)]
struct Places<'t>(&'t str);

impl Places<'_> {
    fn of(self, span: &Range<usize>) -> (usize, usize) {
        let before = self.0.get(..span.start).unwrap_or(self.0);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (line, column)
    }

    fn number(
        self,
        field: impl Into<String>,
        number: &Spanned<f64>,
        (fits, expected): (fn(f64) -> bool, &'static str),
    ) -> Result<f64, ValueFault> {
        let found = *number.get_ref();
        if fits(found) {
            return Ok(found);
        }
        let (line, column) = self.of(&number.span());
        Err(ValueFault::Number {
            line,
            column,
            field: field.into(),
            found,
            expected,
        })
    }

    fn term(self, name: &str, term: Option<WrittenTerm>) -> Result<Option<Term>, ValueFault> {
        let Some(term) = term else {
            return Ok(None);
        };
        let above = |found: f64| found.is_finite() && found > 0.0;
        Ok(Some(Term {
            weight: self.number(format!("{name}.weight"), &term.weight, FINITE)?,
            curve: term.curve,
            scale: self.number(
                format!("{name}.scale"),
                &term.scale,
                (above, "a number above 0"),
            )?,
        }))
    }
}

const FINITE: (fn(f64) -> bool, &str) = (f64::is_finite, "a finite number");

impl ValueModel {
    /// Reads a model from TOML, as the module shows it.
    ///
    /// # Errors
    ///
    /// [`ValueFault`] with line and column.
    pub fn parse(text: &str) -> Result<Self, ValueFault> {
        let places = Places(text);
        let written: Written = toml::from_str(text).map_err(|error| {
            let (line, column) = places.of(&error.span().unwrap_or(0..0));
            ValueFault::Syntax {
                line,
                column,
                message: error.message().to_owned(),
            }
        })?;
        let mut outcomes = BTreeMap::new();
        for (name, worth) in &written.outcomes {
            let head = Head::from_name(name.get_ref()).map_err(|_| {
                let (line, column) = places.of(&name.span());
                ValueFault::Outcome {
                    line,
                    column,
                    found: name.get_ref().clone(),
                }
            })?;
            let worth = places.number(name.get_ref(), worth, FINITE)?;
            outcomes.insert(head, worth);
        }
        Ok(Self {
            outcomes,
            watch_minutes: places.term("watch_minutes", written.watch_minutes)?,
            relationship: places.term("relationship", written.relationship)?,
            age_hours: places.term("age_hours", written.age_hours)?,
            type_preference: places.term("type_preference", written.type_preference)?,
        })
    }
}

/// Heads are written by name.
pub(super) fn by_name<S: Serializer>(
    outcomes: &BTreeMap<Head, f64>,
    to: S,
) -> Result<S::Ok, S::Error> {
    let named: BTreeMap<String, f64> = outcomes
        .iter()
        .map(|(head, worth)| (head.to_string(), *worth))
        .collect();
    named.serialize(to)
}
