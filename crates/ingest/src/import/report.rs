//! What an import came to.

use std::path::{Path, PathBuf};

use crate::{
    format::Format,
    manifest::{Counts, SourceFile},
    reject::Rejections,
};

/// What an import took, what it left out, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
#[non_exhaustive]
pub struct ImportReport {
    /// Number of the import; none where every file had been imported before.
    pub number: Option<u32>,
    /// The files, in the order in which they were read.
    pub files: Vec<FileReport>,
    /// What was taken, over all files.
    pub counts: Counts,
    /// Rows that could not be taken, over all files.
    pub rejections: Rejections,
}

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct FileReport {
    /// The file.
    pub path: PathBuf,
    /// The format it was read as.
    pub format: Format,
    /// Number of its unpacked bytes.
    pub bytes: u64,
    /// What became of it.
    pub outcome: FileOutcome,
}

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileOutcome {
    /// It was read.
    Read {
        /// Records taken, before events of known ids were left out.
        taken: u64,
        /// Rows that could not be taken.
        rejected: u64,
    },
    /// Its content had been imported, so it was left out.
    Known {
        /// Number of the import that read it.
        import: u32,
    },
}

impl FileReport {
    pub(super) fn read(path: &Path, file: &SourceFile, (taken, rejected): (u64, u64)) -> Self {
        Self::of(path, file, FileOutcome::Read { taken, rejected })
    }

    pub(super) fn known(path: &Path, file: &SourceFile, import: u32) -> Self {
        Self::of(path, file, FileOutcome::Known { import })
    }

    fn of(path: &Path, file: &SourceFile, outcome: FileOutcome) -> Self {
        Self {
            path: path.to_owned(),
            format: file.format,
            bytes: file.bytes,
            outcome,
        }
    }
}
