//! What there is: records of items, users, creators and artwork, as the app describes them.

use crate::{ArtworkId, CreatorId, ItemId, Seconds, Timestamp, UserId};

/// The catalog record of an item: a *title*.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// What a person reads; empty where the app gave none.
    #[cfg_attr(feature = "serde", serde(default))]
    pub title: String,
    /// What sort of thing it is.
    #[cfg_attr(feature = "serde", serde(default))]
    pub kind: ItemKind,
    /// Genres, in the app's words.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    pub genres: Vec<String>,
    /// Free tags, in the app's words.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    pub tags: Vec<String>,
    /// Who made it.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    pub creators: Vec<CreatorId>,
    /// Caption, plot or post text.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "String::is_empty")
    )]
    pub description: String,
    /// BCP 47 tag of its main language: `en`, `pt-BR`.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub language: Option<String>,
    /// When it came out.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub released: Option<Timestamp>,
    /// How long it plays.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub duration: Option<Seconds>,
    /// Youngest age it is meant for, in years.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub minimum_age: Option<u8>,
    /// The series it belongs to.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub series: Option<ItemId>,
    /// Its place in the series, from 1.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub episode: Option<u32>,
    /// When it may be shown; always, if there is no window.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    pub availability: Vec<AvailabilityWindow>,
    /// Images that may stand for it.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    pub artworks: Vec<Artwork>,
}

impl Item {
    /// A record that says nothing but its id.
    pub fn new(id: ItemId) -> Self {
        Self {
            id,
            title: String::new(),
            kind: ItemKind::default(),
            genres: Vec::new(),
            tags: Vec::new(),
            creators: Vec::new(),
            description: String::new(),
            language: None,
            released: None,
            duration: None,
            minimum_age: None,
            series: None,
            episode: None,
            availability: Vec::new(),
            artworks: Vec::new(),
        }
    }

    /// Whether it may be shown at `now`: inside one of its windows, or without any window.
    pub fn is_available(&self, now: Timestamp) -> bool {
        self.availability.is_empty() || self.availability.iter().any(|w| w.contains(now))
    }
}

/// What sort of thing an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum ItemKind {
    /// Not said.
    #[default]
    Other,
    /// A film.
    Movie,
    /// A series as a whole.
    Series,
    /// One part of a series.
    Episode,
    /// A short clip.
    Clip,
    /// A post of images or text.
    Post,
    /// A song, record or artist.
    Music,
    /// A book.
    Book,
    /// A thing to buy.
    Product,
}

/// From when until when something may be shown: `start` included, `end` not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct AvailabilityWindow {
    /// First moment; open when not given.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub start: Option<Timestamp>,
    /// First moment after it; open when not given.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub end: Option<Timestamp>,
}

impl AvailabilityWindow {
    /// Open at both ends.
    pub const ALWAYS: Self = Self {
        start: None,
        end: None,
    };

    /// Whether `now` lies in the window.
    pub fn contains(&self, now: Timestamp) -> bool {
        self.start.is_none_or(|start| start <= now) && self.end.is_none_or(|end| now < end)
    }
}

/// One image that may stand for an item.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Artwork {
    /// Its id.
    pub id: ArtworkId,
    /// Where the app finds it.
    #[cfg_attr(feature = "serde", serde(default))]
    pub uri: String,
}

/// A person, as far as the app tells. Every field but the id may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Age in years.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub age: Option<u8>,
    /// Gender, in the app's words.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub gender: Option<String>,
    /// Occupation, in the app's words.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub occupation: Option<String>,
    /// ISO 3166 country code or the app's own region name.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub country: Option<String>,
    /// BCP 47 tag of their language.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub language: Option<String>,
    /// When they joined.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub joined: Option<Timestamp>,
}

impl User {
    /// A record that says nothing but its id.
    pub fn new(id: UserId) -> Self {
        Self {
            id,
            age: None,
            gender: None,
            occupation: None,
            country: None,
            language: None,
            joined: None,
        }
    }
}

/// Who makes items.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Creator {
    /// Their id.
    pub id: CreatorId,
    /// What a person reads.
    #[cfg_attr(feature = "serde", serde(default))]
    pub name: String,
    /// Groups for fairness audits, in the app's words.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    pub groups: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn window_includes_its_start_and_not_its_end() {
        let window = AvailabilityWindow {
            start: Some(Timestamp::from_seconds(10)),
            end: Some(Timestamp::from_seconds(20)),
        };
        assert!(window.contains(Timestamp::from_seconds(10)));
        assert!(!window.contains(Timestamp::from_seconds(20)));
        assert!(!window.contains(Timestamp::from_seconds(9)));
    }

    #[test]
    fn item_without_windows_is_always_available() {
        assert!(Item::new(ItemId::new("a").unwrap()).is_available(Timestamp::EPOCH));
    }
}
