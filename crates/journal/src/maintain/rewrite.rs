//! Writing segments anew without some of their entries.

use std::sync::Arc;

use crate::{
    Committed, Error, Result,
    codec::encode_entry,
    disk::DiskFile,
    frame::FrameBuilder,
    index::{Index, MemoryIndex},
    recover::{TEMPORARY, write_index},
    segment::{HEADER_BYTES, Segment, SegmentHeader, index_name, log_name},
    shared::Shared,
};

/// A frame is written when it has this many bytes.
const FRAME_BYTES: usize = 256 << 10;

/// What becomes of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Keep,
    Drop,
}

/// What rewriting did.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rewritten {
    /// Bytes of the log before and after.
    pub(super) bytes_before: u64,
    pub(super) bytes_after: u64,
}

/// A segment in the making.
struct Fresh {
    file: Arc<dyn DiskFile>,
    header: SegmentHeader,
    index: MemoryIndex,
    frame: FrameBuilder,
    /// Records of the frame: where in it each begins, and what it is.
    records: Vec<(usize, Committed)>,
    end: u64,
    checksum: u64,
}

/// Puts one segment into the place of `sources`, which follow one another and are sealed.
///
/// - `floor`: events with lower numbers may be missing from now on.
///
/// # Errors
///
/// What the disk says. The sources are untouched, or the new segment serves and some of the sources
/// may still lie in the folder.
pub(super) fn rewrite(
    shared: &Shared,
    sources: &[Arc<Segment>],
    floor: u64,
    fate: &mut dyn FnMut(&Committed) -> Fate,
) -> Result<Rewritten> {
    let (Some(first), Some(last)) = (sources.first(), sources.last()) else {
        return Ok(Rewritten::default());
    };
    let headers = || sources.iter().map(|source| source.header);
    let header = SegmentHeader {
        generation: headers().map(|one| one.generation).max().unwrap_or(0) + 1,
        first_seq: first.header.first_seq,
        last_seq: last.last_seq(),
        floor: headers().map(|one| one.floor).max().unwrap_or(0).max(floor),
        salt: first.header.checksum(),
    };
    let disk = &*shared.disk;
    let name = log_name(header.first_seq);
    let temporary = format!("{name}{TEMPORARY}");
    let path = disk.path().join(&name);
    let written = fill(shared, &temporary, header, sources, fate).and_then(|fresh| {
        (disk.rename(&temporary, &name)).map_err(Error::io("rename", &path))?;
        Ok(fresh)
    });
    let fresh = written.inspect_err(|_| {
        // The first failure is the one to tell.
        drop(disk.remove(&temporary));
    })?;
    let index = Index::memory(fresh.index);
    let segment = Segment::new(disk.path(), header, fresh.file, fresh.end, index);
    let segment = Arc::new(segment);
    shared.exchange(sources, Arc::clone(&segment));
    (disk.sync_folder()).map_err(Error::io("sync", disk.path()))?;
    for source in &sources[1..] {
        for name in [
            log_name(source.header.first_seq),
            index_name(source.header.first_seq),
        ] {
            remove(shared, &name)?;
        }
    }
    // Until now the index of the old segment lay there, which does not fit the new one.
    match write_index(disk, &segment, fresh.checksum) {
        Ok(indexed) => drop(shared.exchange(&[segment], Arc::new(indexed))),
        Err(_) => remove(shared, &index_name(header.first_seq))?,
    }
    Ok(Rewritten {
        bytes_before: sources.iter().map(|source| source.end()).sum(),
        bytes_after: fresh.end,
    })
}

/// Removes a file that may not be there.
pub(super) fn remove(shared: &Shared, name: &str) -> Result<()> {
    match shared.disk.remove(name) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            let path = shared.disk.path().join(name);
            Err(Error::io("remove", &path)(error))
        }
        _ => Ok(()),
    }
}

/// Writes what stays of `sources` into a file and makes it durable.
fn fill(
    shared: &Shared,
    name: &str,
    header: SegmentHeader,
    sources: &[Arc<Segment>],
    fate: &mut dyn FnMut(&Committed) -> Fate,
) -> Result<Fresh> {
    let path = shared.disk.path().join(name);
    let file = Segment::create(&*shared.disk, name, &header)
        .map_err(|(_, error)| Error::io("write", &path)(error))?;
    let mut fresh = Fresh {
        file,
        header,
        index: MemoryIndex::default(),
        frame: FrameBuilder::default(),
        records: Vec::new(),
        end: HEADER_BYTES as u64,
        checksum: header.checksum(),
    };
    fresh.frame.clear();
    let mut body = Vec::new();
    for source in sources {
        let mut frames = source.frames();
        while let Some(frame) = frames.next_frame(&source.path)? {
            let mut entries = Vec::new();
            let records = frame.each_record(|_, committed| {
                entries.push(committed);
                Ok(())
            });
            records.map_err(Error::damaged(&source.path, frame.offset))?;
            for committed in entries {
                if fate(&committed) == Fate::Keep {
                    fresh.push(committed, &mut body, &path)?;
                }
            }
        }
    }
    fresh.flush(&path)?;
    fresh.file.sync().map_err(Error::io("sync", &path))?;
    Ok(fresh)
}

impl Fresh {
    fn push(
        &mut self,
        committed: Committed,
        body: &mut Vec<u8>,
        path: &std::path::Path,
    ) -> Result<()> {
        body.clear();
        encode_entry(body, &committed.entry, committed.received)?;
        let place = self.frame.push(committed.seq, committed.received, body);
        self.records.push((place, committed));
        if self.frame.len() >= FRAME_BYTES {
            self.flush(path)?;
        }
        Ok(())
    }

    /// Writes the frame, if there is anything in it.
    fn flush(&mut self, path: &std::path::Path) -> Result<()> {
        if self.frame.is_empty() {
            return Ok(());
        }
        let short = |offset: u64| {
            u32::try_from(offset).expect("a segment and a frame are shorter than 4 GiB")
        };
        let (first_seq, received) = (self.frame.first_seq(), self.frame.received());
        (self.index).begin_frame(short(self.end), first_seq, received);
        for (place, committed) in self.records.drain(..) {
            let offset = short(self.end + place as u64);
            self.index.push(offset, &committed, &self.header);
        }
        let (bytes, checksum) = self.frame.seal(self.end, self.checksum);
        (self.file.write_at(bytes, self.end)).map_err(Error::io("write", path))?;
        self.end += bytes.len() as u64;
        self.checksum = checksum;
        self.frame.clear();
        Ok(())
    }
}
