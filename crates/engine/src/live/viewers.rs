//! What viewers did lately, in memory: a cache over the journal, bounded by bytes.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use marquee_core::{Actor, ItemId};

use super::deed::Deed;

/// Independent parts, so that viewers do not wait for one another.
const N_SHARDS: usize = 16;
/// Items of older deeds that are kept, for each deed that is.
pub(crate) const FADED: usize = 8;
/// What one viewer takes besides the deeds, about.
const BYTES_A_VIEWER: usize = 200;

/// All that is kept of one viewer, by rising number.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ViewerLog {
    /// Number of the last deed that is in it or older than it.
    pub(crate) through: u64,
    /// The latest deeds, and older ones that last.
    pub(crate) deeds: Vec<Deed>,
    /// What is left of older ones: that the viewer touched these items.
    pub(crate) faded: Vec<Faded>,
}

/// An item that a viewer touched before the deeds that are kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Faded {
    pub(crate) item: ItemId,
    /// Hash of the id of the event: it may still be taken back.
    pub(crate) id: u128,
}

impl Faded {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.item.as_str().len() + 16
    }
}

impl ViewerLog {
    /// Of all deeds by rising number.
    fn new(deeds: Vec<Deed>, most: usize) -> Self {
        let mut this = Self {
            through: deeds.last().map_or(0, |deed| deed.seq),
            deeds,
            faded: Vec::new(),
        };
        this.shorten(most);
        this
    }

    /// Lets the oldest deeds past `most` fade, but for those that last. The same deeds leave the same
    /// log, whether they come one by one or together.
    fn shorten(&mut self, most: usize) {
        let spare = self.deeds.len().saturating_sub(most);
        if spare == 0 {
            return;
        }
        let mut left = spare;
        let fades = |deed: &mut Deed| {
            let fades = left > 0 && !deed.is_lasting();
            left -= usize::from(fades);
            fades
        };
        let faded: Vec<Deed> = self.deeds.extract_if(.., fades).collect();
        self.faded.extend(faded.into_iter().filter_map(|deed| {
            let (item, id) = (deed.item?, deed.id);
            Some(Faded { item, id })
        }));
        // Somebody who does nothing but speak against things keeps the latest of that.
        self.deeds.drain(..left);
        let over = self.faded.len().saturating_sub(FADED * most);
        self.faded.drain(..over);
    }

    fn bytes(&self) -> usize {
        let faded = self.faded.iter().map(Faded::bytes).sum::<usize>();
        BYTES_A_VIEWER + self.deeds.iter().map(Deed::bytes).sum::<usize>() + faded
    }
}

/// Logs of the viewers that were asked for last.
#[derive(Debug)]
pub(crate) struct Viewers {
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
    /// Of each shard.
    most_bytes: usize,
    /// Of each viewer; older ones fade, unless they are lasting.
    most_deeds: usize,
}

#[derive(Debug, Default)]
struct Shard {
    known: HashMap<Actor, Entry>,
    /// Who was asked for when, oldest first.
    order: BTreeMap<u64, Actor>,
    next: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    log: Arc<ViewerLog>,
    used: u64,
    bytes: usize,
}

impl Viewers {
    /// Keeps at most about `most_bytes`, and `most_deeds` of each viewer.
    pub(crate) fn new(most_bytes: usize, most_deeds: usize) -> Self {
        Self {
            shards: (0..N_SHARDS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
            most_bytes: most_bytes / N_SHARDS,
            most_deeds,
        }
    }

    /// The log of `actor`, read by `load` if it is not in memory.
    ///
    /// While `load` reads, nothing is added to the logs of this shard, so that no deed falls between
    /// what was read and what is added next.
    pub(crate) fn log<E>(
        &self,
        actor: &Actor,
        load: impl FnOnce() -> Result<Vec<Deed>, E>,
    ) -> Result<Arc<ViewerLog>, E> {
        let mut shard = self.shard(actor);
        if let Some(log) = shard.touch(actor) {
            return Ok(log);
        }
        let log = Arc::new(ViewerLog::new(load()?, self.most_deeds));
        shard.insert(actor.clone(), Arc::clone(&log));
        shard.shrink(self.most_bytes);
        Ok(log)
    }

    /// Adds a deed to the log of `actor`, if that is in memory and does not have it.
    pub(crate) fn add(&self, actor: &Actor, deed: &Deed) {
        let mut shard = self.shard(actor);
        let Some(entry) = shard.known.get_mut(actor) else {
            return;
        };
        if deed.seq <= entry.log.through {
            return;
        }
        let before = entry.bytes;
        // A request that still reads the log keeps it as it was.
        let log = Arc::make_mut(&mut entry.log);
        log.deeds.push(deed.clone());
        log.through = deed.seq;
        log.shorten(self.most_deeds);
        entry.bytes = entry.log.bytes();
        let after = entry.bytes;
        shard.bytes = shard.bytes + after - before;
        shard.shrink(self.most_bytes);
    }

    /// Forgets the log of `actor`; it is read again when it is needed.
    pub(crate) fn forget(&self, actor: &Actor) {
        self.shard(actor).remove(actor);
    }

    /// Forgets everybody.
    pub(crate) fn clear(&self) {
        for shard in &self.shards {
            *lock(shard) = Shard::default();
        }
    }

    /// How many viewers are in memory, and about how many bytes they take.
    pub(crate) fn size(&self) -> (usize, usize) {
        self.shards.iter().fold((0, 0), |(viewers, bytes), shard| {
            let shard = lock(shard);
            (viewers + shard.known.len(), bytes + shard.bytes)
        })
    }

    fn shard(&self, actor: &Actor) -> MutexGuard<'_, Shard> {
        let hash = self.hasher.hash_one(actor);
        let number = usize::try_from(hash % N_SHARDS as u64).unwrap_or(0);
        lock(&self.shards[number])
    }
}

/// A shard is whole between any two steps, so a panic elsewhere leaves nothing half done.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shard {
    fn touch(&mut self, actor: &Actor) -> Option<Arc<ViewerLog>> {
        let next = self.next;
        let entry = self.known.get_mut(actor)?;
        self.order.remove(&entry.used);
        entry.used = next;
        let log = Arc::clone(&entry.log);
        self.order.insert(next, actor.clone());
        self.next += 1;
        Some(log)
    }

    fn insert(&mut self, actor: Actor, log: Arc<ViewerLog>) {
        let (used, bytes) = (self.next, log.bytes());
        self.next += 1;
        self.bytes += bytes;
        self.order.insert(used, actor.clone());
        self.known.insert(actor, Entry { log, used, bytes });
    }

    fn remove(&mut self, actor: &Actor) {
        if let Some(entry) = self.known.remove(actor) {
            self.order.remove(&entry.used);
            self.bytes -= entry.bytes;
        }
    }

    /// Drops those that were not asked for the longest, until at most `most_bytes` are left.
    fn shrink(&mut self, most_bytes: usize) {
        while self.bytes > most_bytes {
            let Some((_, actor)) = self.order.pop_first() else {
                return;
            };
            if let Some(entry) = self.known.remove(&actor) {
                self.bytes -= entry.bytes;
            }
        }
    }
}

#[cfg(test)]
mod tests;
