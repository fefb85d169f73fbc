//! Ids to dense rows while importing: no allocation for an id that was seen before.

use hashbrown::HashTable;
use twox_hash::XxHash3_64;

/// Ids and their rows, all texts in one buffer.
///
/// Memory: the text of every id once, and about 20 bytes besides.
#[derive(Default)]
pub(crate) struct Interner {
    /// Low half of an id's hash, and its row.
    table: HashTable<(u32, u32)>,
    /// Where each id ends in `text`.
    ends: Vec<usize>,
    text: String,
}

impl Interner {
    /// The row of `id`, a new one if it was not there; `None` when there is no row left below
    /// `limit`.
    pub(crate) fn intern(&mut self, id: &str, limit: u32) -> Option<u32> {
        let hash = XxHash3_64::oneshot(id.as_bytes());
        let low = low_half(hash);
        let found = self.table.find(spread(low), |&(other, row)| {
            other == low && text_of(&self.ends, &self.text, row) == id
        });
        if let Some(&(_, row)) = found {
            return Some(row);
        }
        let row = u32::try_from(self.ends.len())
            .ok()
            .filter(|&row| row < limit)?;
        self.text.push_str(id);
        self.ends.push(self.text.len());
        self.table
            .insert_unique(spread(low), (low, row), |&(other, _)| spread(other));
        Some(row)
    }

    /// Ids in the order of their rows.
    pub(crate) fn ids(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        (0..self.ends.len()).map(|row| {
            let start = if row == 0 { 0 } else { self.ends[row - 1] };
            &self.text[start..self.ends[row]]
        })
    }
}

#[inline]
fn text_of<'a>(ends: &[usize], text: &'a str, row: u32) -> &'a str {
    let row = row as usize;
    let start = if row == 0 { 0 } else { ends[row - 1] };
    &text[start..ends[row]]
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
fn low_half(hash: u64) -> u32 {
    hash as u32
}

/// The table takes its place from low bits and its tag from the top seven, so both need to vary.
#[inline]
fn spread(low: u32) -> u64 {
    u64::from(low).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn rows_are_those_of_a_map_of_owned_texts() {
        let mut fast = Interner::default();
        let mut slow: HashMap<String, u32> = HashMap::new();
        for i in 0..50_000_u64 {
            let id = format!("{}", i.wrapping_mul(6_364_136_223_846_793_005) >> 50);
            let next = u32::try_from(slow.len()).unwrap();
            let want = *slow.entry(id.clone()).or_insert(next);
            assert_eq!(fast.intern(&id, u32::MAX), Some(want));
        }
        assert_eq!(fast.ids().len(), slow.len());
        for (row, id) in fast.ids().enumerate() {
            assert_eq!(slow[id] as usize, row);
        }
    }

    #[test]
    fn limit_stops_new_ids_only() {
        let mut ids = Interner::default();
        assert_eq!(ids.intern("a", 1), Some(0));
        assert_eq!(ids.intern("b", 1), None);
        assert_eq!(ids.intern("a", 1), Some(0));
    }
}
