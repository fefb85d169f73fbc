//! Rows that cannot be taken: why, where, and how many.

use std::{fmt, path::PathBuf};

/// How many bad rows a report shows in full.
pub const SHOWN_REJECTIONS: usize = 10;

/// How much of a bad field a report shows, in characters.
const SHOWN_CHARACTERS: usize = 60;

/// Why a row cannot be taken.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// The row has more or fewer columns than the first one.
    ColumnCount,
    /// A field that must be a number is none, or not a finite one.
    NotANumber,
    /// An id is empty.
    EmptyId,
    /// An id is longer than [`marquee_core::id::MAX_ID_BYTES`].
    LongId,
    /// A field that must be a time is none.
    BadTime,
    /// A kind of event that does not exist.
    UnknownKind,
    /// The row is not UTF-8.
    NotUtf8,
    /// The row is longer than any row may be.
    LongLine,
    /// A quoted field does not end.
    OpenQuote,
    /// The line is not JSON, or a field has the wrong type.
    BadJson,
    /// A JSON object has a field that does not exist.
    UnknownField,
    /// A JSON object lacks a field that it must have.
    MissingField,
}

impl Reason {
    /// Every reason, in the order in which reports list them.
    pub const ALL: [Self; 12] = [
        Self::ColumnCount,
        Self::NotANumber,
        Self::EmptyId,
        Self::LongId,
        Self::BadTime,
        Self::UnknownKind,
        Self::NotUtf8,
        Self::LongLine,
        Self::OpenQuote,
        Self::BadJson,
        Self::UnknownField,
        Self::MissingField,
    ];

    /// What a person reads.
    pub const fn text(self) -> &'static str {
        match self {
            Self::ColumnCount => "wrong number of columns",
            Self::NotANumber => "not a number",
            Self::EmptyId => "empty id",
            Self::LongId => "id too long",
            Self::BadTime => "not a time",
            Self::UnknownKind => "unknown kind of event",
            Self::NotUtf8 => "not UTF-8",
            Self::LongLine => "line too long",
            Self::OpenQuote => "quote without end",
            Self::BadJson => "not the expected JSON",
            Self::UnknownField => "unknown JSON field",
            Self::MissingField => "missing JSON field",
        }
    }
}

/// One row that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Rejection {
    /// Why.
    pub reason: Reason,
    /// The file.
    pub file: PathBuf,
    /// The line, from 1; for Parquet the row, from 1.
    pub line: u64,
    /// The column or JSON field that is wrong; empty where it is the whole row.
    pub field: String,
    /// What should have been there.
    pub expected: String,
    /// What was there, cut to a length that can be shown.
    pub found: String,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file.display(), self.line)?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        write!(
            f,
            "{}: expected {}, found {:?}",
            self.reason.text(),
            self.expected,
            self.found
        )
    }
}

/// Bad rows of an import: how many for each reason, and the first of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Rejections {
    counts: Vec<(Reason, u64)>,
    first: Vec<Rejection>,
}

impl Rejections {
    /// Number of bad rows.
    pub fn total(&self) -> u64 {
        self.counts.iter().map(|(_, count)| count).sum()
    }

    /// Number of bad rows for each reason there was, in the order of [`Reason`].
    pub fn counts(&self) -> &[(Reason, u64)] {
        &self.counts
    }

    /// The first bad rows, at most [`SHOWN_REJECTIONS`].
    pub fn first(&self) -> &[Rejection] {
        &self.first
    }

    /// Counts one bad row.
    pub(crate) fn push(&mut self, rejection: Rejection) {
        match self
            .counts
            .binary_search_by_key(&rejection.reason, |(reason, _)| *reason)
        {
            Ok(at) => self.counts[at].1 += 1,
            Err(at) => self.counts.insert(at, (rejection.reason, 1)),
        }
        if self.first.len() < SHOWN_REJECTIONS {
            self.first.push(rejection);
        }
    }
}

/// What is wrong with one field of a row, before file and line are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) reason: Reason,
    pub(crate) field: String,
    pub(crate) expected: String,
    pub(crate) found: String,
}

impl Fault {
    /// A fault of `field`, which holds `found` in place of `expected`.
    pub(crate) fn new(
        reason: Reason,
        field: impl Into<String>,
        expected: impl Into<String>,
        found: &[u8],
    ) -> Self {
        Self {
            reason,
            field: field.into(),
            expected: expected.into(),
            found: shown(found),
        }
    }

    /// The rejection of line `line` of `file`.
    pub(crate) fn at(self, file: impl Into<PathBuf>, line: u64) -> Rejection {
        Rejection {
            reason: self.reason,
            file: file.into(),
            line,
            field: self.field,
            expected: self.expected,
            found: self.found,
        }
    }
}

/// The start of `bytes` as text, with a sign that it was cut where it was.
fn shown(bytes: &[u8]) -> String {
    // Four bytes a character at most, and one character more to see that something is left.
    let start = &bytes[..bytes.len().min(4 * (SHOWN_CHARACTERS + 1))];
    let text = String::from_utf8_lossy(start);
    let mut out: String = text.chars().take(SHOWN_CHARACTERS).collect();
    if out.len() < bytes.len() && text.chars().count() > SHOWN_CHARACTERS {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(reason: Reason) -> Rejection {
        Fault::new(reason, "rating", "a number", b"x").at("a.csv", 3)
    }

    #[test]
    fn counts_all_and_keeps_the_first_ten() {
        let mut all = Rejections::default();
        for _ in 0..12 {
            all.push(fault(Reason::BadTime));
        }
        all.push(fault(Reason::ColumnCount));
        assert_eq!(all.total(), 13);
        assert_eq!(
            all.counts(),
            [(Reason::ColumnCount, 1), (Reason::BadTime, 12)]
        );
        assert_eq!(all.first().len(), SHOWN_REJECTIONS);
    }

    #[test]
    fn says_where_what_was_expected_and_found() {
        assert_eq!(
            fault(Reason::NotANumber).to_string(),
            "a.csv:3: rating: not a number: expected a number, found \"x\""
        );
    }

    #[test]
    fn long_fields_are_cut() {
        let got = shown("é".repeat(500).as_bytes());
        assert_eq!(got.chars().count(), SHOWN_CHARACTERS + 1);
        assert!(got.ends_with('…'));
        assert_eq!(shown(b"short"), "short");
    }
}
