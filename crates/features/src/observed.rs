//! One event in rows and whole numbers: what the state is updated by.

use marquee_core::{Action, Event, EventKind, Seconds, ThumbDirection, Timestamp, VocabularyError};

use crate::entities::{Entities, NONE, text_hash};

/// What happened, as a set of marks; an event may have several (a play that reached the end is a
/// play and a finish).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Marks(pub(crate) u32);

/// Watched share of the length from which on a play counts as finished, in percent.
const FINISHED_PERCENT: u64 = 90;

const THUMB_UP: Marks = Marks(1 << 17);
const THUMB_DOWN: Marks = Marks(1 << 18);
const FINISH: Marks = Marks(1 << 19);

impl Marks {
    /// No mark.
    pub const NONE: Self = Self(0);

    /// The mark of an event's kind.
    pub const fn of(kind: EventKind) -> Self {
        Self(1 << kind.number())
    }

    /// The mark of this name: those of [`EventKind`] but retractions, which count nowhere, and
    /// `thumb_up`, `thumb_down`, `finish`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "thumb_up" => Some(THUMB_UP),
            "thumb_down" => Some(THUMB_DOWN),
            "finish" => Some(FINISH),
            "retract" => None,
            _ => EventKind::from_name(name).map(Self::of),
        }
    }

    /// All marks of both.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether any mark is in both.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// One event, resolved against [`Entities`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observed {
    /// Number of the event in the log it comes from; settles the order of events of one time.
    pub seq: u64,
    /// When.
    pub time: Timestamp,
    /// Row of who did it.
    pub viewer: u32,
    /// Row of the item, or [`NONE`](crate::NONE).
    pub item: u32,
    /// Row of the creator: of the item's first, or of who is followed; or [`NONE`](crate::NONE).
    pub creator: u32,
    /// What was done.
    pub marks: Marks,
    /// Time watched, in milliseconds; 0 for other kinds.
    pub watched_ms: u32,
    /// Hash of the event's id, 0 for none.
    pub id: u64,
    /// Hash of the id of the event that it takes back, 0 for none.
    pub target: u64,
}

impl Observed {
    /// Resolves `event`, the `seq`th of its log. Items, creators and viewers that are new get rows.
    ///
    /// # Errors
    ///
    /// [`VocabularyError`] when there is no row left.
    pub fn new(seq: u64, event: &Event, entities: &mut Entities) -> Result<Self, VocabularyError> {
        let item = match event.action.item() {
            Some(id) => entities.item(id.as_str())?,
            None => NONE,
        };
        let creator = match &event.action {
            Action::Follow { creator } => entities.creator(creator.as_str())?,
            _ => entities.first_creator(item),
        };
        let target = match &event.action {
            Action::Retract { event } => text_hash(event.as_str()),
            _ => 0,
        };
        let watched_ms = watched_ms(&event.action);
        let length = entities
            .item_record(item)
            .and_then(|record| record.duration_ms);
        Ok(Self {
            seq,
            time: event.time,
            viewer: entities.viewer(&event.actor),
            item,
            creator,
            marks: marks(&event.action, watched_ms, length),
            watched_ms,
            id: event.id.as_ref().map_or(0, |id| text_hash(id.as_str())),
            target,
        })
    }
}

fn watched_ms(action: &Action) -> u32 {
    let (Action::Play { watched, .. } | Action::Rewatch { watched, .. }) = action else {
        return 0;
    };
    millis(*watched)
}

/// Whole milliseconds from 0 to what 32 bits hold, which is 49 days.
fn millis(length: Seconds) -> u32 {
    u32::try_from(length.as_millis().max(0)).unwrap_or(u32::MAX)
}

/// - `length`: of the item by its record, in milliseconds; what the player says goes before it.
fn marks(action: &Action, watched_ms: u32, length: Option<i64>) -> Marks {
    let kind = Marks::of(action.kind());
    match action {
        Action::Thumb { direction, .. } => match direction {
            ThumbDirection::Down => kind.or(THUMB_DOWN),
            ThumbDirection::Up | ThumbDirection::DoubleUp => kind.or(THUMB_UP),
        },
        Action::Play { duration, .. } => {
            let length = duration.map_or(length, |length| Some(length.as_millis()));
            let length = u64::try_from(length.unwrap_or_default()).unwrap_or_default();
            let enough = u64::from(watched_ms) * 100 >= length.saturating_mul(FINISHED_PERCENT);
            if length > 0 && enough {
                kind.or(FINISH)
            } else {
                kind
            }
        }
        _ => kind,
    }
}
