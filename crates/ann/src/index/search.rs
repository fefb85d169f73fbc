//! Asking an index.

use marquee_math::{
    ByteQuery, ByteScores, Scored, TopK,
    bytes::{BLOCK_ROWS, prefetch},
    dot,
};

use super::{IndexView, NO_ROW, Width, build::position};
use crate::{
    Allowed, Error, Result,
    exact::{self, check_rows, row_number},
    shortlist::Shortlist,
    table::{check_length, length_of},
};

/// Blocks of means that are ranked before the threshold is looked at again.
const TILE: usize = 16;

/// An index with the room that searches need, reused from one to the next.
#[derive(Debug)]
pub struct Searcher<'a> {
    view: IndexView<'a>,
    lists: Shortlist,
    order: Vec<u32>,
    places: Shortlist,
    found: ByteScores,
    rows: Vec<u32>,
}

impl<'a> Searcher<'a> {
    /// Makes room for searches of `view`.
    pub fn new(view: IndexView<'a>) -> Self {
        Self {
            view,
            lists: Shortlist::new(0),
            order: Vec::new(),
            places: Shortlist::new(0),
            found: ByteScores::default(),
            rows: Vec::new(),
        }
    }

    /// About the `k` allowed rows with the largest products with `query`, best first; never fewer than
    /// [`exact::search`] would give, and each with the bits of its score.
    ///
    /// Where few rows are allowed as many more lists are read, or just the allowed rows.
    ///
    /// # Errors
    ///
    /// [`Error::QueryDimensions`], [`Error::QueryLength`]; [`Error::Bitmap`] when `allowed` is that of
    /// another number of rows.
    pub fn search(
        &mut self,
        query: &[f32],
        k: usize,
        width: Width,
        allowed: Allowed<'_>,
    ) -> Result<Vec<Scored>> {
        let (view, parts) = (self.view, self.view.parts);
        check_rows(parts.n_rows, allowed)?;
        if query.len() != parts.d {
            return Err(Error::QueryDimensions {
                found: query.len(),
                d: parts.d,
            });
        }
        let length = check_length(0, length_of(query))?;
        let wanted = k.min(allowed.count());
        let probes = self.probes(width.probes.max(self.enough(k)), allowed);
        // A row alone costs about as much as this many in their lists.
        const COST_OF_ROW: usize = 12;
        let read = probes * parts.n_rows / parts.n_lists.max(1);
        if allowed.count().saturating_mul(COST_OF_ROW) <= read || allowed.count() <= k {
            return Ok(self.of_rows(query, k, allowed));
        }
        let mut probes = probes;
        loop {
            let codes = self.rank(query, length, probes);
            self.places.reset(width.rescored.max(k));
            self.read(codes, allowed);
            let found = self.rescore(query, k);
            if found.len() >= wanted {
                return Ok(found);
            }
            if probes >= parts.n_lists {
                break;
            }
            // The best lists were short ones.
            probes = probes.saturating_mul(4).min(parts.n_lists);
        }
        // Only a damaged file has fewer rows than the table.
        let mut all = exact::search(view.table, query, k, allowed)?;
        Ok(all.pop().unwrap_or_default())
    }

    /// Lists that together have some more than `k` rows, as lists go.
    fn enough(&self, k: usize) -> usize {
        let parts = self.view.parts;
        (2 * k as u128 * parts.n_lists as u128)
            .div_ceil(parts.n_rows.max(1) as u128)
            .try_into()
            .unwrap_or(parts.n_lists)
    }

    /// Lists to read so that as many allowed rows are seen as without a bitmap.
    fn probes(&self, probes: usize, allowed: Allowed<'_>) -> usize {
        let (n_rows, count) = (allowed.n_rows(), allowed.count().max(1));
        let more = (probes as u128 * n_rows as u128).div_ceil(count as u128);
        usize::try_from(more)
            .unwrap_or(usize::MAX)
            .clamp(1, self.view.parts.n_lists.max(1))
    }

