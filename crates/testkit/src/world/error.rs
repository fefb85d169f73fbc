//! What can go wrong with a world.

use std::{io, path::PathBuf};

/// Why a world was not made or not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorldError {
    /// A setting is out of range.
    #[error("world setting {field}: expected {smallest} to {largest}, found {found}")]
    Config {
        /// Which one.
        field: &'static str,
        /// What it was.
        found: f64,
        /// Smallest value accepted.
        smallest: f64,
        /// Largest value accepted.
        largest: f64,
    },
    /// A file or its folder could not be written.
    #[error("cannot write {path}", path = path.display())]
    Write {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A record could not be turned into JSON.
    #[error("cannot write {path}", path = path.display())]
    Json {
        /// The file it was for.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// A Parquet file could not be written.
    #[cfg(feature = "parquet")]
    #[error("cannot write {path}", path = path.display())]
    Parquet {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: parquet::errors::ParquetError,
    },
}
