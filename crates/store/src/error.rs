//! What can go wrong with files and folders.

use std::{io, path::PathBuf};

use crate::{Fault, ModelVersion};

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an artifact could not be written, opened or read, or the registry not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file system refused, for example because the disk is full.
    #[error("cannot {operation} {}", path.display())]
    Io {
        /// What was tried, a verb.
        operation: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// An artifact is damaged, of another version, not what the reader expects, or was put together
    /// wrongly by its writer.
    #[error("artifact {}", path.display())]
    Artifact {
        /// The file; `(memory)` for bytes that came from no file.
        path: PathBuf,
        /// What is wrong with it.
        source: Fault,
    },
    /// A model's name does not consist of 1 to 64 of `a-z`, `0-9` and `-`.
    #[error("model name {found:?} is not 1 to 64 of a-z, 0-9 and -")]
    ModelName {
        /// The name.
        found: String,
    },
    /// A text does not name a model version.
    #[error("{found:?} is not a model version such as ials/000003")]
    ModelVersion {
        /// The text.
        found: String,
    },
    /// There is no such version in the registry.
    #[error("version {version} does not exist in {}", path.display())]
    VersionMissing {
        /// The version.
        version: ModelVersion,
        /// Where it should be.
        path: PathBuf,
    },
    /// The version is being served.
    #[error("version {version} is active; activate another one before removing it")]
    VersionActive {
        /// The version.
        version: ModelVersion,
    },
    /// A version was published that holds no file.
    #[error("staged version {} holds no file", path.display())]
    VersionEmpty {
        /// The staging folder.
        path: PathBuf,
    },
    /// All version numbers of a model are used up.
    #[error("model {name:?} has used all version numbers")]
    VersionsExhausted {
        /// The model's name.
        name: String,
    },
    /// A staging folder holds something that is neither a file nor a folder.
    #[error("{} is neither a file nor a folder", path.display())]
    FileType {
        /// The entry.
        path: PathBuf,
    },
    /// There is no earlier version to go back to.
    #[error("no earlier version to roll back to in {}", path.display())]
    NothingEarlier {
        /// The pointer file.
        path: PathBuf,
    },
    /// A file of the registry cannot be read; nothing but the registry should write it.
    #[error("{} line {line}: expected {expected}, found {found:?}; repair or delete the file", path.display())]
    RegistryFile {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1.
        line: usize,
        /// What should stand there.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
}

impl Error {
    /// Wraps what the file system said; made for `map_err`.
    pub(crate) fn io(
        operation: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            operation,
            path,
            source,
        }
    }

    /// Wraps a fault of the artifact at `path`; made for `map_err`.
    pub(crate) fn artifact(path: impl Into<PathBuf>) -> impl FnOnce(Fault) -> Self {
        let path = path.into();
        move |source| Self::Artifact { path, source }
    }
}
