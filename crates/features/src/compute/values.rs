//! What records and the moment say.

use marquee_core::Timestamp;

use super::{Asked, VectorSet};
use crate::{
    FeatureState,
    declare::{Field, Trait},
    entities::{ItemRecord, NONE, ViewerRecord, text_hash},
    state::{Entry, ViewerLog},
};

/// Everything that features of one request read.
pub(super) struct Moment<'a> {
    pub(super) state: &'a FeatureState,
    pub(super) asked: &'a Asked<'a>,
    pub(super) vectors: &'a VectorSet,
    pub(super) now_ms: i64,
    pub(super) log: Option<&'a ViewerLog>,
    pub(super) viewer: Option<&'a ViewerRecord>,
    pub(super) device: u64,
    pub(super) page: u64,
}

/// Traits of one item or event; mostly one.
pub(crate) enum Traits<'a> {
    One([u32; 1]),
    Many(&'a [u32]),
}

impl Traits<'_> {
    pub(super) fn one(row: Option<u32>) -> Self {
        match row {
            Some(row) if row != NONE => Self::One([row]),
            _ => Traits::Many(&[]),
        }
    }

    pub(crate) fn as_slice(&self) -> &[u32] {
        match self {
            Self::One(row) => row,
            Self::Many(rows) => rows,
        }
    }
}

/// Upper borders of the classes of lengths, in milliseconds; the last class has none.
pub(crate) const LENGTH_CLASSES: [(i64, &str); 5] = [
    (60_000, "under 1 min"),
    (600_000, "1 to 10 min"),
    (1_800_000, "10 to 30 min"),
    (5_400_000, "30 to 90 min"),
    (i64::MAX, "over 90 min"),
];

fn length_class(length_ms: i64) -> u32 {
    let class = LENGTH_CLASSES
        .iter()
        .take_while(|(border, _)| *border <= length_ms)
        .count();
    u32::try_from(class).unwrap_or(NONE)
}

const HOUR_MS: i64 = 3_600_000;

impl FeatureState {
    /// Hour of the day, 0 to 23.
    pub(crate) fn hour(&self, time_ms: i64) -> u32 {
        let local = time_ms.saturating_add(self.plan.utc_offset.as_millis());
        u32::try_from(local.div_euclid(HOUR_MS).rem_euclid(24)).unwrap_or_default()
    }

    /// Day of the week, Monday being 0.
    fn weekday(&self, time_ms: i64) -> u32 {
        let local = time_ms.saturating_add(self.plan.utc_offset.as_millis());
        // The epoch was a Thursday.
        let day = (local.div_euclid(24 * HOUR_MS) + 3).rem_euclid(7);
        u32::try_from(day).unwrap_or_default()
    }

    /// The traits that an item has by its record.
    pub(crate) fn traits_of_item(&self, of: Trait, item: u32) -> Traits<'_> {
        let Some(record) = self.entities.item_record(item) else {
            return Traits::Many(&[]);
        };
        match of {
            Trait::Item => Traits::One([item]),
            Trait::Creator => Traits::one(record.creators.first().copied()),
            Trait::Genre => Traits::Many(&record.genres),
            Trait::Tag => Traits::Many(&record.tags),
            Trait::Language => Traits::one(record.language),
            Trait::Kind => Traits::One([u32::from(record.kind)]),
            Trait::Length => Traits::one(record.duration_ms.map(length_class)),
            Trait::Hour => Traits::Many(&[]),
        }
    }

    /// The traits that an event of a viewer counts for.
    pub(crate) fn traits_of_entry(&self, of: Trait, entry: &Entry) -> Traits<'_> {
        match of {
            Trait::Creator => Traits::one(Some(entry.creator)),
            Trait::Hour => Traits::One([self.hour(entry.time_ms)]),
            _ => self.traits_of_item(of, entry.item),
        }
    }
}

