//! The first 64 bytes of an artifact: what it is, how long it is and where its header lies.
//!
//! | bytes | field |
//! |---|---|
//! | 0..8 | [`MAGIC`] |
//! | 8..12 | [`CONTAINER_VERSION`], `u32` |
//! | 12..16 | zero |
//! | 16..24 | offset of the header, `u64`, always 64 |
//! | 24..32 | length of the header in bytes, `u64` |
//! | 32..40 | length of the file in bytes, `u64` |
//! | 40..48 | XXH3-64 of the header |
//! | 48..56 | zero |
//! | 56..64 | XXH3-64 of bytes 0..56 |
//!
//! All numbers are little-endian.

use twox_hash::XxHash3_64;

use crate::{Fault, MAX_HEADER_BYTES, Part};

/// The first eight bytes of every artifact. As in PNG, the byte above 127, the line ends and the
/// end-of-file mark catch a transfer that took the file for text.
pub const MAGIC: [u8; 8] = *b"\x89MQA\r\n\x1a\n";

/// Version of the container: of the preamble, the header and the rules of sections. What the
/// sections mean is versioned by each kind on its own.
pub const CONTAINER_VERSION: u32 = 1;

/// Length of the preamble.
pub const PREAMBLE_BYTES: usize = 64;

/// Every section starts at a multiple of this: a cache line, and enough for every SIMD load.
pub const ALIGNMENT: u64 = 64;

const RESERVED: [std::ops::Range<usize>; 2] = [12..16, 48..56];
const CHECKED: std::ops::Range<usize> = 0..56;

/// What the preamble says besides constants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Preamble {
    /// Length of the header in bytes.
    pub(crate) header_bytes: u64,
    /// XXH3-64 of the header.
    pub(crate) header_checksum: u64,
    /// Length of the whole file in bytes.
    pub(crate) file_bytes: u64,
}

impl Preamble {
    /// The 64 bytes.
    pub(crate) fn encode(&self) -> [u8; PREAMBLE_BYTES] {
        let mut bytes = [0; PREAMBLE_BYTES];
        bytes[0..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&CONTAINER_VERSION.to_le_bytes());
        bytes[16..24].copy_from_slice(&(PREAMBLE_BYTES as u64).to_le_bytes());
        bytes[24..32].copy_from_slice(&self.header_bytes.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.file_bytes.to_le_bytes());
        bytes[40..48].copy_from_slice(&self.header_checksum.to_le_bytes());
        let checksum = XxHash3_64::oneshot(&bytes[CHECKED]);
        bytes[56..64].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Reads and checks the preamble of `file`, and that its length and the place of the header
    /// agree with it. Reads nothing behind the first 64 bytes.
    pub(crate) fn decode(file: &[u8]) -> Result<Self, Fault> {
        let found_bytes = file.len() as u64;
        let Some(bytes) = file.first_chunk::<PREAMBLE_BYTES>() else {
            return Err(Fault::FileLength {
                expected: PREAMBLE_BYTES as u64,
                found: found_bytes,
            });
        };
        check_identity(bytes)?;
        let preamble = Self {
            header_bytes: u64_at(bytes, 24),
            header_checksum: u64_at(bytes, 40),
            file_bytes: u64_at(bytes, 32),
        };
        if preamble.file_bytes != found_bytes {
            return Err(Fault::FileLength {
                expected: preamble.file_bytes,
                found: found_bytes,
            });
        }
        preamble.check_header(u64_at(bytes, 16))?;
        Ok(preamble)
    }

    fn check_header(&self, offset: u64) -> Result<(), Fault> {
        if self.header_bytes > MAX_HEADER_BYTES {
            return Err(Fault::Limit {
                what: "header bytes",
                found: self.header_bytes,
                limit: MAX_HEADER_BYTES,
            });
        }
        let at_its_place = offset == PREAMBLE_BYTES as u64;
        let room = self.file_bytes - PREAMBLE_BYTES as u64;
        if !at_its_place || self.header_bytes == 0 || self.header_bytes > room {
            return Err(Fault::HeaderRange {
                offset,
                bytes: self.header_bytes,
            });
        }
        Ok(())
    }
}

/// Magic first, then the version, and only then the checksum: a later version may keep its checksum
/// elsewhere, and its files should be called newer, not damaged.
fn check_identity(bytes: &[u8; PREAMBLE_BYTES]) -> Result<(), Fault> {
    let found = u64_at(bytes, 0).to_le_bytes();
    if found != MAGIC {
        return Err(Fault::Magic { found });
    }
    let found = u32_at(bytes, 8);
    if found != CONTAINER_VERSION {
        return Err(Fault::ContainerVersion { found });
    }
    let found = XxHash3_64::oneshot(&bytes[CHECKED]);
    let expected = u64_at(bytes, 56);
    if found != expected {
        return Err(Fault::Checksum {
            part: Part::Preamble,
            found,
            expected,
        });
    }
    for range in RESERVED {
        let offset = range.start;
        if bytes[range].iter().any(|&byte| byte != 0) {
            return Err(Fault::Reserved { offset });
        }
    }
    Ok(())
}

fn u32_at(bytes: &[u8; PREAMBLE_BYTES], at: usize) -> u32 {
    let mut number = [0; 4];
    number.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(number)
}

fn u64_at(bytes: &[u8; PREAMBLE_BYTES], at: usize) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(number)
}

#[cfg(test)]
mod tests;
