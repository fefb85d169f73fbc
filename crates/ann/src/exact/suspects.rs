//! Rows that might be among the best, as far as bounds of their products tell.

use marquee_math::{Scored, TopK, bytes::prefetch, dot};

use crate::Table;

/// Collects rows with an upper and a lower bound of their product.
///
/// The `k`-th largest lower bound is a score that `k` rows certainly reach: a row whose upper bound is
/// smaller is not among the best `k`.
#[derive(Debug)]
pub(super) struct Suspects {
    k: usize,
    rows: Vec<Suspect>,
    threshold: f32,
    /// When to look through the rows again.
    limit: usize,
}

#[derive(Debug, Clone, Copy)]
struct Suspect {
    upper: f32,
    lower: f32,
    row: u32,
}

impl Suspects {
    pub(super) fn new(k: usize) -> Self {
        Self {
            k,
            rows: Vec::new(),
            threshold: f32::NEG_INFINITY,
            limit: 2 * k + 256,
        }
    }

    /// A row whose upper bound is below this is not among the best.
    pub(super) fn threshold(&self) -> f32 {
        self.threshold
    }

    /// Takes in a row whose upper bound reaches the threshold.
    pub(super) fn push(&mut self, row: u32, upper: f32, lower: f32) {
        self.rows.push(Suspect { upper, lower, row });
        if self.rows.len() >= self.limit {
            self.cut();
            self.limit = (2 * self.rows.len()).max(2 * self.k + 256);
        }
    }

    fn cut(&mut self) {
        if self.k == 0 || self.rows.len() < self.k {
            return;
        }
        let by_lower = |a: &Suspect, b: &Suspect| b.lower.total_cmp(&a.lower);
        let (_, worst, _) = self.rows.select_nth_unstable_by(self.k - 1, by_lower);
        self.threshold = worst.lower;
        self.rows.retain(|suspect| suspect.upper >= self.threshold);
    }

    /// The best `k` by their products with `query`, best first.
    pub(super) fn into_best(mut self, table: Table<'_>, query: &[f32]) -> Vec<Scored> {
        /// Rows that are asked for before they are needed.
        const AHEAD: usize = 8;
        self.cut();
        let order = |a: &Suspect, b: &Suspect| b.upper.total_cmp(&a.upper).then(a.row.cmp(&b.row));
        self.rows.sort_unstable_by(order);
        let mut best = TopK::new(self.k);
        for (place, suspect) in self.rows.iter().enumerate() {
            if suspect.upper < best.threshold() {
                break;
            }
            if let Some(later) = self.rows.get(place + AHEAD) {
                prefetch(bytemuck::must_cast_slice(table.row(later.row as usize)));
            }
            best.push(Scored {
                index: suspect.row,
                score: dot(table.row(suspect.row as usize), query),
            });
        }
        best.into_sorted()
    }
}

/// What rounding may add to the error of a product of `d` numbers, relative to the lengths.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a bound with room to spare"
)]
pub(super) fn rounding(d: usize) -> f32 {
    // One rounding for each of the products and sums, on either side, and some for the bounds.
    ((d + 64) as f64 * 1.2e-7) as f32
}
