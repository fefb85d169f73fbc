//! What viewers did lately, in memory: a cache over the journal, bounded by bytes.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use marquee_core::Actor;

use super::deed::Deed;

/// Independent parts, so that viewers do not wait for one another.
const N_SHARDS: usize = 16;
/// What one viewer takes besides the deeds, about.
const BYTES_A_VIEWER: usize = 200;

/// All that is kept of one viewer, by rising number.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ViewerLog {
    /// Number of the last deed that is in it or older than it.
    pub(crate) through: u64,
    /// The deeds.
    pub(crate) deeds: Vec<Deed>,
}

impl ViewerLog {
    fn bytes(&self) -> usize {
        BYTES_A_VIEWER + self.deeds.iter().map(Deed::bytes).sum::<usize>()
    }
}

/// Logs of the viewers that were asked for last.
#[derive(Debug)]
pub(crate) struct Viewers {
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
    /// Of each shard.
    most_bytes: usize,
    /// Of each viewer; older ones go, unless they are lasting.
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
        let mut deeds = load()?;
        shorten(&mut deeds, self.most_deeds);
        let through = deeds.last().map_or(0, |deed| deed.seq);
        let log = Arc::new(ViewerLog { through, deeds });
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
        let mut deeds = match Arc::get_mut(&mut entry.log) {
            Some(log) => std::mem::take(&mut log.deeds),
            None => entry.log.deeds.clone(),
        };
        deeds.push(deed.clone());
        shorten(&mut deeds, self.most_deeds);
        let through = deed.seq;
        entry.log = Arc::new(ViewerLog { through, deeds });
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

/// Drops the oldest deeds past `most`, but for those that last. A tenth more goes than must, so that
/// not every deed that comes moves all others.
fn shorten(deeds: &mut Vec<Deed>, most: usize) {
    if deeds.len() <= most {
        return;
    }
    let mut spare = deeds.len() - most + most / 10;
    deeds.retain(|deed| {
        let stays = spare == 0 || deed.is_lasting();
        spare -= usize::from(!stays);
        stays
    });
    // Somebody who does nothing but speak against things keeps the latest of that.
    let rest = deeds.len().saturating_sub(most);
    deeds.drain(..rest);
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
