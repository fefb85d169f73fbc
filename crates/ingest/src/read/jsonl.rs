//! JSON Lines: one event, item, user or creator of the data model a line.

use std::path::Path;

use marquee_core::{Action, Actor, Creator, Event, EventKind, Item, User};

use crate::{
    Result,
    extra::{Extra, value_of},
    format::RecordKind,
    lines::{Lines, Step, too_long},
    read::PROGRESS_ROWS,
    reject::{Fault, Reason},
    row::{ActorRef, EventRow, Sink},
    source,
};

/// Reads records of one kind; blank lines are skipped.
///
/// # Errors
///
/// [`crate::Error::Io`] when the file cannot be read, and what the sink gives.
pub(crate) fn read(path: &Path, kind: RecordKind, sink: &mut dyn Sink) -> Result<()> {
    let mut lines = Lines::new(source::open(path)?, path);
    loop {
        let taken = match lines.advance()? {
            Step::End => return sink.progress(lines.bytes()),
            Step::TooLong => Err(too_long()),
            Step::Line if lines.text().trim_ascii().is_empty() => Ok(()),
            Step::Line => take(lines.text(), kind, sink)?,
        };
        if let Err(fault) = taken {
            sink.reject(fault.at(path, lines.number()))?;
        }
        if lines.number().is_multiple_of(PROGRESS_ROWS) {
            sink.progress(lines.bytes())?;
        }
    }
}

fn take(line: &[u8], kind: RecordKind, sink: &mut dyn Sink) -> Result<Result<(), Fault>> {
    match kind {
        RecordKind::Events => match parsed::<Event>(line).and_then(checked) {
            Ok(event) => give_event(&event, sink)?,
            Err(fault) => return Ok(Err(fault)),
        },
        RecordKind::Items => match parsed::<Item>(line) {
            Ok(item) => sink.item(item)?,
            Err(fault) => return Ok(Err(fault)),
        },
        RecordKind::Users => match parsed::<User>(line) {
            Ok(user) => sink.user(user)?,
            Err(fault) => return Ok(Err(fault)),
        },
        RecordKind::Creators => match parsed::<Creator>(line) {
            Ok(creator) => sink.creator(creator)?,
            Err(fault) => return Ok(Err(fault)),
        },
    }
    Ok(Ok(()))
}

fn parsed<T: serde::de::DeserializeOwned>(line: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(line).map_err(|error| fault_of(&error, line))
}

/// Sorts what the JSON parser says into reasons; its messages are the only thing that tells them
/// apart, and a message it would word otherwise still gives a fault, of the general reason.
fn fault_of(error: &serde_json::Error, line: &[u8]) -> Fault {
    let message = error.to_string();
    if std::str::from_utf8(line).is_err() {
        return Fault::new(Reason::NotUtf8, "", "UTF-8", line);
    }
    let reason = if message.starts_with("unknown field") {
        Reason::UnknownField
    } else if message.starts_with("missing field") {
        Reason::MissingField
    } else if message.starts_with("unknown variant") {
        Reason::UnknownKind
    } else if message.contains("bytes, found none") {
        Reason::EmptyId
    } else if message.contains("an id has") {
        Reason::LongId
    } else {
        Reason::BadJson
    };
    let field = message.split('`').nth(1).unwrap_or_default().to_owned();
    let column = error.column().saturating_sub(1).min(line.len());
    let start = column.saturating_sub(30);
    Fault::new(
        reason,
        field,
        format!("a valid record ({message})"),
        &line[start..],
    )
}

/// Numbers of an event must be finite, and lengths not negative.
fn checked(event: Event) -> Result<Event, Fault> {
    let (field, value, least) = match &event.action {
        Action::Rate { rating, .. } => ("rating", f64::from(*rating), f64::MIN),
        Action::Play {
            watched, duration, ..
        } => {
            let length = duration.map_or(0.0, |duration| duration.0);
            if !(0.0..=f64::MAX).contains(&length) {
                return Err(not_a_number("duration", length));
            }
            ("watched", watched.0, 0.0)
        }
        Action::Rewatch { watched, .. } => ("watched", watched.0, 0.0),
        Action::Pause { position, .. } => ("position", position.0, 0.0),
        _ => return Ok(event),
    };
    if value.is_finite() && value >= least {
        Ok(event)
    } else {
        Err(not_a_number(field, value))
    }
}

fn not_a_number(field: &'static str, value: f64) -> Fault {
    let expected = "a finite number, lengths not below zero";
    Fault::new(
        Reason::NotANumber,
        field,
        expected,
        value.to_string().as_bytes(),
    )
}

fn give_event(event: &Event, sink: &mut dyn Sink) -> Result<()> {
    let extra = Extra::of(event);
    let extra = (!extra.is_empty())
        .then(|| serde_json::to_string(&extra).expect("plain fields always make JSON"));
    let retracts = match &event.action {
        Action::Retract { event } => Some(event.as_str()),
        _ => None,
    };
    debug_assert_eq!(
        retracts.is_some(),
        event.action.kind() == EventKind::Retract
    );
    sink.event(&EventRow {
        actor: match &event.actor {
            Actor::User(user) => ActorRef::User(user.as_str()),
            Actor::Session(session) => ActorRef::Session(session.as_str()),
        },
        kind: event.action.kind(),
        item: event.action.item().map(|item| item.as_str()),
        value: value_of(&event.action),
        time: event.time,
        id: event.id.as_ref().map(|id| id.as_str()),
        retracts,
        extra: extra.as_deref(),
    })
}
