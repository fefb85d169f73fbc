//! The catalog in the order of rows: the items that a model knows, and behind them the titles that it
//! does not know yet.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use marquee_core::{Item, ItemId, ItemIdx, ItemKind, Timestamp};
use marquee_filter::Columns;
use marquee_ingest::Catalog;

use crate::{Interactions, request::ItemFilter};

/// Most genres, creators and tags of a title that count, together.
const MAX_FEATURES: usize = 64;

/// Changed records that are cheap to ask one by one.
const FEW_CHANGES: usize = 4096;

/// What a title is described by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Field {
    Genre,
    Creator,
    Tag,
}

impl Field {
    /// How much it says that two titles share one: who made something says more than its genre, and a
    /// tag, of which there are many, less.
    const fn weight(self) -> f32 {
        match self {
            Self::Genre => 1.0,
            Self::Creator => 2.0,
            Self::Tag => 0.5,
        }
    }
}

/// What the catalog says of each item that can be an answer.
///
/// Rows below [`n_known`](Self::n_known) are those of the model; the titles that
/// were written since follow in the order in which they came.
#[derive(Debug)]
pub struct Shelf {
    /// The record of each row, if it is in the catalog.
    records: Vec<Option<Arc<Item>>>,
    n_known: usize,
    /// Ids of the rows past those of the model.
    fresh_ids: Vec<ItemId>,
    fresh_rows: HashMap<ItemId, ItemIdx>,
    /// Numbers of genres, creators and tags, row after row, each row's rising.
    features: Vec<u32>,
    /// Where those of a row lie, and the length of their weights as a vector.
    spans: Vec<Span>,
    numbers: HashMap<(Field, String), u32>,
    /// Of each feature: its weight squared, by how rare it is.
    squares: Vec<f32>,
    /// Whether any item has an availability window.
    windowed: bool,
    /// Whether items without a record are missing: an imported catalog is taken to be whole.
    is_whole: bool,
    deleted: HashSet<ItemIdx>,
    /// For filter expressions and rules; what changed since is put beside them.
    columns: Columns,
}

/// Features of one row.
#[derive(Debug, Clone, Copy, Default)]
struct Span {
    start: u32,
    len: u32,
    norm: f32,
}

impl Shelf {
    /// Looks up every item of a model once. Titles of `catalog` that the model does not know are left
    /// out: it was trained when they were there, so that nobody cared for them.
    pub fn new(interactions: &Interactions, catalog: &Catalog) -> Self {
        let n_known = interactions.n_items();
        let mut this = Self {
            records: Vec::with_capacity(n_known),
            n_known,
            fresh_ids: Vec::new(),
            fresh_rows: HashMap::new(),
            features: Vec::new(),
            spans: vec![Span::default(); n_known],
            numbers: HashMap::new(),
            squares: Vec::new(),
            windowed: false,
            is_whole: !catalog.items().is_empty(),
            deleted: HashSet::new(),
            columns: Columns::new([]),
        };
        let known = interactions.item_ids();
        this.records
            .extend(known.map(|id| catalog.record(id).cloned()));
        this.describe_all();
        this.columns = this.new_columns(interactions);
        this
    }

    /// Puts a record in place of the one with its id, or behind all others.
    pub fn put(&mut self, interactions: &Interactions, item: Arc<Item>) {
        let row = match self.row(interactions, item.id.as_str()) {
            Some(row) => {
                self.records[row.index()] = Some(item);
                row
            }
            None => self.append(item),
        };
        self.deleted.remove(&row);
        self.describe(row);
        if let Some(item) = self.records[row.index()].clone() {
            self.columns.put(row, item);
        }
        // What was put is asked record by record, so that it must not become most of the catalog.
        if self.columns.n_changed() > FEW_CHANGES.max(self.records.len() / 4) {
            self.columns = self.new_columns(interactions);
        }
    }

    /// All records as columns.
    fn new_columns(&self, interactions: &Interactions) -> Columns {
        let rows = (0..self.records.len()).map(ItemIdx::from_usize);
        Columns::new(rows.map(|row| {
            let id = self.id(interactions, row).unwrap_or_default();
            (id, self.records[row.index()].as_deref())
        }))
    }

    /// All records as columns, for expressions and rules.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Takes the record of an item away: it is in no answer any more.
    pub fn remove(&mut self, interactions: &Interactions, id: &str) {
        if let Some(row) = self.row(interactions, id) {
            self.records[row.index()] = None;
            self.spans[row.index()] = Span::default();
            self.deleted.insert(row);
        }
    }

    fn append(&mut self, item: Arc<Item>) -> ItemIdx {
        let row = ItemIdx::from_usize(self.records.len());
        self.fresh_ids.push(item.id.clone());
        self.fresh_rows.insert(item.id.clone(), row);
        self.records.push(Some(item));
        self.spans.push(Span::default());
        row
    }

