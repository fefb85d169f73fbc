//! Opening a journal, whatever a crash has left of it.

use std::{path::PathBuf, sync::Arc};

use crate::{
    Error, Problem, Result,
    disk::{Disk, DiskFile},
    index::{Index, MappedIndex, MemoryIndex, build},
    segment::{
        HEADER_BYTES, Replay, Segment, SegmentHeader, Step, Tail, index_name, log_name, log_number,
        replay,
    },
};

/// End of names of files that are not complete.
pub(crate) const TEMPORARY: &str = ".tmp";

/// A journal that can be written to.
#[derive(Debug)]
pub(crate) struct Recovered {
    /// Sealed segments, then the one that grows.
    pub(crate) segments: Vec<Arc<Segment>>,
    /// Checksum of the last frame.
    pub(crate) checksum: u64,
}

/// A segment whose header was read.
struct Opened {
    header: SegmentHeader,
    file: Arc<dyn DiskFile>,
    path: PathBuf,
}

/// What lies in the folder.
struct Listed {
    segments: Vec<Opened>,
    /// Names of files that nothing needs.
    leftovers: Vec<String>,
}

/// Opens every segment and changes nothing.
///
/// # Errors
///
/// [`Error::Damaged`] or [`Error::Missing`].
pub(crate) fn for_reading(disk: &dyn Disk) -> Result<Vec<Arc<Segment>>> {
    let listed = list(disk)?;
    let mut segments = Vec::new();
    let n = listed.segments.len();
    for (at, opened) in listed.segments.into_iter().enumerate() {
        let is_last = at + 1 == n;
        let segment = match mapped(disk, &opened)? {
            Some(segment) => segment,
            None => {
                let found = replay(&opened.file, &opened.header, &opened.path)?;
                if !is_last {
                    whole(&found, &opened)?;
                }
                in_memory(disk, opened, found.last.end, found.index)
            }
        };
        segments.push(Arc::new(segment));
    }
    without_gaps(disk, &segments)?;
    Ok(segments)
}

/// Opens every segment, makes the indexes that are missing, cuts off a frame that was not finished,
/// and removes what nothing needs.
///
/// # Errors
///
/// [`Error::Damaged`] or [`Error::Missing`], and what the disk says.
pub(crate) fn for_writing(disk: &dyn Disk) -> Result<Recovered> {
    let mut listed = list(disk)?;
    // What made them leftovers may have been renamed by a process that died before this.
    disk.sync_folder().map_err(Error::io("sync", disk.path()))?;
    for name in &listed.leftovers {
        disk.remove(name)
            .map_err(Error::io("remove", &disk.path().join(name)))?;
    }
    let last = (listed.segments).pop_if(|last| last.header.last_seq == 0);
    let mut segments = Vec::new();
    for opened in listed.segments {
        segments.push(Arc::new(sealed(disk, opened)?));
    }
    let (last, checksum) = match last {
        Some(last) => growing(disk, last)?,
        None => first(disk, segments.last())?,
    };
    segments.push(Arc::new(last));
    disk.sync_folder().map_err(Error::io("sync", disk.path()))?;
    without_gaps(disk, &segments)?;
    Ok(Recovered { segments, checksum })
}

/// Writes the index of a sealed segment and gives the segment with the index mapped.
///
/// # Errors
///
/// What the disk says; the segment serves as it is then.
pub(crate) fn write_index(disk: &dyn Disk, segment: &Segment, checksum: u64) -> Result<Segment> {
    let Index::Memory(index) = &segment.index else {
        return Err(Error::Stopped { cause: None });
    };
    let name = index_name(segment.header.first_seq);
    let path = disk.path().join(&name);
    let bytes = build(
        &crate::index::read(index),
        &segment.header,
        segment.end(),
        checksum,
    );
    let bytes = bytes.map_err(Error::index(&path))?;
    replace(disk, &name, &bytes)?;
    let opened = Opened {
        header: segment.header,
        file: Arc::clone(&segment.file),
        path: segment.path.clone(),
    };
    let mapped = map(disk, &opened, segment.end())?;
    mapped.ok_or_else(|| Error::damaged(&path, 0)(Problem::NotASegment))
}

