//! The journal: one writer, any number of readers.

use std::{
    path::Path,
    sync::{Arc, mpsc::channel},
};

use marquee_core::{Actor, EventId, ItemId, Timestamp};

use crate::{
    Committed, Entry, Error, JournalConfig, JournalStats, Observer, Outcome, Result, Scan,
    Snapshot,
    disk::{Disk, FolderDisk},
    maintain::finish_erasure,
    recover,
    shared::Shared,
    writer::{NoRoom, Request, Threads},
};

/// An open journal.
///
/// `Send` and `Sync`. Dropping it writes what waits and lets the folder go.
#[derive(Debug)]
pub struct Journal {
    shared: Arc<Shared>,
    threads: Threads,
}

impl Journal {
    /// Opens the journal in `dir`, which is made where it is not there, and keeps other writers out
    /// for as long as it is open.
    ///
    /// Whatever a crash has left is put in order: a frame that was not written to its end is cut
    /// off, an index that is missing is made, an erasure that was begun is finished.
    ///
    /// Cost: reads the newest segment and the indexes of all others.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] when another process writes to it; [`Error::Damaged`] or
    /// [`Error::Missing`] when it is not as it was written, in a way that no crash can cause;
    /// [`Error::Config`] or [`Error::Io`].
    pub fn open(
        dir: impl AsRef<Path>,
        config: JournalConfig,
        observer: Box<dyn Observer>,
    ) -> Result<Self> {
        Self::open_on(Arc::new(FolderDisk::lock(dir)?), config, observer)
    }

    /// The same on any disk.
    ///
    /// # Errors
    ///
    /// As [`Journal::open`].
    pub fn open_on(
        disk: Arc<dyn Disk>,
        config: JournalConfig,
        observer: Box<dyn Observer>,
    ) -> Result<Self> {
        config.check()?;
        let recovered = recover::for_writing(&*disk)?;
        let shared = Arc::new(Shared::new(disk, config, &recovered));
        finish_erasure(&shared)?;
        let threads = Threads::start(&shared, &recovered, observer)?;
        Ok(Self { shared, threads })
    }

    /// Opens the journal in `dir` for reading alone: see [`Snapshot::open`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn read(dir: impl AsRef<Path>) -> Result<Snapshot> {
        Snapshot::open(dir)
    }

    /// What its threads share.
    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Writes `entries`, all or none, and waits until they are durable and the observer has seen
    /// them. Gives what became of each.
    ///
    /// - `received`: when they arrived; the same for all.
    ///
    /// Waits for room while too much waits to be written.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] and [`Error::NoSpace`]: nothing was written. [`Error::Stopped`]: whether
    /// they are there is known after opening again; sending events with ids once more is safe.
    pub fn append(&self, entries: Vec<Entry>, received: Timestamp) -> Result<Vec<Outcome>> {
        let request = Request::new(entries, received)?;
        let (sender, receiver) = channel();
        // The receiver waits below.
        let done = Box::new(move |outcome| drop(sender.send(outcome)));
        self.shared.queue.push(request, NoRoom::Wait, done)?;
        receiver
            .recv()
            .unwrap_or(Err(Error::Stopped { cause: None }))
    }

    /// The same without waiting: `done` is called by the thread that writes, exactly once, when it
    /// is known what became of the entries. It must not wait for the journal.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] when too much waits already, [`Error::TooLarge`], [`Error::Stopped`]; `done`
    /// is not called then, and nothing is written.
    pub fn submit(
        &self,
        entries: Vec<Entry>,
        received: Timestamp,
        done: Box<dyn FnOnce(Result<Vec<Outcome>>) + Send>,
    ) -> Result<()> {
        let request = Request::new(entries, received)?;
        self.shared.queue.push(request, NoRoom::Refuse, done)
    }

    /// The journal as it is now.
    pub fn snapshot(&self) -> Snapshot {
        self.shared.snapshot()
    }

    /// Sequence number of the last entry that is on the disk; 0 when there is none.
    pub fn durable_seq(&self) -> u64 {
        self.shared.durable_seq()
    }

    /// Entries in the segment that grows: their index is in memory, and the next opening after a crash
    /// makes it anew. [`seal`](Self::seal) leaves none.
    pub fn unsealed(&self) -> u64 {
        let segments = self.snapshot().segments;
        let growing = segments.last();
        growing.map_or(0, |last| {
            (last.last_seq() + 1).saturating_sub(last.header.first_seq)
        })
    }

    /// See [`Snapshot::first_seq`].
    pub fn first_seq(&self) -> u64 {
        self.snapshot().first_seq()
    }

    /// See [`Snapshot::actor_events`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn actor_events(
        &self,
        actor: &Actor,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Committed>> {
        self.snapshot().actor_events(actor, before, limit)
    }

    /// See [`Snapshot::item_events`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn item_events(
        &self,
        item: &ItemId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Committed>> {
        self.snapshot().item_events(item, before, limit)
    }

    /// See [`Snapshot::event`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn event(&self, id: &EventId) -> Result<Option<Committed>> {
        self.snapshot().event(id)
    }

    /// See [`Snapshot::scan`].
    pub fn scan(&self, from_seq: u64) -> Scan {
        self.snapshot().scan(from_seq)
    }

    /// See [`Snapshot::catalog`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn catalog(&self) -> Result<impl Iterator<Item = Committed> + use<>> {
        self.snapshot().catalog()
    }

    /// How large the journal is.
    pub fn stats(&self) -> JournalStats {
        self.snapshot().stats()
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.shared.queue.close();
        self.threads.join();
    }
}
