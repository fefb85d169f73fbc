//! A column of whole numbers, some of them missing.

use crate::{literal::Span, selection::words_of};

/// One number or none for each row.
#[derive(Debug)]
pub(crate) struct NumberColumn {
    /// Zero where it is missing.
    values: Vec<i64>,
    /// A bit for each row that has a number.
    set: Vec<u64>,
}

impl NumberColumn {
    pub(crate) fn new(rows: impl Iterator<Item = Option<i64>>) -> Self {
        let rows: Vec<Option<i64>> = rows.collect();
        let mut set = vec![0; words_of(rows.len())];
        for (row, _) in rows.iter().enumerate().filter(|(_, value)| value.is_some()) {
            set[row / 64] |= 1 << (row % 64);
        }
        Self {
            values: rows.into_iter().map(Option::unwrap_or_default).collect(),
            set,
        }
    }

    pub(crate) fn get(&self, row: usize) -> Option<i64> {
        let is_set = self.set[row / 64] >> (row % 64) & 1 == 1;
        is_set.then(|| self.values[row])
    }

    /// A bit for each row that has a number.
    pub(crate) fn set(&self) -> &[u64] {
        &self.set
    }

    /// A bit for each row that has a number of `span`, added to `words`.
    pub(crate) fn within(&self, span: Span, words: &mut [u64]) {
        let chunks = self.values.chunks(64).zip(&self.set);
        for (word, (values, set)) in words.iter_mut().zip(chunks) {
            let mut bits = 0;
            for (bit, &value) in values.iter().enumerate() {
                bits |= u64::from(span.contains(value)) << bit;
            }
            *word |= bits & set;
        }
    }
}
