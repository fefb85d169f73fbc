//! What requests and the journal's thread share: the model, the catalog and features as they are now.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use arc_swap::ArcSwapOption;
use marquee_core::{ItemIdx, Timestamp};
use marquee_ingest::Catalog;
use marquee_journal::{Committed, Entry, Journal, Snapshot};

use crate::{
    Generation, LiveLimits, Result, Shelf,
    live::{Change, Live},
    ranking::live::{LiveFeatures, entities},
    writing::{JOURNAL_FOLDER, Journaling, Log, Told},
};

/// A model and the catalog in the order of its rows.
pub(crate) struct State {
    pub(crate) generation: Arc<Generation>,
    pub(crate) shelf: RwLock<Shelf>,
    /// What its ranker is asked with, if it has one.
    pub(crate) features: Option<LiveFeatures>,
    /// Items of the model with a date of release, the latest first.
    pub(crate) recent: Vec<(Timestamp, ItemIdx)>,
}

/// Where a version's files lie.
pub(crate) struct Files {
    /// Its folder.
    pub(crate) version: PathBuf,
    /// The file that the last server left.
    pub(crate) left: PathBuf,
}

/// A model that is about to answer.
pub(crate) struct Prepared {
    generation: Generation,
    features: Option<LiveFeatures>,
}

/// What requests and the journal's thread share.
pub(crate) struct Shared {
    /// As it was imported.
    pub(crate) imported: Catalog,
    /// With all changes since.
    pub(crate) catalog: RwLock<Catalog>,
    pub(crate) state: ArcSwapOption<State>,
    pub(crate) live: Live,
    feature_bytes: usize,
    /// Held while the catalog changes and while a state is made from it, so that none lacks a change.
    shelving: Mutex<()>,
    /// Held while features take in events and while a state comes into place, so that none lacks an
    /// event.
    featuring: Mutex<()>,
}

impl Shared {
    pub(crate) fn new(imported: Catalog, limits: LiveLimits) -> Self {
        Self {
            catalog: RwLock::new(imported.clone()),
            imported,
            state: ArcSwapOption::empty(),
            live: Live::new(limits),
            feature_bytes: limits.feature_bytes,
            shelving: Mutex::new(()),
            featuring: Mutex::new(()),
        }
    }

    pub(crate) fn committed(&self, batch: &[Committed]) {
        let is_change = |one: &Committed| !matches!(one.entry, Entry::Event(_));
        let _shelving = batch.iter().any(is_change).then(|| self.shelve());
        self.live
            .committed(batch, &mut |change| self.change(change), &mut || {
                self.feature(batch)
            });
    }

    /// Lets features take in what was written.
    fn feature(&self, batch: &[Committed]) {
        let _featuring = lock(&self.featuring);
        let state = self.state.load();
        if let Some(features) = state.as_ref().and_then(|state| state.features.as_ref()) {
            // Nobody waits here who could be told that rows have run out. Entries that need no new one were
            // taken in; the next opening of the version meets the same error and tells it.
            let _ = features.apply(batch, &self.live);
        }
    }

    fn change(&self, change: Change<'_>) {
        let mut catalog = write(&self.catalog);
        match change {
            Change::Put(item) => catalog.put_item(Arc::clone(item)),
            Change::Remove(id) => catalog.remove_item(id.as_str()),
        }
        drop(catalog);
        if let Some(state) = self.state.load_full() {
            let known = state.generation.interactions();
            match change {
                Change::Put(item) => write(&state.shelf).put(known, Arc::clone(item)),
                Change::Remove(id) => write(&state.shelf).remove(known, id.as_str()),
            }
        }
    }

