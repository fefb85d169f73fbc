//! The first 64 bytes of a segment, and the names of its files.

use std::path::Path;

use twox_hash::XxHash3_64;

use crate::{Error, Problem, Result, codec::Decoder, disk::DiskFile};

/// Length of the header.
pub(crate) const HEADER_BYTES: usize = 64;
/// Version of the format that is written and read here.
pub(crate) const VERSION: u32 = 1;
/// No journal gets as far.
const MAX_SEQ: u64 = 1 << 62;
/// What a segment begins with: damaged by whatever changes line ends or strips a bit.
const MAGIC: [u8; 8] = *b"\x89MQJ\r\n\x1a\n";

/// What stands before the frames of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    /// How often it was rewritten.
    pub(crate) generation: u32,
    /// First sequence number that it covers, whether or not the entry is still there.
    pub(crate) first_seq: u64,
    /// Last sequence number that it covers, if it was rewritten; 0 if not.
    pub(crate) last_seq: u64,
    /// Retention may have dropped events with lower numbers than this; 0 where it dropped none.
    pub(crate) floor: u64,
    /// A number that tells this file from any other of the same name.
    pub(crate) salt: u64,
}

impl SegmentHeader {
    pub(crate) fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[0..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.generation.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.first_seq.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.last_seq.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.floor.to_le_bytes());
        bytes[40..48].copy_from_slice(&self.salt.to_le_bytes());
        let checksum = XxHash3_64::oneshot(&bytes[..56]);
        bytes[56..64].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Checksum of the header, which its first frame names.
    pub(crate) fn checksum(&self) -> u64 {
        XxHash3_64::oneshot(&self.encode()[..56])
    }

    pub(crate) fn decode(bytes: &[u8; HEADER_BYTES]) -> Result<Self, Problem> {
        let mut from = Decoder::new(bytes);
        if from.array::<8>()? != MAGIC {
            return Err(Problem::NotASegment);
        }
        // Asked before the checksum: a file of a later version is newer, not damaged.
        let version = u32::from_le_bytes(from.array()?);
        if version != VERSION {
            return Err(Problem::Version { found: version });
        }
        let header = Self {
            generation: u32::from_le_bytes(from.array()?),
            first_seq: u64::from_le_bytes(from.array()?),
            last_seq: u64::from_le_bytes(from.array()?),
            floor: u64::from_le_bytes(from.array()?),
            salt: u64::from_le_bytes(from.array()?),
        };
        let reserved = u64::from_le_bytes(from.array()?);
        let expected = u64::from_le_bytes(from.array()?);
        let found = XxHash3_64::oneshot(&bytes[..56]);
        if found != expected {
            return Err(Problem::Checksum { found, expected });
        }
        if reserved != 0 {
            return Err(Problem::Unknown {
                what: "feature of a segment",
                found: reserved,
            });
        }
        header.check_numbers()?;
        Ok(header)
    }

    /// Numbers that no writer uses would overflow where one is added.
    fn check_numbers(&self) -> Result<(), Problem> {
        let limit = |what, found, limit| Err(Problem::Limit { what, found, limit });
        if !(1..=MAX_SEQ).contains(&self.first_seq) {
            return limit("first sequence number", self.first_seq, MAX_SEQ);
        }
        let covered = self.last_seq.checked_sub(self.first_seq);
        if self.last_seq != 0 && covered.is_none_or(|covered| covered >= u64::from(u32::MAX)) {
            return limit(
                "last sequence number",
                self.last_seq,
                self.first_seq + u64::from(u32::MAX),
            );
        }
        Ok(())
    }

    /// Reads the header of a file; the problem is apart, since the last segment may have one.
    pub(crate) fn read(file: &dyn DiskFile, path: &Path) -> Result<Result<Self, Problem>> {
        let mut bytes = [0; HEADER_BYTES];
        let n = (file.read_at(&mut bytes, 0)).map_err(Error::io("read", path))?;
        if n < HEADER_BYTES {
            return Ok(Err(Problem::Short));
        }
        Ok(Self::decode(&bytes))
    }
}

/// Name of the segment whose first sequence number this is.
pub(crate) fn log_name(first_seq: u64) -> String {
    format!("{first_seq:020}.log")
}

/// Name of that segment's index.
pub(crate) fn index_name(first_seq: u64) -> String {
    format!("{first_seq:020}.mqa")
}

/// First sequence number in the name of a segment; nothing for other names.
pub(crate) fn log_number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".log")?;
    let number = digits.parse().ok()?;
    (log_name(number) == name).then_some(number)
}
