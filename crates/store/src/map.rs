//! The bytes of an artifact: a mapped file, or a copy in aligned memory.

use std::{fs, path::Path};

use bytemuck::{Pod, Zeroable};
use memmap2::{Advice, Mmap};

use crate::{Error, Fault, PREAMBLE_BYTES, Result};

/// Bytes that start at a multiple of 64 and do not change.
#[derive(Debug)]
pub(crate) enum Bytes {
    /// A mapped file; mappings start at a page.
    Mapped(Mmap),
    /// A copy.
    Memory {
        /// The bytes, the last block filled up with zeros.
        blocks: Vec<Block>,
        /// How many bytes count.
        length: usize,
    },
}

/// As many bytes as sections are aligned to.
#[derive(Debug, Clone, Copy, Zeroable, Pod)]
#[repr(C, align(64))]
pub(crate) struct Block([u8; 64]);

impl Bytes {
    /// Maps the file at `path`. Reads none of it.
    pub(crate) fn map(path: &Path) -> Result<Self> {
        // Asked before opening, since opening a pipe would wait for its writer.
        let metadata = fs::metadata(path).map_err(Error::io("open", path))?;
        if !metadata.is_file() {
            return Err(Error::artifact(path)(Fault::NotAFile));
        }
        if metadata.len() < PREAMBLE_BYTES as u64 {
            return Err(Error::artifact(path)(Fault::FileLength {
                expected: PREAMBLE_BYTES as u64,
                found: metadata.len(),
            }));
        }
        let file = fs::File::open(path).map_err(Error::io("open", path))?;
        // SAFETY: artifacts are written under a temporary name, synced and renamed, and never
        // changed after that, so the mapped bytes stay the same for as long as the mapping lives.
        #[expect(unsafe_code, reason = "a mapping has no safe form")]
        let map = unsafe { Mmap::map(&file) }.map_err(Error::io("map", path))?;
        Ok(Self::Mapped(map))
    }

    /// Copies `bytes` into aligned memory.
    pub(crate) fn copy(bytes: &[u8]) -> Self {
        let mut blocks = vec![Block::zeroed(); bytes.len().div_ceil(64)];
        bytemuck::cast_slice_mut(&mut blocks)[..bytes.len()].copy_from_slice(bytes);
        Self::Memory {
            blocks,
            length: bytes.len(),
        }
    }

    /// The bytes.
    pub(crate) fn as_slice(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Memory { blocks, length } => &bytemuck::cast_slice(blocks)[..*length],
        }
    }

    /// Asks the kernel to read the whole file soon.
    pub(crate) fn will_need(&self) {
        self.advise(Advice::WillNeed);
    }

    /// Says that the file is about to be read from front to back.
    pub(crate) fn sequential(&self) {
        self.advise(Advice::Sequential);
    }

    /// Says that only single pages are about to be read.
    pub(crate) fn random(&self) {
        self.advise(Advice::Random);
    }

    /// Takes [`Bytes::sequential`] or [`Bytes::random`] back.
    pub(crate) fn normal(&self) {
        self.advise(Advice::Normal);
    }

    /// Advice only changes speed, so a kernel that refuses it changes nothing for the caller.
    fn advise(&self, advice: Advice) {
        if let Self::Mapped(map) = self {
            drop(map.advise(advice));
        }
    }
}

/// An offset as a position. Offsets are checked against the length of the bytes before they are
/// used, so they fit `usize`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a position is at most the length of a slice"
)]
pub(crate) fn position(offset: u64) -> usize {
    offset as usize
}
