//! What can go wrong in training, opening and asking a model.

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a model could not be trained, opened or asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A configuration value is outside what the model accepts.
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
    /// There is nothing to learn from.
    #[error("{model}: no interactions ({n_users} users, {n_items} items)")]
    NoInteractions {
        /// Name of the model.
        model: &'static str,
        /// Number of users of the dataset.
        n_users: usize,
        /// Number of items of the dataset.
        n_items: usize,
    },
    /// A weight that the model cannot use.
    #[error("{model}: item {item} has weight {found}, expected {expected}")]
    Weight {
        /// Name of the model.
        model: &'static str,
        /// Row of the item.
        item: u32,
        /// The weight found.
        found: f32,
        /// What would have been accepted.
        expected: &'static str,
    },
    /// Training produced a number that is not finite; nothing was kept.
    #[error("{model}: values stopped being finite at step {iteration}")]
    NotFinite {
        /// Name of the model.
        model: &'static str,
        /// The step, counted from 1.
        iteration: usize,
    },
    /// A linear system has no solution to working precision.
    #[error("{model}: the matrix is not positive definite at row {pivot}")]
    NotPositiveDefinite {
        /// Name of the model.
        model: &'static str,
        /// The row at which factoring stopped.
        pivot: usize,
    },
    /// The progress callback asked to stop.
    #[error("{model}: stopped at step {iteration}")]
    Stopped {
        /// Name of the model.
        model: &'static str,
        /// The step, counted from 1.
        iteration: usize,
    },
    /// An item that the model does not have.
    #[error("{model}: no item {item}, there are {n_items}")]
    UnknownItem {
        /// Name of the model.
        model: &'static str,
        /// The row asked for.
        item: u32,
        /// Number of items of the model.
        n_items: usize,
    },
    /// A buffer for results has the wrong length.
    #[error("{model}: room for {found} scores, expected {expected}")]
    ScoresLength {
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
    /// The best items could not be looked up.
    #[error(transparent)]
    Retrieval(#[from] marquee_ann::Error),
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
    /// Sections of an artifact do not make a sparse matrix.
    #[error("{model}: the sections of {matrix:?} are not a sparse matrix")]
    SparseSections {
        /// Name of the model.
        model: &'static str,
        /// What the matrix is called.
        matrix: &'static str,
        /// What is wrong with it.
        source: marquee_core::SparseError,
    },
    /// The columns of a row of a sparse matrix do not rise.
    #[error("{model}: columns of row {row} of {matrix:?} do not rise")]
    ColumnOrder {
        /// Name of the model.
        model: &'static str,
        /// What the matrix is called.
        matrix: &'static str,
        /// The first such row.
        row: usize,
    },
    /// The dataset needs more memory than the configuration allows.
    #[error("{model}: needs {needed} bytes of memory, but max_memory_gib allows {limit}")]
    Memory {
        /// Name of the model.
        model: &'static str,
        /// Bytes needed at the peak, at most.
        needed: u64,
        /// Bytes allowed.
        limit: u64,
    },
}
