//! What waits to be written, bounded.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc::Sender},
};

use marquee_core::Timestamp;

use crate::{Entry, Error, Outcome, Result, codec::encode_entry, frame::MAX_REQUEST_BYTES};

/// What an entry costs besides its own bytes, for the bounds.
const ENTRY_OVERHEAD: usize = 16;

/// What is called with the outcome of a request.
pub(crate) type Callback = Box<dyn FnOnce(Result<Vec<Outcome>>) + Send>;

/// Calls back exactly once: with the outcome, or with an error when it is dropped.
pub(crate) struct Done(Option<Callback>);

impl Done {
    pub(crate) fn tell(mut self, outcome: Result<Vec<Outcome>>) {
        if let Some(callback) = self.0.take() {
            callback(outcome);
        }
    }
}

impl Drop for Done {
    fn drop(&mut self) {
        if let Some(callback) = self.0.take() {
            callback(Err(Error::Stopped { cause: None }));
        }
    }
}

impl fmt::Debug for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Done")
    }
}

/// Entries that are to be written together or not at all.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) entries: Vec<Entry>,
    pub(crate) received: Timestamp,
    /// The entries encoded, one after the other.
    bodies: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
    done: Option<Done>,
}

impl Request {
    /// Encodes `entries`, on the thread of the caller.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`].
    pub(crate) fn new(entries: Vec<Entry>, received: Timestamp) -> Result<Self> {
        let mut bodies = Vec::new();
        let mut ends = Vec::with_capacity(entries.len());
        for entry in &entries {
            encode_entry(&mut bodies, entry, received)?;
            ends.push(bodies.len());
            let found = bodies.len() + ends.len() * ENTRY_OVERHEAD;
            if found > MAX_REQUEST_BYTES {
                return Err(Error::TooLarge {
                    what: "request",
                    found,
                    limit: MAX_REQUEST_BYTES,
                });
            }
        }
        Ok(Self {
            entries,
            received,
            bodies,
            ends,
            done: None,
        })
    }

    /// What it counts for in the bounds.
    fn cost(&self) -> usize {
        self.bodies.len() + self.ends.len() * ENTRY_OVERHEAD
    }

    /// Entry `at`, encoded.
    pub(crate) fn body(&self, at: usize) -> &[u8] {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bodies[start..self.ends[at]]
    }

    pub(crate) fn tell(mut self, outcome: Result<Vec<Outcome>>) {
        if let Some(done) = self.done.take() {
            done.tell(outcome);
        }
    }
}

/// What the thread that writes is to do next.
#[derive(Debug)]
pub(crate) enum Work {
    /// Write these.
    Commit(Vec<Request>),
    /// Seal the segment that grows and tell the last sequence number that is in a sealed one.
    Seal(Sender<Result<u64>>),
}

#[derive(Debug)]
enum Waiting {
    Request(Request),
    Seal(Sender<Result<u64>>),
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Waiting>,
    bytes: usize,
    /// Nothing more is taken; what waits is still written.
    closed: bool,
    /// Nothing more is taken or written.
    stopped: Option<Error>,
}

/// What waits to be written.
#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    limit: usize,
    /// Something came or the end has come.
    changed: Condvar,
    /// Something went.
    room: Condvar,
}

/// What to do when there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoRoom {
    Wait,
    Refuse,
}

impl Queue {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            state: Mutex::default(),
            limit,
            changed: Condvar::new(),
            room: Condvar::new(),
        }
    }

    /// Adds a request, of which `callback` hears.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] or [`Error::Stopped`]; `callback` is not called then.
    pub(crate) fn push(
        &self,
        mut request: Request,
        no_room: NoRoom,
        callback: Callback,
    ) -> Result<()> {
        let cost = request.cost();
        let mut state = self.lock();
        loop {
            state.check()?;
            // A request that is larger than the bound has to be alone.
            if state.bytes == 0 || state.bytes + cost <= self.limit {
                break;
            }
            if no_room == NoRoom::Refuse {
                return Err(Error::Full {
                    waiting: state.bytes,
                    limit: self.limit,
                });
            }
            state = (self.room.wait(state)).unwrap_or_else(PoisonError::into_inner);
        }
        request.done = Some(Done(Some(callback)));
        state.bytes += cost;
        state.waiting.push_back(Waiting::Request(request));
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Asks for the segment that grows to be sealed, after all that waits was written.
    ///
    /// # Errors
    ///
    /// [`Error::Stopped`].
    pub(crate) fn push_seal(&self, done: Sender<Result<u64>>) -> Result<()> {
        let mut state = self.lock();
        state.check()?;
        state.waiting.push_back(Waiting::Seal(done));
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Waits for something to do: all requests that wait, up to `batch_bytes` but at least one.
    /// Nothing when the queue is closed and empty, or stopped.
    pub(crate) fn take(&self, batch_bytes: usize) -> Option<Work> {
        let mut state = self.lock();
        while state.waiting.is_empty() {
            if state.closed || state.stopped.is_some() {
                return None;
            }
            state = (self.changed.wait(state)).unwrap_or_else(PoisonError::into_inner);
        }
        let mut batch = Vec::new();
        let mut bytes = 0;
        while let Some(next) = state.waiting.pop_front() {
            match next {
                Waiting::Seal(done) if batch.is_empty() => return Some(Work::Seal(done)),
                Waiting::Request(request)
                    if batch.is_empty() || bytes + request.cost() <= batch_bytes =>
                {
                    bytes += request.cost();
                    batch.push(request);
                }
                other => {
                    state.waiting.push_front(other);
                    break;
                }
            }
        }
        state.bytes -= bytes;
        drop(state);
        self.room.notify_all();
        Some(Work::Commit(batch))
    }

    /// Takes nothing more; what waits is still written.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
        self.room.notify_all();
    }

    /// Takes and writes nothing more; all who wait are told.
    pub(crate) fn stop(&self, cause: Option<Arc<Error>>) {
        let mut state = self.lock();
        let error = state
            .stopped
            .get_or_insert(Error::Stopped { cause })
            .clone();
        let waiting = std::mem::take(&mut state.waiting);
        state.bytes = 0;
        // Callbacks may come back with another request, so the lock must be free.
        drop(state);
        self.changed.notify_all();
        self.room.notify_all();
        for waiting in waiting {
            match waiting {
                Waiting::Request(request) => request.tell(Err(error.clone())),
                // Who asked may be gone.
                Waiting::Seal(done) => drop(done.send(Err(error.clone()))),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn check(&self) -> Result<()> {
        match &self.stopped {
            Some(error) => Err(error.clone()),
            None if self.closed => Err(Error::Stopped { cause: None }),
            None => Ok(()),
        }
    }
}