impl Moment<'_> {
    pub(super) fn item(&self, item: u32) -> Option<&ItemRecord> {
        self.state.entities.item_record(item)
    }

    /// A number field; NaN where it is not known.
    pub(super) fn number(&self, field: Field, item: Option<&ItemRecord>) -> f32 {
        let value = match field {
            Field::ViewerAge => self.viewer.and_then(|viewer| viewer.age).map(f32::from),
            Field::ItemDuration => item.and_then(|item| item.duration_ms).map(seconds),
            Field::ItemMinimumAge => item.and_then(|item| item.minimum_age).map(f32::from),
            Field::ItemEpisode => item
                .and_then(|item| item.episode)
                .map(|episode| episode as f32),
            Field::ContextHour => Some(self.state.hour(self.now_ms) as f32),
            Field::ContextWeekday => Some(self.state.weekday(self.now_ms) as f32),
            _ => None,
        };
        value.unwrap_or(f32::NAN)
    }

    pub(super) fn time(&self, field: Field, item: Option<&ItemRecord>) -> Option<Timestamp> {
        match field {
            Field::ViewerJoined => self.viewer?.joined,
            Field::ItemReleased => item?.released,
            _ => None,
        }
    }

    /// The hash of a text field, or of the `nth` text of a list; 0 where it is not known.
    pub(super) fn text(&self, field: Field, nth: u32, item: Option<&ItemRecord>) -> u64 {
        if let Some(item) = item {
            return self.state.item_text(field, nth, item);
        }
        let viewer = |of: fn(&ViewerRecord) -> u64| self.viewer.map_or(0, of);
        match field {
            Field::ViewerId => {
                let actor = self.state.entities.actor(self.asked.viewer);
                actor.map_or(0, |actor| match actor {
                    marquee_core::Actor::User(id) => text_hash(id.as_str()),
                    marquee_core::Actor::Session(id) => text_hash(id.as_str()),
                })
            }
            Field::ViewerGender => viewer(|viewer| viewer.gender),
            Field::ViewerOccupation => viewer(|viewer| viewer.occupation),
            Field::ViewerCountry => viewer(|viewer| viewer.country),
            Field::ViewerLanguage => viewer(|viewer| viewer.language),
            Field::ContextDevice => self.device,
            Field::ContextPage => self.page,
            _ => 0,
        }
    }
}

impl FeatureState {
    fn item_text(&self, field: Field, nth: u32, item: &ItemRecord) -> u64 {
        let entities = &self.entities;
        let nth = nth as usize;
        let word = |row: Option<&u32>, words: &crate::entities::Traits| {
            row.map_or(0, |row| words.hash(*row))
        };
        match field {
            Field::ItemId => item.id_hash,
            Field::ItemKind => item.kind_hash,
            Field::ItemSeries => item.series_hash,
            Field::ItemLanguage => word(item.language.as_ref(), entities.languages()),
            Field::ItemGenres => word(item.genres.get(nth), entities.genres()),
            Field::ItemTags => word(item.tags.get(nth), entities.tags()),
            Field::ItemCreator => {
                let creator = item.creators.first().copied();
                creator.map_or(0, |row| entities.creator_hash(row))
            }
            _ => 0,
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a feature keeps 24 bits of any number"
)]
fn seconds(millis: i64) -> f32 {
    (millis as f64 / 1000.0) as f32
}

/// The id of a text in a column of `size`.
pub(super) fn hashed(hash: u64, size: u32) -> u32 {
    match hash {
        0 => 0,
        _ => 1 + low(hash % u64::from(size - 1)),
    }
}

/// The id of a text among those that are listed.
pub(super) fn listed(hash: u64, values: &[u64]) -> u32 {
    let place = values.iter().position(|value| *value == hash);
    place.map_or(0, |place| low(place as u64 + 1))
}

/// The id of a combination of ids; 0 where any of them is unknown.
pub(super) fn crossed(ids: impl Iterator<Item = u32>, size: u32) -> u32 {
    let mut hash = 0x9e37_79b9_7f4a_7c15_u64;
    for id in ids {
        if id == 0 {
            return 0;
        }
        hash = mixed(hash.rotate_left(23) ^ u64::from(id));
    }
    hashed(hash.max(1), size)
}

/// Spreads every bit over all others (the finalizer of SplitMix64, Steele et al. 2014).
const fn mixed(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

fn low(small: u64) -> u32 {
    u32::try_from(small).expect("less than a size, which has 32 bits")
}
