//! What is known of the candidates whoever asks, side by side: their traits, and values of features that are
//! kept with them.

use super::{
    row::{TileValue, entity, id_of},
    values::{Moment, Traits},
};
use crate::{
    declare::Trait,
    entities::NONE,
    plan::{Entity, KeptAt, Op, TRAIT_WORDS},
};

/// Places of traits in the entry of an item.
const CREATOR: usize = 0;
/// Numbers of genres and of tags; [`NO_RECORD`] for an item without one.
const COUNTS: usize = 1;
const KIND: usize = 2;
const LENGTH: usize = 3;
const LANGUAGE: usize = 4;
const GENRES: usize = 5;
const TAGS: usize = 9;

const NO_RECORD: u32 = u32::MAX;
/// Stands for more genres or tags than an entry has room for.
const MANY: u8 = u8::MAX;

/// Stands for "no time".
const NEVER: i64 = i64::MIN;

/// Candidates ahead whose entries memory is asked for.
const AHEAD: usize = 8;

/// Entries of all candidates of a request.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    width: usize,
    items: Vec<u32>,
    creator_width: usize,
    creators: Vec<u32>,
}

impl Candidates {
    /// Reads the entries of the candidates, and writes those that are void.
    pub(super) fn fill(&mut self, moment: &Moment<'_>) {
        let state = moment.state;
        let layout = &state.plan.kept;
        let items = moment.asked.items;
        let sizes = [state.entities.n_items(), state.entities.n_creators()];
        let kept = state.kept.at(moment.now_ms, sizes, || {
            layout.holds(&state.plan.nodes, &state.plan.tiles, moment.now_ms)
        });
        self.width = layout.item_words();
        self.items.resize(items.len() * self.width, 0);
        let entries = self.items.chunks_exact_mut(self.width);
        for (row, (&item, to)) in items.iter().zip(entries).enumerate() {
            let make = |to: &mut [u32]| make_item(moment, item, to);
            let Some(kept) = &kept else {
                make(to);
                continue;
            };
            if let Some(&later) = items.get(row + AHEAD) {
                kept.items.prefetch(later);
            }
            kept.items.read((item, kept.stamp()), to, make);
        }
        self.creator_width = layout.creators.len();
        self.creators.resize(items.len() * self.creator_width, 0);
        for row in 0..items.len().min(self.creators.len()) {
            let creator = self.creator(row);
            let to = &mut self.creators[row * self.creator_width..][..self.creator_width];
            let make = |to: &mut [u32]| make_creator(moment, creator, to);
            match &kept {
                Some(kept) => kept.creators.read((creator, kept.stamp()), to, make),
                None => make(to),
            }
        }
    }

    /// The first creator of a candidate, [`NONE`] for nobody.
    pub(super) fn creator(&self, row: usize) -> u32 {
        self.items[row * self.width + CREATOR]
    }

    /// Values of a feature that is kept, of all candidates.
    pub(super) fn values(&self, at: KeptAt) -> impl Iterator<Item = &[u32]> {
        let (words, width, first) = match at {
            KeptAt::Item(first) => (&self.items, self.width, first),
            KeptAt::Creator(first) => (&self.creators, self.creator_width, first),
        };
        let entries = words.chunks_exact(width.max(1));
        entries.map(move |entry| &entry[first..])
    }

    /// The traits that a candidate has by its record.
    pub(super) fn traits<'t>(&'t self, moment: &Moment<'t>, of: Trait, row: usize) -> Traits<'t> {
        let entry = &self.items[row * self.width..][..TRAIT_WORDS];
        let item = moment.asked.items[row];
        if entry[COUNTS] == NO_RECORD {
            return Traits::Many(&[]);
        }
        let [genres, tags, ..] = entry[COUNTS].to_le_bytes();
        let list = |n: u8, first: usize| match n {
            MANY => moment.state.traits_of_item(of, item),
            n => Traits::Many(&entry[first..][..usize::from(n)]),
        };
        match of {
            Trait::Item => Traits::One([item]),
            Trait::Creator => Traits::one(Some(entry[CREATOR])),
            Trait::Genre => list(genres, GENRES),
            Trait::Tag => list(tags, TAGS),
            Trait::Language => Traits::one(Some(entry[LANGUAGE])),
            Trait::Kind => Traits::One([entry[KIND]]),
            Trait::Length => Traits::one(Some(entry[LENGTH])),
            Trait::Hour => Traits::Many(&[]),
        }
    }
}

/// The time in the first two words of a value.
pub(super) fn time_of(words: &[u32]) -> Option<i64> {
    let time = u64::from(words[0]) | u64::from(words[1]) << 32;
    Some(time.cast_signed()).filter(|time| *time != NEVER)
}

/// Writes the entry of an item.
fn make_item(moment: &Moment<'_>, item: u32, to: &mut [u32]) {
    let state = moment.state;
    to[..TRAIT_WORDS].fill(NONE);
    to[CREATOR] = state.entities.first_creator(item);
    to[COUNTS] = NO_RECORD;
    if state.entities.item_record(item).is_some() {
        let one = |of| state.traits_of_item(of, item).as_slice().first().copied();
        to[KIND] = one(Trait::Kind).unwrap_or(NONE);
        to[LENGTH] = one(Trait::Length).unwrap_or(NONE);
        to[LANGUAGE] = one(Trait::Language).unwrap_or(NONE);
        let mut list = |of, room: std::ops::Range<usize>| {
            let traits = state.traits_of_item(of, item);
            let rows = traits.as_slice();
            let Some(to) = to[room].get_mut(..rows.len()) else {
                return MANY;
            };
            to.copy_from_slice(rows);
            u8::try_from(rows.len()).unwrap_or(MANY)
        };
        let genres = list(Trait::Genre, GENRES..TAGS);
        let tags = list(Trait::Tag, TAGS..TRAIT_WORDS);
        to[COUNTS] = u32::from_le_bytes([genres, tags, 0, 0]);
    }
    let mut to = to[TRAIT_WORDS..].iter_mut();
    let mut put = |word: u32| {
        if let Some(to) = to.next() {
            *to = word;
        }
    };
    for &place in &state.plan.kept.items {
        let op = &state.plan.node(place).op;
        match op {
            Op::Hash { .. } | Op::Category { .. } => put(id_of(moment, place, item)),
            Op::Number(field, scale) => {
                put(scale.of(moment.number(*field, moment.item(item))).to_bits());
            }
            Op::SinceField(field, _) => {
                let time = moment.time(*field, moment.item(item));
                let time = time.map_or(NEVER, |time| time.as_millis().max(NEVER + 1));
                let [a, b, c, d, e, f, g, h] = time.to_le_bytes();
                put(u32::from_le_bytes([a, b, c, d]));
                put(u32::from_le_bytes([e, f, g, h]));
            }
            op => {
                let value = TileValue::of(moment, op);
                put(value.get(entity(moment, Entity::Item, item)).to_bits());
            }
        }
    }
}

/// Writes the entry of a creator.
fn make_creator(moment: &Moment<'_>, creator: u32, to: &mut [u32]) {
    let plan = &moment.state.plan;
    let known = (creator != NONE).then_some(creator);
    for (to, &place) in to.iter_mut().zip(&plan.kept.creators) {
        let value = TileValue::of(moment, &plan.node(place).op);
        *to = value.get(known).to_bits();
    }
}
