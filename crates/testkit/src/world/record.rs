//! One event of a world in compact form, without text.

use marquee_core::{EventKind, ItemIdx, Seconds, ThumbDirection, Timestamp, UserIdx};

use super::outcome::Truth;

/// One thing that one viewer did, or was shown.
///
/// [`World::event`](super::World::event) spells it out with ids.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Record {
    /// When.
    pub time: Timestamp,
    /// Who.
    pub viewer: UserIdx,
    /// Number of the event among those of this viewer, from 0.
    pub number: u32,
    /// Number of the visit among those of this viewer, from 0.
    pub session: u32,
    /// Number of the slate in the visit, from 0.
    pub slate: u32,
    /// Place in the slate, from 0.
    pub position: u32,
    /// What happened.
    pub deed: Deed,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(
    missing_docs,
    reason = "variants are the actions of `core::Action`; `item` is a row of the world"
)]
pub enum Deed {
    Impression {
        item: ItemIdx,
        /// Chances of everything that may follow.
        truth: Truth,
    },
    Open {
        item: ItemIdx,
    },
    Play {
        item: ItemIdx,
        /// Wall time, in whole milliseconds.
        watched: Seconds,
    },
    Rate {
        item: ItemIdx,
        /// 1 to 5.
        stars: u8,
    },
    Thumb {
        item: ItemIdx,
        direction: ThumbDirection,
    },
    Like {
        item: ItemIdx,
    },
    Comment {
        item: ItemIdx,
        /// What the text says.
        sentiment: Sentiment,
    },
    Share {
        item: ItemIdx,
    },
    Save {
        item: ItemIdx,
    },
    Hide {
        item: ItemIdx,
    },
    Follow {
        /// Row of the creator.
        creator: u32,
    },
    Retract {
        /// Number of an earlier event of this viewer.
        number: u32,
    },
}

/// What a comment says about its item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sentiment {
    /// Complaint.
    Negative,
    /// Question or remark.
    Neutral,
    /// Praise.
    Positive,
}

impl Sentiment {
    /// The name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Negative => "negative",
            Self::Neutral => "neutral",
            Self::Positive => "positive",
        }
    }
}

impl Deed {
    /// The item it was done to; follows and retractions have none.
    pub const fn item(&self) -> Option<ItemIdx> {
        match *self {
            Self::Impression { item, .. }
            | Self::Open { item }
            | Self::Play { item, .. }
            | Self::Rate { item, .. }
            | Self::Thumb { item, .. }
            | Self::Like { item }
            | Self::Comment { item, .. }
            | Self::Share { item }
            | Self::Save { item }
            | Self::Hide { item } => Some(item),
            Self::Follow { .. } | Self::Retract { .. } => None,
        }
    }

    /// The kind of the event.
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::Impression { .. } => EventKind::Impression,
            Self::Open { .. } => EventKind::Open,
            Self::Play { .. } => EventKind::Play,
            Self::Rate { .. } => EventKind::Rate,
            Self::Thumb { .. } => EventKind::Thumb,
            Self::Like { .. } => EventKind::Like,
            Self::Comment { .. } => EventKind::Comment,
            Self::Share { .. } => EventKind::Share,
            Self::Save { .. } => EventKind::Save,
            Self::Hide { .. } => EventKind::Hide,
            Self::Follow { .. } => EventKind::Follow,
            Self::Retract { .. } => EventKind::Retract,
        }
    }
}