    /// The products of just the allowed rows.
    fn of_rows(&self, query: &[f32], k: usize, allowed: Allowed<'_>) -> Vec<Scored> {
        let mut best = TopK::new(k);
        for row in allowed.rows() {
            best.push(Scored {
                index: row_number(row),
                score: dot(self.view.table.row(row), query),
            });
        }
        best.into_sorted()
    }

    /// Puts the best `probes` lists into `order`, best first; returns the query as bytes.
    #[expect(clippy::cast_possible_truncation, reason = "a rank, not a bound")]
    fn rank(&mut self, query: &[f32], length: f64, probes: usize) -> ByteQuery {
        let parts = self.view.parts;
        let layout = parts.centroid_layout();
        let weight = parts.radius_weight * length as f32;
        let mut codes = ByteQuery::new(query).with_columns(weight, 0.0);
        self.lists.reset(probes);
        let tiles = self.view.centroids.chunks(TILE * layout.block_bytes());
        for (tile, blocks) in tiles.enumerate() {
            codes.threshold = self.lists.threshold();
            layout.score(blocks, std::slice::from_ref(&codes), &mut self.found);
            let scores = self.found.scores.as_chunks::<BLOCK_ROWS>().0;
            for (block, (&marks, scores)) in self.found.marks.iter().zip(scores).enumerate() {
                for place in set_bits(marks) {
                    let list = (tile * TILE + block) * BLOCK_ROWS + place;
                    // Only a damaged file has a score where there is no list.
                    if list >= parts.n_lists {
                        continue;
                    }
                    self.lists.push(scores[place], row_number(list));
                }
            }
        }
        self.order.clear();
        self.order.extend(self.lists.sorted());
        codes.with_columns(0.0, 0.0)
    }

    /// Shows the rows of the lists in `order` to `places`.
    fn read(&mut self, mut codes: ByteQuery, allowed: Allowed<'_>) {
        let view = self.view;
        let layout = view.parts.row_layout();
        for (at, &list) in self.order.iter().enumerate() {
            if let Some(&next) = self.order.get(at + 1) {
                prefetch(view.blocks(next).1);
            }
            let (first, blocks) = view.blocks(list);
            codes.threshold = self.places.threshold();
            layout.score(blocks, std::slice::from_ref(&codes), &mut self.found);
            let scores = self.found.scores.as_chunks::<BLOCK_ROWS>().0;
            for (block, (&marks, scores)) in self.found.marks.iter().zip(scores).enumerate() {
                for place in set_bits(marks) {
                    let position = (first + block) * BLOCK_ROWS + place;
                    let row = view.rows[position];
                    // Only a damaged file has a score where there is no row.
                    if row != NO_ROW && allowed.contains(row) {
                        self.places.push(scores[place], row);
                    }
                }
            }
        }
    }

    /// The best `k` of the rows in `places` by their own numbers.
    fn rescore(&mut self, query: &[f32], k: usize) -> Vec<Scored> {
        let table = self.view.table;
        self.rows.clear();
        self.rows.extend(self.places.best());
        for &row in &self.rows {
            prefetch(bytemuck::must_cast_slice(table.row(row as usize)));
        }
        let mut best = TopK::new(k);
        for &row in &self.rows {
            best.push(Scored {
                index: row,
                score: dot(table.row(row as usize), query),
            });
        }
        best.into_sorted()
    }
}

impl<'a> IndexView<'a> {
    /// The blocks of a list, and the number of the first.
    #[inline]
    fn blocks(&self, list: u32) -> (usize, &'a [u8]) {
        let bytes = self.parts.row_layout().block_bytes();
        let (first, end) = (self.offsets[list as usize], self.offsets[list as usize + 1]);
        let (first, end) = (position(first), position(end));
        (first, &self.codes[first * bytes..end * bytes])
    }
}

/// Positions of the bits that are set.
#[inline]
fn set_bits(mut bits: u16) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = bits.trailing_zeros();
        (bits != 0).then(|| {
            bits &= bits - 1;
            bit as usize
        })
    })
}
