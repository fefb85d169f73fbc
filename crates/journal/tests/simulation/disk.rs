//! A disk in memory with a cache that a power cut loses, in whole or in parts and in any order.
//!
//! - Written bytes are in the cache until the file is synced. A power cut keeps any of the sectors
//!   that were not synced, some of them cut in the middle, and any length between the old and the
//!   new one.
//! - Names are in the cache until the folder is synced. A power cut keeps any of the changes.
//! - A sync that fails has made some of the sectors durable and forgets about the others: a later
//!   one that succeeds does not bring them to the disk, although reading shows them.
//! - A full disk takes a part of a write.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use marquee_journal::{Disk, DiskFile};
use marquee_store::Artifact;

use super::random::Random;

const SECTOR: usize = 512;

/// What goes wrong, and after how many operations that change the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing works any more; the cache is lost at the next start.
    PowerCut(usize),
    /// Nothing works any more for this process; the cache stays.
    Kill(usize),
    /// One sync fails.
    FailedSync(usize),
}

/// A file, whatever its name.
#[derive(Debug, Default, Clone)]
struct Inode {
    cache: Vec<u8>,
    durable: Vec<u8>,
    dirty: BTreeSet<usize>,
}

/// A name that was given or taken away.
#[derive(Debug, Clone)]
struct Change {
    name: String,
    inode: Option<usize>,
    /// The name that went in the same step.
    gone: Option<String>,
}

#[derive(Debug)]
struct State {
    random: Random,
    inodes: Vec<Inode>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    changes: Vec<Change>,
    fault: Option<Fault>,
    stopped: bool,
    /// Bytes that the disk has.
    room: usize,
}

/// The disk.
#[derive(Debug, Clone)]
pub(crate) struct SimDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct SimFile {
    state: Arc<Mutex<State>>,
    inode: usize,
}

