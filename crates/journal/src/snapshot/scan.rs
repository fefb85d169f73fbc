//! Reading entries in order.

use std::{path::PathBuf, sync::Arc};

use super::Snapshot;
use crate::{
    Committed, Error, Result,
    disk::DiskFile,
    frame::FrameReader,
    segment::{HEADER_BYTES, Segment},
};

/// Entries in the order of sequence numbers; see [`Snapshot::scan`].
#[derive(Debug)]
pub struct Scan {
    /// Segments that were not begun, with how far they are read.
    segments: std::vec::IntoIter<(Arc<Segment>, u64)>,
    current: Option<(FrameReader, PathBuf)>,
    /// Entries of the frame that was read last.
    entries: std::vec::IntoIter<Committed>,
    from_seq: u64,
    until_seq: u64,
}

impl Scan {
    pub(super) fn new(snapshot: &Snapshot, from_seq: u64) -> Self {
        let segments = snapshot.segments.iter();
        let segments = segments.filter(|segment| segment.last_seq() >= from_seq);
        // The last one may grow; what it gains from now on has higher numbers.
        let segments = segments.map(|segment| (Arc::clone(segment), segment.end()));
        Self {
            segments: segments.collect::<Vec<_>>().into_iter(),
            current: None,
            entries: Vec::new().into_iter(),
            from_seq,
            until_seq: snapshot.durable_seq,
        }
    }

    /// Reads the next frame into `entries`; `false` when there is none.
    fn read_frame(&mut self) -> Result<bool> {
        loop {
            if self.current.is_none() {
                let Some((segment, end)) = self.segments.next() else {
                    return Ok(false);
                };
                self.current = Some((
                    frames_from(&segment, self.from_seq, end),
                    segment.path.clone(),
                ));
            }
            let Some((frames, path)) = &mut self.current else {
                return Ok(false);
            };
            let Some(frame) = frames.next_frame(path)? else {
                self.current = None;
                continue;
            };
            let mut entries = Vec::new();
            frame
                .each_record(|_, committed| {
                    entries.push(committed);
                    Ok(())
                })
                .map_err(Error::damaged(path, frame.offset))?;
            self.entries = entries.into_iter();
            return Ok(true);
        }
    }
}

/// Reads `segment` up to `end`, from the frame on that may hold `seq`.
fn frames_from(segment: &Segment, seq: u64, end: u64) -> FrameReader {
    let start = HEADER_BYTES as u64;
    let offset = (segment.index.frame_before(seq)).map_or(start, u64::from);
    let previous = (offset == start).then(|| segment.header.checksum());
    let file: Arc<dyn DiskFile> = Arc::clone(&segment.file);
    FrameReader::new(file, offset, end, previous)
}

impl Iterator for Scan {
    type Item = Result<Committed>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            for committed in self.entries.by_ref() {
                if committed.seq > self.until_seq {
                    return None;
                }
                if committed.seq >= self.from_seq {
                    return Some(Ok(committed));
                }
            }
            match self.read_frame() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    self.current = None;
                    self.segments = Vec::new().into_iter();
                    return Some(Err(error));
                }
            }
        }
    }
}
