//! Events as they come: written to the journal, and known to the next answer.
//!
//! An answer is a function of the model, the catalog and what the viewer did; the journal tells both
//! of the latter. What it has written is taken in here before anybody is told that it is
//! written, so that an acknowledged event is in the next answer. Nothing is kept here that the
//! journal could not give again: a restart reads it as it is needed.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use marquee_core::{Actor, EventKind, Item, ItemId, SessionId, User, UserId};
use marquee_journal::{Committed, Entry, Snapshot};

mod crowd;
mod deed;
mod past;
mod viewers;

pub(crate) use crowd::{Crowd, MAX_VIEWERS};
pub(crate) use deed::{Deed, taken_back};
pub(crate) use past::{Base, Dislike, Past, Rows, emphasize_session, past, remember};
use viewers::{FADED, ViewerLog, Viewers};

use crate::Result;

/// How much of what viewers did is kept in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveLimits {
    /// About how many bytes the logs of viewers take, together. Those that were asked for the
    /// longest ago go first; the journal has them still.
    pub viewer_bytes: usize,
    /// Most events of one viewer that an answer ranks by. Of older ones thumbs down, hides and reports
    /// still count, and eight times as many are remembered as seen.
    pub viewer_events: usize,
    /// About how many bytes features take that are counted of viewers. Beyond that those are forgotten
    /// who have not been seen for the longest time; whoever returns begins anew.
    pub feature_bytes: usize,
}

impl Default for LiveLimits {
    fn default() -> Self {
        Self {
            viewer_bytes: 256 << 20,
            viewer_events: 2000,
            feature_bytes: 2 << 30,
        }
    }
}

/// What the journal has told.
#[derive(Debug)]
pub(crate) struct Live {
    viewers: Viewers,
    signed_in: RwLock<SignedIn>,
    /// Records written since the imports; none where one was taken out.
    items: RwLock<BTreeMap<ItemId, Option<Arc<Item>>>>,
    users: RwLock<BTreeMap<UserId, Option<User>>>,
    crowds: Mutex<Crowds>,
    visible_seq: AtomicU64,
    most_events: usize,
}

/// Crowds as they were put together last.
#[derive(Debug, Default)]
struct Crowds {
    known: HashMap<ItemId, Arc<Crowd>>,
    /// Goes up whenever any is forgotten: what was put together before may lack something.
    epoch: u64,
}

impl Crowds {
    fn forget(&mut self, item: &ItemId) {
        self.known.remove(item);
        self.epoch += 1;
    }

    fn clear(&mut self) {
        self.known.clear();
        self.epoch += 1;
    }
}

/// Which sessions belong to whom.
#[derive(Debug, Default)]
struct SignedIn {
    user_of: HashMap<SessionId, UserId>,
    sessions_of: HashMap<UserId, Vec<SessionId>>,
}