    /// Numbers all genres, creators and tags and weighs them by how rare they are.
    fn describe_all(&mut self) {
        let mut counts: Vec<u32> = Vec::new();
        for item in self.records.iter().flatten() {
            for feature in named(item) {
                let next = self.numbers.len();
                let number = *self.numbers.entry(feature).or_insert(next_number(next));
                counts.resize(self.numbers.len(), 0);
                counts[number as usize] += 1;
            }
        }
        let n_items = self.records.len() as f32;
        self.squares = vec![0.0; counts.len()];
        for ((field, _), &number) in &self.numbers {
            let rarity = (1.0 + n_items / counts[number as usize] as f32).ln();
            self.squares[number as usize] = (field.weight() * rarity).powi(2);
        }
        for row in 0..self.records.len() {
            self.describe(ItemIdx::from_usize(row));
        }
    }

    /// Notes the features of a row; new names count as rare as names get.
    fn describe(&mut self, row: ItemIdx) {
        let Some(item) = self.records[row.index()].clone() else {
            return;
        };
        let n_items = self.records.len() as f32;
        let mut mine: Vec<u32> = Vec::new();
        for feature in named(&item) {
            let field = feature.0;
            let next = next_number(self.numbers.len());
            let number = *self.numbers.entry(feature).or_insert(next);
            if number == next {
                self.squares
                    .push((field.weight() * (1.0 + n_items).ln()).powi(2));
            }
            mine.push(number);
        }
        mine.sort_unstable();
        mine.dedup();
        let squares = mine.iter().map(|&number| self.squares[number as usize]);
        let norm = squares.sum::<f32>().sqrt();
        self.windowed |= !item.availability.is_empty();
        self.spans[row.index()] = Span {
            start: u32::try_from(self.features.len()).expect("features of all items fit 32 bits"),
            len: u32::try_from(mine.len()).expect("an item has few features"),
            norm,
        };
        self.features.append(&mut mine);
    }

    /// Number of rows.
    pub fn n_items(&self) -> usize {
        self.records.len()
    }

    /// Number of rows that the model knows; they come first.
    pub fn n_known(&self) -> usize {
        self.n_known
    }

    /// Whether the model does not know the row.
    pub fn is_fresh(&self, item: ItemIdx) -> bool {
        item.index() >= self.n_known
    }

    /// The rows that the model does not know and that are in the catalog, latest first.
    pub fn fresh(&self) -> impl Iterator<Item = ItemIdx> {
        let rows = (self.n_known..self.records.len()).rev();
        let there = rows.filter(|&row| self.records[row].is_some());
        there.map(ItemIdx::from_usize)
    }

    /// The row of an item, in the model or behind it.
    pub fn row(&self, interactions: &Interactions, id: &str) -> Option<ItemIdx> {
        let known = interactions.item(id);
        known.or_else(|| self.fresh_rows.get(id).copied())
    }

    /// The id of a row.
    pub fn id<'a>(&'a self, interactions: &'a Interactions, item: ItemIdx) -> Option<&'a str> {
        match item.index().checked_sub(self.n_known) {
            None => interactions.item_id(item),
            Some(fresh) => self.fresh_ids.get(fresh).map(ItemId::as_str),
        }
    }

    /// The record of a row, if it is in the catalog.
    pub fn record(&self, item: ItemIdx) -> Option<&Arc<Item>> {
        self.records[item.index()].as_ref()
    }

    /// Whether the item may not be shown at all: it was deleted, or an imported catalog lacks it.
    pub fn is_missing(&self, item: ItemIdx) -> bool {
        let lacks = self.records[item.index()].is_none();
        lacks && (self.is_whole || self.deleted.contains(&item))
    }

    /// Whether the item may be shown at `now`.
    pub fn is_available(&self, item: ItemIdx, now: Timestamp) -> bool {
        let record = self.record(item).filter(|_| self.windowed);
        record.is_none_or(|record| record.is_available(now))
    }

    /// Numbers of the genres, creators and tags of a row, rising.
    pub fn features(&self, item: ItemIdx) -> &[u32] {
        let span = self.spans[item.index()];
        &self.features[span.start as usize..(span.start + span.len) as usize]
    }

    /// How alike two items are by their genres, creators and tags, in `[0, 1]`: the cosine of their
    /// features, each weighed by its kind and how rare it is. Zero where one has none.
    ///
    /// Cost: linear in the number of their features.
    pub fn likeness(&self, left: ItemIdx, right: ItemIdx) -> f32 {
        let norms = self.spans[left.index()].norm * self.spans[right.index()].norm;
        if norms <= 0.0 {
            return 0.0;
        }
        let (mut ours, mut theirs) = (self.features(left), self.features(right));
        let mut shared = 0.0;
        while let (Some((&one, rest)), Some((&other, others))) =
            (ours.split_first(), theirs.split_first())
        {
            if one == other {
                shared += self.squares[one as usize];
            }
            if one <= other {
                ours = rest;
            }
            if other <= one {
                theirs = others;
            }
        }
        (shared / norms).min(1.0)
    }

