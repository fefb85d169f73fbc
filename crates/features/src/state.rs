//! What is counted of viewers, items and creators: updated by one event at a time, read by
//! [`compute`](FeatureState::compute), for training and serving alike.
//!
//! The state is whole numbers and times only: tiles of counts ([`Plan`]) and, for each viewer, the
//! latest events. Windows, decays and shares are worked out when they are read. So the same events
//! give the same state whether they came one by one, in a replay of the log, or after a restart from
//! a checkpoint, and an event that is taken back leaves nothing behind.
//!
//! # Bounds
//!
//! For each viewer the latest [`Limits::shown`](crate::Limits) impressions and
//! [`Limits::deeds`](crate::Limits) other events are read, by time and then by number in the log; a
//! little more is kept, so that up to [`SPARE`] of them can be taken back before an older one would
//! be missed. The latest [`SPARE`] retractions can themselves be taken back. Tiles of an entity take
//! the same room however much happens; they are made with its first event.

mod checkpoint;
mod kept;
mod log;
mod tiles;

use std::sync::Arc;

use marquee_core::{Actor, Event, EventKind, Item, Timestamp, User, VocabularyError};

pub use checkpoint::CHECKPOINT_KIND;
pub(crate) use kept::Kept;
pub(crate) use log::{Entry, ViewerLog};
pub(crate) use tiles::{Sign, TileReader, Tiles};

use crate::{
    Plan, Result, entities::Entities, entities::NONE, observed::Marks, observed::Observed,
};

/// Events beyond the limits that are kept of each viewer, so that others can be taken back.
pub const SPARE: usize = 64;

/// Counts and latest events, from which features are computed.
#[derive(Debug)]
pub struct FeatureState {
    pub(crate) plan: Arc<Plan>,
    pub(crate) entities: Entities,
    /// Of viewers, items and creators.
    pub(crate) tiles: [Tiles; 3],
    pub(crate) logs: Vec<ViewerLog>,
    pub(crate) progress: Progress,
    pub(crate) kept: Kept,
}

/// What is kept to answer quickly is not copied.
impl Clone for FeatureState {
    fn clone(&self) -> Self {
        Self {
            plan: Arc::clone(&self.plan),
            entities: self.entities.clone(),
            tiles: self.tiles.clone(),
            logs: self.logs.clone(),
            progress: self.progress,
            kept: Kept::new(&self.plan.kept),
        }
    }
}

/// How far a state has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Number of events taken in, retractions among them.
    pub events: u64,
    /// The highest number of an event.
    pub last_seq: u64,
    /// Retractions of events that are not kept any more, or never were there.
    pub missed_retractions: u64,
}

impl FeatureState {
    /// A state that has seen nothing.
    pub fn new(plan: Arc<Plan>, entities: Entities) -> Self {
        let tiles = plan
            .tiles
            .each_ref()
            .map(|layout| Tiles::new(layout.clone()));
        Self {
            kept: Kept::new(&plan.kept),
            plan,
            entities,
            tiles,
            logs: Vec::new(),
            progress: Progress::default(),
        }
    }

    /// What is computed and kept.
    pub const fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The records that features read.
    pub const fn entities(&self) -> &Entities {
        &self.entities
    }

    /// The records, to take in new and changed ones. What is kept of all items is worked out anew then:
    /// for single records there are [`put_item`](Self::put_item) and [`put_user`](Self::put_user).
    pub fn entities_mut(&mut self) -> &mut Entities {
        self.kept.clear();
        &mut self.entities
    }

    /// Takes in a record of an item, new or changed, and returns its row.
    ///
    /// # Errors
    ///
    /// As [`Entities::put_item`].
    pub fn put_item(&mut self, item: &Item) -> Result<u32, VocabularyError> {
        let row = self.entities.put_item(item)?;
        self.kept.forget_item(row);
        Ok(row)
    }

    /// Takes in a record of a user, new or changed, and returns the viewer's row.
    pub fn put_user(&mut self, user: &User) -> u32 {
        self.entities.put_user(user)
    }

    /// The row of a viewer, a new one without a record if it was not there.
    pub fn viewer(&mut self, actor: &Actor) -> u32 {
        self.entities.viewer(actor)
    }

    /// How far it has come.
    pub const fn progress(&self) -> Progress {
        self.progress
    }

    /// Takes in an event, the `seq`th of its log. Each event has to come once.
    ///
    /// Cost: under a microsecond, more where a viewer's events come out of order.
    ///
    /// # Errors
    ///
    /// [`Error::Row`](crate::Error::Row) when there is no row left.
    pub fn apply(&mut self, seq: u64, event: &Event) -> Result<()> {
        let observed = Observed::new(seq, event, &mut self.entities)?;
        self.apply_observed(&observed);
        Ok(())
    }

