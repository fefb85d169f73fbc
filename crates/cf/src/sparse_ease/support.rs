//! The items that go with an item, and the part of the Gram matrix that they span.

use marquee_core::{Row, SparseView};

use crate::{check::narrow, sparse_items::best};

/// Scratch space for one regression after another.
#[derive(Debug)]
pub(super) struct Support {
    /// The chosen items, rising.
    pub(super) items: Vec<u32>,
    /// Where an item stands in `items`; `u32::MAX` for nowhere.
    place_of: Vec<u32>,
}

impl Support {
    pub(super) fn new(n_items: usize) -> Self {
        Self {
            items: Vec::new(),
            place_of: vec![u32::MAX; n_items],
        }
    }

    /// Takes the at most `n` items with the largest `G_ij / sqrt(G_ii)` for `j` = `target`.
    pub(super) fn choose(
        &mut self,
        gram: SparseView<'_>,
        target: usize,
        diagonal: &[f32],
        n: usize,
    ) {
        for &item in &self.items {
            self.place_of[item as usize] = u32::MAX;
        }
        let row = gram.row(target);
        let together = (0..row.len()).map(|place| (row.columns[place], row.weight(place)));
        let scores = together
            .filter(|&(item, sum)| item as usize != target && sum != 0.0)
            .map(|(item, sum)| {
                let size = f64::from(diagonal[item as usize]).max(f64::MIN_POSITIVE);
                (item, narrow(f64::from(sum) / size.sqrt()))
            });
        let chosen = best(scores, n);
        self.items.clear();
        self.items.extend(chosen.iter().map(|scored| scored.index));
        self.items.sort_unstable();
        for (place, &item) in (0..).zip(&self.items) {
            self.place_of[item as usize] = place;
        }
    }

    /// Writes `G_SS`, on and above the diagonal, to `system`, row after row.
    pub(super) fn system(&self, gram: SparseView<'_>, system: &mut Vec<f64>) {
        let n = self.items.len();
        system.clear();
        system.resize(n * n, 0.0);
        for (place, &item) in self.items.iter().enumerate() {
            let row = gram.row(item as usize);
            self.gather(row, place, &mut system[place * n..][..n]);
        }
    }

    /// Writes the entries of `row` at the chosen items from `start` on to their places.
    fn gather(&self, row: Row<'_>, start: usize, to: &mut [f64]) {
        let wanted = &self.items[start..];
        // Searching pays once the row is much longer than the list of items wanted from it.
        if row.len() > 16 * wanted.len() {
            for (place, item) in (start..).zip(wanted) {
                if let Ok(found) = row.columns.binary_search(item) {
                    to[place] = f64::from(row.weight(found));
                }
            }
            return;
        }
        let first = wanted.first().copied().unwrap_or(u32::MAX);
        let skipped = row.columns.partition_point(|&column| column < first);
        for (found, &column) in row.columns.iter().enumerate().skip(skipped) {
            let place = self.place_of[column as usize];
            if place != u32::MAX {
                to[place as usize] = f64::from(row.weight(found));
            }
        }
    }

    /// Writes `G_Sj` to `right`.
    pub(super) fn right_side(&self, gram: SparseView<'_>, target: usize, right: &mut Vec<f64>) {
        right.clear();
        right.resize(self.items.len(), 0.0);
        self.gather(gram.row(target), 0, right);
    }
}