impl SimDisk {
    pub(crate) fn new(random: Random) -> Self {
        let state = State {
            random,
            inodes: Vec::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            changes: Vec::new(),
            fault: None,
            stopped: false,
            room: usize::MAX,
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Arranges for a fault.
    pub(crate) fn arm(&self, fault: Fault) {
        self.lock().fault = Some(fault);
    }

    /// Whether the process was stopped by a fault.
    pub(crate) fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    /// Leaves room for `bytes` more than there are now.
    pub(crate) fn limit_room(&self, bytes: usize) {
        let mut state = self.lock();
        state.room = state.used().saturating_add(bytes);
    }

    /// Takes the limit away.
    pub(crate) fn free_room(&self) {
        self.lock().room = usize::MAX;
    }

    /// Starts again after the power was cut, whether or not it was cut by a fault.
    pub(crate) fn restart_without_cache(&self) {
        let mut state = self.lock();
        state.lose_cache();
        state.disarm();
    }

    /// Starts another process.
    pub(crate) fn restart(&self) {
        self.lock().disarm();
    }

    /// Whether a file that has a name holds `bytes`.
    pub(crate) fn holds(&self, bytes: &[u8]) -> bool {
        let state = self.lock();
        let contents = state
            .names
            .values()
            .map(|&inode| &state.inodes[inode].cache);
        let has = |content: &Vec<u8>| content.windows(bytes.len()).any(|part| part == bytes);
        contents.into_iter().any(has)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a test does to the disk by hand.
#[cfg(test)]
impl SimDisk {
    /// Another disk with the same files, all durable.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::new(Random::new(0));
        for name in self.names("") {
            copy.put(&name, self.content(&name));
        }
        copy
    }

    /// Names that end so, in order.
    pub(crate) fn names(&self, end: &str) -> Vec<String> {
        let names = self.lock().names.keys().cloned().collect::<Vec<_>>();
        names
            .into_iter()
            .filter(|name| name.ends_with(end))
            .collect()
    }

    pub(crate) fn content(&self, name: &str) -> Vec<u8> {
        let state = self.lock();
        state.inodes[state.names[name]].cache.clone()
    }

    pub(crate) fn put(&self, name: &str, content: Vec<u8>) {
        let mut state = self.lock();
        let inode = state.inodes.len();
        state.inodes.push(Inode {
            durable: content.clone(),
            cache: content,
            dirty: BTreeSet::new(),
        });
        state.names.insert(name.to_owned(), inode);
        state.durable_names.insert(name.to_owned(), inode);
    }

    pub(crate) fn forget(&self, name: &str) {
        let mut state = self.lock();
        state.names.remove(name);
        state.durable_names.remove(name);
    }

    /// Flips one bit, wherever it is.
    pub(crate) fn damage(&self, name: &str, random: &mut Random) {
        let mut content = self.content(name);
        let at = random.below(content.len());
        content[at] ^= 1 << random.below(8);
        self.put(name, content);
    }
}

impl State {
    fn disarm(&mut self) {
        self.fault = None;
        self.stopped = false;
        self.room = usize::MAX;
    }

    fn used(&self) -> usize {
        let lengths = self
            .names
            .values()
            .map(|&inode| self.inodes[inode].cache.len());
        lengths.sum()
    }

    /// Counts an operation; says whether it is the one that the process dies in.
    fn dies(&mut self) -> io::Result<bool> {
        if self.stopped {
            return Err(io::Error::other("the process is dead"));
        }
        if let Some(Fault::PowerCut(left) | Fault::Kill(left)) = &mut self.fault {
            if *left == 0 {
                self.stopped = true;
                return Ok(true);
            }
            *left -= 1;
        }
        Ok(false)
    }

    fn dead() -> io::Error {
        io::Error::other("the process died")
    }

    fn lose_cache(&mut self) {
        let mut random = self.random.clone();
        for change in std::mem::take(&mut self.changes) {
            if random.one_in(2) {
                self.persist(change);
            }
        }
        self.random = random;
        self.names = self.durable_names.clone();
        for at in 0..self.inodes.len() {
            let mut inode = std::mem::take(&mut self.inodes[at]);
            inode.lose_cache(&mut self.random);
            self.inodes[at] = inode;
        }
    }

    fn persist(&mut self, change: Change) {
        if let Some(gone) = change.gone {
            self.durable_names.remove(&gone);
        }
        match change.inode {
            Some(inode) => self.durable_names.insert(change.name, inode),
            None => self.durable_names.remove(&change.name),
        };
    }

    fn change(&mut self, name: &str, inode: Option<usize>, gone: Option<&str>) {
        if let Some(gone) = gone {
            self.names.remove(gone);
        }
        match inode {
            Some(inode) => self.names.insert(name.to_owned(), inode),
            None => self.names.remove(name),
        };
        self.changes.push(Change {
            name: name.to_owned(),
            inode,
            gone: gone.map(str::to_owned),
        });
    }
}

impl Inode {
    fn touch(&mut self, from: usize, to: usize) {
        self.dirty.extend(from / SECTOR..to.div_ceil(SECTOR));
    }

    /// Brings one sector to the disk, or the first `bytes` of it.
    fn keep(&mut self, sector: usize, bytes: usize) {
        let start = sector * SECTOR;
        let end = (start + bytes)
            .min(self.cache.len())
            .min(self.durable.len());
        if start < end {
            self.durable[start..end].copy_from_slice(&self.cache[start..end]);
        }
    }

    /// Some of what is dirty reaches the disk.
    fn keep_some(&mut self, random: &mut Random) {
        let (old, new) = (self.durable.len(), self.cache.len());
        let length = match random.below(4) {
            0 => old,
            1 => old.min(new) + random.below(old.abs_diff(new) + 1),
            _ => new,
        };
        let filler = if random.one_in(4) { 0xa5 } else { 0 };
        self.durable.resize(length, filler);
        // All, none, or each by a throw of its own.
        let mode = random.below(4);
        for sector in std::mem::take(&mut self.dirty) {
            match mode {
                0 => {}
                1 => self.keep(sector, SECTOR),
                _ => match random.below(8) {
                    0 => self.keep(sector, random.below(SECTOR)),
                    n if n % 2 == 0 => self.keep(sector, SECTOR),
                    _ => {}
                },
            }
        }
    }

    fn lose_cache(&mut self, random: &mut Random) {
        self.keep_some(random);
        self.cache = self.durable.clone();
    }

    fn sync(&mut self) {
        self.durable.resize(self.cache.len(), 0);
        for sector in std::mem::take(&mut self.dirty) {
            self.keep(sector, SECTOR);
        }
    }
}

impl Disk for SimDisk {
    fn path(&self) -> &Path {
        Path::new("simulated")
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.lock().names.keys().cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let state = self.lock();
        let inode = state.names.get(name).copied();
        let inode = inode.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let state = Arc::clone(&self.state);
        Ok(Arc::new(SimFile { state, inode }))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.lock();
        let dies = state.dies()?;
        let inode = state.inodes.len();
        state.inodes.push(Inode::default());
        state.change(name, Some(inode), None);
        if dies {
            return Err(State::dead());
        }
        let state = Arc::clone(&self.state);
        Ok(Arc::new(SimFile { state, inode }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.lock();
        let dies = state.dies()?;
        let inode = state.names.get(from).copied();
        let inode = inode.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        state.change(to, Some(inode), Some(from));
        if dies { Err(State::dead()) } else { Ok(()) }
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.lock();
        let dies = state.dies()?;
        if !state.names.contains_key(name) {
            return Err(io::ErrorKind::NotFound.into());
        }
        state.change(name, None, None);
        if dies { Err(State::dead()) } else { Ok(()) }
    }

    fn sync_folder(&self) -> io::Result<()> {
        let mut state = self.lock();
        if state.dies()? {
            return Err(State::dead());
        }
        if state.fails_sync() {
            return Err(io::Error::other("the disk did not confirm"));
        }
        for change in std::mem::take(&mut state.changes) {
            state.persist(change);
        }
        Ok(())
    }

    fn artifact(&self, name: &str) -> marquee_store::Result<Artifact> {
        let state = self.lock();
        let inode = state.names.get(name).copied();
        Artifact::from_bytes(inode.map_or(&[], |inode| &state.inodes[inode].cache))
    }
}

impl State {
    /// Counts a sync; says whether it fails.
    fn fails_sync(&mut self) -> bool {
        match &mut self.fault {
            Some(Fault::FailedSync(0)) => {
                self.fault = None;
                true
            }
            Some(Fault::FailedSync(left)) => {
                *left -= 1;
                false
            }
            _ => false,
        }
    }
}

impl SimFile {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DiskFile for SimFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.lock().inodes[self.inode].cache.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let state = self.lock();
        let content = &state.inodes[self.inode].cache;
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = content.get(start..).unwrap_or_default();
        let n = rest.len().min(buffer.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.lock();
        let dies = state.dies()?;
        let mut n = bytes.len();
        if dies {
            n = state.random.below(n + 1);
        }
        let start = usize::try_from(offset).expect("simulated files are small");
        let free = state.room.saturating_sub(state.used());
        let inode = &mut state.inodes[self.inode];
        // What lies inside the file has its room already.
        let inside = inode.cache.len().saturating_sub(start);
        let full = n > inside.saturating_add(free);
        if full {
            n = inside + free;
        }
        let end = start + n;
        if n > 0 {
            let from = start.min(inode.cache.len());
            if inode.cache.len() < end {
                inode.cache.resize(end, 0);
            }
            inode.cache[start..end].copy_from_slice(&bytes[..n]);
            inode.touch(from, end);
        }
        match (dies, full) {
            (true, _) => Err(State::dead()),
            (_, true) => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }

    fn cut(&self, length: u64) -> io::Result<()> {
        let mut state = self.lock();
        let dies = state.dies()?;
        let inode = &mut state.inodes[self.inode];
        let length = usize::try_from(length).expect("simulated files are small");
        inode.cache.truncate(length);
        inode.dirty.retain(|&sector| sector * SECTOR < length);
        if dies { Err(State::dead()) } else { Ok(()) }
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.lock();
        let dies = state.dies()?;
        let fails = state.fails_sync();
        let mut random = state.random.clone();
        let inode = &mut state.inodes[self.inode];
        if dies || fails {
            if fails {
                inode.keep_some(&mut random);
            }
            state.random = random;
            return Err(io::Error::other("the disk did not confirm"));
        }
        inode.sync();
        Ok(())
    }
}
