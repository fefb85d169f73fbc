//! What can go wrong between a file from outside and a dataset.

use std::{io, path::PathBuf};

use marquee_core::{DatasetError, VocabularyError};

use crate::{
    format::Format,
    reject::{Rejection, Rejections},
};

/// What the functions of this crate give.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an import, a load or a split failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried: `open`, `read`, `write`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A segment, an id table or a catalog file is damaged or cannot be written.
    #[error("artifact {}", path.display())]
    Artifact {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: marquee_store::Error,
    },
    /// A file of the data folder opens, but what it holds contradicts itself.
    #[error("{}: {section} {problem}", path.display())]
    Segment {
        /// The file.
        path: PathBuf,
        /// The section that is wrong.
        section: &'static str,
        /// In what way.
        problem: SegmentProblem,
    },
    /// A Parquet file is damaged, or uses what is not supported.
    #[cfg(feature = "parquet")]
    #[error("parquet file {}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ::parquet::errors::ParquetError,
    },
    /// A catalog record in the data folder is not the JSON it was written as.
    #[error("{}: catalog record {record}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// Its position in the file, from zero.
        record: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The manifest of the data folder is not what it should be.
    #[error("manifest {}", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// Where and how.
        source: serde_json::Error,
    },
    /// The manifest was written by another version of this crate.
    #[error("manifest {} has version {found}, this program reads version {expected}", path.display())]
    ManifestVersion {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The version that is read here.
        expected: u32,
    },
    /// There is no data folder at this place.
    #[error("{} is not a data folder: it has no imports.json; import something into it first", dir.display())]
    NotADataFolder {
        /// The folder.
        dir: PathBuf,
    },
    /// Another process is importing into the folder.
    #[error("data folder {} is locked by another import; try again when it is done", dir.display())]
    Locked {
        /// The folder.
        dir: PathBuf,
    },
    /// An import names no file.
    #[error("nothing to import: no path was given")]
    NoInput,
    /// The format of a path cannot be told from its names and first lines.
    #[error("cannot tell the format of {}: {reason}; name one with --format ({})", path.display(), Format::names())]
    UnknownFormat {
        /// The file or folder.
        path: PathBuf,
        /// What was looked at.
        reason: &'static str,
    },
    /// A folder lacks a file that its format must have.
    #[error("{} is missing, which a {format} folder must have", path.display())]
    MissingFile {
        /// The file that should be there.
        path: PathBuf,
        /// The format.
        format: Format,
    },
    /// This build cannot read the format.
    #[error("{}: this program was built without {format} support (feature `parquet`)", path.display())]
    NotBuilt {
        /// The file.
        path: PathBuf,
        /// The format.
        format: Format,
    },
    /// A column mapping cannot be read.
    #[error("column mapping {part:?}: {problem}")]
    Mapping {
        /// The part of the mapping that is wrong.
        part: String,
        /// In what way.
        problem: MappingProblem,
    },
    /// A file has no column of the name that a mapping gives or a format needs.
    #[error("{}: no column {wanted}; its columns are: {}", path.display(), columns.join(", "))]
    Column {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        wanted: String,
        /// What the file has.
        columns: Vec<String>,
    },
    /// A strict import met rows that it cannot take; nothing was imported.
    #[error("refused, nothing was imported: {rejected} bad rows of {rows}")]
    Refused {
        /// Number of bad rows.
        rejected: u64,
        /// Number of rows read.
        rows: u64,
        /// The bad rows by reason, and the first of them.
        rejections: Box<Rejections>,
    },
    /// Not one row could be taken; nothing was imported.
    #[error("nothing was imported: all {rows} rows are bad")]
    NothingGood {
        /// Number of rows read.
        rows: u64,
        /// The bad rows by reason, and the first of them.
        rejections: Box<Rejections>,
    },
    /// The files hold no row at all.
    #[error("{} holds no rows", path.display())]
    Empty {
        /// The file or folder.
        path: PathBuf,
    },
    /// A file of a published split has a row that cannot be taken.
    #[error("split file: {0}")]
    SplitRow(Box<Rejection>),
    /// There are more ids than rows, or an id is none.
    #[error("ids of the data folder")]
    Vocabulary(#[from] VocabularyError),
    /// Interactions do not make a dataset.
    #[error("interactions of the data folder")]
    Dataset(#[from] DatasetError),
    /// What is exported cannot be written.
    #[error("cannot write the export")]
    Export {
        /// What the system said.
        source: io::Error,
    },
    /// A weight of a kind of event is negative or not finite.
    #[error("weight of {kind} events is {weight}, expected a finite number, zero or more")]
    Weight {
        /// The kind.
        kind: &'static str,
        /// Its weight.
        weight: f32,
    },
    /// More rows than one dataset can hold.
    #[error("{found} interactions, a dataset holds at most {}", u32::MAX)]
    TooMany {
        /// How many there are.
        found: u64,
    },
}

/// In what way a section of a data folder's file is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SegmentProblem {
    /// Two sections that belong together differ in length.
    #[error("has {found} entries, expected {expected}")]
    Length {
        /// Its length.
        found: u64,
        /// The length it should have.
        expected: u64,
    },
    /// An entry points outside what it points into.
    #[error("entry {entry} is {found}, the limit is {limit}")]
    OutOfRange {
        /// Position of the entry.
        entry: u64,
        /// What it says.
        found: u64,
        /// First value that is too large.
        limit: u64,
    },
    /// An entry is not JSON of the form that this crate writes.
    #[error("entry {entry} is not the JSON that was written")]
    Json {
        /// Position of the entry.
        entry: u64,
    },
    /// An entry lacks something its kind of event must have.
    #[error("entry {entry} is incomplete")]
    Incomplete {
        /// Position of the entry.
        entry: u64,
    },
}

/// In what way a part of a column mapping is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MappingProblem {
    /// It is not `field=column`.
    #[error("expected field=column")]
    NotAPair,
    /// The field is none of those that exist.
    #[error("unknown field; fields are {}", crate::mapping::FIELD_NAMES)]
    UnknownField,
    /// The field stands twice.
    #[error("the field is given twice")]
    Repeated,
}

impl Error {
    /// The bad rows for which an import was refused, if that is what happened.
    pub fn rejections(&self) -> Option<&Rejections> {
        match self {
            Self::Refused { rejections, .. } | Self::NothingGood { rejections, .. } => {
                Some(rejections)
            }
            _ => None,
        }
    }

    /// Makes an [`Error::Io`] of `source`, for `map_err`.
    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    /// Makes an [`Error::Artifact`] of `source`, for `map_err`.
    pub(crate) fn artifact(path: impl Into<PathBuf>) -> impl FnOnce(marquee_store::Error) -> Self {
        let path = path.into();
        move |source| Self::Artifact { path, source }
    }
}
