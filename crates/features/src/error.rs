//! What can go wrong with tables and their files.

use std::path::PathBuf;

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why features were not made, taken or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Values do not make a table.
    #[error("feature table")]
    Table {
        /// What is wrong with them.
        source: TableFault,
    },
    /// A file holds no table that can be read.
    #[error("features in {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: TableFault,
    },
    /// A file of feature declarations is wrong at a place.
    #[error("features, line {line} column {column}")]
    Declaration {
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What is wrong there.
        source: Box<DeclarationFault>,
    },
    /// A table of vectors is not as the features declare it.
    #[error("vectors {name:?}: {found} numbers each, the features declare {expected}")]
    Vectors {
        /// Name of the table.
        name: String,
        /// Length of its vectors; 0 where there is no such table.
        found: usize,
        /// Length that was declared.
        expected: usize,
    },
    /// An id has no row.
    #[error("row of an id")]
    Row {
        /// Why.
        #[from]
        source: marquee_core::VocabularyError,
    },
    /// An artifact could not be written, opened or read.
    #[error("artifact of features")]
    Store {
        /// What the store said.
        #[from]
        source: marquee_store::Error,
    },
}

impl From<TableFault> for Error {
    fn from(source: TableFault) -> Self {
        Self::Table { source }
    }
}

/// What is wrong with a declaration.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DeclarationFault {
    /// The text is not TOML.
    #[error("not TOML")]
    Syntax {
        /// What its parser says.
        source: toml::de::Error,
    },
    /// The file is of a version that this program does not read.
    #[error("version {found}, expected 1")]
    Version {
        /// Its version.
        found: f64,
    },
    /// Something has to be said and is not.
    #[error("{key:?} is missing")]
    Missing {
        /// The key.
        key: &'static str,
    },
    /// A key stands where it says nothing.
    #[error("{key:?} says nothing here; expected {expected}")]
    UnknownKey {
        /// The key.
        key: String,
        /// Keys that are known here.
        expected: String,
    },
    /// A value is of another type.
    #[error("{key:?} is {found}, expected {expected}")]
    Type {
        /// The key.
        key: &'static str,
        /// What the value is.
        found: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// A word is none of those that are known here.
    #[error("{found:?} is no {what}; expected {expected}")]
    Unknown {
        /// What the word should be.
        what: &'static str,
        /// The word.
        found: String,
        /// The words that are known, or what is asked for.
        expected: String,
    },
    /// A length of time has no unit, or one that is not known.
    #[error("{key:?} = {found:?} is no length of time; write 30s, 90m, 36h, 7d or 2w")]
    Unit {
        /// The key.
        key: &'static str,
        /// What stands there.
        found: String,
    },
    /// A number is out of range.
    #[error("{key:?} is {found}, expected {expected}")]
    Range {
        /// The key.
        key: &'static str,
        /// The number.
        found: f64,
        /// What may stand there.
        expected: &'static str,
    },
    /// Two features or columns have the same name.
    #[error("feature {name:?} stands twice, first in line {first}")]
    Repeated {
        /// The name.
        name: String,
        /// Line of the first one.
        first: usize,
    },
    /// Features are made from each other.
    #[error("features are made from each other: {path}")]
    Cycle {
        /// Their names, the first again at the end.
        path: String,
    },
    /// A feature is made from one that does not fit.
    #[error("{name:?} is {found}, expected {expected}")]
    Input {
        /// The feature it is made from.
        name: String,
        /// What that is.
        found: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// Two keys exclude each other.
    #[error("{first:?} and {second:?} exclude each other")]
    Both {
        /// One key.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
}

/// What is wrong with a table, and where. Requests and rows count from 0.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TableFault {
    /// A column has no name, or one that is too long.
    #[error(
        "column name {name:?} has not 1 to {} bytes",
        crate::table::MAX_NAME_BYTES
    )]
    Name {
        /// The name.
        name: String,
    },
    /// Two columns have the same name.
    #[error("column {name:?} stands twice")]
    Repeated {
        /// The name.
        name: String,
    },
    /// A sparse column or a sequence has no ids at all.
    #[error("column {name:?} has size 0; id 0 stands for unknown, so a size is 1 at the least")]
    Size {
        /// The column.
        name: String,
    },
    /// A sequence shares the ids of a column that is not there or has another size.
    #[error(
        "sequence {name:?} of size {size} shares {shares:?}, which is no sparse column of that size"
    )]
    Shares {
        /// The sequence.
        name: String,
        /// Its size.
        size: u32,
        /// The column it names.
        shares: String,
    },
    /// There are more or fewer values than columns, requests or rows ask for.
    #[error("{part} has {found} values, expected {expected}")]
    Length {
        /// Which values.
        part: &'static str,
        /// How many there are.
        found: u64,
        /// How many there should be.
        expected: u64,
    },
    /// Offsets do not rise from 0 to the end.
    #[error("{part}: offset {entry} does not rise from 0 to the end")]
    Offset {
        /// Which offsets.
        part: &'static str,
        /// First wrong one, counted from 0.
        entry: u64,
    },
    /// An id is not below the size of its column.
    #[error("column {column:?} at {place}: id {found}, expected less than {size}")]
    Id {
        /// The column.
        column: String,
        /// Request or row.
        place: u64,
        /// The id.
        found: u32,
        /// Size of the column.
        size: u32,
    },
    /// A sequence is longer than it may be.
    #[error("sequence {column:?} of request {place}: {found} ids, at most {most} are kept")]
    TooLong {
        /// The sequence.
        column: String,
        /// The request.
        place: u64,
        /// Its length.
        found: u64,
        /// The longest there may be.
        most: u32,
    },
    /// A number is outside of what its column may hold.
    #[error("column {column:?} at {place}: {found}, expected {expected}")]
    Value {
        /// The column or head.
        column: String,
        /// Request or row.
        place: u64,
        /// The number.
        found: f32,
        /// What may stand there.
        expected: &'static str,
    },
    /// A row was added before any request.
    #[error("a row belongs to a request, and there is none yet")]
    NoRequest,
    /// A name stands for no head.
    #[error("{name:?} is no head; custom ones are written custom:NAME")]
    Head {
        /// The name.
        name: String,
    },
    /// The columns are not those that were asked for.
    #[error(
        "schema {found:016x}, expected {expected:016x}: features were made by another configuration"
    )]
    Fingerprint {
        /// Fingerprint of what is there.
        found: u64,
        /// Fingerprint that was asked for.
        expected: u64,
    },
}
