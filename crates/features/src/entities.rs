//! Viewers, items and creators by row, with what features read of their records.
//!
//! Rows are given out in the order of first sight and never change. A text is kept as a hash of its
//! bytes, which is all that an id column needs, so a feature's value depends on what a record says
//! and never on its row: two processes that met the same things in another order agree.

use std::collections::HashMap;

use marquee_core::{Actor, Item, ItemKind, Timestamp, User, Vocabulary, VocabularyError};
use twox_hash::XxHash3_64;

/// Stands for "no row".
pub(crate) use crate::table::NONE;

/// The records that features read. Memory: about 200 bytes an item, 100 a viewer, and the ids.
#[derive(Debug, Clone, Default)]
pub struct Entities {
    items: Vocabulary,
    item_records: Vec<ItemRecord>,
    creators: Vocabulary,
    genres: Traits,
    tags: Traits,
    languages: Traits,
    viewers: HashMap<Actor, u32>,
    actors: Vec<Actor>,
    viewer_records: Vec<ViewerRecord>,
}

/// Words of a catalog by row, with their hashes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Traits {
    words: Vocabulary,
    hashes: Vec<u64>,
}

/// What features read of an item.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ItemRecord {
    pub(crate) id_hash: u64,
    pub(crate) kind: u8,
    pub(crate) kind_hash: u64,
    pub(crate) genres: Box<[u32]>,
    pub(crate) tags: Box<[u32]>,
    pub(crate) creators: Box<[u32]>,
    /// At most one row.
    pub(crate) language: Option<u32>,
    pub(crate) series_hash: u64,
    pub(crate) released: Option<Timestamp>,
    pub(crate) duration_ms: Option<i64>,
    pub(crate) minimum_age: Option<u8>,
    pub(crate) episode: Option<u32>,
}

/// What features read of a viewer.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ViewerRecord {
    pub(crate) age: Option<u8>,
    pub(crate) gender: u64,
    pub(crate) occupation: u64,
    pub(crate) country: u64,
    pub(crate) language: u64,
    pub(crate) joined: Option<Timestamp>,
}

/// The hash that stands for a text; 0 is kept for "no text".
pub(crate) fn text_hash(text: &str) -> u64 {
    XxHash3_64::oneshot(text.as_bytes()).max(1)
}

fn optional(text: Option<&str>) -> u64 {
    text.map_or(0, text_hash)
}

/// Every kind of item in the order of their numbers here.
pub(crate) const ITEM_KINDS: [(ItemKind, &str); 9] = [
    (ItemKind::Other, "other"),
    (ItemKind::Movie, "movie"),
    (ItemKind::Series, "series"),
    (ItemKind::Episode, "episode"),
    (ItemKind::Clip, "clip"),
    (ItemKind::Post, "post"),
    (ItemKind::Music, "music"),
    (ItemKind::Book, "book"),
    (ItemKind::Product, "product"),
];

impl Traits {
    fn insert(&mut self, word: &str) -> Option<u32> {
        // A word that is no id, being empty or very long, says nothing that could be counted.
        let row = self.words.insert(word).ok()?;
        if row as usize == self.hashes.len() {
            self.hashes.push(text_hash(word));
        }
        Some(row)
    }

    fn rows<S: AsRef<str>>(&mut self, words: &[S]) -> Box<[u32]> {
        let mut rows: Vec<u32> = Vec::with_capacity(words.len());
        for word in words {
            // A word that stands twice counts once.
            if let Some(row) = self.insert(word.as_ref())
                && !rows.contains(&row)
            {
                rows.push(row);
            }
        }
        rows.into()
    }

    pub(crate) fn hash(&self, row: u32) -> u64 {
        self.hashes[row as usize]
    }

    pub(crate) fn word(&self, row: u32) -> &str {
        self.words.id(row).unwrap_or_default()
    }
}

impl Entities {
    /// Takes in a record of an item, new or changed, and returns its row.
    ///
    /// # Errors
    ///
    /// [`VocabularyError`] when there is no row left.
    pub fn put_item(&mut self, item: &Item) -> Result<u32, VocabularyError> {
        let mut creators = Vec::with_capacity(item.creators.len());
        for creator in &item.creators {
            creators.push(self.creators.insert(creator.as_str())?);
        }
        let kind = ITEM_KINDS.iter().position(|(kind, _)| *kind == item.kind);
        let kind = kind.unwrap_or_default();
        let language = item.language.as_deref();
        let record = ItemRecord {
            id_hash: text_hash(item.id.as_str()),
            kind: u8::try_from(kind).unwrap_or_default(),
            kind_hash: text_hash(ITEM_KINDS[kind].1),
            genres: self.genres.rows(&item.genres),
            tags: self.tags.rows(&item.tags),
            creators: creators.into(),
            language: language.and_then(|word| self.languages.insert(word)),
            series_hash: optional(item.series.as_ref().map(|id| id.as_str())),
            released: item.released,
            duration_ms: item.duration.map(|length| length.as_millis()),
            minimum_age: item.minimum_age,
            episode: item.episode,
        };
        let row = self.item(item.id.as_str())?;
        self.item_records[row as usize] = record;
        Ok(row)
    }

