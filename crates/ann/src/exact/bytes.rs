//! A copy of a byte a number: a quarter of the memory, and products of bytes where the machine has them.

use std::ops::Deref;

use marquee_math::{
    ByteLayout, ByteQuery, ByteScores, Scored,
    bytes::{AlignedBytes, BLOCK_ROWS, Encoded},
};
use rayon::prelude::{IndexedParallelIterator, ParallelIterator, ParallelSliceMut};

use super::{
    TILE_BYTES, check, row_number,
    suspects::{Suspects, rounding},
};
use crate::{Allowed, Error, Result, Table};

/// Column of the lengths of what codes miss.
const ERROR: usize = 1;
/// Column of the lengths of what codes stand for.
const NORM: usize = 2;

/// Queries that a tile is shown to at once.
const QUERIES_AT_ONCE: usize = 32;

/// The rows of a table as bytes, with the error of each; in memory, or read from where
/// [`ByteTable::bytes`] were put.
#[derive(Debug, Clone)]
pub struct ByteTable<'a> {
    layout: ByteLayout,
    blocks: Blocks<'a>,
    n_rows: usize,
}

/// Where the blocks are.
#[derive(Debug, Clone)]
enum Blocks<'a> {
    Owned(AlignedBytes),
    Borrowed(&'a [u8]),
}

impl Deref for Blocks<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Owned(blocks) => blocks,
            Self::Borrowed(blocks) => blocks,
        }
    }
}

/// Bounds in a row: its scale and the two of the [columns](ERROR).
const N_COLUMNS: usize = 3;

impl<'a> ByteTable<'a> {
    /// Makes the copy, in parallel; the same bytes on any number of threads.
    ///
    /// Memory: 1 byte a number and 12 a row.
    ///
    /// # Errors
    ///
    /// [`Error::RowLength`](crate::Error::RowLength) when a number is not finite.
    pub fn new(table: Table<'_>) -> Result<Self> {
        table.check()?;
        let layout = ByteLayout::new(table.d(), N_COLUMNS);
        let n_bytes = layout.n_blocks(table.n_rows()) * layout.block_bytes();
        let mut blocks = AlignedBytes::zeroed(n_bytes);
        blocks
            .par_chunks_exact_mut(layout.block_bytes())
            .enumerate()
            .for_each(|(index, block)| fill(layout, block, table, index));
        Ok(Self {
            layout,
            blocks: Blocks::Owned(blocks),
            n_rows: table.n_rows(),
        })
    }

    /// The copy of `table` whose [`bytes`](Self::bytes) these are. Reads none of them: bytes of
    /// another table give other rows than the best, but never a panic.
    ///
    /// # Errors
    ///
    /// [`Error::Copy`] when their number is not that of a copy of `table`.
    pub fn from_bytes(table: Table<'_>, bytes: &'a [u8]) -> Result<Self> {
        let layout = ByteLayout::new(table.d(), N_COLUMNS);
        let expected = layout.n_blocks(table.n_rows()) * layout.block_bytes();
        if bytes.len() != expected {
            return Err(Error::Copy {
                found: bytes.len(),
                expected,
            });
        }
        Ok(Self {
            layout,
            blocks: Blocks::Borrowed(bytes),
            n_rows: table.n_rows(),
        })
    }

    /// The copy, to be put into a file. It is read fastest from a multiple of 64.
    pub fn bytes(&self) -> &[u8] {
        &self.blocks
    }

    /// What [`exact::search`](super::search) gives for `table`, which must be the one that the copy was
    /// made of.
    ///
    /// Cost: one pass over the copy, and the products of some more rows than `k` for each query.
    ///
    /// # Errors
    ///
    /// As [`exact::search`](super::search).
    ///
    /// # Panics
    ///
    /// When `table` has another shape than that of the copy.
    pub fn search(
        &self,
        table: Table<'_>,
        queries: &[f32],
        k: usize,
        allowed: Allowed<'_>,
    ) -> Result<Vec<Vec<Scored>>> {
        assert_eq!(table.n_rows(), self.n_rows, "rows of the table");
        let lengths = check(table, queries, allowed)?;
        let vectors = queries.chunks_exact(table.d());
        let mut probes: Vec<Probe> = vectors
            .zip(lengths)
            .map(|(vector, length)| Probe::new(vector, length, k))
            .collect();
        if k > 0 && !probes.is_empty() {
            self.sweep(&mut probes, allowed);
        }
        let vectors = queries.chunks_exact(table.d());
        let found = probes.into_iter().zip(vectors);
        Ok(found
            .map(|(probe, vector)| probe.suspects.into_best(table, vector))
            .collect())
    }

