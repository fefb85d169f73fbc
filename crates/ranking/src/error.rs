//! What can go wrong in training, opening and asking a ranker.

use marquee_features::Head;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a ranker could not be trained, opened or asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A configuration value is outside what is accepted.
    #[error("{model}: {field} is {found}, expected {expected}")]
    Config {
        /// Name of the model.
        model: &'static str,
        /// The field of its configuration.
        field: &'static str,
        /// The value found.
        found: f64,
        /// What would have been accepted.
        expected: &'static str,
    },
    /// The configuration speaks of a head that the training table does not have.
    #[error("{model}: no labels for head {head:?}")]
    NoSuchHead {
        /// Name of the model.
        model: &'static str,
        /// The head as it was named.
        head: String,
    },
    /// The configuration speaks of a column that the training table does not have.
    #[error("{model}: no column of ids {column:?}")]
    NoSuchColumn {
        /// Name of the model.
        model: &'static str,
        /// The column as it was named.
        column: String,
    },
    /// The configuration leaves a column out and has it told by its records.
    #[error(
        "{model}: column {column:?} is both left out and told by its records, expected one of them"
    )]
    ColumnTwice {
        /// Name of the model.
        model: &'static str,
        /// The column.
        column: String,
    },
    /// There is nothing to learn from.
    #[error("{model}: {rows} rows with {heads} heads, expected at least one of each")]
    Nothing {
        /// Name of the model.
        model: &'static str,
        /// Rows of the training table.
        rows: usize,
        /// Its heads.
        heads: usize,
    },
    /// No row has a label of a head that is to be learned.
    #[error("{model}: no label of head {head} is known")]
    NoLabels {
        /// Name of the model.
        model: &'static str,
        /// The head.
        head: Head,
    },
    /// A table has other columns than those the model was trained on.
    #[error("{model}: the table's schema is {found:016x}, the model's {expected:016x}")]
    Schema {
        /// Name of the model.
        model: &'static str,
        /// Fingerprint of the table's schema.
        found: u64,
        /// Fingerprint of the model's schema.
        expected: u64,
    },
    /// Two tables of one training have different heads.
    #[error("{model}: a table has {found} heads, the first one {expected}")]
    Heads {
        /// Name of the model.
        model: &'static str,
        /// Number of heads found.
        found: usize,
        /// Number of heads of the first table.
        expected: usize,
    },
    /// Training produced a number that is not finite; nothing was kept.
    #[error("{model}: values stopped being finite at step {iteration}")]
    NotFinite {
        /// Name of the model.
        model: &'static str,
        /// The step, counted from 1.
        iteration: usize,
    },
    /// The watcher asked to stop.
    #[error("{model}: stopped at step {iteration}")]
    Stopped {
        /// Name of the model.
        model: &'static str,
        /// The step, counted from 1.
        iteration: usize,
    },
    /// A buffer for results has the wrong length.
    #[error("{model}: room for {found} values, expected {expected}")]
    Room {
        /// Name of the model.
        model: &'static str,
        /// Length of the buffer.
        found: usize,
        /// Length needed.
        expected: usize,
    },
    /// An artifact cannot be written, opened or read.
    #[error(transparent)]
    Store(#[from] marquee_store::Error),
    /// The description of a model in an artifact cannot be read.
    #[error("{model}: the description of the model cannot be read")]
    Description {
        /// Name of the model.
        model: &'static str,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The description of a model in an artifact contradicts itself.
    #[error("{model}: {what} of the model's description is {found}, expected {expected}")]
    Contradiction {
        /// Name of the model.
        model: &'static str,
        /// Which part.
        what: &'static str,
        /// What stands there.
        found: usize,
        /// What the rest asks for.
        expected: usize,
    },
    /// A table or a schema breaks a rule.
    #[error(transparent)]
    Features(#[from] marquee_features::Error),
    /// A section of an artifact does not fit the others.
    #[error("{model}: section {section:?} has extent {found}, expected {expected}")]
    SectionShape {
        /// Name of the model.
        model: &'static str,
        /// The section.
        section: &'static str,
        /// Its extent.
        found: usize,
        /// The extent that fits.
        expected: usize,
    },
    /// The curve of a head in an artifact does not rise or is not finite.
    #[error("calibration: the curve of head {head} is not a rising one")]
    Curve {
        /// The head.
        head: Head,
    },
}
