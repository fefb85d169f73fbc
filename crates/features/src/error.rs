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
    #[error("feature table {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: TableFault,
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
