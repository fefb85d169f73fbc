//! Events as bytes.

use marquee_core::{
    Action, Actor, ArtworkId, CreatorId, Event, EventId, EventKind, ItemId, RecommendationId,
    SessionId, Surface, ThumbDirection, Timestamp, UserId,
};

use super::{Decoder, put_id, put_seconds, put_signed, put_text, put_varint};
use crate::Problem;

/// Which of the optional parts are there, one bit each.
mod has {
    pub(super) const ID: u8 = 1;
    /// The actor is a session.
    pub(super) const ANONYMOUS: u8 = 2;
    pub(super) const SURFACE: u8 = 4;
    pub(super) const DEVICE: u8 = 8;
    pub(super) const SESSION: u8 = 16;
    pub(super) const RECOMMENDATION: u8 = 32;
    /// Length of the item, of a play only.
    pub(super) const DURATION: u8 = 64;
    /// Image, of a surface only.
    pub(super) const ARTWORK: u8 = 128;
}

pub(super) fn encode(to: &mut Vec<u8>, event: &Event, received: Timestamp) {
    to.push(event.action.kind().number());
    to.push(flags(event));
    if let Some(id) = &event.id {
        put_id(to, id.as_str());
    }
    match &event.actor {
        Actor::User(id) => put_id(to, id.as_str()),
        Actor::Session(id) => put_id(to, id.as_str()),
    }
    // Close to when it arrived, so that the difference is short.
    put_signed(
        to,
        event.time.as_millis().wrapping_sub(received.as_millis()),
    );
    encode_action(to, &event.action);
    if let Some(surface) = &event.surface {
        put_text(to, &surface.page);
        put_varint(to, surface.row.into());
        put_varint(to, surface.position.into());
        if let Some(id) = &surface.artwork {
            put_id(to, id.as_str());
        }
    }
    if let Some(device) = &event.device {
        put_text(to, device);
    }
    if let Some(id) = &event.session {
        put_id(to, id.as_str());
    }
    if let Some(id) = &event.recommendation {
        put_id(to, id.as_str());
    }
}

pub(super) fn decode(from: &mut Decoder<'_>, received: Timestamp) -> Result<Event, Problem> {
    let kind = from.byte()?;
    let kind = EventKind::from_number(kind).ok_or(Problem::Unknown {
        what: "kind of event",
        found: kind.into(),
    })?;
    let flags = from.byte()?;
    let stray_duration = flags & has::DURATION != 0 && kind != EventKind::Play;
    let stray_artwork = flags & has::ARTWORK != 0 && flags & has::SURFACE == 0;
    if stray_duration || stray_artwork {
        return Err(Problem::Unknown {
            what: "parts of an event",
            found: flags.into(),
        });
    }
    let has = |bit| flags & bit != 0;
    Ok(Event {
        id: (has(has::ID).then(|| from.id(EventId::new))).transpose()?,
        actor: if has(has::ANONYMOUS) {
            Actor::Session(from.id(SessionId::new)?)
        } else {
            Actor::User(from.id(UserId::new)?)
        },
        time: Timestamp::from_millis(received.as_millis().wrapping_add(from.signed()?)),
        action: decode_action(from, kind, flags)?,
        surface: (has(has::SURFACE).then(|| decode_surface(from, flags))).transpose()?,
        device: (has(has::DEVICE).then(|| from.text().map(str::to_owned))).transpose()?,
        session: (has(has::SESSION).then(|| from.id(SessionId::new))).transpose()?,
        recommendation: (has(has::RECOMMENDATION).then(|| from.id(RecommendationId::new)))
            .transpose()?,
    })
}

fn flags(event: &Event) -> u8 {
    let artwork = event.surface.as_ref().and_then(|at| at.artwork.as_ref());
    let duration = match &event.action {
        Action::Play { duration, .. } => duration.is_some(),
        _ => false,
    };
    let bit = |present: bool, bit: u8| if present { bit } else { 0 };
    bit(event.id.is_some(), has::ID)
        | bit(matches!(event.actor, Actor::Session(_)), has::ANONYMOUS)
        | bit(event.surface.is_some(), has::SURFACE)
        | bit(event.device.is_some(), has::DEVICE)
        | bit(event.session.is_some(), has::SESSION)
        | bit(event.recommendation.is_some(), has::RECOMMENDATION)
        | bit(duration, has::DURATION)
        | bit(artwork.is_some(), has::ARTWORK)
}

