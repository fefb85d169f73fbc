//! One file of the log with its index.

mod header;
mod replay;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use marquee_core::EventId;

use crate::{
    Committed, Entry, Error, Result,
    disk::{Disk, DiskFile},
    frame::{FrameReader, read_record_at},
    hash::event_hash,
    index::Index,
};

pub(crate) use header::{HEADER_BYTES, SegmentHeader, VERSION, index_name, log_name, log_number};
pub(crate) use replay::{Replay, Tail, replay};

/// One file of the log with its index: sealed, or the last one, to which frames are appended.
#[derive(Debug)]
pub(crate) struct Segment {
    /// The file, for messages.
    pub(crate) path: PathBuf,
    pub(crate) header: SegmentHeader,
    pub(crate) file: Arc<dyn DiskFile>,
    /// How many bytes of the file count.
    end: AtomicU64,
    pub(crate) index: Index,
}

impl Segment {
    pub(crate) fn new(
        folder: &Path,
        header: SegmentHeader,
        file: Arc<dyn DiskFile>,
        end: u64,
        index: Index,
    ) -> Self {
        Self {
            path: folder.join(log_name(header.first_seq)),
            header,
            file,
            end: AtomicU64::new(end),
            index,
        }
    }

    /// How many bytes of the file count.
    pub(crate) fn end(&self) -> u64 {
        self.end.load(Ordering::Acquire)
    }

    /// Counts the bytes up to `end` in.
    pub(crate) fn grow(&self, end: u64) {
        self.end.store(end, Ordering::Release);
    }

    /// Last sequence number that the segment covers; one less than the first when there is none.
    pub(crate) fn last_seq(&self) -> u64 {
        self.header.last_seq.max(self.index.last_seq(&self.header))
    }

    /// The entry of record `record`, counted from 0.
    pub(crate) fn entry(&self, record: u32) -> Result<Committed> {
        let place = self.index.place(record, &self.path)?;
        let offset = u64::from(place.offset);
        read_record_at(
            &*self.file,
            offset,
            place.first_seq,
            place.received,
            &self.path,
        )
    }

    /// The event with this id, if it is here.
    pub(crate) fn event(&self, id: &EventId) -> Result<Option<Committed>> {
        for record in self.index.events(event_hash(id)) {
            let found = self.entry(record)?;
            if matches!(&found.entry, Entry::Event(event) if event.id.as_ref() == Some(id)) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Reads all frames that count.
    pub(crate) fn frames(&self) -> FrameReader {
        FrameReader::new(
            Arc::clone(&self.file),
            HEADER_BYTES as u64,
            self.end(),
            Some(self.header.checksum()),
        )
    }

    /// Gives every entry to `take`, in order.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Damaged`] and what the disk says.
    pub(crate) fn each(&self, mut take: impl FnMut(Committed)) -> Result<()> {
        let mut frames = self.frames();
        while let Some(frame) = frames.next_frame(&self.path)? {
            let records = frame.each_record(|_, committed| {
                take(committed);
                Ok(())
            });
            records.map_err(Error::damaged(&self.path, frame.offset))?;
        }
        Ok(())
    }

    /// Writes the file of an empty segment and makes it durable; the folder is the caller's.
    ///
    /// # Errors
    ///
    /// What the disk says, with the step that failed.
    pub(crate) fn create(
        disk: &dyn Disk,
        name: &str,
        header: &SegmentHeader,
    ) -> Result<Arc<dyn DiskFile>, (Step, std::io::Error)> {
        let file = disk.create(name).map_err(|error| (Step::Write, error))?;
        (file.write_at(&header.encode(), 0)).map_err(|error| (Step::Write, error))?;
        file.sync().map_err(|error| (Step::Sync, error))?;
        Ok(file)
    }
}

/// Which step failed: after a failed sync nothing is known, after a failed write all is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Write,
    Sync,
}
