//! Rows of a table that say what somebody did.

use marquee_core::{EventKind, SessionId, Timestamp};

use crate::{
    extra::Extra,
    mapping::{Columns, Field},
    parse,
    read::{rows::Row, table::EventForm},
    reject::{Fault, Reason},
    row::{ActorRef, EventRow, id, text},
};

/// Names that other data gives to kinds of events, besides the names of [`EventKind`].
const OTHER_NAMES: [(&str, EventKind); 12] = [
    ("view", EventKind::Open),
    ("click", EventKind::Open),
    ("watch", EventKind::Play),
    ("listen", EventKind::Play),
    ("rating", EventKind::Rate),
    ("thumb_up", EventKind::Thumb),
    ("thumb_down", EventKind::Thumb),
    ("dislike", EventKind::Thumb),
    ("cart", EventKind::Save),
    ("bookmark", EventKind::Save),
    ("favorite", EventKind::Like),
    ("dismiss", EventKind::Hide),
];

/// Makes events of rows.
pub(crate) struct EventMaker<'t> {
    columns: &'t Columns,
    form: EventForm,
    user: Option<usize>,
    item: usize,
    time: Option<usize>,
    /// Whether rows have anything besides user, item, value and time.
    is_rich: bool,
    /// JSON of what the current row has beyond the columns of a segment.
    extra: String,
}

impl<'t> EventMaker<'t> {
    pub(crate) fn new(columns: &'t Columns, form: EventForm) -> Self {
        let rich = [Field::Kind, Field::EventId, Field::Session, Field::Device];
        Self {
            columns,
            form,
            user: columns.get(Field::User),
            item: columns.get(Field::Item).unwrap_or(usize::MAX),
            time: columns.get(Field::Timestamp),
            is_rich: rich.iter().any(|&field| columns.get(field).is_some()),
            extra: String::new(),
        }
    }

    /// The event of `row`.
    ///
    /// # Errors
    ///
    /// The first [`Fault`] of the row, columns in the order kind, user, item, rating, time, others.
    #[inline]
    pub(crate) fn event<'a>(&'a mut self, row: Row<'a>) -> Result<EventRow<'a>, Fault> {
        let (kind, default) = self.kind(row)?;
        let actor = self.actor(row)?;
        let target = row.bytes(self.item);
        let item = id(target, "item")?;
        let value = self.value(row, kind, default)?;
        let time = self.time(row)?;
        let mut event = EventRow {
            actor,
            kind,
            item: Some(item),
            value,
            time,
            id: None,
            retracts: None,
            extra: None,
        };
        if self.is_rich {
            self.enrich(row, &mut event)?;
        }
        Ok(event)
    }

    /// Kind of the row, and the value it has where no column gives one.
    #[inline]
    fn kind(&self, row: Row<'_>) -> Result<(EventKind, Option<f32>), Fault> {
        let Some(at) = self.columns.get(Field::Kind) else {
            return Ok((self.form.kind, value_without_column(self.form.kind)));
        };
        let bytes = row.bytes(at);
        let name = text(bytes, "kind")?.trim().to_ascii_lowercase();
        if let Some(kind) = EventKind::from_name(&name) {
            return Ok((kind, value_without_column(kind)));
        }
        let other = OTHER_NAMES.iter().find(|(known, _)| *known == name);
        let Some(&(_, kind)) = other else {
            let names: Vec<_> = EventKind::ALL.iter().map(|kind| kind.name()).collect();
            let expected = format!("one of {}", names.join(", "));
            return Err(Fault::new(Reason::UnknownKind, "kind", expected, bytes));
        };
        let default = match name.as_str() {
            "thumb_up" => Some(1.0),
            "thumb_down" | "dislike" => Some(-1.0),
            _ => value_without_column(kind),
        };
        Ok((kind, default))
    }