    /// How alike an item is to a taste: `taste` holds a weight for features by number. The cosine of
    /// both, at least zero; `length` is that of the taste as a vector.
    pub fn fits(&self, item: ItemIdx, (taste, length): (&HashMap<u32, f32>, f32)) -> f32 {
        let norm = self.spans[item.index()].norm;
        if norm <= 0.0 || length <= 0.0 {
            return 0.0;
        }
        let weight = |number: &u32| {
            let liked = taste.get(number).copied().unwrap_or(0.0);
            liked * self.squares[*number as usize].sqrt()
        };
        let shared: f32 = self.features(item).iter().map(weight).sum();
        (shared / (norm * length)).clamp(0.0, 1.0)
    }

    /// What `history` is made of: a weight for each feature, as [`fits`](Self::fits) takes it.
    pub fn taste(&self, history: &[marquee_core::HistoryEntry]) -> (HashMap<u32, f32>, f32) {
        let mut taste: HashMap<u32, f32> = HashMap::new();
        for entry in history {
            let norm = self.spans[entry.item.index()].norm;
            for &number in self.features(entry.item) {
                let rarity = self.squares[number as usize].sqrt();
                *taste.entry(number).or_default() += entry.weight * rarity / norm;
            }
        }
        // Summed in the order of the numbers: a hash map has no order of its own to rely on.
        let mut numbers: Vec<u32> = taste.keys().copied().collect();
        numbers.sort_unstable();
        let squares = numbers.iter().map(|number| taste[number].powi(2));
        let length = squares.sum::<f32>().sqrt();
        (taste, length)
    }

    /// The filter of a request in terms of rows.
    pub fn compile(&self, filter: &ItemFilter, interactions: &Interactions) -> CompiledFilter {
        let number = |name: &String| self.numbers.get(&(Field::Genre, name.clone()));
        let numbers =
            |names: &[String]| -> Vec<u32> { names.iter().filter_map(number).copied().collect() };
        let excluded = filter.exclude_items.iter();
        CompiledFilter {
            include: (!filter.include_genres.is_empty()).then(|| numbers(&filter.include_genres)),
            exclude: numbers(&filter.exclude_genres),
            items: excluded
                .filter_map(|id| self.row(interactions, id.as_str()))
                .collect(),
            kinds: filter.kinds.clone(),
        }
    }
}

/// What an item is described by, at most [`MAX_FEATURES`] names.
fn named(item: &Item) -> impl Iterator<Item = (Field, String)> {
    let genres = item.genres.iter().map(|name| (Field::Genre, name.clone()));
    let creators = item.creators.iter();
    let creators = creators.map(|id| (Field::Creator, id.as_str().to_owned()));
    let tags = item.tags.iter().map(|name| (Field::Tag, name.clone()));
    genres.chain(creators).chain(tags).take(MAX_FEATURES)
}

fn next_number(known: usize) -> u32 {
    u32::try_from(known).expect("names of a catalog fit 32 bits")
}

/// A request's filter, its names looked up once.
#[derive(Debug, Default)]
pub struct CompiledFilter {
    /// `None` lets every genre pass; an empty list none.
    include: Option<Vec<u32>>,
    exclude: Vec<u32>,
    items: HashSet<ItemIdx>,
    kinds: Vec<ItemKind>,
}

impl CompiledFilter {
    /// Whether it lets everything pass.
    pub fn is_empty(&self) -> bool {
        self.include.is_none()
            && self.exclude.is_empty()
            && self.items.is_empty()
            && self.kinds.is_empty()
    }

    /// The rule that keeps `item` out, if one does.
    pub fn objection(&self, item: ItemIdx, shelf: &Shelf) -> Option<&'static str> {
        let features = shelf.features(item);
        let has_any = |of: &[u32]| features.iter().any(|feature| of.contains(feature));
        if self.items.contains(&item) {
            return Some("excluded_item");
        }
        if has_any(&self.exclude) {
            return Some("excluded_genre");
        }
        let include = self.include.as_ref();
        if include.is_some_and(|include| !has_any(include)) {
            return Some("other_genre");
        }
        let kind = shelf
            .record(item)
            .map_or(ItemKind::Other, |record| record.kind);
        let other_kind = !self.kinds.is_empty() && !self.kinds.contains(&kind);
        other_kind.then_some("other_kind")
    }
}

#[cfg(test)]
mod tests;