    /// Reads all that `generation` needs to come into place.
    ///
    /// # Errors
    ///
    /// [`EngineError`](crate::EngineError) when the features of its ranker cannot be read.
    pub(crate) fn prepare(
        &self,
        generation: Generation,
        files: &Files,
        journal: Option<Snapshot>,
    ) -> Result<Prepared> {
        let Some(stage) = generation.ranking() else {
            return Ok(Prepared {
                generation,
                features: None,
            });
        };
        let written = self.live.users();
        let users = self.imported.users().iter().chain(&written);
        let entities = entities(&read(&self.catalog), users)?;
        let known = generation.interactions();
        let from = (stage, files.version.as_path());
        let features =
            LiveFeatures::open(from, &files.left, &entities, (known, self.feature_bytes))?;
        if let Some(journal) = journal {
            features.catch_up(&journal, &self.live)?;
        }
        Ok(Prepared {
            generation,
            features: Some(features),
        })
    }

    /// Makes what was prepared answer, with the catalog and the journal as they are now.
    ///
    /// # Errors
    ///
    /// [`EngineError::Journal`](crate::EngineError::Journal) when what was written since cannot be read; then nothing changes.
    pub(crate) fn swap_in(
        &self,
        prepared: Option<Prepared>,
        journal: &dyn Fn() -> Option<Snapshot>,
    ) -> Result<()> {
        let Some(Prepared {
            generation,
            features,
        }) = prepared
        else {
            self.state.store(None);
            self.live.forget_crowds();
            return Ok(());
        };
        let _shelving = self.shelve();
        let known = generation.interactions();
        let mut shelf = Shelf::new(known, &self.imported);
        self.live.each_change(&mut |change| match change {
            Change::Put(item) => shelf.put(known, Arc::clone(item)),
            Change::Remove(id) => shelf.remove(known, id.as_str()),
        });
        let state = State {
            recent: features.iter().flat_map(|_| by_release(&shelf)).collect(),
            generation: Arc::new(generation),
            shelf: RwLock::new(shelf),
            features,
        };
        let _featuring = lock(&self.featuring);
        // Between this and the store nothing is taken in, so nothing is missed.
        if let (Some(features), Some(journal)) = (&state.features, journal()) {
            features.catch_up(&journal, &self.live)?;
        }
        self.state.store(Some(Arc::new(state)));
        self.live.forget_crowds();
        Ok(())
    }

    /// Guards no data of its own, so a panic elsewhere leaves nothing half done.
    fn shelve(&self) -> MutexGuard<'_, ()> {
        lock(&self.shelving)
    }

    /// Opens the journal of `folder` and takes in what it holds of the catalog.
    pub(crate) fn open_log(self: &Arc<Self>, folder: &Path, how: &Journaling) -> Result<Log> {
        let dir = folder.join(JOURNAL_FOLDER);
        let log = match how {
            Journaling::Read if !dir.exists() => return Ok(Log::None),
            Journaling::Read => Log::Read(Journal::read(&dir)?),
            Journaling::Write(config) => {
                let told = Box::new(Told(Arc::clone(self)));
                Log::Write(Journal::open(&dir, config.clone(), told)?)
            }
        };
        // Nobody writes before this function has returned.
        if let Some(snapshot) = log.snapshot() {
            for committed in snapshot.catalog()? {
                self.live
                    .take(&committed, &mut |change| self.change(change));
            }
            self.live.starts_at(snapshot.durable_seq());
        }
        Ok(log)
    }
}

impl State {
    pub(crate) fn shelf(&self) -> RwLockReadGuard<'_, Shelf> {
        self.shelf.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Items of the model with a date of release, the latest first.
fn by_release(shelf: &Shelf) -> Vec<(Timestamp, ItemIdx)> {
    let rows = (0..shelf.n_known()).map(ItemIdx::from_usize);
    let dated = rows.filter_map(|row| Some((shelf.record(row)?.released?, row)));
    let mut dated: Vec<(Timestamp, ItemIdx)> = dated.collect();
    dated.sort_unstable_by(|left, right| right.0.cmp(&left.0).then(left.1.cmp(&right.1)));
    dated
}

fn lock(of: &Mutex<()>) -> MutexGuard<'_, ()> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read<T>(of: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    of.read().unwrap_or_else(PoisonError::into_inner)
}

/// Records are put in and taken out whole, so a panic elsewhere leaves nothing half done.
fn write<T>(of: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    of.write().unwrap_or_else(PoisonError::into_inner)
}