    /// Takes in a record of a user, new or changed, and returns the viewer's row.
    pub fn put_user(&mut self, user: &User) -> u32 {
        let row = self.viewer(&Actor::User(user.id.clone()));
        self.viewer_records[row as usize] = ViewerRecord {
            age: user.age,
            gender: optional(user.gender.as_deref()),
            occupation: optional(user.occupation.as_deref()),
            country: optional(user.country.as_deref()),
            language: optional(user.language.as_deref()),
            joined: user.joined,
        };
        row
    }

    /// The row of an item, a new one without a record if it was not there.
    ///
    /// # Errors
    ///
    /// [`VocabularyError`] when `id` is no id or there is no row left.
    pub fn item(&mut self, id: &str) -> Result<u32, VocabularyError> {
        let row = self.items.insert(id)?;
        if row as usize == self.item_records.len() {
            self.item_records.push(ItemRecord {
                id_hash: text_hash(id),
                ..ItemRecord::default()
            });
        }
        Ok(row)
    }

    /// The row of a creator, a new one if it was not there.
    ///
    /// # Errors
    ///
    /// As [`item`](Self::item).
    pub fn creator(&mut self, id: &str) -> Result<u32, VocabularyError> {
        self.creators.insert(id)
    }

    /// The row of a viewer, a new one without a record if it was not there.
    ///
    /// # Panics
    ///
    /// When there are more viewers than rows.
    pub fn viewer(&mut self, actor: &Actor) -> u32 {
        if let Some(&row) = self.viewers.get(actor) {
            return row;
        }
        let row = u32::try_from(self.actors.len()).expect("fewer viewers than rows");
        self.viewers.insert(actor.clone(), row);
        self.actors.push(actor.clone());
        self.viewer_records.push(ViewerRecord::default());
        row
    }

    /// The row of an item that is known.
    pub fn item_row(&self, id: &str) -> Option<u32> {
        self.items.row(id)
    }

    /// The row of a viewer who is known.
    pub fn viewer_row(&self, actor: &Actor) -> Option<u32> {
        self.viewers.get(actor).copied()
    }

    /// The row of a creator who is known.
    pub fn creator_row(&self, id: &str) -> Option<u32> {
        self.creators.row(id)
    }

    /// The id of an item.
    pub fn item_id(&self, row: u32) -> Option<&str> {
        self.items.id(row)
    }

    /// The id of a creator.
    pub fn creator_id(&self, row: u32) -> Option<&str> {
        self.creators.id(row)
    }

    /// Who a viewer is.
    pub fn actor(&self, row: u32) -> Option<&Actor> {
        self.actors.get(row as usize)
    }

    /// Number of items.
    pub fn n_items(&self) -> usize {
        self.item_records.len()
    }

    /// Number of viewers.
    pub fn n_viewers(&self) -> usize {
        self.actors.len()
    }

    /// Number of creators.
    pub fn n_creators(&self) -> usize {
        self.creators.len()
    }

    /// Length of an item in milliseconds, if its record tells.
    pub(crate) fn duration_ms(&self, item: u32) -> Option<i64> {
        self.item_record(item)?.duration_ms
    }

    /// The first creator of an item, whom its events count for.
    pub(crate) fn first_creator(&self, item: u32) -> u32 {
        let record = self.item_records.get(item as usize);
        let first = record.and_then(|record| record.creators.first());
        first.copied().unwrap_or(NONE)
    }

    /// The hash of a creator's id, 0 where there is no such row.
    pub(crate) fn creator_hash(&self, row: u32) -> u64 {
        self.creators.id(row).map_or(0, text_hash)
    }

    pub(crate) fn item_record(&self, row: u32) -> Option<&ItemRecord> {
        self.item_records.get(row as usize)
    }

    pub(crate) fn viewer_record(&self, row: u32) -> Option<&ViewerRecord> {
        self.viewer_records.get(row as usize)
    }

    pub(crate) const fn genres(&self) -> &Traits {
        &self.genres
    }

    pub(crate) const fn tags(&self) -> &Traits {
        &self.tags
    }

    pub(crate) const fn languages(&self) -> &Traits {
        &self.languages
    }
}
