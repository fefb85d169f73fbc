//! The forms of data that can be imported.

use std::{fmt, str::FromStr};

/// A form of data: a file, or a folder of files that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Format {
    /// The folder of MovieLens 100K: `u.data`, `u.item`, `u.genre`, `u.user`.
    #[serde(rename = "movielens-100k")]
    MovieLens100K,
    /// The folder of MovieLens 1M and 10M: `ratings.dat`, `movies.dat`, `users.dat`, `tags.dat`.
    #[serde(rename = "movielens-1m")]
    MovieLens1M,
    /// The folder of MovieLens latest, 20M, 25M and 32M: `ratings.csv`, `movies.csv`, `tags.csv`;
    /// also `items.csv` and `users.csv` in place of or beside them.
    #[serde(rename = "movielens-csv")]
    MovieLensCsv,
    /// Atomic files of RecBole, or the folder of them: `.inter`, `.item`, `.user`.
    #[serde(rename = "recbole")]
    RecBole,
    /// A table with commas or semicolons, with or without a header.
    Csv,
    /// A table with tabs, with or without a header.
    Tsv,
    /// JSON Lines of events, items, users or creators, or a folder of such files.
    Jsonl,
    /// Parquet with flat columns, or a folder of such files.
    Parquet,
    /// Adjacency text: `user item item …` a line.
    Adjacency,
    /// Sequences: `item item …` a line, each line a session of its own. Never found out, as adjacency
    /// text looks the same.
    Sequences,
}

/// What the rows of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// What people did.
    Events,
    /// Items of the catalog.
    Items,
    /// Users.
    Users,
    /// Creators of items.
    Creators,
}

/// Something that a caller may give or leave to be found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Choice<T> {
    /// Find it out from the data.
    #[default]
    Detect,
    /// Take this.
    Given(T),
}

impl<T> Choice<T> {
    /// What was given, or what `find` finds.
    pub fn or_else(self, find: impl FnOnce() -> T) -> T {
        match self {
            Self::Detect => find(),
            Self::Given(value) => value,
        }
    }
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 10] = [
        Self::MovieLens100K,
        Self::MovieLens1M,
        Self::MovieLensCsv,
        Self::RecBole,
        Self::Csv,
        Self::Tsv,
        Self::Jsonl,
        Self::Parquet,
        Self::Adjacency,
        Self::Sequences,
    ];

    /// The name used on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MovieLens100K => "movielens-100k",
            Self::MovieLens1M => "movielens-1m",
            Self::MovieLensCsv => "movielens-csv",
            Self::RecBole => "recbole",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
            Self::Adjacency => "adjacency",
            Self::Sequences => "sequences",
        }
    }

    /// All names, for messages.
    pub(crate) fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

impl RecordKind {
    /// Every kind of record.
    pub const ALL: [Self; 4] = [Self::Events, Self::Items, Self::Users, Self::Creators];

    /// The name used on the command line, which is also the stem of its file in a folder.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Items => "items",
            Self::Users => "users",
            Self::Creators => "creators",
        }
    }
}

/// A name that stands for no format or kind of record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown name {found:?}, expected one of {expected}")]
pub struct UnknownName {
    /// The name.
    pub found: String,
    /// The names there are.
    pub expected: String,
}

impl FromStr for Format {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let found = Self::ALL.into_iter().find(|format| format.name() == name);
        found.ok_or_else(|| UnknownName {
            found: name.to_owned(),
            expected: Self::names(),
        })
    }
}

impl FromStr for RecordKind {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| UnknownName {
            found: name.to_owned(),
            expected: Self::ALL.map(Self::name).join(", "),
        })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        for format in Format::ALL {
            assert_eq!(format.name().parse(), Ok(format));
            let json = serde_json::to_string(&format).unwrap();
            assert_eq!(json, format!("\"{format}\""));
        }
        for kind in RecordKind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
        }
        assert!("excel".parse::<Format>().is_err());
    }
}