    /// The same for an event that is resolved already.
    pub fn apply_observed(&mut self, observed: &Observed) {
        self.progress.events += 1;
        self.progress.last_seq = self.progress.last_seq.max(observed.seq);
        if observed.marks.meets(Marks::of(EventKind::Retract)) {
            self.take_back(observed.viewer, observed.target, observed.id);
            return;
        }
        let entry = Entry::of(observed);
        self.count(observed.viewer, &entry, Sign::Plus);
        let limits = self.plan.limits;
        self.log_mut(observed.viewer).insert(entry, limits);
    }

    /// Takes an event back that the caller still has, as if it had never been applied.
    ///
    /// This works however old it is; a retraction that comes as an event finds only what is kept of
    /// its viewer. The event must have been applied and not been taken back since.
    pub fn retract(&mut self, observed: &Observed) {
        let entry = Entry::of(observed);
        self.log_mut(observed.viewer).remove(&entry);
        self.count(observed.viewer, &entry, Sign::Minus);
    }

    /// Forgets the latest events of a viewer and what was counted for him alone.
    ///
    /// Counts of items and creators stay as they are, since they name nobody; a replay of the log
    /// without the viewer's events gives those that leave them out.
    pub fn forget_viewer(&mut self, viewer: u32) {
        if let Some(log) = self.logs.get_mut(viewer as usize) {
            *log = ViewerLog::default();
        }
        self.tiles[0].forget(viewer);
    }

    /// Forgets every viewer of whom no event since `before` is kept, and returns how many those were.
    ///
    /// What bounds the memory of a service whose viewers come and go: whoever returns later begins
    /// anew. Counts of items and creators stay as they are.
    pub fn forget_idle(&mut self, before: Timestamp) -> usize {
        let before = before.as_millis();
        let idle = |log: &ViewerLog| log.last_ms().is_some_and(|last| last < before);
        let idle: Vec<usize> = (0..self.logs.len())
            .filter(|&viewer| idle(&self.logs[viewer]))
            .collect();
        for &viewer in &idle {
            self.logs[viewer] = ViewerLog::default();
            self.tiles[0].forget(u32::try_from(viewer).unwrap_or(NONE));
        }
        idle.len()
    }

    /// Hands everything that was kept and counted of one viewer to another, as if the other had done
    /// it: a session that turned out to be a known person.
    ///
    /// Later events of the session have to be told as those of the person. Nothing happens where
    /// both are the same.
    pub fn merge_viewers(&mut self, from: u32, into: u32) {
        if from == into || from as usize >= self.logs.len() {
            return;
        }
        let log = std::mem::take(&mut self.logs[from as usize]);
        let limits = self.plan.limits;
        self.log_mut(into).merge(log, limits);
        self.tiles[0].merge(from, into);
    }

    fn take_back(&mut self, viewer: u32, target: u64, id: u64) {
        let limits = self.plan.limits;
        match self.log_mut(viewer).take_back(target, id, limits) {
            log::TakenBack::Deed(entry) => self.count(viewer, &entry, Sign::Minus),
            log::TakenBack::Retraction(Some(entry)) => self.count(viewer, &entry, Sign::Plus),
            log::TakenBack::Retraction(None) => {}
            log::TakenBack::Unknown => self.progress.missed_retractions += 1,
        }
    }

    fn count(&mut self, viewer: u32, entry: &Entry, sign: Sign) {
        self.kept.forget_item(entry.item);
        self.kept.forget_creator(entry.creator);
        let [viewers, items, creators] = &mut self.tiles;
        viewers.add(viewer, entry, sign);
        if entry.item != NONE {
            items.add(entry.item, entry, sign);
        }
        if entry.creator != NONE {
            creators.add(entry.creator, entry, sign);
        }
    }

    fn log_mut(&mut self, viewer: u32) -> &mut ViewerLog {
        let viewer = viewer as usize;
        if viewer >= self.logs.len() {
            self.logs.resize_with(viewer + 1, ViewerLog::default);
        }
        &mut self.logs[viewer]
    }

    /// What is kept of a viewer's events.
    pub(crate) fn log(&self, viewer: u32) -> Option<&ViewerLog> {
        self.logs.get(viewer as usize)
    }

    /// Bytes that the counts and events take, about: of viewers, of items, of creators.
    pub fn bytes(&self) -> [usize; 3] {
        let [viewers, items, creators] = &self.tiles;
        let logs: usize = self.logs.iter().map(ViewerLog::bytes).sum();
        let kept = self.kept.bytes();
        [
            viewers.bytes() + logs,
            items.bytes() + kept,
            creators.bytes(),
        ]
    }
}

#[cfg(test)]
mod tests;
