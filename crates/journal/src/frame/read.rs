//! Reading frames and single records.

use std::{path::Path, sync::Arc};

use marquee_core::Timestamp;

use super::{FrameHeader, HEADER_BYTES, MAX_FRONT_BYTES, RecordFront, frame_checksum};
use crate::{Committed, Error, Problem, Result, codec::Decoder, disk::DiskFile};

/// Most records are read whole by asking for this many bytes.
const GUESS_BYTES: usize = 512;

/// A frame that was read and proved.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) offset: u64,
    pub(crate) header: FrameHeader,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    /// Where the frame ends in its file.
    pub(crate) fn end(&self) -> u64 {
        self.offset + (HEADER_BYTES + self.payload.len()) as u64
    }

    /// Gives each record to `take`, with its position in the file.
    pub(crate) fn each_record(
        &self,
        mut take: impl FnMut(u64, Committed) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let mut from = Decoder::new(&self.payload);
        for _ in 0..self.header.count {
            let before = self.payload.len() - from.rest().len();
            let at = self.offset + (HEADER_BYTES + before) as u64;
            let front = RecordFront::take(&mut from, self.header.first_seq, self.header.received)?;
            let body = from.bytes(front.body_bytes)?;
            take(at, front.finish(body)?)?;
        }
        match from.rest().len() {
            0 => Ok(()),
            bytes => Err(Problem::Trailing { bytes }),
        }
    }
}

/// What was found where a frame should be.
#[derive(Debug)]
pub(crate) enum Found {
    /// A frame.
    Frame(Frame),
    /// The end.
    End,
    /// Something else.
    Broken(Problem),
}

/// Reads the frames of a file one after the other.
#[derive(Debug)]
pub(crate) struct FrameReader {
    file: Arc<dyn DiskFile>,
    offset: u64,
    end: u64,
    /// Checksum that the next frame must name; unknown after a start in the middle.
    previous: Option<u64>,
}

impl FrameReader {
    pub(crate) fn new(
        file: Arc<dyn DiskFile>,
        offset: u64,
        end: u64,
        previous: Option<u64>,
    ) -> Self {
        Self {
            file,
            offset,
            end,
            previous,
        }
    }

    /// Checksum of the last frame that was read.
    pub(crate) fn previous(&self) -> Option<u64> {
        self.previous
    }

    /// The next frame, the end, or what is wrong there.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the file cannot be read.
    pub(crate) fn find(&mut self, path: &Path) -> Result<Found> {
        let found = read_frame_at(&*self.file, self.offset, self.end, path)?;
        if let Found::Frame(frame) = &found {
            let expected = self.previous.unwrap_or(frame.header.previous);
            if frame.header.previous != expected {
                return Ok(Found::Broken(Problem::Order {
                    field: "checksum of the frame before",
                    found: frame.header.previous,
                    expected,
                }));
            }
            self.offset = frame.end();
            self.previous = Some(frame.header.checksum);
        }
        Ok(found)
    }

    /// The next frame, or the end.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] when something else is there.
    pub(crate) fn next_frame(&mut self, path: &Path) -> Result<Option<Frame>> {
        match self.find(path)? {
            Found::Frame(frame) => Ok(Some(frame)),
            Found::End => Ok(None),
            Found::Broken(problem) => Err(Error::damaged(path, self.offset)(problem)),
        }
    }
}

/// Reads what should be a frame at `offset` of a file that counts up to `end`.
pub(crate) fn read_frame_at(
    file: &dyn DiskFile,
    offset: u64,
    end: u64,
    path: &Path,
) -> Result<Found> {
    let room = end.saturating_sub(offset);
    if room == 0 {
        return Ok(Found::End);
    }
    let mut header_bytes = [0; HEADER_BYTES];
    let read = |buffer: &mut [u8], at| {
        let read = file.read_at(buffer, at).map_err(Error::io("read", path))?;
        Ok::<_, Error>(read == buffer.len())
    };
    if room < HEADER_BYTES as u64 || !read(&mut header_bytes, offset)? {
        return Ok(Found::Broken(Problem::Short));
    }
    let header = match FrameHeader::decode(&header_bytes) {
        Ok(header) => header,
        Err(problem) => return Ok(Found::Broken(problem)),
    };
    if room < (HEADER_BYTES + header.payload_bytes) as u64 {
        return Ok(Found::Broken(Problem::Short));
    }
    let mut payload = vec![0; header.payload_bytes];
    if !read(&mut payload, offset + HEADER_BYTES as u64)? {
        return Ok(Found::Broken(Problem::Short));
    }
    let found = frame_checksum(&header_bytes[..40], &payload, offset);
    if found != header.checksum {
        return Ok(Found::Broken(Problem::Checksum {
            found,
            expected: header.checksum,
        }));
    }
    Ok(Found::Frame(Frame {
        offset,
        header,
        payload,
    }))
}

/// Reads the record at `offset`; `first_seq` and `received` are those of its frame.
///
/// Cost: one read for most records, two for large ones.
///
/// # Errors
///
/// [`Error::Damaged`] when another thing is there.
pub(crate) fn read_record_at(
    file: &dyn DiskFile,
    offset: u64,
    first_seq: u64,
    received: Timestamp,
    path: &Path,
) -> Result<Committed> {
    let mut guess = [0; GUESS_BYTES];
    let n = (file.read_at(&mut guess, offset)).map_err(Error::io("read", path))?;
    let mut from = Decoder::new(&guess[..n]);
    let damaged = Error::damaged(path, offset);
    let front = match RecordFront::take(&mut from, first_seq, received) {
        Ok(front) => front,
        Err(problem) => return Err(damaged(problem)),
    };
    debug_assert!(n - from.rest().len() <= MAX_FRONT_BYTES, "fronts are short");
    if let Some(body) = from.rest().get(..front.body_bytes) {
        return front.finish(body).map_err(damaged);
    }
    let mut body = vec![0; front.body_bytes];
    let start = offset + (n - from.rest().len()) as u64;
    let n = (file.read_at(&mut body, start)).map_err(Error::io("read", path))?;
    if n < body.len() {
        return Err(damaged(Problem::Short));
    }
    front.finish(&body).map_err(damaged)
}
