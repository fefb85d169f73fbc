//! Reading a whole segment: what is in it, and where it ends.

use std::{path::Path, sync::Arc};

use super::{HEADER_BYTES, SegmentHeader};
use crate::{
    Error, Problem, Result,
    disk::DiskFile,
    frame::{Found, FrameReader, MAGIC, read_frame_at},
    index::MemoryIndex,
};

/// What a segment holds.
#[derive(Debug)]
pub(crate) struct Replay {
    pub(crate) index: MemoryIndex,
    /// Where the last good frame begins and ends; the header's, when there is none.
    pub(crate) last: std::ops::Range<u64>,
    /// Checksum of the last good frame, or of the header.
    pub(crate) checksum: u64,
    pub(crate) tail: Tail,
}

/// What stands behind the last good frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tail {
    /// Nothing.
    Clean,
    /// A frame that was not written to its end.
    Torn(Problem),
}

/// Reads all frames of the file.
///
/// # Errors
///
/// [`Error::Damaged`] when a frame holds what was never written, or when there are frames behind
/// something unreadable: one frame is written at a time, so a crash leaves such a thing only at the
/// end.
pub(crate) fn replay(
    file: &Arc<dyn DiskFile>,
    header: &SegmentHeader,
    path: &Path,
) -> Result<Replay> {
    let length = file.length().map_err(Error::io("read", path))?;
    let start = HEADER_BYTES as u64;
    let mut frames = FrameReader::new(Arc::clone(file), start, length, Some(header.checksum()));
    let mut index = MemoryIndex::default();
    let mut last = 0..start;
    let tail = loop {
        match frames.find(path)? {
            Found::End => break Tail::Clean,
            Found::Broken(problem) => break Tail::Torn(problem),
            Found::Frame(frame) => {
                index
                    .push_frame(&frame, header)
                    .map_err(Error::damaged(path, frame.offset))?;
                last = frame.offset..frame.end();
            }
        }
    };
    if tail != Tail::Clean {
        let next = index.last_seq().map_or(header.first_seq, |seq| seq + 1);
        nothing_behind(file, last.end..length, next, path)?;
    }
    Ok(Replay {
        index,
        checksum: frames.previous().unwrap_or_else(|| header.checksum()),
        last,
        tail,
    })
}

/// Checks that no frame that follows entry `next` can be read in `rest` of the file.
fn nothing_behind(
    file: &Arc<dyn DiskFile>,
    rest: std::ops::Range<u64>,
    next: u64,
    path: &Path,
) -> Result<()> {
    let mut bytes = vec![0; usize::try_from(rest.end - rest.start).unwrap_or(usize::MAX)];
    let n = (file.read_at(&mut bytes, rest.start)).map_err(Error::io("read", path))?;
    let starts = bytes[..n].windows(MAGIC.len()).enumerate().skip(1);
    for (at, _) in starts.filter(|(_, window)| *window == MAGIC) {
        let found = read_frame_at(&**file, rest.start + at as u64, rest.end, path)?;
        if let Found::Frame(frame) = found
            && frame.header.first_seq > next
        {
            let seq = frame.header.first_seq;
            return Err(Error::damaged(path, rest.start)(Problem::Gap { seq }));
        }
    }
    Ok(())
}
