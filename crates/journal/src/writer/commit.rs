//! One frame after the other: duplicates out, write, sync, index, tell.

use std::{collections::HashMap, sync::Arc};

use marquee_core::EventId;

use super::{Indexer, Request, Work};
use crate::{
    Committed, Entry, Error, Observer, Outcome, Result, Snapshot,
    frame::FrameBuilder,
    index::{Index, MemoryIndex, write},
    recover::Recovered,
    segment::{HEADER_BYTES, Segment, SegmentHeader, Step, log_name},
    shared::Shared,
};

/// What the thread that writes keeps.
pub(crate) struct Committer {
    shared: Arc<Shared>,
    observer: Box<dyn Observer>,
    indexer: Indexer,
    /// The segment that grows.
    active: Arc<Segment>,
    /// Checksum of its last frame.
    checksum: u64,
    next_seq: u64,
    frame: FrameBuilder,
}

/// A frame in the making.
#[derive(Default)]
struct Batch {
    committed: Vec<Committed>,
    /// Where in the frame each record begins.
    places: Vec<usize>,
    /// Ids of events that the frame has.
    ids: HashMap<EventId, u64>,
}

/// Somebody's request without its entries, and what will be said.
type Answer = (Request, Vec<Outcome>);

impl Committer {
    pub(super) fn new(
        shared: Arc<Shared>,
        recovered: &Recovered,
        observer: Box<dyn Observer>,
        indexer: Indexer,
    ) -> Self {
        let active = recovered.segments.last().expect("there is always one");
        Self {
            next_seq: shared.durable_seq() + 1,
            active: Arc::clone(active),
            checksum: recovered.checksum,
            frame: FrameBuilder::default(),
            shared,
            observer,
            indexer,
        }
    }

    /// Does what there is to do.
    pub(super) fn work(&mut self, work: Work) {
        match work {
            Work::Commit(requests) => self.commit(requests),
            Work::Seal(done) => {
                let sealed = self.seal().map(|()| self.next_seq - 1);
                // Who asked may be gone.
                drop(done.send(sealed));
            }
        }
    }

    fn commit(&mut self, requests: Vec<Request>) {
        if self.active.end() >= self.shared.config.segment_bytes
            && let Err(error) = self.seal()
        {
            for request in requests {
                request.tell(Err(error.clone()));
            }
            return;
        }
        let mut batch = Batch::default();
        let mut answers = Vec::with_capacity(requests.len());
        let snapshot = self.shared.snapshot();
        self.frame.clear();
        for request in requests {
            match find_all(&request.entries, &batch, &snapshot) {
                Ok(earlier) => answers.push(self.add(&mut batch, request, earlier)),
                Err(error) => request.tell(Err(error)),
            }
        }
        if !self.frame.is_empty() {
            if let Err(error) = self.write(&batch) {
                for (request, _) in answers {
                    request.tell(Err(error.clone()));
                }
                return;
            }
            self.observer.committed(&batch.committed);
        }
        for (request, outcomes) in answers {
            request.tell(Ok(outcomes));
        }
    }

    /// Adds what is new of a request to the frame; `earlier` says for each entry which one it repeats.
    fn add(
        &mut self,
        batch: &mut Batch,
        mut request: Request,
        earlier: Vec<Option<u64>>,
    ) -> Answer {
        let mut outcomes = Vec::with_capacity(earlier.len());
        let entries = std::mem::take(&mut request.entries);
        for (at, (entry, earlier)) in entries.into_iter().zip(earlier).enumerate() {
            let id = id_of(&entry);
            // The request may repeat itself.
            let earlier = earlier.or_else(|| id.and_then(|id| batch.ids.get(id).copied()));
            if let Some(seq) = earlier {
                outcomes.push(Outcome::Duplicate { seq });
                continue;
            }
            let seq = self.next_seq + batch.committed.len() as u64;
            if let Some(id) = id {
                batch.ids.insert(id.clone(), seq);
            }
            let received = request.received;
            (batch.places).push(self.frame.push(seq, received, request.body(at)));
            batch.committed.push(Committed {
                seq,
                received,
                entry,
            });
            outcomes.push(Outcome::Written { seq });
        }
        (request, outcomes)
    }

