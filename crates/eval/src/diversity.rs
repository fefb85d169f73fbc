//! Intra-list diversity: how different the items of one list are from each other.

use std::{collections::HashMap, num::NonZeroUsize};

use marquee_core::ItemIdx;

/// Which genres each item has, as bits.
///
/// Memory: 8 bytes an item for every 64 genres.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemGenres {
    words_per_item: usize,
    bits: Vec<u64>,
}

impl ItemGenres {
    /// Genres in the order of item rows: `genres[item]`, empty where none is known. Repeats count
    /// once.
    pub fn new(genres: &[&[String]]) -> Self {
        let mut number = HashMap::new();
        for genre in genres.iter().copied().flatten() {
            let next = number.len();
            number.entry(genre.as_str()).or_insert(next);
        }
        let words_per_item = number.len().div_ceil(64);
        let mut bits = vec![0_u64; words_per_item * genres.len()];
        for (item, of_item) in genres.iter().enumerate() {
            for genre in of_item.iter() {
                let bit = number[genre.as_str()];
                bits[item * words_per_item + bit / 64] |= 1 << (bit % 64);
            }
        }
        Self {
            words_per_item,
            bits,
        }
    }

    /// Bits of one item; none where the item is past the end or nothing has a genre.
    fn of(&self, item: ItemIdx) -> &[u64] {
        let start = item.index() * self.words_per_item;
        let range = start..start + self.words_per_item;
        self.bits.get(range).unwrap_or_default()
    }
}

/// Mean over all pairs among the first `k` places of one minus the Jaccard index of their genres, in
/// `[0, 1]`: 0 where all items have the same genres, 1 where no two share one (Ziegler et al. 2005
/// with this distance).
///
/// - `ranked`: best first; may be shorter than `k`. Items without genres are left out.
///
/// Returns `None` where fewer than two items with genres are there. Cost: `k²/2` comparisons of bits.
pub fn diversity_at_k(ranked: &[ItemIdx], genres: &ItemGenres, k: NonZeroUsize) -> Option<f64> {
    let mut sum = PairwiseDistances::default();
    for &item in ranked.iter().take(k.get()) {
        sum.push(genres.of(item));
    }
    sum.mean()
}

/// Distances among items that come one after another, so that one pass serves every list length.
#[derive(Debug, Default)]
struct PairwiseDistances<'a> {
    items: Vec<&'a [u64]>,
    total: f64,
}

impl<'a> PairwiseDistances<'a> {
    fn push(&mut self, bits: &'a [u64]) {
        if bits.iter().all(|&word| word == 0) {
            return;
        }
        let to_earlier = self.items.iter().map(|other| 1.0 - jaccard(other, bits));
        self.total += to_earlier.sum::<f64>();
        self.items.push(bits);
    }

    fn mean(&self) -> Option<f64> {
        let n = self.items.len();
        let pairs = n * n.saturating_sub(1) / 2;
        (pairs > 0).then(|| self.total / pairs as f64)
    }
}

/// For each of the rising `lengths`, [`diversity_at_k`] of `ranked`.
pub(crate) fn diversity_at_each<'a>(
    ranked: &'a [ItemIdx],
    genres: &'a ItemGenres,
    lengths: &'a [NonZeroUsize],
) -> impl Iterator<Item = Option<f64>> + 'a {
    let mut sum = PairwiseDistances::default();
    let mut done = 0;
    lengths.iter().map(move |k| {
        let end = ranked.len().min(k.get());
        for &item in &ranked[done..end] {
            sum.push(genres.of(item));
        }
        done = end;
        sum.mean()
    })
}

fn jaccard(left: &[u64], right: &[u64]) -> f64 {
    let pairs = || left.iter().zip(right);
    let both: u32 = pairs().map(|(a, b)| (a & b).count_ones()).sum();
    let either: u32 = pairs().map(|(a, b)| (a | b).count_ones()).sum();
    f64::from(both) / f64::from(either)
}
