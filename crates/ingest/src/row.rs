//! What readers give: events by reference, catalog records, and rows that cannot be taken.

use marquee_core::{Creator, EventKind, Item, Timestamp, User, id::check_id};

use crate::{
    Result,
    reject::{Fault, Reason, Rejection},
};

/// Who acted, by reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ActorRef<'a> {
    User(&'a str),
    Session(&'a str),
}

/// One event, its texts borrowed from the line it was read from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct EventRow<'a> {
    pub(crate) actor: ActorRef<'a>,
    pub(crate) kind: EventKind,
    /// None for follows, searches and retractions.
    pub(crate) item: Option<&'a str>,
    /// Rating, seconds watched, position, or direction of a thumb; one for other kinds.
    pub(crate) value: f32,
    pub(crate) time: Timestamp,
    pub(crate) id: Option<&'a str>,
    /// Id of the event that this one takes back.
    pub(crate) retracts: Option<&'a str>,
    /// JSON of [`crate::extra::Extra`]: what the other fields cannot hold.
    pub(crate) extra: Option<&'a str>,
}

/// Where readers put what they read.
pub(crate) trait Sink {
    /// Takes one event; ids were checked.
    fn event(&mut self, row: &EventRow<'_>) -> Result<()>;
    /// Takes one item record.
    fn item(&mut self, item: Item) -> Result<()>;
    /// Takes one user record.
    fn user(&mut self, user: User) -> Result<()>;
    /// Takes one creator record.
    fn creator(&mut self, creator: Creator) -> Result<()>;
    /// Hears of a row that cannot be taken.
    fn reject(&mut self, rejection: Rejection) -> Result<()>;
    /// Hears how many unpacked bytes of the file were read; called every few thousand rows.
    fn progress(&mut self, bytes: u64) -> Result<()>;
}

/// `bytes` as an id.
///
/// # Errors
///
/// A [`Fault`] of `field` when they are no UTF-8, empty or too long.
#[inline]
pub(crate) fn id<'a>(bytes: &'a [u8], field: &'static str) -> Result<&'a str, Fault> {
    let text = text(bytes, field)?;
    if check_id(text).is_err() {
        return Err(bad_id(bytes, field));
    }
    Ok(text)
}

#[cold]
fn bad_id(bytes: &[u8], field: &'static str) -> Fault {
    let reason = if bytes.is_empty() {
        Reason::EmptyId
    } else {
        Reason::LongId
    };
    Fault::new(reason, field, "an id of 1 to 256 bytes", bytes)
}

/// `bytes` as text.
///
/// # Errors
///
/// A [`Fault`] of `field` when they are no UTF-8.
#[inline]
pub(crate) fn text<'a>(bytes: &'a [u8], field: &'static str) -> Result<&'a str, Fault> {
    std::str::from_utf8(bytes).map_err(|_| Fault::new(Reason::NotUtf8, field, "UTF-8", bytes))
}
