//! The thread that writes: everything that waits goes out in one frame with one sync.

mod commit;
mod queue;

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    thread::{self, JoinHandle},
};

use crate::{
    Error, Indexing, Observer, Result, recover::Recovered, segment::Segment, shared::Shared,
};

use commit::Committer;
pub(crate) use queue::{NoRoom, Queue, Request, Work};

/// The threads of a journal.
#[derive(Debug)]
pub(crate) struct Threads {
    writer: Option<JoinHandle<()>>,
    indexer: Option<JoinHandle<()>>,
}

/// A sealed segment that needs its index, and the checksum of its last frame.
type Sealed = (Arc<Segment>, u64);

/// Where sealed segments get their index.
#[derive(Debug)]
enum Indexer {
    Thread(Sender<Sealed>),
    Here,
}

impl Threads {
    /// Starts them.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the system gives no thread.
    pub(crate) fn start(
        shared: &Arc<Shared>,
        recovered: &Recovered,
        observer: Box<dyn Observer>,
    ) -> Result<Self> {
        let spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
            let thread = thread::Builder::new().name(name.to_owned());
            (thread.spawn(run)).map_err(Error::io("start a thread for", shared.disk.path()))
        };
        let (indexer, handle) = match shared.config.indexing {
            Indexing::Inline => (Indexer::Here, None),
            Indexing::Background => {
                let (sender, receiver) = channel();
                let shared = Arc::clone(shared);
                let run = Box::new(move || index_all(&shared, &receiver));
                (Indexer::Thread(sender), Some(spawn("journal-index", run)?))
            }
        };
        let mut committer = Committer::new(Arc::clone(shared), recovered, observer, indexer);
        let queue = Closing(Arc::clone(shared));
        let run = Box::new(move || {
            let queue = queue;
            while let Some(work) = queue.0.queue.take(queue.0.config.batch_bytes) {
                committer.work(work);
            }
        });
        Ok(Self {
            writer: Some(spawn("journal-write", run)?),
            indexer: handle,
        })
    }

    /// Waits for both to end; the queue has to be closed.
    pub(crate) fn join(&mut self) {
        for handle in [self.writer.take(), self.indexer.take()]
            .into_iter()
            .flatten()
        {
            // The last owner may be a callback on the thread itself, which cannot wait for its end.
            if handle.thread().id() != thread::current().id() {
                // A panic there was told when it happened, and everybody who waited was told too.
                drop(handle.join());
            }
        }
    }
}

/// Closes the queue when the thread ends, by a panic too, so that nobody waits for it forever.
struct Closing(Arc<Shared>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.queue.stop(None);
    }
}

fn index_all(shared: &Shared, sealed: &Receiver<Sealed>) {
    for (segment, checksum) in sealed {
        shared.index(&segment, checksum);
    }
}