fn encode_action(to: &mut Vec<u8>, action: &Action) {
    if let Some(item) = action.item() {
        put_id(to, item.as_str());
    }
    match action {
        Action::Play {
            watched, duration, ..
        } => {
            put_seconds(to, *watched);
            if let Some(duration) = duration {
                put_seconds(to, *duration);
            }
        }
        Action::Pause { position, .. } => put_seconds(to, *position),
        Action::Rewatch { watched, .. } => put_seconds(to, *watched),
        Action::Rate { rating, .. } => to.extend_from_slice(&rating.to_le_bytes()),
        Action::Thumb { direction, .. } => to.push(match direction {
            ThumbDirection::Down => 0,
            ThumbDirection::Up => 1,
            ThumbDirection::DoubleUp => 2,
        }),
        Action::Comment { text, .. } => put_text(to, text),
        Action::Follow { creator } => put_id(to, creator.as_str()),
        Action::Report { reason, .. } => put_text(to, reason),
        Action::Search { query } => put_text(to, query),
        Action::Retract { event } => put_id(to, event.as_str()),
        Action::Impression { .. }
        | Action::Open { .. }
        | Action::Like { .. }
        | Action::Share { .. }
        | Action::Save { .. }
        | Action::Hide { .. } => {}
    }
}

fn decode_action(from: &mut Decoder<'_>, kind: EventKind, flags: u8) -> Result<Action, Problem> {
    // First what has no item, since an item stands first wherever there is one.
    match kind {
        EventKind::Follow => {
            let creator = from.id(CreatorId::new)?;
            return Ok(Action::Follow { creator });
        }
        EventKind::Search => {
            let query = from.text()?.to_owned();
            return Ok(Action::Search { query });
        }
        EventKind::Retract => {
            let event = from.id(EventId::new)?;
            return Ok(Action::Retract { event });
        }
        _ => {}
    }
    let item = from.id(ItemId::new)?;
    Ok(match kind {
        EventKind::Impression => Action::Impression { item },
        EventKind::Open => Action::Open { item },
        EventKind::Play => Action::Play {
            item,
            watched: from.seconds()?,
            duration: (flags & has::DURATION != 0)
                .then(|| from.seconds())
                .transpose()?,
        },
        EventKind::Pause => Action::Pause {
            item,
            position: from.seconds()?,
        },
        EventKind::Rewatch => Action::Rewatch {
            item,
            watched: from.seconds()?,
        },
        EventKind::Rate => Action::Rate {
            item,
            rating: f32::from_le_bytes(from.array()?),
        },
        EventKind::Thumb => Action::Thumb {
            item,
            direction: decode_direction(from.byte()?)?,
        },
        EventKind::Like => Action::Like { item },
        EventKind::Comment => Action::Comment {
            item,
            text: from.text()?.to_owned(),
        },
        EventKind::Share => Action::Share { item },
        EventKind::Save => Action::Save { item },
        EventKind::Hide => Action::Hide { item },
        EventKind::Report => Action::Report {
            item,
            reason: from.text()?.to_owned(),
        },
        EventKind::Follow | EventKind::Search | EventKind::Retract => {
            unreachable!("these were returned above")
        }
    })
}

fn decode_direction(code: u8) -> Result<ThumbDirection, Problem> {
    match code {
        0 => Ok(ThumbDirection::Down),
        1 => Ok(ThumbDirection::Up),
        2 => Ok(ThumbDirection::DoubleUp),
        _ => Err(Problem::Unknown {
            what: "direction of a thumb",
            found: code.into(),
        }),
    }
}

fn decode_surface(from: &mut Decoder<'_>, flags: u8) -> Result<Surface, Problem> {
    Ok(Surface {
        page: from.text()?.to_owned(),
        row: from.short("row")?,
        position: from.short("position")?,
        artwork: (flags & has::ARTWORK != 0)
            .then(|| from.id(ArtworkId::new))
            .transpose()?,
    })
}
