//! What can be wrong with one artifact, and where.

use std::fmt;

use rkyv::rancor::BoxedError;

use crate::DType;

/// A part of an artifact, for errors.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// The first 64 bytes.
    Preamble,
    /// The table of sections and the metadata.
    Header,
    /// The zero bytes in front of a section.
    Padding {
        /// Name of that section.
        before: String,
    },
    /// A section.
    Section {
        /// Its name.
        name: String,
    },
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Preamble => f.write_str("preamble"),
            Self::Header => f.write_str("header"),
            Self::Padding { before } => write!(f, "padding before section {before:?}"),
            Self::Section { name } => write!(f, "section {name:?}"),
        }
    }
}

/// What is wrong with one artifact.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The file is not as long as it should be.
    #[error("file has {found} bytes, expected {expected}")]
    FileLength {
        /// Length that the preamble states; the length of a preamble where not even that is there.
        expected: u64,
        /// Length of the file.
        found: u64,
    },
    /// The path names a folder, a device or a pipe.
    #[error("not a regular file")]
    NotAFile,
    /// The first eight bytes are not those of an artifact.
    #[error("preamble: starts with {found:02x?}, expected {:02x?}", crate::MAGIC)]
    Magic {
        /// The first eight bytes.
        found: [u8; 8],
    },
    /// The file is of a version of the container that this program does not read.
    #[error(
        "preamble: container version {found}, expected {}",
        crate::CONTAINER_VERSION
    )]
    ContainerVersion {
        /// Version in the file.
        found: u32,
    },
    /// Reserved bytes of the preamble are not zero.
    #[error("preamble: reserved bytes at {offset} are not zero")]
    Reserved {
        /// Position in the file.
        offset: usize,
    },
    /// Bytes are not those that were written.
    #[error("{part}: checksum {found:016x}, expected {expected:016x}")]
    Checksum {
        /// Where.
        part: Part,
        /// Checksum of the bytes.
        found: u64,
        /// Checksum that was stored.
        expected: u64,
    },
    /// The header does not lie where it has to.
    #[error(
        "preamble: header of {bytes} bytes at {offset}, expected at {} and within the file",
        crate::PREAMBLE_BYTES
    )]
    HeaderRange {
        /// Position that the preamble states.
        offset: u64,
        /// Length that the preamble states.
        bytes: u64,
    },
    /// The header is not a well-formed archive.
    #[error("header: malformed")]
    HeaderMalformed {
        /// What the validation found.
        source: BoxedError,
    },
    /// There is more of something than is accepted.
    #[error("header: {found} {what}, at most {limit} are accepted")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        found: u64,
        /// How much is accepted.
        limit: u64,
    },
    /// A kind, section or metadata key has no acceptable name.
    #[error("header: {what} {name:?} is not an acceptable name")]
    Name {
        /// Kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A section or metadata key stands twice.
    #[error("header: {what} {name:?} stands twice")]
    Repeated {
        /// Kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A section is of a type that this program does not know.
    #[error("section {section:?}: unknown element type {code}")]
    ElementType {
        /// The section.
        section: String,
        /// Code of the type in the file.
        code: u8,
    },
    /// A section's length is not that of its shape.
    #[error("section {section:?}: {bytes} bytes, expected shape {shape:?} of {dtype}")]
    Size {
        /// The section.
        section: String,
        /// Its length in bytes.
        bytes: u64,
        /// Its shape.
        shape: Vec<u64>,
        /// Its type.
        dtype: DType,
    },
    /// A section does not follow the one before it at the next multiple of the alignment.
    #[error("section {section:?}: starts at byte {found}, expected {expected}")]
    Offset {
        /// The section.
        section: String,
        /// Its position in the file.
        found: u64,
        /// Where it has to be.
        expected: u64,
    },
    /// The sections do not end where the file ends.
    #[error("header: sections end at byte {expected}, but the file at {found}")]
    End {
        /// End of the last section.
        expected: u64,
        /// End of the file.
        found: u64,
    },
    /// Bytes between sections are not zero.
    #[error("{part}: byte at {offset} is not zero")]
    Padding {
        /// Where.
        part: Part,
        /// Position in the file.
        offset: u64,
    },
    /// There is no such section.
    #[error("section {section:?} is missing")]
    SectionMissing {
        /// The section.
        section: String,
    },
    /// There is no such metadata.
    #[error("metadata {key:?} is missing")]
    MetaMissing {
        /// Its key.
        key: String,
    },
    /// A section is of another type than the reader asks for.
    #[error("section {section:?} is of type {found}, expected {expected}")]
    SectionType {
        /// The section.
        section: String,
        /// Its type.
        found: DType,
        /// Type that was asked for.
        expected: DType,
    },
    /// A section has another number of dimensions than the reader asks for.
    #[error("section {section:?} has shape {found:?}, expected {expected} dimensions")]
    Dimensions {
        /// The section.
        section: String,
        /// Its shape.
        found: Vec<u64>,
        /// Number of dimensions that was asked for.
        expected: usize,
    },
    /// The artifact holds something else than the reader asks for.
    #[error("holds {found:?}, expected {expected:?}")]
    Kind {
        /// Its kind.
        found: String,
        /// Kind that was asked for.
        expected: String,
    },
    /// The kind's format is newer than the reader knows, or zero.
    #[error("{kind:?} of format version {found}, expected 1 to {newest}")]
    FormatVersion {
        /// Its kind.
        kind: String,
        /// Its format version.
        found: u32,
        /// The newest version that the reader knows.
        newest: u32,
    },
    /// The offsets of a string table do not cut its text.
    #[error(
        "section {section:?}: offset {entry} does not rise from 0 to the end at letters' borders"
    )]
    StringOffset {
        /// The section with the offsets.
        section: String,
        /// First wrong offset, counted from 0.
        entry: usize,
    },
    /// The text of a string table is not UTF-8.
    #[error("section {section:?}: not UTF-8 from byte {valid_up_to} on")]
    StringText {
        /// The section with the text.
        section: String,
        /// How many bytes are right.
        valid_up_to: usize,
    },
}
