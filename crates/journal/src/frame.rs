//! Frames: what one write to the log consists of, and the records in it.
//!
//! One frame is written for each sync, so at any moment at most one frame is not yet durable, and it
//! is the last. `docs/journal-format.md` describes both byte by byte.

mod read;

use marquee_core::Timestamp;
use twox_hash::XxHash3_64;

use crate::{
    Committed, Problem,
    codec::{Decoder, decode_entry, put_signed, put_varint},
};

pub(crate) use read::{Found, Frame, FrameReader, read_frame_at, read_record_at};

/// Length of a frame's header.
pub(crate) const HEADER_BYTES: usize = 48;
/// The largest request, in encoded bytes.
pub(crate) const MAX_REQUEST_BYTES: usize = 16 << 20;
/// The largest payload: a request and the fronts of its records, which are no longer than it.
pub(crate) const MAX_PAYLOAD_BYTES: usize = 4 * MAX_REQUEST_BYTES;
/// What a frame begins with.
pub(crate) const MAGIC: [u8; 4] = *b"MQJf";

/// What stands before the records of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    pub(crate) payload_bytes: usize,
    /// Lower bound of the sequence numbers, the first one in a frame that was never rewritten.
    pub(crate) first_seq: u64,
    /// What times of arrival are counted from.
    pub(crate) received: Timestamp,
    /// Checksum of the frame before, or of the segment's header.
    pub(crate) previous: u64,
    /// Number of records.
    pub(crate) count: u32,
    pub(crate) checksum: u64,
}

/// A frame that is being put together.
#[derive(Debug, Default)]
pub(crate) struct FrameBuilder {
    /// Room for the header, then the payload.
    bytes: Vec<u8>,
    first_seq: u64,
    received: Timestamp,
    count: u32,
}

impl FrameBuilder {
    /// Begins anew; keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.resize(HEADER_BYTES, 0);
        self.count = 0;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Length of the whole frame as it stands.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn first_seq(&self) -> u64 {
        self.first_seq
    }

    pub(crate) fn received(&self) -> Timestamp {
        self.received
    }

    /// Appends an encoded entry; gives where in the frame its record begins.
    pub(crate) fn push(&mut self, seq: u64, received: Timestamp, body: &[u8]) -> usize {
        if self.count == 0 {
            self.first_seq = seq;
            self.received = received;
        }
        self.count += 1;
        let start = self.bytes.len();
        put_varint(&mut self.bytes, body.len() as u64);
        put_varint(&mut self.bytes, seq - self.first_seq);
        let later = received.as_millis().wrapping_sub(self.received.as_millis());
        put_signed(&mut self.bytes, later);
        let check = record_check(seq, received, body);
        self.bytes.extend_from_slice(&check.to_le_bytes());
        self.bytes.extend_from_slice(body);
        start
    }

    /// Fills the header in and gives the whole frame, for `offset` of a file, and its checksum.
    pub(crate) fn seal(&mut self, offset: u64, previous: u64) -> (&[u8], u64) {
        let payload_bytes = self.bytes.len() - HEADER_BYTES;
        let payload_bytes = u32::try_from(payload_bytes).expect("payloads are limited");
        let (header, payload) = self.bytes.split_at_mut(HEADER_BYTES);
        header[0..4].copy_from_slice(&MAGIC);
        header[4..8].copy_from_slice(&payload_bytes.to_le_bytes());
        header[8..16].copy_from_slice(&self.first_seq.to_le_bytes());
        header[16..24].copy_from_slice(&self.received.as_millis().to_le_bytes());
        header[24..32].copy_from_slice(&previous.to_le_bytes());
        header[32..36].copy_from_slice(&self.count.to_le_bytes());
        header[36..40].fill(0);
        let checksum = frame_checksum(&header[..40], payload, offset);
        header[40..48].copy_from_slice(&checksum.to_le_bytes());
        (&self.bytes, checksum)
    }
}

impl FrameHeader {
    /// Reads a header; whether its checksum is right is another question.
    pub(crate) fn decode(bytes: &[u8; HEADER_BYTES]) -> Result<Self, Problem> {
        let mut from = Decoder::new(bytes);
        let magic: [u8; 4] = from.array()?;
        if magic != MAGIC {
            return Err(Problem::Unknown {
                what: "start of a frame",
                found: u32::from_le_bytes(magic).into(),
            });
        }
        let payload_bytes = u32::from_le_bytes(from.array()?) as usize;
        if payload_bytes > MAX_PAYLOAD_BYTES {
            return Err(Problem::Limit {
                what: "length of a frame",
                found: payload_bytes as u64,
                limit: MAX_PAYLOAD_BYTES as u64,
            });
        }
        let header = Self {
            payload_bytes,
            first_seq: u64::from_le_bytes(from.array()?),
            received: Timestamp::from_millis(i64::from_le_bytes(from.array()?)),
            previous: u64::from_le_bytes(from.array()?),
            count: u32::from_le_bytes(from.array()?),
            checksum: {
                let reserved = u32::from_le_bytes(from.array()?);
                if reserved != 0 {
                    return Err(Problem::Unknown {
                        what: "feature of a frame",
                        found: reserved.into(),
                    });
                }
                u64::from_le_bytes(from.array()?)
            },
        };
        Ok(header)
    }
}

/// Checksum of a frame at `offset` of its file.
pub(crate) fn frame_checksum(header: &[u8], payload: &[u8], offset: u64) -> u64 {
    let payload = XxHash3_64::oneshot_with_seed(offset, payload);
    XxHash3_64::oneshot_with_seed(payload, header)
}

/// Checksum of a record.
#[expect(
    clippy::cast_possible_truncation,
    reason = "half of the hash is what is stored"
)]
fn record_check(seq: u64, received: Timestamp, body: &[u8]) -> u32 {
    let seed = seq ^ received.as_millis().cast_unsigned().rotate_left(32);
    XxHash3_64::oneshot_with_seed(seed, body) as u32
}

/// The front of a record: all but its entry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RecordFront {
    pub(crate) body_bytes: usize,
    pub(crate) seq: u64,
    pub(crate) received: Timestamp,
    check: u32,
}

/// The most bytes that a record's front can have.
pub(crate) const MAX_FRONT_BYTES: usize = 10 + 10 + 10 + 4;

impl RecordFront {
    /// Takes a front; `first_seq` and `received` are those of its frame.
    pub(crate) fn take(
        from: &mut Decoder<'_>,
        first_seq: u64,
        received: Timestamp,
    ) -> Result<Self, Problem> {
        let body_bytes = from.limited("length of an entry", MAX_REQUEST_BYTES as u64)?;
        let after = from.varint()?;
        let seq = first_seq.checked_add(after).ok_or(Problem::Limit {
            what: "sequence number",
            found: after,
            limit: u64::MAX - first_seq,
        })?;
        let received = received.as_millis().wrapping_add(from.signed()?);
        Ok(Self {
            body_bytes,
            seq,
            received: Timestamp::from_millis(received),
            check: u32::from_le_bytes(from.array()?),
        })
    }

    /// The entry in `body`, once it proved to be this record's.
    pub(crate) fn finish(self, body: &[u8]) -> Result<Committed, Problem> {
        let found = record_check(self.seq, self.received, body);
        if found != self.check {
            return Err(Problem::Checksum {
                found: found.into(),
                expected: self.check.into(),
            });
        }
        Ok(Committed {
            seq: self.seq,
            received: self.received,
            entry: decode_entry(body, self.received)?,
        })
    }
}