    /// Writes the frame, makes it durable and lets it be read.
    fn write(&mut self, batch: &Batch) -> Result<()> {
        let offset = self.active.end();
        let (bytes, checksum) = self.frame.seal(offset, self.checksum);
        let (file, path) = (&self.active.file, &self.active.path);
        if let Err(error) = file.write_at(bytes, offset) {
            let error = Error::io("write", path)(error);
            // What was written of it must not stand in the way of the next frame.
            return match file.cut(offset) {
                Ok(()) => Err(error),
                Err(_) => Err(self.stop(error)),
            };
        }
        if let Err(error) = file.sync() {
            let error = Error::io("sync", path)(error);
            return Err(self.stop(error));
        }
        self.checksum = checksum;
        self.index(batch, offset);
        self.active.grow(offset + self.frame.len() as u64);
        self.next_seq += batch.committed.len() as u64;
        self.shared.set_durable(self.next_seq - 1);
        Ok(())
    }

    fn index(&self, batch: &Batch, offset: u64) {
        let Index::Memory(index) = &self.active.index else {
            unreachable!("the segment that grows has its index in memory")
        };
        let short = |offset: u64| {
            u32::try_from(offset).expect("a segment and a frame are shorter than 4 GiB")
        };
        let mut index = write(index);
        index.begin_frame(short(offset), self.frame.first_seq(), self.frame.received());
        for (committed, &place) in batch.committed.iter().zip(&batch.places) {
            index.push(short(offset + place as u64), committed, &self.active.header);
        }
    }

    /// Begins a new segment, so that all that is written lies in sealed ones.
    fn seal(&mut self) -> Result<()> {
        if self.active.last_seq() < self.active.header.first_seq {
            return Ok(());
        }
        let header = SegmentHeader {
            generation: 0,
            first_seq: self.next_seq,
            last_seq: 0,
            floor: 0,
            salt: self.checksum,
        };
        let disk = &*self.shared.disk;
        let name = log_name(header.first_seq);
        let path = disk.path().join(&name);
        let file = match Segment::create(disk, &name, &header) {
            Ok(file) => file,
            Err((Step::Write, error)) => {
                // If it stays, it is made anew or removed later: nothing is in it.
                drop(disk.remove(&name));
                return Err(Error::io("write", &path)(error));
            }
            Err((Step::Sync, error)) => return Err(self.stop(Error::io("sync", &path)(error))),
        };
        if let Err(error) = disk.sync_folder() {
            return Err(self.stop(Error::io("sync", disk.path())(error)));
        }
        let index = Index::memory(MemoryIndex::default());
        let end = HEADER_BYTES as u64;
        let segment = Arc::new(Segment::new(disk.path(), header, file, end, index));
        self.shared.push(Arc::clone(&segment));
        let sealed = std::mem::replace(&mut self.active, segment);
        let checksum = std::mem::replace(&mut self.checksum, header.checksum());
        match &self.indexer {
            Indexer::Here => self.shared.index(&sealed, checksum),
            // The thread lives as long as this sender.
            Indexer::Thread(sender) => drop(sender.send((sealed, checksum))),
        }
        Ok(())
    }

    /// Takes nothing more, because nobody knows what the disk holds.
    fn stop(&self, cause: Error) -> Error {
        let cause = Arc::new(cause);
        self.shared.queue.stop(Some(Arc::clone(&cause)));
        Error::Stopped { cause: Some(cause) }
    }
}

/// Looks all entries of a request up before any of them is added: when one look-up fails, nothing of
/// the request may be in the frame.
fn find_all(entries: &[Entry], batch: &Batch, snapshot: &Snapshot) -> Result<Vec<Option<u64>>> {
    let found = entries.iter().map(|entry| find(entry, batch, snapshot));
    found.collect()
}

/// Sequence number of the event that `entry` repeats, if it repeats one.
fn find(entry: &Entry, batch: &Batch, snapshot: &Snapshot) -> Result<Option<u64>> {
    let Some(id) = id_of(entry) else {
        return Ok(None);
    };
    if let Some(&seq) = batch.ids.get(id) {
        return Ok(Some(seq));
    }
    Ok(snapshot.event(id)?.map(|found| found.seq))
}

fn id_of(entry: &Entry) -> Option<&EventId> {
    match entry {
        Entry::Event(event) => event.id.as_ref(),
        Entry::PutItem(_)
        | Entry::DeleteItem(_)
        | Entry::PutUser(_)
        | Entry::DeleteUser(_)
        | Entry::SignIn { .. } => None,
    }
}
