//! Records that were put since the columns were made.

use std::{collections::HashMap, sync::Arc};

use marquee_core::Item;

use super::{CodeColumn, Group, codes::number};

/// Records by row, with the numbers of their groups.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    by_row: HashMap<u32, Change>,
    /// Rows behind those of the columns, by id.
    new_rows: HashMap<Box<str>, u32>,
    /// For each sort of groups, those that no dictionary has; their numbers go on behind it.
    names: [Names; 3],
}

/// One record.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) item: Arc<Item>,
    /// For each sort of groups, numbers; rising, none twice.
    pub(crate) groups: [Vec<u32>; 3],
}

#[derive(Debug, Default)]
struct Names {
    numbers: HashMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
}

impl Changes {
    pub(crate) fn put(
        &mut self,
        row: u32,
        item: Arc<Item>,
        (known, is_new): ([&CodeColumn; 3], bool),
    ) {
        if is_new {
            self.new_rows.insert(item.id.as_str().into(), row);
        }
        let mut groups: [Vec<u32>; 3] = Default::default();
        for by in Group::ALL {
            let (column, names) = (known[by as usize], &mut self.names[by as usize]);
            let texts = by.texts(&item).into_iter().filter(|text| !text.is_empty());
            let mut numbers: Vec<u32> = texts.map(|text| names.number(text, column)).collect();
            numbers.sort_unstable();
            numbers.dedup();
            groups[by as usize] = numbers;
        }
        self.by_row.insert(row, Change { item, groups });
    }

    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<&Change> {
        if self.by_row.is_empty() {
            return None;
        }
        self.by_row.get(&number(row))
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (u32, &Item)> {
        let changes = self.by_row.iter();
        changes.map(|(&row, change)| (row, &*change.item))
    }

    pub(crate) fn len(&self) -> usize {
        self.by_row.len()
    }

    /// Rows behind those of the columns.
    pub(crate) fn n_new(&self) -> usize {
        self.new_rows.len()
    }

    pub(crate) fn row(&self, id: &str) -> Option<u32> {
        self.new_rows.get(id).copied()
    }

    /// The text of a group that no dictionary has.
    pub(crate) fn name(&self, by: Group, new: usize) -> &str {
        &self.names[by as usize].texts[new]
    }
}

impl Names {
    /// The number of `text`, a new one if it has none.
    fn number(&mut self, text: &str, column: &CodeColumn) -> u32 {
        let known = column.values().equal(text).next();
        if let Some(number) = known.or_else(|| self.numbers.get(text).copied()) {
            return number;
        }
        let next = number(column.values().len() + self.texts.len());
        let text: Arc<str> = text.into();
        self.numbers.insert(Arc::clone(&text), next);
        self.texts.push(text);
        next
    }
}