    /// Shows all allowed rows to all probes.
    fn sweep(&self, probes: &mut [Probe], allowed: Allowed<'_>) {
        let bytes = self.layout.block_bytes();
        let most = (TILE_BYTES / bytes * BLOCK_ROWS).next_multiple_of(64);
        let mut queries: Vec<ByteQuery> = probes.iter().map(|probe| probe.query.clone()).collect();
        let mut found = ByteScores::default();
        for range in allowed.ranges(most) {
            let tile = Tile {
                layout: self.layout,
                first: range.start / BLOCK_ROWS,
                blocks: &self.blocks
                    [range.start / BLOCK_ROWS * bytes..range.end.div_ceil(BLOCK_ROWS) * bytes],
            };
            let queries = queries.chunks_mut(QUERIES_AT_ONCE);
            for (queries, probes) in queries.zip(probes.chunks_mut(QUERIES_AT_ONCE)) {
                tile.show(queries, probes, (&mut found, allowed));
            }
        }
    }
}

/// Some blocks, small enough for the nearest cache.
struct Tile<'a> {
    layout: ByteLayout,
    /// Number of the first block.
    first: usize,
    blocks: &'a [u8],
}

impl Tile<'_> {
    /// Scores the blocks, and takes in the rows that might be among the best.
    fn show(
        &self,
        queries: &mut [ByteQuery],
        probes: &mut [Probe],
        (found, allowed): (&mut ByteScores, Allowed<'_>),
    ) {
        for (query, probe) in queries.iter_mut().zip(&*probes) {
            query.threshold = probe.suspects.threshold();
        }
        self.layout.score(self.blocks, queries, found);
        let blocks = self.blocks.chunks_exact(self.layout.block_bytes());
        let marks = found.marks.chunks_exact(blocks.len());
        let scores = found.scores.as_chunks().0.chunks_exact(blocks.len());
        for (probe, (marks, scores)) in probes.iter_mut().zip(marks.zip(scores)) {
            let blocks = (self.first..).zip(blocks.clone());
            for ((index, block), (&marks, scores)) in blocks.zip(marks.iter().zip(scores)) {
                if marks != 0 {
                    let marks = marks & allowed.block(index);
                    probe.take((&self.layout, block), (index, marks), scores);
                }
            }
        }
    }
}

/// Writes the rows of block `index`.
fn fill(layout: ByteLayout, block: &mut [u8], table: Table<'_>, index: usize) {
    layout.clear(block);
    let first = index * BLOCK_ROWS;
    for row in first..(first + BLOCK_ROWS).min(table.n_rows()) {
        let place = row - first;
        let Encoded { error, norm, .. } = layout.write(block, place, table.row(row));
        layout.set(block, (ERROR, place), error);
        layout.set(block, (NORM, place), norm);
    }
}

/// A query on its way through the table. Its scores are upper bounds of products.
struct Probe {
    query: ByteQuery,
    /// Factors of the columns: how far the bound lies above the product of the codes.
    slack: [f32; 2],
    suspects: Suspects,
}

impl Probe {
    #[expect(clippy::cast_possible_truncation, reason = "a bound, raised before")]
    fn new(vector: &[f32], length: f64, k: usize) -> Self {
        let query = ByteQuery::new(vector);
        let length = (length * (1.0 + 1e-6)) as f32;
        let rounding = rounding(vector.len());
        let slack = [
            length * (1.0 + rounding),
            query.encoded().error * (1.0 + rounding) + length * rounding,
        ];
        Self {
            query: query.with_columns(slack[0], slack[1]),
            slack,
            suspects: Suspects::new(k),
        }
    }

    /// Takes in the marked rows of block `index`.
    #[inline]
    fn take(
        &mut self,
        (layout, block): (&ByteLayout, &[u8]),
        (index, mut marks): (usize, u16),
        scores: &[f32; BLOCK_ROWS],
    ) {
        while marks != 0 {
            let place = marks.trailing_zeros() as usize;
            marks &= marks - 1;
            let upper = scores[place];
            // The threshold may have risen since the marks were made.
            if upper >= self.suspects.threshold() {
                let slack = layout.get(block, (ERROR, place)) * self.slack[0]
                    + layout.get(block, (NORM, place)) * self.slack[1];
                let row = row_number(index * BLOCK_ROWS + place);
                self.suspects.push(row, upper, upper - 2.0 * slack);
            }
        }
    }
}
