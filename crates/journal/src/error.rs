//! What can go wrong between an entry and the disk.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use marquee_core::IdError;

/// What the functions of this crate give.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the journal refused or failed.
///
/// Can be cloned, since one failed write is told to everybody whose entries were in it.
#[derive(Debug, Clone, thiserror::Error)]
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
        source: Arc<io::Error>,
    },
    /// The disk has no room. Nothing was written; the same entries may be sent again later.
    #[error("no room on the disk to write {}", path.display())]
    NoSpace {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// Another process has the journal open for writing.
    #[error("journal {} is open in another process; stop that one first", dir.display())]
    Locked {
        /// The folder.
        dir: PathBuf,
    },
    /// Too much waits to be written. Nothing of this request was taken; try again later.
    #[error("{waiting} bytes wait to be written, the limit is {limit}; try again later")]
    Full {
        /// Bytes that wait.
        waiting: usize,
        /// The limit.
        limit: usize,
    },
    /// The journal takes nothing more, because the disk did not confirm a write. Whether the entries
    /// of that write are there is known when the journal is opened again.
    #[error("the journal has stopped after a failed write; open it again")]
    Stopped {
        /// The failure, where there was one: none when the journal was just closed.
        #[source]
        cause: Option<Arc<Error>>,
    },
    /// A file holds something else than what was written.
    #[error("{} at byte {offset}: {problem}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where in it.
        offset: u64,
        /// In what way.
        problem: Problem,
    },
    /// A file of the journal is not there.
    #[error("journal {} lacks entries {from} to {to}: a segment is missing", dir.display())]
    Missing {
        /// The folder.
        dir: PathBuf,
        /// First sequence number that is missing.
        from: u64,
        /// Last sequence number that is missing.
        to: u64,
    },
    /// An entry or a request is larger than the format allows.
    #[error("{what} of {found} bytes, at most {limit} are accepted")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size.
        found: usize,
        /// The largest that is accepted.
        limit: usize,
    },
    /// The configuration has a value that cannot be.
    #[error("{field} is {found}, expected {expected}")]
    Config {
        /// The field.
        field: &'static str,
        /// Its value.
        found: u64,
        /// What may stand there.
        expected: &'static str,
    },
    /// The index of a segment cannot be written or read.
    #[error("index {}", path.display())]
    Index {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Arc<marquee_store::Error>,
    },
    /// What is exported cannot be written.
    #[error("cannot write the export")]
    Export {
        /// What the system said.
        source: Arc<io::Error>,
    },
}

/// What is wrong with bytes of a journal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The file does not start as a segment does.
    #[error("not a journal segment")]
    NotASegment,
    /// The file is of a version that this program does not read.
    #[error(
        "format version {found}, this program reads {}",
        crate::segment::VERSION
    )]
    Version {
        /// The version.
        found: u32,
    },
    /// Bytes are not those that were written.
    #[error("checksum {found:016x}, expected {expected:016x}")]
    Checksum {
        /// Checksum of the bytes.
        found: u64,
        /// Checksum that was stored.
        expected: u64,
    },
    /// What was written ends too early.
    #[error("cut short")]
    Short,
    /// A frame does not follow the one before it.
    #[error("{field} is {found}, expected {expected}")]
    Order {
        /// What does not follow.
        field: &'static str,
        /// Its value.
        found: u64,
        /// The value it should have.
        expected: u64,
    },
    /// A length is beyond its limit.
    #[error("{what} is {found}, the limit is {limit}")]
    Limit {
        /// What is too large.
        what: &'static str,
        /// How large it is.
        found: u64,
        /// The limit.
        limit: u64,
    },
    /// A byte that says what follows has an unknown value.
    #[error("unknown {what} {found}")]
    Unknown {
        /// What it should say.
        what: &'static str,
        /// The value.
        found: u64,
    },
    /// A text is not UTF-8.
    #[error("a text is not UTF-8")]
    Text,
    /// A text is not an id.
    #[error("{0}")]
    Id(#[from] IdError),
    /// Something follows where an entry should end.
    #[error("{bytes} bytes too many")]
    Trailing {
        /// How many.
        bytes: usize,
    },
    /// Acknowledged frames follow behind bytes that cannot be read: not the trace of a crash.
    #[error("unreadable, though entry {seq} is written behind it")]
    Gap {
        /// First sequence number of a frame that can be read.
        seq: u64,
    },
}

impl Error {
    /// Whether a file that was listed a moment ago was not there, or belonged to another moment.
    pub(crate) fn may_have_moved(&self) -> bool {
        match self {
            Self::Io { source, .. } => source.kind() == io::ErrorKind::NotFound,
            Self::Missing { .. } => true,
            Self::Damaged { problem, .. } => matches!(problem, Problem::Order { .. }),
            _ => false,
        }
    }

    /// Makes an [`Error::Io`] or [`Error::NoSpace`] of `source`, for `map_err`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| {
            let path = path.to_owned();
            let full = matches!(
                source.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
            );
            let source = Arc::new(source);
            if full {
                return Self::NoSpace { path, source };
            }
            Self::Io {
                action,
                path,
                source,
            }
        }
    }

    /// Makes an [`Error::Damaged`] of `problem`, for `map_err`.
    pub(crate) fn damaged(path: &Path, offset: u64) -> impl FnOnce(Problem) -> Self {
        move |problem| Self::Damaged {
            path: path.to_owned(),
            offset,
            problem,
        }
    }

    /// Makes an [`Error::Index`] of `source`, for `map_err`.
    pub(crate) fn index(path: &Path) -> impl FnOnce(marquee_store::Error) -> Self {
        move |source| Self::Index {
            path: path.to_owned(),
            source: Arc::new(source),
        }
    }
}
