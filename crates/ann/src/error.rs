//! What can go wrong in building, opening and asking.

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a table was refused, an index not built or opened, or a question not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A table's numbers are not whole rows, or there are too many.
    #[error("{found} numbers, expected rows of {d}, at most {most} of them")]
    TableShape {
        /// How many numbers there are.
        found: usize,
        /// Numbers in a row.
        d: usize,
        /// The most rows.
        most: usize,
    },
    /// Rows have no dimensions, or too many.
    #[error("{found} dimensions, expected 1 to {most}")]
    Dimensions {
        /// How many.
        found: usize,
        /// The most that are accepted.
        most: usize,
    },
    /// A row has a number that is not finite, or is so long that products would overflow.
    #[error("row {row} has length {length}, expected a finite one of at most {most}")]
    RowLength {
        /// The row.
        row: usize,
        /// Its length; not-a-number where one of its numbers is.
        length: f64,
        /// The most that is accepted.
        most: f64,
    },
    /// The same for a query.
    #[error("query {query} has length {length}, expected a finite one of at most {most}")]
    QueryLength {
        /// Which of the queries that were handed over.
        query: usize,
        /// Its length; not-a-number where one of its numbers is.
        length: f64,
        /// The most that is accepted.
        most: f64,
    },
    /// A query, or several side by side, are not of the table's dimensions.
    #[error("queries have {found} numbers, expected a multiple of {d}")]
    QueryDimensions {
        /// How many numbers there are.
        found: usize,
        /// Numbers in a row of the table.
        d: usize,
    },
    /// A copy of a table has another size than the table asks for.
    #[error("a copy of {found} bytes, expected {expected}")]
    Copy {
        /// Bytes of the copy.
        found: usize,
        /// Bytes it should have.
        expected: usize,
    },
    /// A bitmap is not that of the table's rows.
    #[error(
        "a bitmap of {found} words for {n_rows} rows, expected {expected} and no bit beyond the rows"
    )]
    Bitmap {
        /// Words of the bitmap.
        found: usize,
        /// Words that fit.
        expected: usize,
        /// Rows of the table.
        n_rows: usize,
    },
    /// An option is outside what is accepted.
    #[error("{field} is {found}, expected {expected}")]
    Config {
        /// The option.
        field: &'static str,
        /// The value found.
        found: f64,
        /// What would have been accepted.
        expected: &'static str,
    },
    /// An artifact cannot be written, opened or read.
    #[error(transparent)]
    Store(#[from] marquee_store::Error),
    /// A section of an artifact does not fit the others, or the table.
    #[error("section {section:?} has extent {found}, expected {expected}")]
    SectionShape {
        /// The section.
        section: &'static str,
        /// Its extent.
        found: usize,
        /// The extent that fits.
        expected: usize,
    },
    /// A section of an artifact holds a value that cannot be.
    #[error("section {section:?} holds {found} at {place}, expected {expected}")]
    SectionValue {
        /// The section.
        section: &'static str,
        /// Position of the value.
        place: usize,
        /// The value.
        found: u64,
        /// What would have been accepted.
        expected: &'static str,
    },
    /// The table is not the one that the artifact was made of.
    #[error("row {row} of the table is not what section {section:?} was made of")]
    OtherTable {
        /// The section.
        section: &'static str,
        /// The first row that differs.
        row: usize,
    },
}
