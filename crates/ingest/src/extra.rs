//! What an event has beyond the columns of a segment, as one small JSON object.

use marquee_core::{
    Action, Actor, CreatorId, Event, EventId, EventKind, ItemId, RecommendationId, Seconds,
    SessionId, Surface, ThumbDirection, Timestamp,
};
use serde::{Deserialize, Serialize};

/// The rarer fields of an event; an event without any of them stores nothing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Extra {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) surface: Option<Surface>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) device: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) session: Option<SessionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) recommendation: Option<RecommendationId>,
    /// Watched or position, where `f32` does not hold it exactly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seconds: Option<Seconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) duration: Option<Seconds>,
    /// Text of a comment, reason of a report, or query of a search.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) creator: Option<CreatorId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retracts: Option<EventId>,
}

impl Extra {
    /// The rarer fields of `event`.
    pub(crate) fn of(event: &Event) -> Self {
        let mut this = Self {
            surface: event.surface.clone(),
            device: event.device.clone(),
            session: event.session.clone(),
            recommendation: event.recommendation.clone(),
            ..Self::default()
        };
        match &event.action {
            Action::Play {
                watched, duration, ..
            } => {
                this.seconds = inexact(*watched);
                this.duration = *duration;
            }
            Action::Rewatch {
                watched: seconds, ..
            }
            | Action::Pause {
                position: seconds, ..
            } => {
                this.seconds = inexact(*seconds);
            }
            Action::Comment { text, .. }
            | Action::Report { reason: text, .. }
            | Action::Search { query: text } => this.text = Some(text.clone()),
            Action::Follow { creator } => this.creator = Some(creator.clone()),
            Action::Retract { event } => this.retracts = Some(event.clone()),
            Action::Impression { .. }
            | Action::Open { .. }
            | Action::Rate { .. }
            | Action::Thumb { .. }
            | Action::Like { .. }
            | Action::Share { .. }
            | Action::Save { .. }
            | Action::Hide { .. } => {}
        }
        this
    }

    /// Whether there is nothing to store.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The number of an action that has one (a rating, seconds, a thumb as -1, 1 or 2), as files hold it;
/// one for the others.
pub fn value_of(action: &Action) -> f32 {
    match action {
        Action::Play {
            watched: seconds, ..
        }
        | Action::Rewatch {
            watched: seconds, ..
        }
        | Action::Pause {
            position: seconds, ..
        } => narrow(*seconds),
        Action::Rate { rating, .. } => *rating,
        Action::Thumb { direction, .. } => match direction {
            ThumbDirection::Down => -1.0,
            ThumbDirection::Up => 1.0,
            ThumbDirection::DoubleUp => 2.0,
        },
        Action::Impression { .. }
        | Action::Open { .. }
        | Action::Like { .. }
        | Action::Comment { .. }
        | Action::Share { .. }
        | Action::Save { .. }
        | Action::Follow { .. }
        | Action::Hide { .. }
        | Action::Report { .. }
        | Action::Search { .. }
        | Action::Retract { .. } => 1.0,
    }
}

/// The direction that a value stands for: below zero down, up to one up, more than that double.
pub(crate) fn thumb_of(value: f32) -> ThumbDirection {
    if value < 0.0 {
        ThumbDirection::Down
    } else if value <= 1.0 {
        ThumbDirection::Up
    } else {
        ThumbDirection::DoubleUp
    }
}

/// The columns of one row, for putting its event together again.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) id: Option<EventId>,
    pub(crate) actor: Actor,
    pub(crate) kind: EventKind,
    pub(crate) item: Option<ItemId>,
    pub(crate) value: f32,
    pub(crate) time: Timestamp,
    pub(crate) extra: Extra,
}

impl Stored {
    /// The event of the row; `None` when a column that its kind needs is missing.
    pub(crate) fn event(self) -> Option<Event> {
        let extra = self.extra;
        let seconds = extra.seconds.unwrap_or(Seconds(f64::from(self.value)));
        let text = extra.text.unwrap_or_default();
        let item = self.item;
        let action = match self.kind {
            EventKind::Impression => Action::Impression { item: item? },
            EventKind::Open => Action::Open { item: item? },
            EventKind::Play => Action::Play {
                item: item?,
                watched: seconds,
                duration: extra.duration,
            },
            EventKind::Pause => Action::Pause {
                item: item?,
                position: seconds,
            },
            EventKind::Rewatch => Action::Rewatch {
                item: item?,
                watched: seconds,
            },
            EventKind::Rate => Action::Rate {
                item: item?,
                rating: self.value,
            },
            EventKind::Thumb => Action::Thumb {
                item: item?,
                direction: thumb_of(self.value),
            },
            EventKind::Like => Action::Like { item: item? },
            EventKind::Comment => Action::Comment { item: item?, text },
            EventKind::Share => Action::Share { item: item? },
            EventKind::Save => Action::Save { item: item? },
            EventKind::Follow => Action::Follow {
                creator: extra.creator?,
            },
            EventKind::Hide => Action::Hide { item: item? },
            EventKind::Report => Action::Report {
                item: item?,
                reason: text,
            },
            EventKind::Search => Action::Search { query: text },
            EventKind::Retract => Action::Retract {
                event: extra.retracts?,
            },
        };
        Some(Event {
            id: self.id,
            actor: self.actor,
            time: self.time,
            action,
            surface: extra.surface,
            device: extra.device,
            session: extra.session,
            recommendation: extra.recommendation,
        })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "what this rounds away is kept beside it"
)]
fn narrow(seconds: Seconds) -> f32 {
    seconds.0 as f32
}

#[expect(
    clippy::float_cmp,
    reason = "asks whether the rounded number is the same one"
)]
fn inexact(seconds: Seconds) -> Option<Seconds> {
    (f64::from(narrow(seconds)) != seconds.0).then_some(seconds)
}
