//! What is wrong with an expression, and where.

use std::fmt;

use crate::Field;

/// Result of this crate's evaluation.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an expression cannot be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It would test too many items.
    #[error(
        "{leaves} tests of {rows} items each are more than the {limit} tests of single items that one evaluation may make"
    )]
    TooCostly {
        /// Tests in the expression.
        leaves: usize,
        /// Items that each of them would look at.
        rows: usize,
        /// [`Limits::max_row_tests`](crate::Limits::max_row_tests).
        limit: u64,
    },
}

/// Why a text is not an expression, with the place of the problem.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct ParseError {
    /// First byte of what is wrong, counted from 0; the length of the text where something is missing
    /// at its end.
    pub start: usize,
    /// First byte after it.
    pub end: usize,
    /// Line of `start`, counted from 1.
    pub line: usize,
    /// Column of `start` in characters, counted from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: Problem,
}

impl ParseError {
    pub(crate) fn new(text: &str, (start, end): (usize, usize), problem: Problem) -> Self {
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            start,
            end,
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            problem,
        }
    }
}

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// Something else was expected.
    #[error("expected {expected}, found {found}{}", told(*.help))]
    Expected {
        /// What could stand here.
        expected: Expected,
        /// What stands here.
        found: Found,
        /// What was probably meant.
        help: Option<Help>,
    },
    /// There is no field of this name.
    #[error("there is no field {found}{}", told(*.help))]
    UnknownField {
        /// The name.
        found: Found,
        /// What was probably meant.
        help: Option<Help>,
    },
    /// A value past what can be compared.
    #[error("expected {expected}, found {found}")]
    OutOfRange {
        /// The bounds.
        expected: &'static str,
        /// What stands here.
        found: Found,
    },
    /// A quote that nothing closes.
    #[error("the text that begins here has no closing quote")]
    OpenText,
    /// A backslash in a text before something other than a quote or a backslash.
    #[error("expected a quote or a backslash after a backslash, found {found}")]
    Escape {
        /// What stands after it.
        found: Found,
    },
    /// The text is too long.
    #[error("an expression has at most {limit} bytes, found {found}")]
    TooLong {
        /// [`Limits::max_bytes`](crate::Limits::max_bytes).
        limit: usize,
        /// Bytes of the text.
        found: usize,
    },
    /// There are too many tests.
    #[error("an expression has at most {limit} tests")]
    TooManyLeaves {
        /// [`Limits::max_leaves`](crate::Limits::max_leaves).
        limit: usize,
    },
    /// Parentheses and `not`s are nested too deep.
    #[error("parentheses and `not` nest at most {limit} deep")]
    TooDeep {
        /// [`Limits::max_depth`](crate::Limits::max_depth).
        limit: usize,
    },
    /// Lists hold too many values.
    #[error("the lists of an expression hold at most {limit} values")]
    TooManyValues {
        /// [`Limits::max_values`](crate::Limits::max_values).
        limit: usize,
    },
}

/// What could stand at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expected {
    /// A test, or something around one.
    Test,
    /// What may follow a test.
    Continuation,
    /// What may follow a test inside parentheses.
    Closing,
    /// An operator that the field takes.
    Operator(Field),
    /// A value that the field can be compared with.
    Value(Field),
    /// A literal of the field's type, as a list may hold it.
    Literal(Field),
    /// One of the words or signs shown.
    Words(&'static str),
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Test => f.write_str("a field, `not` or `(`"),
            Self::Continuation => f.write_str("`and`, `or` or the end"),
            Self::Closing => f.write_str("`and`, `or` or `)`"),
            Self::Operator(field) => {
                write!(f, "{} after `{}`", operators(*field), field.name())
            }
            Self::Value(field) => write!(f, "{} for `{}`", values(*field), field.name()),
            Self::Literal(field) => write!(f, "{} for `{}`", literals(*field), field.name()),
            Self::Words(words) => f.write_str(words),
        }
    }
}

/// The operators that a field takes, for people.
fn operators(field: Field) -> &'static str {
    use crate::Type;
    match field.ty() {
        Type::Text | Type::Texts => {
            "`=`, `!=`, `in`, `not in`, `starts with`, `contains`, `is set` or `is missing`"
        }
        Type::Kind => "`=`, `!=`, `in` or `not in`",
        Type::Number | Type::Duration | Type::Time => {
            "`=`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `not in`, `is set` or `is missing`"
        }
        Type::Flag => "no operator",
    }
}

/// What a field may be compared with, for people.
fn values(field: Field) -> &'static str {
    use crate::Type;
    match field.ty() {
        Type::Text | Type::Texts => "a text in quotes or a text field of the viewer",
        Type::Number => "a whole number or `viewer.age`",
        Type::Time => "a date, a moment, `now` or `viewer.joined`",
        Type::Kind | Type::Duration | Type::Flag => literals(field),
    }
}

/// The literals of a field, for people.
fn literals(field: Field) -> &'static str {
    use crate::Type;
    match field.ty() {
        Type::Text | Type::Texts => "a text in quotes",
        Type::Kind => {
            "`movie`, `series`, `episode`, `clip`, `post`, `music`, `book`, `product` or `other`"
        }
        Type::Number => "a whole number",
        Type::Duration => "a duration such as `90s`, `30m` or `1h30m`",
        Type::Time => {
            "a date such as `2020`, `2020-03` or `2020-03-31`, or a moment such as `2020-03-31T20:15:00Z`"
        }
        Type::Flag => "nothing",
    }
}

/// A piece of the text, as an error shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found(Option<String>);

impl Found {
    /// Most characters that are shown.
    const LONGEST: usize = 40;

    /// The piece `text`; none stands for the end.
    pub(crate) fn new(text: &str) -> Self {
        if text.is_empty() {
            return Self(None);
        }
        let mut shown: String = text.chars().take(Self::LONGEST).map(visible).collect();
        if shown.len() < text.len() && text.chars().count() > Self::LONGEST {
            shown.push('…');
        }
        Self(Some(shown))
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str("the end"),
            Some(text) => write!(f, "`{text}`"),
        }
    }
}

/// What somebody probably meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Help {
    /// This word or sign.
    DidYouMean(&'static str),
    /// The same word, in quotes.
    Quotes,
}

impl fmt::Display for Help {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DidYouMean(name) => write!(f, "did you mean `{name}`?"),
            Self::Quotes => f.write_str("texts stand in quotes"),
        }
    }
}

fn told(help: Option<Help>) -> String {
    help.map(|help| format!("; {help}")).unwrap_or_default()
}

/// Characters that would break a line of a terminal, as a space.
pub(crate) fn visible(letter: char) -> char {
    if letter.is_control() { ' ' } else { letter }
}
