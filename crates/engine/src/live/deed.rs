//! One event of a viewer, as small as answering needs it.

use std::collections::HashSet;

use marquee_core::{Action, Actor, Event, EventKind, ItemId, Timestamp};
use marquee_ingest::{event_id_hash, value_of};

/// What is kept in memory of one event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Deed {
    /// Number in the journal.
    pub(crate) seq: u64,
    /// When it was done, by the app's clock.
    pub(crate) time: Timestamp,
    /// What was done.
    pub(crate) kind: EventKind,
    /// The number that came with it: a rating, seconds, a thumb.
    pub(crate) value: f32,
    /// Length of what was played, in seconds; zero where the player did not say.
    pub(crate) length_s: f32,
    /// What it was done to.
    pub(crate) item: Option<ItemId>,
    /// Hash of its own id.
    pub(crate) id: u128,
    /// Hash of the id of the event that it takes back.
    pub(crate) target: u128,
    /// Hash of the visit in which it was done; zero for none.
    pub(crate) session: u128,
}

impl Deed {
    /// What is kept of `event`; nothing of those that no answer looks at.
    pub(crate) fn of(seq: u64, event: &Event) -> Option<Self> {
        let (item, target) = match &event.action {
            Action::Impression { .. } | Action::Search { .. } | Action::Follow { .. } => {
                return None;
            }
            Action::Retract { event } => (None, event_id_hash(event.as_str())),
            action => (action.item().cloned(), 0),
        };
        let session = match &event.actor {
            Actor::Session(session) => Some(session),
            Actor::User(_) => event.session.as_ref(),
        };
        Some(Self {
            seq,
            time: event.time,
            kind: event.action.kind(),
            value: value_of(&event.action),
            length_s: length_s(&event.action),
            item,
            id: event.id.as_ref().map_or(0, |id| event_id_hash(id.as_str())),
            target,
            session: session.map_or(0, |session| event_id_hash(session.as_str())),
        })
    }

    /// Memory that it takes, about.
    pub(crate) fn bytes(&self) -> usize {
        let id = self
            .item
            .as_ref()
            .map_or(0, |item| item.as_str().len() + 16);
        size_of::<Self>() + id
    }

    /// Whether it takes back or speaks against something, which counts however old it is.
    pub(crate) fn is_lasting(&self) -> bool {
        match self.kind {
            EventKind::Retract | EventKind::Hide | EventKind::Report => true,
            EventKind::Thumb => self.value < 0.0,
            _ => false,
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a length of time in seconds needs no more digits"
)]
fn length_s(action: &Action) -> f32 {
    match action {
        Action::Play {
            duration: Some(length),
            ..
        } => length.0 as f32,
        _ => 0.0,
    }
}

/// Marks which of `deeds`, by rising number, were taken back.
///
/// They are gone through from the latest to the earliest, so that a retraction that is itself taken
/// back does nothing.
pub(crate) fn taken_back(deeds: &[Deed]) -> Vec<bool> {
    let mut targets = HashSet::new();
    let mut marks = vec![false; deeds.len()];
    for (mark, deed) in marks.iter_mut().zip(deeds).rev() {
        *mark = take_back(deed, &mut targets);
    }
    marks
}

/// Hashes of the ids of all events that `deeds`, by rising number, take back.
pub(crate) fn retracted(deeds: &[Deed]) -> HashSet<u128> {
    let mut targets = HashSet::new();
    for deed in deeds.iter().rev() {
        take_back(deed, &mut targets);
    }
    targets
}

/// Whether one of the `targets` of later retractions is `deed`; if it is a retraction that stands, its
/// target joins them.
fn take_back(deed: &Deed, targets: &mut HashSet<u128>) -> bool {
    let is_gone = deed.id != 0 && targets.contains(&deed.id);
    if deed.kind == EventKind::Retract && !is_gone {
        targets.insert(deed.target);
    }
    is_gone
}