/// Writes a small file whole or not at all; that its name is durable is the caller's business.
///
/// # Errors
///
/// What the disk says; no file is left behind then.
pub(crate) fn replace(disk: &dyn Disk, name: &str, bytes: &[u8]) -> Result<()> {
    let temporary = format!("{name}{TEMPORARY}");
    let written = disk.create(&temporary).and_then(|file| {
        file.write_at(bytes, 0)?;
        file.sync()?;
        disk.rename(&temporary, name)
    });
    written.map_err(|error| {
        // The first failure is the one to tell.
        drop(disk.remove(&temporary));
        Error::io("write", &disk.path().join(name))(error)
    })
}

/// Reads the headers of all segments and finds out which files count.
fn list(disk: &dyn Disk) -> Result<Listed> {
    let names = disk.list().map_err(Error::io("list", disk.path()))?;
    let mut numbers: Vec<u64> = names.iter().filter_map(|name| log_number(name)).collect();
    numbers.sort_unstable();
    let is_temporary = |name: &&String| name.ends_with(TEMPORARY);
    let mut leftovers: Vec<String> = names.iter().filter(is_temporary).cloned().collect();

    let mut segments: Vec<Opened> = Vec::new();
    for (at, &number) in numbers.iter().enumerate() {
        let covered = segments.last().map_or(0, |last| last.header.last_seq);
        if number <= covered {
            // It was merged into the one before it; the crash came before its removal.
            leftovers.push(log_name(number));
            continue;
        }
        let is_last = at + 1 == numbers.len();
        match open(disk, number)? {
            Ok(opened) => segments.push(opened),
            // Its first sync was never confirmed, so nothing was written to it.
            Err((length, _)) if is_last && length <= HEADER_BYTES as u64 => {
                leftovers.push(log_name(number));
            }
            Err((_, problem)) => {
                let path = disk.path().join(log_name(number));
                return Err(Error::damaged(&path, 0)(problem));
            }
        }
    }
    let kept: Vec<String> = (segments.iter())
        .map(|opened| index_name(opened.header.first_seq))
        .collect();
    let orphans = (names.iter()).filter(|name| name.ends_with(".mqa") && !kept.contains(name));
    leftovers.extend(orphans.cloned());
    Ok(Listed {
        segments,
        leftovers,
    })
}

/// Opens one segment, or gives its length and what is wrong with its header.
fn open(disk: &dyn Disk, number: u64) -> Result<Result<Opened, (u64, Problem)>> {
    let name = log_name(number);
    let path = disk.path().join(&name);
    let file = disk.open(&name).map_err(Error::io("open", &path))?;
    let length = file.length().map_err(Error::io("read", &path))?;
    let header = match SegmentHeader::read(&*file, &path)? {
        Ok(header) => header,
        Err(problem) => return Ok(Err((length, problem))),
    };
    if header.first_seq != number || number == 0 {
        return Err(Error::damaged(&path, 16)(Problem::Order {
            field: "first sequence number",
            found: header.first_seq,
            expected: number,
        }));
    }
    Ok(Ok(Opened { header, file, path }))
}

/// A sealed segment: with its index, or with one that is made now.
fn sealed(disk: &dyn Disk, opened: Opened) -> Result<Segment> {
    if let Some(segment) = mapped(disk, &opened)? {
        return Ok(segment);
    }
    let found = replay(&opened.file, &opened.header, &opened.path)?;
    whole(&found, &opened)?;
    let segment = in_memory(disk, opened, found.last.end, found.index);
    match write_index(disk, &segment, found.checksum) {
        Ok(mapped) => Ok(mapped),
        // Without room for it, the index in memory does the same.
        Err(Error::NoSpace { .. }) => Ok(segment),
        Err(error) => Err(error),
    }
}

