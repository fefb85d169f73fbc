//! Bulk data in and out: readers of many formats, the data folder they are imported into, and the
//! way back from a folder to a [`Dataset`](marquee_core::Dataset).
//!
//! ```text
//! files ─ plan ─▶ reader ─▶ rows ─ intern, de-duplicate ─▶ segments + imports.json ─ load ─▶ Dataset
//! ```
//!
//! - [`DataFolder::import`] takes files in: MovieLens, RecBole, CSV and TSV, JSON Lines, Parquet,
//!   adjacency text; each plain, gzip or Zstandard.
//! - [`DataFolder::load_interactions`] and [`DataFolder::catalog`] give back what models train on.
//! - [`read_split`] reads a published pair of training and test file without any folder.
//!
//! # Example
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let tmp = tempfile::tempdir()?;
//! use marquee_ingest::{DataFolder, ImportRequest, Selection};
//!
//! let file = tmp.path().join("ratings.csv");
//! std::fs::write(&file, "userId,movieId,rating,timestamp\nann,heat,4.5,964982703\n")?;
//!
//! let mut folder = DataFolder::open_or_create(tmp.path().join("data"))?;
//! let report = folder.import(&ImportRequest::new(file), &mut |_progress| {})?;
//! assert_eq!(report.counts.events, 1);
//!
//! let loaded = folder.load_interactions(&Selection::default())?;
//! assert_eq!(loaded.dataset.n_interactions(), 1);
//! assert_eq!(loaded.items.id(0), Some("heat"));
//! # Ok(())
//! # }
//! ```

mod catalog;
mod error;
mod export;
mod extra;
mod fields;
mod folder;
mod format;
mod import;
mod intern;
mod lines;
mod load;
pub mod manifest;
mod mapping;
#[cfg(feature = "parquet")]
mod parquet;
mod parse;
mod plan;
mod read;
mod reject;
mod row;
mod segment;
mod sessions;
mod source;
mod split;

pub use catalog::Catalog;
pub use error::{Error, MappingProblem, Result, SegmentProblem};
pub use export::Retracted;
pub use extra::value_of;
pub use folder::DataFolder;
pub use format::{Choice, Format, RecordKind, UnknownName};
pub use import::{
    BadRows, ErasedImports, FileOutcome, FileReport, ImportReport, ImportRequest, Progress,
};
pub use load::{
    EventWeights, Later, Loaded, Opposition, Selection, Signal, Stats, Values, ViewerFold,
    fold_viewer,
};
pub use mapping::{ColumnMapping, Field};
#[cfg(feature = "parquet")]
pub use parquet::ParquetEvents;
pub use parse::TimeUnit;
pub use plan::{ReadOptions, detect};
pub use reject::{Reason, Rejection, Rejections, SHOWN_REJECTIONS};
pub use segment::hash_of as event_id_hash;
pub use sessions::{Sessions, read_sessions};
pub use split::{HeldOut, Split, SplitCounts, SplitFiles, read_interactions, read_split};