    #[inline]
    fn actor<'a>(&self, row: Row<'a>) -> Result<ActorRef<'a>, Fault> {
        if let Some(at) = self.user {
            let bytes = row.bytes(at);
            let session = row.field(self.columns, Field::Session);
            if !bytes.is_empty() || session.is_none() {
                return Ok(ActorRef::User(id(bytes, "user")?));
            }
        }
        let session = row.field(self.columns, Field::Session).unwrap_or(b"");
        Ok(ActorRef::Session(id(session, "session")?))
    }

    #[inline]
    fn value(&self, row: Row<'_>, kind: EventKind, default: Option<f32>) -> Result<f32, Fault> {
        let bytes = self
            .columns
            .get(Field::Rating)
            .map_or(&b""[..], |at| row.bytes(at));
        let wrong = |expected| Fault::new(Reason::NotANumber, "rating", expected, bytes);
        if bytes.is_empty() {
            return default.ok_or_else(|| wrong("a number"));
        }
        let value = parse::number(bytes).ok_or_else(|| wrong("a number"))?;
        match kind {
            EventKind::Play | EventKind::Pause | EventKind::Rewatch if value < 0.0 => {
                Err(wrong("seconds, zero or more"))
            }
            EventKind::Thumb if ![-1.0, 1.0, 2.0].contains(&value) => {
                Err(wrong("-1 (down), 1 (up) or 2 (double up)"))
            }
            EventKind::Rate | EventKind::Thumb => Ok(value),
            EventKind::Play | EventKind::Pause | EventKind::Rewatch => Ok(value),
            // What other kinds count is given by their weight, so a number beside them says nothing.
            _ => Ok(1.0),
        }
    }

    #[inline]
    fn time(&self, row: Row<'_>) -> Result<Timestamp, Fault> {
        let Some(at) = self.time else {
            return Ok(Timestamp::EPOCH);
        };
        let bytes = row.bytes(at);
        let unit = self.form.unit;
        parse::time(bytes, unit)
            .ok_or_else(|| Fault::new(Reason::BadTime, "timestamp", unit.expected(), bytes))
    }

    /// Adds event id, session and device, and moves the target of kinds that have no item.
    fn enrich<'a>(&'a mut self, row: Row<'a>, event: &mut EventRow<'a>) -> Result<(), Fault> {
        let mut extra = Extra::default();
        if let Some(bytes) = row.field(self.columns, Field::EventId) {
            event.id = Some(id(bytes, "event_id")?);
        }
        if let (ActorRef::User(_), Some(bytes)) =
            (event.actor, row.field(self.columns, Field::Session))
        {
            extra.session = SessionId::new(id(bytes, "session")?).ok();
        }
        if let Some(bytes) = row.field(self.columns, Field::Device) {
            extra.device = Some(text(bytes, "device")?.to_owned());
        }
        match (event.kind, event.item) {
            (EventKind::Follow, Some(target)) => extra.creator = target.to_owned().try_into().ok(),
            (EventKind::Search, Some(target)) => extra.text = Some(target.to_owned()),
            (EventKind::Retract, Some(target)) => {
                event.retracts = Some(target);
                extra.retracts = target.to_owned().try_into().ok();
            }
            _ => {}
        }
        if matches!(
            event.kind,
            EventKind::Follow | EventKind::Search | EventKind::Retract
        ) {
            event.item = None;
        }
        if !extra.is_empty() {
            self.extra = serde_json::to_string(&extra).expect("plain fields always make JSON");
            event.extra = Some(&self.extra);
        }
        Ok(())
    }
}

/// What an event of `kind` counts where its row gives no number; a rating and a thumb need one.
fn value_without_column(kind: EventKind) -> Option<f32> {
    match kind {
        EventKind::Rate | EventKind::Thumb => None,
        EventKind::Play | EventKind::Pause | EventKind::Rewatch => Some(0.0),
        EventKind::Impression
        | EventKind::Open
        | EventKind::Like
        | EventKind::Comment
        | EventKind::Share
        | EventKind::Save
        | EventKind::Follow
        | EventKind::Hide
        | EventKind::Report
        | EventKind::Search
        | EventKind::Retract => Some(1.0),
    }
}
