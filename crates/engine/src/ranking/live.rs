//! The state that features are computed from, as it goes on with each event.

use std::{
    path::Path,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use marquee_core::{Actor, ItemIdx, Seconds, Timestamp, User};
use marquee_features::{Entities, FeatureState, NONE};
use marquee_ingest::Catalog;
use marquee_journal::{Committed, Entry, Snapshot};

use super::{SecondStage, file::STATE_FILE};
use crate::{Interactions, Result, live::Live};

/// Events after which it is looked whether viewers take too much room.
const LOOK_EVERY: u64 = 1 << 16;
/// Whoever was not seen for so many days is forgotten first, then for half as many, and so on.
const IDLE_DAYS: f64 = 512.0;
const DAY_S: f64 = 86_400.0;

/// A state that requests read and the journal's thread writes.
#[derive(Debug)]
pub(crate) struct LiveFeatures {
    inner: RwLock<Inner>,
    n_imported: u64,
    /// Bytes that viewers may take.
    most_bytes: usize,
}

/// A state and how far it is.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) state: FeatureState,
    /// Of each item of the model the row among the records of the state.
    rows: Vec<u32>,
    /// Number of the last entry of the journal that it has seen.
    seq: u64,
    /// What that was when it was opened.
    opened_at: u64,
}

impl Inner {
    /// The row of an item: of one that the model knows by its row there, of others by id.
    pub(crate) fn item_row(&self, item: ItemIdx, id: Option<&str>) -> u32 {
        let known = self.rows.get(item.index()).copied();
        known.unwrap_or_else(|| {
            let row = id.and_then(|id| self.state.entities().item_row(id));
            row.unwrap_or(NONE)
        })
    }
}

impl LiveFeatures {
    /// The state of `stage`, whose version lies in `folder`: the one that the training left, or the one
    /// at `left` if a server left one.
    ///
    /// # Errors
    ///
    /// [`EngineError::Features`](crate::EngineError::Features) when it cannot be read.
    pub(crate) fn open(
        (stage, folder): (&SecondStage, &Path),
        left: &Path,
        entities: &Entities,
        (interactions, most_bytes): (&Interactions, usize),
    ) -> Result<Self> {
        let open = |path: &Path| FeatureState::open(path, stage.plan().clone(), entities.clone());
        let n_imported = stage.n_imported;
        // What a server left is a shortcut: if it cannot be read, the journal still has everything.
        let (mut state, seq) = match left.exists().then(|| open(left)) {
            Some(Ok(state)) => {
                let seen = state.progress().last_seq.saturating_sub(n_imported);
                (state, seen.max(stage.journal_seq))
            }
            _ => (open(&folder.join(STATE_FILE))?, stage.journal_seq),
        };
        let rows = interactions.item_ids().map(|id| {
            let row = state.entities_mut().item(id);
            row.map_err(|source| marquee_features::Error::from(source).into())
        });
        let rows: Vec<u32> = rows.collect::<Result<_>>()?;
        Ok(Self {
            inner: RwLock::new(Inner {
                state,
                rows,
                seq,
                opened_at: seq,
            }),
            n_imported,
            most_bytes,
        })
    }

    /// Takes in what the journal has that the state has not seen.
    ///
    /// # Errors
    ///
    /// [`EngineError::Journal`](crate::EngineError::Journal) when the journal cannot be read.
    pub(crate) fn catch_up(&self, journal: &Snapshot, live: &Live) -> Result<()> {
        let from = self.read().seq + 1;
        for committed in journal.scan(from) {
            self.apply(std::slice::from_ref(&committed?), live)?;
        }
        Ok(())
    }

    /// Takes in entries as they were written, those that it has seen before left out.
    ///
    /// # Errors
    ///
    /// [`EngineError::Features`](crate::EngineError::Features) for the first entry with a new viewer or
    /// item that there is no room for; the others are taken in all the same.
    pub(crate) fn apply(&self, batch: &[Committed], live: &Live) -> Result<()> {
        let mut inner = self.write();
        let Inner { state, seq, .. } = &mut *inner;
        let mut outcome = Ok(());
        for committed in batch {
            let is_new = committed.seq > *seq;
            outcome = outcome.and(self.take(state, committed, (live, is_new)));
            if is_new && committed.seq.is_multiple_of(LOOK_EVERY) {
                forget_idle(state, self.most_bytes, committed.received);
            }
            *seq = committed.seq.max(*seq);
        }
        Ok(outcome?)
    }

    /// Takes in one entry; an event only if it is new.
    fn take(
        &self,
        state: &mut FeatureState,
        committed: &Committed,
        (live, is_new): (&Live, bool),
    ) -> marquee_features::Result<()> {
        match &committed.entry {
            Entry::Event(event) if is_new => {
                let number = self.n_imported + committed.seq;
                let owner = live.owner(&event.actor);
                if owner == event.actor {
                    return state.apply(number, event);
                }
                let mut event = event.clone();
                event.actor = owner;
                return state.apply(number, &event);
            }
            // Doing this twice does no harm, and finds what came in between.
            Entry::SignIn { session, user, .. } => {
                let from = state
                    .entities()
                    .viewer_row(&Actor::Session(session.clone()));
                let into = state.viewer(&Actor::User(user.clone()));
                if let Some(from) = from {
                    state.merge_viewers(from, into);
                }
            }
            Entry::PutItem(item) => {
                state.put_item(item)?;
            }
            Entry::PutUser(user) => {
                state.put_user(user);
            }
            Entry::Event(_) | Entry::DeleteItem(_) | Entry::DeleteUser(_) => {}
        }
        Ok(())
    }

    /// Forgets what is kept of some people.
    pub(crate) fn forget(&self, actors: &[Actor]) {
        let mut inner = self.write();
        for actor in actors {
            if let Some(row) = inner.state.entities().viewer_row(actor) {
                inner.state.forget_viewer(row);
            }
        }
    }

    /// How many entries of the journal the file it was read from has not seen.
    pub(crate) fn n_behind(&self) -> u64 {
        let inner = self.read();
        inner.seq - inner.opened_at
    }

    /// Leaves the state at `left` for the next server.
    ///
    /// # Errors
    ///
    /// [`EngineError`](crate::EngineError) when the disk refuses.
    pub(crate) fn leave(&self, left: &Path) -> Result<()> {
        Ok(self.read().state.write(left)?)
    }

    /// What requests read. Held for the time of one computation.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// An event is taken in whole; after a panic elsewhere counts are right but for that one.
    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets viewers who have not been seen for long until the others take at most `most` bytes.
pub(super) fn forget_idle(state: &mut FeatureState, most: usize, now: Timestamp) {
    let mut days = IDLE_DAYS;
    while state.bytes()[0] > most && days >= 1.0 {
        state.forget_idle(now.plus(Seconds(-days * DAY_S)));
        days /= 2.0;
    }
}

/// What features read of the catalog and of `users`.
///
/// # Errors
///
/// [`EngineError::Features`](crate::EngineError::Features) when there are more items than rows.
pub(crate) fn entities<'a>(
    catalog: &Catalog,
    users: impl Iterator<Item = &'a User>,
) -> Result<Entities> {
    let mut entities = Entities::default();
    for item in catalog.items() {
        let put = entities.put_item(item);
        put.map_err(marquee_features::Error::from)?;
    }
    for user in users {
        entities.put_user(user);
    }
    Ok(entities)
}
