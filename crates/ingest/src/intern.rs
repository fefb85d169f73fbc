//! Ids to dense rows while importing: no allocation for an id that was seen before.

use hashbrown::HashTable;
use twox_hash::XxHash3_64;

/// Ids that are whole numbers below this are found without a hash: most public data numbers its users
/// and items.
const MAX_NUMBER: usize = 1 << 24;

/// Longest id that is kept in the table itself: one place in memory to look at instead of three,
/// which is what finding an id costs.
const INLINE_BYTES: usize = 19;

/// In a [`Slot`], the length of an id that is not kept in it.
const LONG: u8 = u8::MAX;

/// One id in the table.
#[derive(Clone, Copy)]
struct Slot {
    row: u32,
    /// Length of the id, or [`LONG`].
    length: u8,
    /// The id and zeros behind it; of a long one, its hash.
    bytes: [u8; INLINE_BYTES],
}

/// Ids and their rows, all texts in one buffer.
///
/// Memory: the text of every id once, and about 40 bytes besides; four bytes for each number up to
/// the largest id that is one, at most 64 MiB.
#[derive(Default)]
pub(crate) struct Interner {
    /// Ids that are not in `numbers`.
    table: HashTable<Slot>,
    /// At a number that is an id, its row plus one; zero elsewhere.
    numbers: Vec<u32>,
    /// Where each id ends in `text`.
    ends: Vec<usize>,
    text: String,
}

impl Interner {
    /// The row of `id`, a new one if it was not there; `None` when there is no row left below
    /// `limit`.
    #[inline]
    pub(crate) fn intern(&mut self, id: &str, limit: u32) -> Option<u32> {
        let Some(number) = number_of(id) else {
            return self.intern_text(id, limit);
        };
        match self.numbers.get(number) {
            Some(&next) if next != 0 => Some(next - 1),
            _ => self.insert_number(id, number, limit),
        }
    }

    #[cold]
    fn insert_number(&mut self, id: &str, number: usize, limit: u32) -> Option<u32> {
        let row = self.append(id, limit)?;
        if number >= self.numbers.len() {
            self.numbers.resize((number + 1).next_power_of_two(), 0);
        }
        self.numbers[number] = row + 1;
        Some(row)
    }

    fn intern_text(&mut self, id: &str, limit: u32) -> Option<u32> {
        let hash = XxHash3_64::oneshot(id.as_bytes());
        let mut slot = slot_of(id, hash);
        let found = self.table.find(hash, |other| {
            other.length == slot.length
                && other.bytes == slot.bytes
                && (slot.length != LONG || text_of(&self.ends, &self.text, other.row) == id)
        });
        if let Some(found) = found {
            return Some(found.row);
        }
        slot.row = self.append(id, limit)?;
        let (ends, text) = (&self.ends, &self.text);
        self.table.insert_unique(hash, slot, |other| {
            XxHash3_64::oneshot(text_of(ends, text, other.row).as_bytes())
        });
        Some(slot.row)
    }

    fn append(&mut self, id: &str, limit: u32) -> Option<u32> {
        let row = u32::try_from(self.ends.len())
            .ok()
            .filter(|&row| row < limit)?;
        self.text.push_str(id);
        self.ends.push(self.text.len());
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

/// The number below [`MAX_NUMBER`] that `id` is, written without sign and leading zeros.
#[inline]
fn number_of(id: &str) -> Option<usize> {
    let digits = id.as_bytes();
    if digits.is_empty() || digits.len() > 8 || (digits[0] == b'0' && digits.len() > 1) {
        return None;
    }
    let mut number = 0;
    for &digit in digits {
        let value = digit.wrapping_sub(b'0');
        if value > 9 {
            return None;
        }
        number = number * 10 + usize::from(value);
    }
    (number < MAX_NUMBER).then_some(number)
}

#[inline]
fn text_of<'a>(ends: &[usize], text: &'a str, row: u32) -> &'a str {
    let row = row as usize;
    let start = if row == 0 { 0 } else { ends[row - 1] };
    &text[start..ends[row]]
}

/// The slot of `id`, its row still to come.
#[inline]
fn slot_of(id: &str, hash: u64) -> Slot {
    let mut bytes = [0; INLINE_BYTES];
    let length = if id.len() <= INLINE_BYTES {
        bytes[..id.len()].copy_from_slice(id.as_bytes());
        u8::try_from(id.len()).unwrap_or(LONG)
    } else {
        bytes[..8].copy_from_slice(&hash.to_le_bytes());
        LONG
    };
    Slot {
        row: 0,
        length,
        bytes,
    }
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
            let number = i.wrapping_mul(6_364_136_223_846_793_005) >> 50;
            let id = match i % 4 {
                0 => format!("id {number}"),
                1 => format!("0{number}"),
                2 => format!("{:040}", number << 14),
                _ => number.to_string(),
            };
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
    fn only_numbers_as_they_are_written_are_numbers() {
        for (id, want) in [
            ("0", Some(0)),
            ("7", Some(7)),
            ("16777215", Some(16_777_215)),
            ("16777216", None),
            ("00", None),
            ("07", None),
            ("+7", None),
            ("-7", None),
            ("7 ", None),
            ("1e3", None),
            ("\u{663}", None),
            ("", None),
        ] {
            assert_eq!(number_of(id), want, "{id}");
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