/// The segment that grows, ready to be written to.
///
/// Its last frame is written once more. The process that wrote it may have died of a failed sync,
/// after which the system may hold pages as clean that never reached the disk; a sync alone would
/// then confirm what is not there. The bytes are the same, so a crash in between changes nothing.
fn growing(disk: &dyn Disk, opened: Opened) -> Result<(Segment, u64)> {
    let found = replay(&opened.file, &opened.header, &opened.path)?;
    let io = |action| Error::io(action, &opened.path);
    if found.tail != Tail::Clean {
        opened.file.cut(found.last.end).map_err(io("cut"))?;
    }
    // Without a frame, it is the header.
    let range = found.last.clone();
    let mut bytes = vec![0; usize::try_from(range.end - range.start).unwrap_or(usize::MAX)];
    let n = (opened.file.read_at(&mut bytes, range.start)).map_err(io("read"))?;
    if n < bytes.len() {
        return Err(Error::damaged(&opened.path, range.start)(Problem::Short));
    }
    (opened.file.write_at(&bytes, range.start)).map_err(io("write"))?;
    opened.file.sync().map_err(io("sync"))?;
    let checksum = found.checksum;
    let end = found.last.end;
    Ok((in_memory(disk, opened, end, found.index), checksum))
}

/// A new segment behind `before`.
fn first(disk: &dyn Disk, before: Option<&Arc<Segment>>) -> Result<(Segment, u64)> {
    let header = SegmentHeader {
        generation: 0,
        first_seq: before.map_or(1, |before| before.last_seq() + 1),
        last_seq: 0,
        floor: 0,
        salt: before.map_or(0, |before| before.header.checksum()),
    };
    let name = log_name(header.first_seq);
    let file = Segment::create(disk, &name, &header).map_err(|(step, error)| {
        let action = if step == Step::Sync { "sync" } else { "write" };
        Error::io(action, &disk.path().join(&name))(error)
    })?;
    let index = Index::memory(MemoryIndex::default());
    let segment = Segment::new(disk.path(), header, file, HEADER_BYTES as u64, index);
    Ok((segment, header.checksum()))
}

/// The segment with its index, if there is one and it fits.
fn mapped(disk: &dyn Disk, opened: &Opened) -> Result<Option<Segment>> {
    let end = (opened.file.length()).map_err(Error::io("read", &opened.path))?;
    map(disk, opened, end)
}

fn map(disk: &dyn Disk, opened: &Opened, end: u64) -> Result<Option<Segment>> {
    let Ok(artifact) = disk.artifact(&index_name(opened.header.first_seq)) else {
        return Ok(None);
    };
    let Some(index) = MappedIndex::new(artifact, &opened.header, end) else {
        return Ok(None);
    };
    if !index.describes(&*opened.file, opened.header.checksum()) {
        return Ok(None);
    }
    let file = Arc::clone(&opened.file);
    let index = Index::Mapped(index);
    Ok(Some(Segment::new(
        disk.path(),
        opened.header,
        file,
        end,
        index,
    )))
}

fn in_memory(disk: &dyn Disk, opened: Opened, end: u64, index: MemoryIndex) -> Segment {
    Segment::new(
        disk.path(),
        opened.header,
        opened.file,
        end,
        Index::memory(index),
    )
}

/// A sealed segment was synced before the next one was made, so nothing in it may be torn.
fn whole(found: &Replay, opened: &Opened) -> Result<()> {
    match &found.tail {
        Tail::Clean => Ok(()),
        Tail::Torn(problem) => Err(Error::damaged(&opened.path, found.last.end)(
            problem.clone(),
        )),
    }
}

/// Checks that every sequence number from 1 on is covered.
fn without_gaps(disk: &dyn Disk, segments: &[Arc<Segment>]) -> Result<()> {
    let mut next = 1;
    for segment in segments {
        let first = segment.header.first_seq;
        if first > next {
            return Err(Error::Missing {
                dir: disk.path().to_owned(),
                from: next,
                to: first - 1,
            });
        }
        if first < next {
            return Err(Error::damaged(&segment.path, 16)(Problem::Order {
                field: "first sequence number",
                found: first,
                expected: next,
            }));
        }
        next = segment.last_seq() + 1;
    }
    Ok(())
}
