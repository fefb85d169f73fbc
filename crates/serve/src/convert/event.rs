//! Events from the wire, checked one by one.

use marquee_core::{
    Action, Actor, ArtworkId, CreatorId, Event, EventId, ItemId, RecommendationId, Seconds,
    SessionId, Surface, ThumbDirection, Timestamp, UserId,
};
use marquee_proto::v1::{self, event::Action as Wire};

use super::{Fields, catalog::millis_of};
use crate::{
    config::Events,
    refusal::{Refusal, Violation},
};

/// Most events of one call or batch.
pub(crate) const MAX_EVENTS: usize = 1000;
/// Longest text of a comment, in bytes.
const MAX_COMMENT: usize = 8192;
/// Longest text of a search, in bytes.
const MAX_QUERY: usize = 1024;
/// Longest name of a page or a device, in bytes.
pub(super) const MAX_NAME: usize = 64;
/// Longest reason of a report, in bytes.
const MAX_REASON: usize = 256;
/// Longest length of time: 30 days.
const MAX_SECONDS: f64 = 30.0 * 86_400.0;
/// Largest rating, either way from zero.
const MAX_RATING: f32 = 1e6;

/// What every event is checked against besides its own limits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Border<'a> {
    /// When the server received it.
    pub(crate) now: Timestamp,
    /// What the operator allows.
    pub(crate) allowed: &'a Events,
}

/// Refuses a batch with too many events; nothing of it is looked into.
///
/// # Errors
///
/// [`Refusal::InvalidFields`].
pub(crate) fn batch_length(events: &[v1::Event]) -> Result<(), Refusal> {
    let mut fields = Fields::default();
    let short = fields.is_short("events", events.len(), MAX_EVENTS);
    fields.finish(short.then_some(()))
}

/// One event.
///
/// # Errors
///
/// The first field that breaks a limit.
pub(crate) fn event(wire: &v1::Event, border: Border<'_>) -> Result<Event, Violation> {
    let mut fields = Fields::default();
    let made = checked(&mut fields, wire, border);
    match (made, fields.0.into_iter().next()) {
        (Some(event), None) => Ok(event),
        (_, Some(problem)) => Err(problem),
        (None, None) => Err(Violation {
            field: "action".to_owned(),
            problem: "expected one of the actions, found none".to_owned(),
        }),
    }
}

fn checked(fields: &mut Fields, wire: &v1::Event, border: Border<'_>) -> Option<Event> {
    let id = fields.id("event_id", EventId::new(&wire.event_id));
    let session = optional(fields, "session_id", &wire.session_id, |text| {
        SessionId::new(text)
    });
    let user = optional(fields, "user_id", &wire.user_id, |text| UserId::new(text));
    let actor = match (user, &session) {
        (Some(user), _) => Some(Actor::User(user)),
        (None, Some(session)) => Some(Actor::Session(session.clone())),
        (None, None) => {
            if wire.user_id.is_empty() && wire.session_id.is_empty() {
                fields.fail(
                    "user_id",
                    "expected a user_id or a session_id, found neither",
                );
            }
            None
        }
    };
    let time = time(fields, wire.time.as_ref(), border);
    let action = action(fields, wire.action.as_ref()?);
    let recommendation = optional(
        fields,
        "recommendation_id",
        &wire.recommendation_id,
        |text| RecommendationId::new(text),
    );
    short(fields, "device", &wire.device, MAX_NAME);
    let surface = wire.surface.as_ref().map(|at| surface(fields, at));
    let session = session.filter(|_| matches!(actor, Some(Actor::User(_))));
    Some(Event {
        id: Some(id?),
        actor: actor?,
        time: time?,
        action: action?,
        surface,
        device: (!wire.device.is_empty()).then(|| wire.device.clone()),
        session,
        recommendation,
    })
}

/// An id that may be missing.
fn optional<T>(
    fields: &mut Fields,
    field: &str,
    text: &str,
    make: impl FnOnce(&str) -> Result<T, marquee_core::id::IdError>,
) -> Option<T> {
    if text.is_empty() {
        return None;
    }
    fields.id(field, make(text))
}

fn time(
    fields: &mut Fields,
    wire: Option<&prost_types::Timestamp>,
    border: Border<'_>,
) -> Option<Timestamp> {
    let Some(wire) = wire else {
        return Some(border.now);
    };
    let Some(time) = millis_of(wire) else {
        fields.fail("time", "expected a moment of the years 1 to 9999");
        return None;
    };
    let ahead = (time - border.now).0;
    let (future, past) = (
        border.allowed.most_ahead_s as f64,
        border.allowed.oldest_days as f64 * 86_400.0,
    );
    if ahead > future {
        let problem = format!("expected at most {future} s in the future, found {ahead} s");
        fields.fail("time", problem);
    } else if border.allowed.oldest_days > 0 && -ahead > past {
        let days = border.allowed.oldest_days;
        fields.fail("time", format!("expected at most {days} days in the past"));
    }
    Some(time)
}

fn surface(fields: &mut Fields, wire: &v1::Surface) -> Surface {
    short(fields, "surface.page", &wire.page, MAX_NAME);
    Surface {
        page: wire.page.clone(),
        row: wire.row,
        position: wire.position,
        artwork: optional(fields, "surface.artwork_id", &wire.artwork_id, |text| {
            ArtworkId::new(text)
        }),
    }
}

/// Refuses a text with more than `most` bytes.
pub(super) fn short(fields: &mut Fields, field: &str, text: &str, most: usize) {
    let found = text.len();
    if found > most {
        fields.fail(
            field,
            format!("expected at most {most} bytes, found {found}"),
        );
    }
}

