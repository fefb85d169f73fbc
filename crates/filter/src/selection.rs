//! A set of rows as bits.

use marquee_core::ItemIdx;

/// Words that hold a bit for each of `n_rows`.
pub(crate) fn words_of(n_rows: usize) -> usize {
    n_rows.div_ceil(64)
}

/// The rows that pass a filter, a bit for each row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    words: Vec<u64>,
    n_rows: usize,
}

impl Selection {
    pub(crate) fn none(n_rows: usize) -> Self {
        Self {
            words: vec![0; words_of(n_rows)],
            n_rows,
        }
    }

    /// Bits of `n_rows` rows; those past the last row are cleared.
    pub(crate) fn from_words(words: Vec<u64>, n_rows: usize) -> Self {
        let mut this = Self { words, n_rows };
        this.clear_tail();
        this
    }

    pub(crate) fn all(n_rows: usize) -> Self {
        Self::from_words(vec![u64::MAX; words_of(n_rows)], n_rows)
    }

    /// The same with more rows, none of which passes.
    pub(crate) fn extended(mut self, n_rows: usize) -> Self {
        self.words.resize(words_of(n_rows), 0);
        self.n_rows = n_rows;
        self
    }

    fn clear_tail(&mut self) {
        let used = self.n_rows % 64;
        if let Some(last) = self.words.last_mut().filter(|_| used > 0) {
            *last &= (1 << used) - 1;
        }
    }

    /// Number of rows it speaks of.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// The bits: row `r` is bit `r % 64` of word `r / 64`, and bits past the last row are zero.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// Whether the item passes; a row that there is not does not.
    #[inline]
    pub fn contains(&self, item: ItemIdx) -> bool {
        let word = self.words.get(item.index() / 64);
        word.is_some_and(|word| word >> (item.index() % 64) & 1 == 1)
    }

    /// How many rows pass.
    pub fn count(&self) -> usize {
        self.words
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    /// The rows that pass, rising.
    pub fn rows(&self) -> impl Iterator<Item = ItemIdx> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| {
            let bits = std::iter::successors(Some(word), |word| Some(word & word.wrapping_sub(1)));
            bits.take_while(|&word| word != 0)
                .map(move |word| ItemIdx::from_usize(at * 64 + word.trailing_zeros() as usize))
        })
    }

    pub(crate) fn insert(&mut self, row: u32) {
        self.words[row as usize / 64] |= 1 << (row % 64);
    }

    pub(crate) fn remove(&mut self, row: u32) {
        self.words[row as usize / 64] &= !(1 << (row % 64));
    }

    pub(crate) fn words_mut(&mut self) -> &mut [u64] {
        &mut self.words
    }

    /// What passes both.
    pub(crate) fn and(mut self, other: &Self) -> Self {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= other;
        }
        self
    }

    /// What passes one of them.
    pub(crate) fn or(mut self, other: &Self) -> Self {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word |= other;
        }
        self
    }

    /// What passes this and not the other.
    pub(crate) fn without(mut self, other: &Self) -> Self {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= !other;
        }
        self
    }

    /// What does not pass.
    pub(crate) fn not(mut self) -> Self {
        for word in &mut self.words {
            *word = !*word;
        }
        self.clear_tail();
        self
    }
}
