//! Which rows may be found.

use std::ops::Range;

use crate::{Error, Result};

/// Rows that may be found: all, or those whose bit is set.
#[derive(Debug, Clone, Copy)]
pub struct Allowed<'a> {
    words: Option<&'a [u64]>,
    n_rows: usize,
    count: usize,
}

impl<'a> Allowed<'a> {
    /// All of `n_rows` rows.
    pub fn all(n_rows: usize) -> Self {
        Self {
            words: None,
            n_rows,
            count: n_rows,
        }
    }

    /// The rows among `n_rows` whose bit is set: bit `r % 64` of word `r / 64`. Cost: counts the bits.
    ///
    /// # Errors
    ///
    /// [`Error::Bitmap`] when there are more or fewer words than `n_rows` needs, or a bit beyond.
    pub fn only(words: &'a [u64], n_rows: usize) -> Result<Self> {
        let beyond = match (words.last(), n_rows % 64) {
            (Some(last), used @ 1..) => last >> used != 0,
            _ => false,
        };
        if words.len() != n_rows.div_ceil(64) || beyond {
            return Err(Error::Bitmap {
                found: words.len(),
                expected: n_rows.div_ceil(64),
                n_rows,
            });
        }
        let count = words.iter().map(|word| word.count_ones() as usize).sum();
        Ok(Self {
            words: Some(words),
            n_rows,
            count,
        })
    }

    /// How many rows are allowed.
    pub fn count(&self) -> usize {
        self.count
    }

    /// How many rows there are.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Whether `row` may be found.
    #[inline]
    pub fn contains(&self, row: u32) -> bool {
        match self.words {
            None => true,
            Some(words) => words[row as usize / 64] >> (row % 64) & 1 == 1,
        }
    }

    /// The rows that may be found, in order; cheap where whole words are empty.
    pub(crate) fn rows(&self) -> impl Iterator<Item = usize> {
        (0..self.n_rows.div_ceil(64)).flat_map(move |word| {
            let mut bits = self.word(word);
            std::iter::from_fn(move || {
                let bit = bits.trailing_zeros();
                (bit < 64).then(|| {
                    bits &= bits - 1;
                    64 * word + bit as usize
                })
            })
        })
    }

    /// Bits of rows `16 block..16 block + 16`.
    #[inline]
    pub(crate) fn block(&self, block: usize) -> u16 {
        match self.words {
            None => u16::MAX,
            #[expect(clippy::cast_possible_truncation, reason = "a quarter of a word")]
            Some(words) => (words[block / 4] >> (block % 4 * 16)) as u16,
        }
    }

    /// Bits of rows `64 index..64 index + 64`.
    fn word(&self, index: usize) -> u64 {
        match self.words {
            Some(words) => words[index],
            None if 64 * (index + 1) <= self.n_rows => u64::MAX,
            None => (1 << (self.n_rows - 64 * index)) - 1,
        }
    }

    /// Ranges of rows without those that stand in a word without bits; each begins at a multiple of 64
    /// and has at most `most` rows, a multiple of 64.
    pub(crate) fn ranges(&self, most: usize) -> impl Iterator<Item = Range<usize>> {
        let n_words = self.n_rows.div_ceil(64);
        let mut next = 0;
        std::iter::from_fn(move || {
            while next < n_words && self.is_empty(next) {
                next += 1;
            }
            let start = next;
            while next < n_words && 64 * (next - start) < most && !self.is_empty(next) {
                next += 1;
            }
            (start < next).then(|| 64 * start..(64 * next).min(self.n_rows))
        })
    }

    fn is_empty(&self, word: usize) -> bool {
        self.words.is_some_and(|words| words[word] == 0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_bit_beyond_the_rows_is_refused() {
        assert!(Allowed::only(&[0b100], 2).is_err());
        assert!(Allowed::only(&[0b10, 0], 2).is_err());
        assert_eq!(Allowed::only(&[0b10], 2).unwrap().count(), 1);
        assert_eq!(Allowed::only(&[u64::MAX], 64).unwrap().count(), 64);
    }

    proptest! {
        #[test]
        fn ranges_and_rows_cover_what_is_allowed(
            words in prop::collection::vec(prop_oneof![Just(0), any::<u64>()], 0..12),
            most in 1_usize..4,
        ) {
            let n_rows = 64 * words.len();
            for allowed in [Allowed::only(&words, n_rows).unwrap(), Allowed::all(n_rows)] {
                let wanted: Vec<usize> = (0..n_rows)
                    .filter(|&row| allowed.contains(u32::try_from(row).unwrap()))
                    .collect();
                prop_assert_eq!(allowed.rows().collect::<Vec<_>>(), wanted.clone());
                prop_assert_eq!(allowed.count(), wanted.len());
                let mut covered = Vec::new();
                for range in allowed.ranges(64 * most) {
                    prop_assert!(range.start % 64 == 0 && range.len() <= 64 * most);
                    covered.extend(range.filter(|row| wanted.binary_search(row).is_ok()));
                }
                prop_assert_eq!(covered, wanted);
            }
        }
    }
}