/// A length of time that must be there.
fn length(
    fields: &mut Fields,
    field: &str,
    wire: Option<&prost_types::Duration>,
) -> Option<Seconds> {
    let Some(wire) = wire else {
        fields.fail(field, "expected a length of time, found none");
        return None;
    };
    let seconds = wire.seconds as f64 + f64::from(wire.nanos) / 1e9;
    if !(0.0..=MAX_SECONDS).contains(&seconds) {
        let problem = format!("expected 0 to {MAX_SECONDS} s, found {seconds} s");
        fields.fail(field, problem);
    }
    Some(Seconds(seconds))
}

fn action(fields: &mut Fields, wire: &Wire) -> Option<Action> {
    Some(match wire {
        Wire::Impression(it) => Action::Impression {
            item: item(fields, "impression", &it.item_id)?,
        },
        Wire::Open(it) => Action::Open {
            item: item(fields, "open", &it.item_id)?,
        },
        Wire::Like(it) => Action::Like {
            item: item(fields, "like", &it.item_id)?,
        },
        Wire::Share(it) => Action::Share {
            item: item(fields, "share", &it.item_id)?,
        },
        Wire::Save(it) => Action::Save {
            item: item(fields, "save", &it.item_id)?,
        },
        Wire::Hide(it) => Action::Hide {
            item: item(fields, "hide", &it.item_id)?,
        },
        Wire::Follow(it) => Action::Follow {
            creator: fields.id("follow.creator_id", CreatorId::new(&it.creator_id))?,
        },
        Wire::Retract(it) => Action::Retract {
            event: fields.id("retract.event_id", EventId::new(&it.event_id))?,
        },
        Wire::Play(it) => play(fields, it)?,
        Wire::Pause(it) => Action::Pause {
            item: item(fields, "pause", &it.item_id)?,
            position: length(fields, "pause.position", it.position.as_ref())?,
        },
        Wire::Rewatch(it) => Action::Rewatch {
            item: item(fields, "rewatch", &it.item_id)?,
            watched: length(fields, "rewatch.watched", it.watched.as_ref())?,
        },
        Wire::Rate(it) => rate(fields, it)?,
        Wire::Thumb(it) => Action::Thumb {
            item: item(fields, "thumb", &it.item_id)?,
            direction: direction(fields, it.direction)?,
        },
        Wire::Comment(it) => {
            short(fields, "comment.text", &it.text, MAX_COMMENT);
            Action::Comment {
                item: item(fields, "comment", &it.item_id)?,
                text: it.text.clone(),
            }
        }
        Wire::Report(it) => {
            short(fields, "report.reason", &it.reason, MAX_REASON);
            Action::Report {
                item: item(fields, "report", &it.item_id)?,
                reason: it.reason.clone(),
            }
        }
        Wire::Search(it) => {
            short(fields, "search.query", &it.query, MAX_QUERY);
            Action::Search {
                query: it.query.clone(),
            }
        }
    })
}

fn item(fields: &mut Fields, action: &str, id: &str) -> Option<ItemId> {
    fields.item_id(format!("{action}.item_id"), id)
}

fn play(fields: &mut Fields, wire: &v1::Play) -> Option<Action> {
    let duration = wire.duration.as_ref();
    let duration = duration.and_then(|it| length(fields, "play.duration", Some(it)));
    Some(Action::Play {
        item: item(fields, "play", &wire.item_id)?,
        watched: length(fields, "play.watched", wire.watched.as_ref())?,
        duration,
    })
}

fn rate(fields: &mut Fields, wire: &v1::Rate) -> Option<Action> {
    let rating = wire.rating;
    // What is not a number lies in no range.
    if !(-MAX_RATING..=MAX_RATING).contains(&rating) {
        let problem = format!("expected a finite number within ±{MAX_RATING}, found {rating}");
        fields.fail("rate.rating", problem);
    }
    Some(Action::Rate {
        item: item(fields, "rate", &wire.item_id)?,
        rating,
    })
}

fn direction(fields: &mut Fields, number: i32) -> Option<ThumbDirection> {
    match v1::ThumbDirection::try_from(number) {
        Ok(v1::ThumbDirection::Down) => Some(ThumbDirection::Down),
        Ok(v1::ThumbDirection::Up) => Some(ThumbDirection::Up),
        Ok(v1::ThumbDirection::DoubleUp) => Some(ThumbDirection::DoubleUp),
        Ok(v1::ThumbDirection::Unspecified) | Err(_) => {
            fields.fail("thumb.direction", "expected DOWN, UP or DOUBLE_UP");
            None
        }
    }
}

/// `SignIn`: the visit and who it was.
///
/// # Errors
///
/// [`Refusal::InvalidFields`].
pub(crate) fn sign_in(request: &v1::SignInRequest) -> Result<(SessionId, UserId), Refusal> {
    let mut fields = Fields::default();
    let session = fields.id("session_id", SessionId::new(&request.session_id));
    let user = fields.user_id("user_id", &request.user_id);
    fields.finish(session.zip(user))
}

/// `ExportEvents`: whose events.
///
/// # Errors
///
/// [`Refusal::InvalidFields`].
pub(crate) fn exported(request: &v1::ExportEventsRequest) -> Result<Actor, Refusal> {
    use v1::export_events_request::Actor as Asked;
    let mut fields = Fields::default();
    let actor = match &request.actor {
        Some(Asked::UserId(id)) => fields.user_id("user_id", id).map(Actor::User),
        Some(Asked::SessionId(id)) => {
            let made = SessionId::new(id);
            fields.id("session_id", made).map(Actor::Session)
        }
        None => {
            fields.fail("actor", "expected a user_id or a session_id, found neither");
            None
        }
    };
    fields.finish(actor)
}

#[cfg(test)]
mod tests;
