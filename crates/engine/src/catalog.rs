//! The catalog in the order of a model's rows, as filters and answers need it.

use std::collections::{HashMap, HashSet};

use marquee_core::{Item, ItemIdx, ItemKind, Timestamp};
use marquee_ingest::Catalog;

use crate::{Interactions, request::ItemFilter};

/// What the catalog says of each item that a model knows.
#[derive(Debug)]
pub struct ItemColumns {
    /// Position in the catalog, for those that are in it.
    records: Vec<Option<u32>>,
    kinds: Vec<ItemKind>,
    /// Genre numbers of all items, row after row.
    genres: Vec<u16>,
    genre_offsets: Vec<u32>,
    genre_numbers: HashMap<String, u16>,
    /// Whether any item has an availability window.
    windowed: bool,
    /// Whether there is a catalog at all; without one nothing is missing from it.
    has_catalog: bool,
}

impl ItemColumns {
    /// Looks up every item of a model once.
    pub fn new(interactions: &Interactions, catalog: &Catalog) -> Self {
        let mut this = Self {
            records: Vec::with_capacity(interactions.n_items()),
            kinds: Vec::with_capacity(interactions.n_items()),
            genres: Vec::new(),
            genre_offsets: vec![0],
            genre_numbers: HashMap::new(),
            windowed: false,
            has_catalog: !catalog.items().is_empty(),
        };
        for id in interactions.item_ids() {
            let items = catalog.items();
            let place = items.binary_search_by(|item| item.id.as_str().cmp(id)).ok();
            this.push(place, place.map(|at| &items[at]));
        }
        this
    }

    fn push(&mut self, place: Option<usize>, item: Option<&Item>) {
        self.records
            .push(place.and_then(|place| u32::try_from(place).ok()));
        self.kinds
            .push(item.map_or(ItemKind::Other, |item| item.kind));
        for genre in item.map(|item| &item.genres[..]).unwrap_or_default() {
            // Past 65,536 different genres the rest cannot be asked for by name.
            let next = u16::try_from(self.genre_numbers.len());
            let known = self.genre_numbers.get(genre).copied();
            let number = known.or_else(|| {
                let next = next.ok()?;
                self.genre_numbers.insert(genre.clone(), next);
                Some(next)
            });
            self.genres.extend(number);
        }
        let end = u32::try_from(self.genres.len()).expect("genres of all items fit 32 bits");
        self.genre_offsets.push(end);
        self.windowed |= item.is_some_and(|item| !item.availability.is_empty());
    }

    /// Position of the item's record in the catalog.
    pub fn record(&self, item: ItemIdx) -> Option<usize> {
        self.records[item.index()].map(|place| place as usize)
    }

    /// Whether the catalog lacks the item, though there is a catalog.
    pub fn is_missing(&self, item: ItemIdx) -> bool {
        self.has_catalog && self.records[item.index()].is_none()
    }

    /// Whether the item may be shown at `now`.
    pub fn is_available(&self, item: ItemIdx, catalog: &Catalog, now: Timestamp) -> bool {
        if !self.windowed {
            return true;
        }
        let record = self
            .record(item)
            .and_then(|place| catalog.items().get(place));
        record.is_none_or(|record| record.is_available(now))
    }

    fn genres(&self, item: ItemIdx) -> &[u16] {
        let range = self.genre_offsets[item.index()]..self.genre_offsets[item.index() + 1];
        &self.genres[range.start as usize..range.end as usize]
    }

    /// The filter of a request in terms of rows.
    pub fn compile(&self, filter: &ItemFilter, interactions: &Interactions) -> CompiledFilter {
        let numbers = |names: &[String]| -> Vec<u16> {
            let known = names.iter().filter_map(|name| self.genre_numbers.get(name));
            known.copied().collect()
        };
        let excluded = filter.exclude_items.iter();
        CompiledFilter {
            include: (!filter.include_genres.is_empty()).then(|| numbers(&filter.include_genres)),
            exclude: numbers(&filter.exclude_genres),
            items: excluded
                .filter_map(|id| interactions.item(id.as_str()))
                .collect(),
            kinds: filter.kinds.clone(),
        }
    }
}

/// A request's filter, its names looked up once.
#[derive(Debug, Default)]
pub struct CompiledFilter {
    /// `None` lets every genre pass; an empty list none.
    include: Option<Vec<u16>>,
    exclude: Vec<u16>,
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
    pub fn objection(&self, item: ItemIdx, columns: &ItemColumns) -> Option<&'static str> {
        let genres = columns.genres(item);
        let has_any = |of: &[u16]| genres.iter().any(|genre| of.contains(genre));
        if self.items.contains(&item) {
            return Some("excluded_item");
        }
        if has_any(&self.exclude) {
            return Some("excluded_genre");
        }
        if self
            .include
            .as_ref()
            .is_some_and(|include| !has_any(include))
        {
            return Some("other_genre");
        }
        let other_kind =
            !self.kinds.is_empty() && !self.kinds.contains(&columns.kinds[item.index()]);
        other_kind.then_some("other_kind")
    }
}
