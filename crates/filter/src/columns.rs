//! A catalog as columns, in the order of a model's rows: what expressions are compiled against.

use std::{collections::HashMap, sync::Arc};

use marquee_core::{Item, ItemIdx, Seconds, Timestamp};

use crate::{Field, kind};

mod changes;
mod codes;
mod numbers;
mod texts;
mod windows;

use changes::Changes;
pub(crate) use codes::CodeColumn;
pub(crate) use numbers::NumberColumn;
pub(crate) use texts::TextColumn;
pub(crate) use windows::WindowColumn;

/// The fields of many items, each as one column.
///
/// Texts that stand in many records are numbers into a dictionary, with the rows of each; titles and
/// ids are sorted besides. Made once for a model and a catalog. Records that change later are
/// [put](Self::put) beside the columns and asked one by one, which is quick while they are few.
#[derive(Debug)]
pub struct Columns {
    pub(crate) ids: TextColumn,
    pub(crate) titles: TextColumn,
    pub(crate) kinds: Vec<u16>,
    pub(crate) genres: CodeColumn,
    pub(crate) tags: CodeColumn,
    pub(crate) creators: CodeColumn,
    pub(crate) languages: CodeColumn,
    pub(crate) series: CodeColumn,
    pub(crate) durations: NumberColumn,
    pub(crate) episodes: NumberColumn,
    pub(crate) minimum_ages: NumberColumn,
    pub(crate) releases: NumberColumn,
    pub(crate) windows: WindowColumn,
    changes: Changes,
}

impl Columns {
    /// Columns of `rows` in their order: the id of each and its record, if the catalog has one. An id
    /// without a record has no field but the id, and is always available.
    ///
    /// Cost: time `O(n log n)` for `n` items, some 100 bytes each besides their texts.
    pub fn new<'r>(rows: impl IntoIterator<Item = (&'r str, Option<&'r Item>)>) -> Self {
        let rows: Vec<(&str, Option<&Item>)> = rows.into_iter().collect();
        let records = || rows.iter().map(|&(_, item)| item);
        let numbers = |of: fn(&Item) -> Option<i64>| {
            NumberColumn::new(records().map(|item| item.and_then(of)))
        };
        let lists = |of: fn(&Item) -> Vec<&str>| {
            let texts = records().map(|item| item.map(of).unwrap_or_default());
            code_column(texts)
        };
        Self {
            ids: TextColumn::new(rows.iter().map(|&(id, _)| id)),
            titles: TextColumn::new(records().map(|item| item.map_or("", |item| &item.title))),
            kinds: records()
                .map(|item| kind::bit(item.map(|item| item.kind).unwrap_or_default()))
                .collect(),
            genres: lists(|item| Group::Genre.texts(item)),
            tags: lists(|item| item.tags.iter().map(String::as_str).collect()),
            creators: lists(|item| Group::Creator.texts(item)),
            languages: lists(|item| item.language.as_deref().into_iter().collect()),
            series: lists(|item| Group::Series.texts(item)),
            durations: numbers(|item| item.duration.map(Seconds::as_millis)),
            episodes: numbers(|item| item.episode.map(i64::from)),
            minimum_ages: numbers(|item| item.minimum_age.map(i64::from)),
            releases: numbers(|item| item.released.map(Timestamp::as_millis)),
            windows: WindowColumn::new(
                records().map(|item| item.map_or(&[][..], |item| &item.availability)),
            ),
            changes: Changes::default(),
        }
    }

    /// Puts a record in place of what was known of `row`, which has its id, or behind the last row.
    ///
    /// # Panics
    ///
    /// When rows are left out between the last one and `row`.
    pub fn put(&mut self, row: ItemIdx, item: Arc<Item>) {
        assert!(row.index() <= self.n_rows(), "rows follow one another");
        let is_new = row.index() == self.n_rows();
        let known = [&self.creators, &self.genres, &self.series];
        self.changes.put(row.0, item, (known, is_new));
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.n_columned() + self.changes.n_new()
    }

    /// Number of rows that were put since the columns were made. When they become many, new columns
    /// are quicker.
    pub fn n_changed(&self) -> usize {
        self.changes.len()
    }

    /// Number of rows that the columns have.
    pub(crate) fn n_columned(&self) -> usize {
        self.kinds.len()
    }

    /// The record that was put for `row`, if one was.
    #[inline]
    pub(crate) fn changed(&self, row: usize) -> Option<&Item> {
        self.changes.get(row).map(|change| &*change.item)
    }

    /// Rows with the records that were put for them, in no order.
    pub(crate) fn all_changed(&self) -> impl Iterator<Item = (u32, &Item)> {
        self.changes.all()
    }

    /// The row of an id.
    pub fn row(&self, id: &str) -> Option<ItemIdx> {
        let columned = self.ids.equal(id).next();
        columned.or_else(|| self.changes.row(id)).map(ItemIdx)
    }

    /// What stands in field `by` of the item, as numbers that are equal where the texts are; rising,
    /// none twice. The numbers of one field mean nothing in another.
    ///
    /// # Panics
    ///
    /// When there is no such row.
    pub fn groups(&self, by: Group, item: ItemIdx) -> &[u32] {
        match self.changes.get(item.index()) {
            Some(change) => &change.groups[by as usize],
            None => self.column_of(by).codes(item.index()),
        }
    }

    /// The text behind a number that [`groups`](Self::groups) gave.
    ///
    /// # Panics
    ///
    /// When it gave no such number.
    pub fn group_name(&self, by: Group, number: u32) -> &str {
        let values = self.column_of(by).values();
        match (number as usize).checked_sub(values.len()) {
            None => values.get(number as usize),
            Some(new) => self.changes.name(by, new),
        }
    }

    fn column_of(&self, by: Group) -> &CodeColumn {
        match by {
            Group::Creator => &self.creators,
            Group::Genre => &self.genres,
            Group::Series => &self.series,
        }
    }

    /// The column of a field that holds one text of its own in almost every record.
    pub(crate) fn texts(&self, field: Field) -> Option<&TextColumn> {
        match field {
            Field::Id => Some(&self.ids),
            Field::Title => Some(&self.titles),
            _ => None,
        }
    }

    /// The column of a field whose texts stand in many records.
    pub(crate) fn codes(&self, field: Field) -> Option<&CodeColumn> {
        match field {
            Field::Genre => Some(&self.genres),
            Field::Tag => Some(&self.tags),
            Field::Creator => Some(&self.creators),
            Field::Language => Some(&self.languages),
            Field::Series => Some(&self.series),
            _ => None,
        }
    }

    /// The column of a field that has an order.
    pub(crate) fn numbers(&self, field: Field) -> Option<&NumberColumn> {
        match field {
            Field::Duration => Some(&self.durations),
            Field::Episode => Some(&self.episodes),
            Field::MinimumAge => Some(&self.minimum_ages),
            Field::Released => Some(&self.releases),
            _ => None,
        }
    }
}

