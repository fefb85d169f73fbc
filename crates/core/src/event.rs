//! What people do: the events that an app sends.
//!
//! An event is one [`Action`] of one [`Actor`] at one time, with where it happened ([`Surface`])
//! and which answer of the service it responds to. [`EventKind`] is the action without its data, as
//! it is stored in columns.

use crate::{
    ArtworkId, CreatorId, EventId, ItemId, RecommendationId, Seconds, SessionId, Timestamp, UserId,
};

/// One thing that somebody did.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Event {
    /// Unique among all events; a second event with the same id is the same event sent again.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub id: Option<EventId>,
    /// Who did it.
    pub actor: Actor,
    /// When, by the clock of the app.
    pub time: Timestamp,
    /// What was done, and to what.
    pub action: Action,
    /// Where on the screen, if the app says so.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub surface: Option<Surface>,
    /// Kind of device, as the app names it: `tv`, `phone`, `web`.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub device: Option<String>,
    /// The visit in which it happened.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub session: Option<SessionId>,
    /// The answer of the service that this responds to.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub recommendation: Option<RecommendationId>,
}

/// Who did something: a known person, or a visit that has not signed in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Actor {
    /// A person the app knows.
    User(UserId),
    /// A visit by nobody the app knows.
    Session(SessionId),
}

/// What was done.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Action {
    /// The item was on the screen.
    Impression {
        /// What was shown.
        item: ItemId,
    },
    /// Its page or full post was opened.
    Open {
        /// What was opened.
        item: ItemId,
    },
    /// It was played, or looked at, for a time.
    Play {
        /// What was played.
        item: ItemId,
        /// How long, in seconds of wall time.
        watched: Seconds,
        /// Length of the item as the player knows it.
        #[cfg_attr(
            feature = "serde",
            serde(default, skip_serializing_if = "Option::is_none")
        )]
        duration: Option<Seconds>,
    },
    /// Playback stopped, to go on later.
    Pause {
        /// What was paused.
        item: ItemId,
        /// Where in the item, in seconds from its start.
        position: Seconds,
    },
    /// It was played again after having been finished.
    Rewatch {
        /// What was played again.
        item: ItemId,
        /// How long, in seconds of wall time.
        watched: Seconds,
    },
    /// It was rated on the app's scale.
    Rate {
        /// What was rated.
        item: ItemId,
        /// The rating, higher is better; any finite value.
        rating: f32,
    },
    /// A thumb.
    Thumb {
        /// What the thumb is for.
        item: ItemId,
        /// Which way.
        direction: ThumbDirection,
    },
    /// A like.
    Like {
        /// What was liked.
        item: ItemId,
    },
    /// A comment.
    Comment {
        /// What was commented on.
        item: ItemId,
        /// What was written.
        text: String,
    },
    /// Passed on to somebody.
    Share {
        /// What was shared.
        item: ItemId,
    },
    /// Put on a list for later.
    Save {
        /// What was saved.
        item: ItemId,
    },
    /// A creator was followed.
    Follow {
        /// Who is followed.
        creator: CreatorId,
    },
    /// "Do not show this again."
    Hide {
        /// What is to be hidden.
        item: ItemId,
    },
    /// Reported as harmful.
    Report {
        /// What was reported.
        item: ItemId,
        /// The app's reason code.
        #[cfg_attr(feature = "serde", serde(default))]
        reason: String,
    },
    /// A search.
    Search {
        /// What was typed.
        query: String,
    },
    /// An earlier event is taken back: from here on it never happened.
    Retract {
        /// Id of the event that is taken back.
        event: EventId,
    },
}

/// Which way a thumb points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum ThumbDirection {
    /// Not for me.
    Down,
    /// I like this.
    Up,
    /// Love this.
    DoubleUp,
}

/// Where on the screen something happened. Positions count from zero.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, default))]
pub struct Surface {
    /// Page, as the app names it: `home`, `feed`, `search`.
    pub page: String,
    /// Row of the page, from the top.
    pub row: u32,
    /// Position in the row, from its start.
    pub position: u32,
    /// Which image stood for the item.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub artwork: Option<ArtworkId>,
}

/// The kind of an [`Action`], one byte wide; the numbers are stored in files and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[expect(missing_docs, reason = "each kind is documented at its action")]
#[repr(u8)]
pub enum EventKind {
    Impression = 1,
    Open = 2,
    Play = 3,
    Pause = 4,
    Rewatch = 5,
    Rate = 6,
    Thumb = 7,
    Like = 8,
    Comment = 9,
    Share = 10,
    Save = 11,
    Follow = 12,
    Hide = 13,
    Report = 14,
    Search = 15,
    Retract = 16,
}

impl EventKind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [Self; 16] = [
        Self::Impression,
        Self::Open,
        Self::Play,
        Self::Pause,
        Self::Rewatch,
        Self::Rate,
        Self::Thumb,
        Self::Like,
        Self::Comment,
        Self::Share,
        Self::Save,
        Self::Follow,
        Self::Hide,
        Self::Report,
        Self::Search,
        Self::Retract,
    ];

    /// The kind with this number, if there is one.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }

    /// The number that stands for this kind in files.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The name used in files and on the command line: `play`, `rate`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Impression => "impression",
            Self::Open => "open",
            Self::Play => "play",
            Self::Pause => "pause",
            Self::Rewatch => "rewatch",
            Self::Rate => "rate",
            Self::Thumb => "thumb",
            Self::Like => "like",
            Self::Comment => "comment",
            Self::Share => "share",
            Self::Save => "save",
            Self::Follow => "follow",
            Self::Hide => "hide",
            Self::Report => "report",
            Self::Search => "search",
            Self::Retract => "retract",
        }
    }

    /// The kind with this [`name`](Self::name), if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Action {
    /// The kind without its data.
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::Impression { .. } => EventKind::Impression,
            Self::Open { .. } => EventKind::Open,
            Self::Play { .. } => EventKind::Play,
            Self::Pause { .. } => EventKind::Pause,
            Self::Rewatch { .. } => EventKind::Rewatch,
            Self::Rate { .. } => EventKind::Rate,
            Self::Thumb { .. } => EventKind::Thumb,
            Self::Like { .. } => EventKind::Like,
            Self::Comment { .. } => EventKind::Comment,
            Self::Share { .. } => EventKind::Share,
            Self::Save { .. } => EventKind::Save,
            Self::Follow { .. } => EventKind::Follow,
            Self::Hide { .. } => EventKind::Hide,
            Self::Report { .. } => EventKind::Report,
            Self::Search { .. } => EventKind::Search,
            Self::Retract { .. } => EventKind::Retract,
        }
    }

    /// The item it was done to; follows, searches and retractions have none.
    pub const fn item(&self) -> Option<&ItemId> {
        match self {
            Self::Impression { item }
            | Self::Open { item }
            | Self::Play { item, .. }
            | Self::Pause { item, .. }
            | Self::Rewatch { item, .. }
            | Self::Rate { item, .. }
            | Self::Thumb { item, .. }
            | Self::Like { item }
            | Self::Comment { item, .. }
            | Self::Share { item }
            | Self::Save { item }
            | Self::Hide { item }
            | Self::Report { item, .. } => Some(item),
            Self::Follow { .. } | Self::Search { .. } | Self::Retract { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;
