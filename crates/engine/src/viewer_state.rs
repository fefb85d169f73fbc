//! What operators may look at and tidy up: what answers to a viewer stand on, and the journal.

use marquee_core::{Actor, EventKind, ItemId, SessionId, Timestamp};
use marquee_journal::{Compaction, JournalStats, Tombstones};

use crate::{
    Engine, EngineError, Result,
    live::{Deed, taken_back},
};

/// What the next answer to a viewer stands on.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewerState {
    /// Whose log it is: the user, where a session has signed in.
    pub owner: Actor,
    /// Sessions that signed in as the user, or the session itself.
    pub sessions: Vec<SessionId>,
    /// Items of the viewer that the active model was trained on.
    pub n_trained: usize,
    /// Items that an answer ranks by: those, and what was done since.
    pub n_history: usize,
    /// What stays out of answers because the viewer spoke against it, by row.
    pub opposed: Vec<ItemId>,
    /// The latest deeds in memory, latest first.
    pub deeds: Vec<DeedState>,
    /// How many there are.
    pub n_deeds: usize,
}

/// Something that a viewer did.
#[derive(Debug, Clone, PartialEq)]
pub struct DeedState {
    /// Number of the entry in the journal.
    pub seq: u64,
    /// When, by the clock of the app.
    pub time: Timestamp,
    /// What.
    pub kind: EventKind,
    /// To what; nothing for a retraction.
    pub item: Option<ItemId>,
    /// The number that came with it: seconds, a rating, a thumb.
    pub value: f32,
    /// Whether it was taken back since.
    pub retracted: bool,
}

/// What is kept of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalState {
    /// Number of the first entry that is kept.
    pub first_seq: u64,
    /// Number of the last entry that is on disk.
    pub durable_seq: u64,
    /// Sizes.
    pub stats: JournalStats,
}

/// What trimming the journal dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Trimmed {
    /// Events.
    pub events: u64,
    /// Records of the catalog that later ones replaced.
    pub records: u64,
    /// How many bytes the log is shorter.
    pub bytes: u64,
}

impl Engine {
    /// What the next answer to `actor` stands on, with the latest `most` deeds.
    ///
    /// # Errors
    ///
    /// When the journal or the active model cannot be read.
    pub fn viewer_state(&self, actor: &Actor, most: usize) -> Result<ViewerState> {
        let live = &self.shared.live;
        let owner = live.owner(actor);
        let log = live.log(&owner, &|| self.log.snapshot())?;
        let marks = taken_back(&log.deeds);
        let state_of = |(deed, &retracted): (&Deed, &bool)| DeedState {
            seq: deed.seq,
            time: deed.time,
            kind: deed.kind,
            item: deed.item.clone(),
            value: deed.value,
            retracted,
        };
        let latest = log.deeds.iter().zip(&marks).rev().take(most);
        let actors = live.actors_of(&owner).into_iter();
        let mut state = ViewerState {
            sessions: actors.filter_map(session).collect(),
            n_trained: 0,
            n_history: 0,
            opposed: Vec::new(),
            deeds: latest.map(state_of).collect(),
            n_deeds: log.deeds.len(),
            owner,
        };
        match self.past_of(&state.owner) {
            Ok((n_trained, n_history, opposed)) => {
                (state.n_trained, state.n_history, state.opposed) = (n_trained, n_history, opposed);
                Ok(state)
            }
            Err(EngineError::NoActiveModel) => Ok(state),
            Err(other) => Err(other),
        }
    }

    /// The journal of the folder; none where there is none.
    pub fn journal_state(&self) -> Option<JournalState> {
        let snapshot = self.log.snapshot()?;
        Some(JournalState {
            first_seq: snapshot.first_seq(),
            durable_seq: snapshot.durable_seq(),
            stats: snapshot.stats(),
        })
    }

    /// Drops events that arrived before `before` from the journal, and records and retractions that
    /// have no effect any more.
    ///
    /// # Errors
    ///
    /// [`EngineError::Untrained`] when the active model does not know all of those events: answers
    /// would change. [`EngineError::ReadOnly`]; [`EngineError::Journal`] when the disk refuses.
    pub fn trim_journal(&self, before: Timestamp) -> Result<Trimmed> {
        let journal = self.log.writer()?;
        if let Ok(generation) = self.generation() {
            let trained = generation.interactions().journal_seq();
            let next = journal.scan(trained + 1).next().transpose()?;
            if let Some(next) = next.filter(|next| next.received < before) {
                return Err(EngineError::Untrained { seq: next.seq });
            }
        }
        let retained = journal.retain(before)?;
        let tombstones = Tombstones::Keep;
        let compacted = journal.compact(&Compaction { before, tombstones })?;
        self.shared.live.forget_viewers();
        Ok(Trimmed {
            events: retained.events + compacted.events,
            records: retained.records + compacted.records,
            bytes: retained.bytes + compacted.bytes,
        })
    }
}

fn session(actor: Actor) -> Option<SessionId> {
    match actor {
        Actor::Session(session) => Some(session),
        Actor::User(_) => None,
    }
}