/// What items have in common, where rules speak of groups of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// A creator of the item.
    Creator,
    /// A genre of the item.
    Genre,
    /// The series that it belongs to.
    Series,
}

impl Group {
    /// All of them, in the order of their declaration.
    pub const ALL: [Self; 3] = [Self::Creator, Self::Genre, Self::Series];

    /// The name, that of the field.
    pub fn name(self) -> &'static str {
        match self {
            Self::Creator => Field::Creator.name(),
            Self::Genre => Field::Genre.name(),
            Self::Series => Field::Series.name(),
        }
    }

    /// What groups `item` is in.
    fn texts(self, item: &Item) -> Vec<&str> {
        match self {
            Self::Creator => item.creators.iter().map(|id| id.as_str()).collect(),
            Self::Genre => item.genres.iter().map(String::as_str).collect(),
            Self::Series => item.series.iter().map(|id| id.as_str()).collect(),
        }
    }
}

/// Numbers the texts in the order in which they are first seen.
fn code_column<'r>(rows: impl Iterator<Item = Vec<&'r str>>) -> CodeColumn {
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut names: Vec<&str> = Vec::new();
    let mut column = codes::Builder::default();
    for texts in rows {
        let texts = texts.into_iter().filter(|text| !text.is_empty());
        let codes = texts.map(|text| {
            *numbers.entry(text).or_insert_with(|| {
                names.push(text);
                codes::number(names.len() - 1)
            })
        });
        column.push(codes);
    }
    column.finish(TextColumn::new(names))
}