/// A change of the catalog.
#[derive(Clone, Copy)]
pub(crate) enum Change<'a> {
    Put(&'a Arc<Item>),
    Remove(&'a ItemId),
}

impl Live {
    pub(crate) fn new(limits: LiveLimits) -> Self {
        Self {
            viewers: Viewers::new(limits.viewer_bytes, limits.viewer_events),
            signed_in: RwLock::default(),
            items: RwLock::default(),
            users: RwLock::default(),
            crowds: Mutex::default(),
            visible_seq: AtomicU64::new(0),
            most_events: limits.viewer_events,
        }
    }

    /// Takes in what the journal has just written, in its order. Changes of the catalog are handed on
    /// to `shelve`; what else has to know of the entries before answers are said to know them is done by
    /// `also`.
    pub(crate) fn committed(
        &self,
        batch: &[Committed],
        shelve: &mut dyn FnMut(Change<'_>),
        also: &mut dyn FnMut(),
    ) {
        for committed in batch {
            self.take(committed, shelve);
        }
        also();
        if let Some(last) = batch.last() {
            self.visible_seq.store(last.seq, Ordering::Release);
        }
    }

    /// Takes in one entry: at the start from the journal's catalog, later as it is written.
    pub(crate) fn take(&self, committed: &Committed, shelve: &mut dyn FnMut(Change<'_>)) {
        match &committed.entry {
            Entry::Event(event) => self.take_event(committed.seq, event),
            Entry::PutItem(item) => {
                let item = Arc::new(item.clone());
                shelve(Change::Put(&item));
                write(&self.items).insert(item.id.clone(), Some(item));
            }
            Entry::DeleteItem(id) => {
                shelve(Change::Remove(id));
                write(&self.items).insert(id.clone(), None);
            }
            Entry::PutUser(user) => {
                write(&self.users).insert(user.id.clone(), Some(user.clone()));
            }
            Entry::DeleteUser(id) => {
                write(&self.users).insert(id.clone(), None);
            }
            Entry::SignIn { session, user, .. } => self.sign_in(session, user),
        }
    }

    fn take_event(&self, seq: u64, event: &marquee_core::Event) {
        let Some(deed) = Deed::of(seq, event) else {
            return;
        };
        self.viewers.add(&self.owner(&event.actor), &deed);
        if deed.kind == EventKind::Retract {
            // It may be about any title; such events are rare.
            lock(&self.crowds).clear();
        } else if let Some(item) = &deed.item {
            lock(&self.crowds).forget(item);
        }
    }

    fn sign_in(&self, session: &SessionId, user: &UserId) {
        let mut signed_in = write(&self.signed_in);
        let before = signed_in.user_of.insert(session.clone(), user.clone());
        if before.as_ref() == Some(user) {
            return;
        }
        let others = before
            .as_ref()
            .and_then(|user| signed_in.sessions_of.get_mut(user));
        if let Some(sessions) = others {
            sessions.retain(|known| known != session);
        }
        let sessions = signed_in.sessions_of.entry(user.clone()).or_default();
        sessions.push(session.clone());
        // Logs read the sessions of their users, so they are forgotten after that is settled.
        drop(signed_in);
        if let Some(before) = before {
            self.viewers.forget(&Actor::User(before));
        }
        self.viewers.forget(&Actor::Session(session.clone()));
        self.viewers.forget(&Actor::User(user.clone()));
    }

    /// Whose log an actor's events go to.
    pub(crate) fn owner(&self, actor: &Actor) -> Actor {
        match actor {
            Actor::User(_) => actor.clone(),
            Actor::Session(session) => {
                let user = read(&self.signed_in).user_of.get(session).cloned();
                user.map_or_else(|| actor.clone(), Actor::User)
            }
        }
    }

    /// An actor, and the sessions that signed in as it.
    pub(crate) fn actors_of(&self, owner: &Actor) -> Vec<Actor> {
        let mut actors = vec![owner.clone()];
        if let Actor::User(user) = owner {
            let signed_in = read(&self.signed_in);
            let sessions = signed_in.sessions_of.get(user).into_iter().flatten();
            actors.extend(sessions.cloned().map(Actor::Session));
        }
        actors
    }

    /// What `owner` did, from memory or from the journal.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn log(
        &self,
        owner: &Actor,
        journal: &dyn Fn() -> Option<Snapshot>,
    ) -> Result<Arc<ViewerLog>> {
        self.viewers.log(owner, || {
            let Some(journal) = journal() else {
                return Ok(Vec::new());
            };
            let mut deeds = Vec::new();
            for actor in self.actors_of(owner) {
                // Older deeds that last are among them only as far as the journal is asked.
                let most = (FADED + 2) * self.most_events;
                let found = journal.actor_events(&actor, None, most)?;
                deeds.extend(found.iter().filter_map(|committed| match &committed.entry {
                    Entry::Event(event) => Deed::of(committed.seq, event),
                    _ => None,
                }));
            }
            deeds.sort_unstable_by_key(|deed| deed.seq);
            Ok(deeds)
        })
    }

    /// Who touched a title that the model does not know, put together by `gather` where it is not
    /// known any more.
    pub(crate) fn crowd(&self, item: &ItemId, gather: impl FnOnce() -> Crowd) -> Arc<Crowd> {
        let crowds = lock(&self.crowds);
        if let Some(crowd) = crowds.known.get(item) {
            return Arc::clone(crowd);
        }
        let before = crowds.epoch;
        drop(crowds);
        let crowd = Arc::new(gather());
        let mut crowds = lock(&self.crowds);
        if crowds.epoch == before {
            crowds.known.insert(item.clone(), Arc::clone(&crowd));
        }
        crowd
    }

    /// The latest `most` viewers who did something with an item that stands.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) fn viewers_of(
        &self,
        item: &ItemId,
        journal: &dyn Fn() -> Option<Snapshot>,
        most: usize,
    ) -> Result<Vec<Actor>> {
        let mut viewers: Vec<Actor> = Vec::new();
        let Some(journal) = journal() else {
            return Ok(viewers);
        };
        for committed in journal.item_events(item, None, 4 * most)? {
            if let Entry::Event(event) = &committed.entry
                && event.action.kind() != EventKind::Impression
            {
                let owner = self.owner(&event.actor);
                if viewers.len() < most && !viewers.contains(&owner) {
                    viewers.push(owner);
                }
            }
        }
        Ok(viewers)
    }

    /// Forgets what was put together from logs and a model, after either has changed.
    pub(crate) fn forget_crowds(&self) {
        lock(&self.crowds).clear();
    }

    /// Forgets the logs of all viewers; they are read again as they are needed.
    pub(crate) fn forget_viewers(&self) {
        self.viewers.clear();
        self.forget_crowds();
    }

    /// Forgets which sessions belong to `user`.
    pub(crate) fn forget_user(&self, user: &UserId) {
        let mut signed_in = write(&self.signed_in);
        for session in signed_in.sessions_of.remove(user).unwrap_or_default() {
            signed_in.user_of.remove(&session);
        }
        drop(signed_in);
        // An import may still be in memory that had a record.
        write(&self.users).insert(user.clone(), None);
        self.forget_viewers();
    }

    /// Hands every change of the catalog since the imports to `shelve`, by id.
    pub(crate) fn each_change(&self, shelve: &mut dyn FnMut(Change<'_>)) {
        for (id, item) in read(&self.items).iter() {
            match item {
                Some(item) => shelve(Change::Put(item)),
                None => shelve(Change::Remove(id)),
            }
        }
    }

    /// What was written of a user since the imports: `None` for nothing, `Some(None)` for a removal.
    pub(crate) fn user(&self, id: &str) -> Option<Option<User>> {
        read(&self.users).get(id).cloned()
    }

    /// Every user that was written since the imports and not taken out again.
    pub(crate) fn users(&self) -> Vec<User> {
        read(&self.users).values().flatten().cloned().collect()
    }

    /// Number of the last entry that answers know of.
    pub(crate) fn visible_seq(&self) -> u64 {
        self.visible_seq.load(Ordering::Acquire)
    }

    /// Says that everything up to `seq` is known.
    pub(crate) fn starts_at(&self, seq: u64) {
        self.visible_seq.store(seq, Ordering::Release);
    }

    /// How many viewers are in memory, and about how many bytes they take.
    pub(crate) fn size(&self) -> (usize, usize) {
        self.viewers.size()
    }
}

/// Every map here is whole between any two steps, so a panic elsewhere leaves nothing half done.
fn read<T>(of: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    of.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(of: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    of.write().unwrap_or_else(PoisonError::into_inner)
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
