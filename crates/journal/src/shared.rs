//! What the threads of one journal share.

use std::sync::{
    Arc, Mutex, RwLock,
    atomic::{AtomicU64, Ordering},
};

use crate::{
    JournalConfig, Snapshot,
    disk::Disk,
    index::{read, write},
    recover::{Recovered, write_index},
    segment::Segment,
    writer::Queue,
};

/// What the threads of one journal share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) config: JournalConfig,
    pub(crate) queue: Queue,
    /// Held while segments are rewritten or get their index, so that only one thread at a time takes
    /// a segment's place. Whoever holds it must not wait for the thread that writes.
    pub(crate) maintenance: Mutex<()>,
    segments: RwLock<Arc<Vec<Arc<Segment>>>>,
    durable_seq: AtomicU64,
}

impl Shared {
    pub(crate) fn new(disk: Arc<dyn Disk>, config: JournalConfig, recovered: &Recovered) -> Self {
        let durable = recovered.segments.last().map_or(0, |last| last.last_seq());
        Self {
            disk,
            queue: Queue::new(config.queue_bytes),
            config,
            maintenance: Mutex::new(()),
            segments: RwLock::new(Arc::new(recovered.segments.clone())),
            durable_seq: AtomicU64::new(durable),
        }
    }

    pub(crate) fn durable_seq(&self) -> u64 {
        self.durable_seq.load(Ordering::Acquire)
    }

    /// Lets everything up to `seq` be read.
    pub(crate) fn set_durable(&self, seq: u64) {
        self.durable_seq.store(seq, Ordering::Release);
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        // The number first: segments that are listed later hold at least as much.
        let durable_seq = self.durable_seq();
        let segments = Arc::clone(&read(&self.segments));
        Snapshot {
            segments,
            durable_seq,
        }
    }

    /// Appends a segment.
    pub(crate) fn push(&self, segment: Arc<Segment>) {
        let mut list = write(&self.segments);
        let mut segments = list.to_vec();
        segments.push(segment);
        *list = Arc::new(segments);
    }

    /// Puts `new` in the place of `old`, which follow one another; `false` when they are not there.
    pub(crate) fn exchange(&self, old: &[Arc<Segment>], new: Arc<Segment>) -> bool {
        let mut list = write(&self.segments);
        let same = |window: &[Arc<Segment>]| {
            let mut pairs = window.iter().zip(old);
            pairs.all(|(one, other)| Arc::ptr_eq(one, other))
        };
        let Some(at) = list.windows(old.len().max(1)).position(same) else {
            return false;
        };
        let mut segments = list.to_vec();
        segments.splice(at..at + old.len(), [new]);
        *list = Arc::new(segments);
        true
    }

    /// Gives a sealed segment its index on the disk. When that fails, the one in memory goes on
    /// serving, and the next opening makes it.
    pub(crate) fn index(&self, segment: &Arc<Segment>, checksum: u64) {
        let _guard = self.maintenance.lock();
        let listed = read(&self.segments)
            .iter()
            .any(|one| Arc::ptr_eq(one, segment));
        if listed && let Ok(indexed) = write_index(&*self.disk, segment, checksum) {
            self.exchange(std::slice::from_ref(segment), Arc::new(indexed));
        }
    }
}
