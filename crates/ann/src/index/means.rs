//! Lloyd's k-means, with distances from products of bytes.
//!
//! Which mean is nearest is asked of the codes, whose sums are whole numbers: the answer is the same on
//! every machine. Sums for the means run over rows in order: it is the same on any number of threads.

use std::ops::Range;

use marquee_math::{
    ByteLayout, ByteQuery, ByteScores,
    bytes::{AlignedBytes, BLOCK_ROWS},
    derive_seed,
};
use rayon::prelude::{ParallelIterator, ParallelSlice};

use crate::{Table, exact::row_number};

/// Rows that are compared with a tile of means before the next.
const ROWS_AT_ONCE: usize = 32;
/// Bytes of a tile of means.
const TILE_BYTES: usize = 12 << 10;

/// Means, side by side.
pub(super) struct Means {
    d: usize,
    pub(super) numbers: Vec<f32>,
}

/// `n_means` means of the rows `sample` of `table`.
pub(super) fn train(
    table: Table<'_>,
    sample: &[u32],
    (n_means, iterations): (usize, usize),
    seed: u64,
) -> Means {
    let mut means = Means {
        d: table.d(),
        numbers: Vec::with_capacity(n_means * table.d()),
    };
    for mean in 0..n_means {
        // One row of each of as many equal parts of the sample: never the same row twice.
        let part = part_of(sample.len(), mean, n_means);
        let row = draw(seed, mean, part);
        means
            .numbers
            .extend_from_slice(table.row(sample[row] as usize));
    }
    for iteration in 0..iterations {
        let nearest = means.nearest(table, sample);
        let sizes = means.update(table, sample, &nearest);
        for mean in (0..n_means).filter(|&mean| sizes[mean] == 0) {
            // A mean that no row is near to begins anew at some row.
            let row = draw(seed, n_means * (iteration + 1) + mean, 0..sample.len());
            let row = table.row(sample[row] as usize);
            means.numbers[mean * table.d()..][..table.d()].copy_from_slice(row);
        }
    }
    means
}

/// Part `index` of `n_parts` about equal parts of `0..n`.
pub(super) fn part_of(n: usize, index: usize, n_parts: usize) -> Range<usize> {
    let bound = |index: usize| {
        let bound = index as u128 * n as u128 / n_parts as u128;
        usize::try_from(bound).expect("at most n")
    };
    bound(index)..bound(index + 1)
}

/// A number of `range`, which is not empty.
fn draw(seed: u64, key: usize, range: Range<usize>) -> usize {
    let draw = derive_seed(seed, &(key as u64).to_le_bytes());
    let offset = draw % range.len() as u64;
    range.start + usize::try_from(offset).expect("below a length")
}

impl Means {
    pub(super) fn n_means(&self) -> usize {
        self.numbers.len() / self.d
    }

    /// The mean that is nearest to each of `rows`; of equal ones the first.
    pub(super) fn nearest(&self, table: Table<'_>, rows: &[u32]) -> Vec<u32> {
        let layout = ByteLayout::new(self.d, 2);
        // |x - m|² is smallest where x m - |m|² / 2 is largest.
        let blocks = self.blocks(layout, |mean| {
            let squares = mean.iter().map(|&x| f64::from(x) * f64::from(x));
            -0.5 * squares.sum::<f64>()
        });
        rows.par_chunks(ROWS_AT_ONCE)
            .flat_map_iter(|rows| nearest_of(layout, &blocks, table, rows))
            .collect()
    }

    /// The means as blocks, whose second column is `addend` of each.
    pub(super) fn blocks(
        &self,
        layout: ByteLayout,
        addend: impl Fn(&[f32]) -> f64,
    ) -> AlignedBytes {
        let bytes = layout.block_bytes();
        let mut blocks = AlignedBytes::zeroed(layout.n_blocks(self.n_means()) * bytes);
        let groups = self.numbers.chunks(BLOCK_ROWS * self.d);
        for (block, means) in blocks.chunks_exact_mut(bytes).zip(groups) {
            layout.clear(block);
            for (place, mean) in means.chunks_exact(self.d).enumerate() {
                layout.write(block, place, mean);
                #[expect(clippy::cast_possible_truncation, reason = "a rank, not a bound")]
                layout.set(block, (1, place), addend(mean) as f32);
            }
        }
        blocks
    }

    /// Moves each mean to the middle of its rows; returns how many it has.
    pub(super) fn update(&mut self, table: Table<'_>, rows: &[u32], nearest: &[u32]) -> Vec<usize> {
        let mut sums = vec![0.0_f64; self.numbers.len()];
        let mut sizes = vec![0_usize; self.n_means()];
        for (&row, &mean) in rows.iter().zip(nearest) {
            let mean = mean as usize;
            sizes[mean] += 1;
            let sums = &mut sums[mean * self.d..][..self.d];
            for (sum, &number) in sums.iter_mut().zip(table.row(row as usize)) {
                *sum += f64::from(number);
            }
        }
        let means = self.numbers.chunks_exact_mut(self.d);
        for ((mean, sums), &size) in means.zip(sums.chunks_exact(self.d)).zip(&sizes) {
            if size > 0 {
                for (number, sum) in mean.iter_mut().zip(sums) {
                    #[expect(clippy::cast_possible_truncation, reason = "means are stored as f32")]
                    let middle = (sum / size as f64) as f32;
                    *number = middle;
                }
            }
        }
        sizes
    }
}

fn nearest_of(layout: ByteLayout, blocks: &[u8], table: Table<'_>, rows: &[u32]) -> Vec<u32> {
    let vectors = rows.iter().map(|&row| table.row(row as usize));
    let mut queries: Vec<ByteQuery> = vectors
        .map(|vector| ByteQuery::new(vector).with_columns(1.0, 0.0))
        .collect();
    let mut best = vec![0; rows.len()];
    let mut found = ByteScores::default();
    let tile = (TILE_BYTES / layout.block_bytes()).max(1);
    for (index, blocks) in blocks.chunks(tile * layout.block_bytes()).enumerate() {
        layout.score(blocks, &queries, &mut found);
        let n_blocks = blocks.len() / layout.block_bytes();
        let marks = found.marks.chunks_exact(n_blocks);
        let scores = found.scores.chunks_exact(n_blocks * BLOCK_ROWS);
        let queries = queries.iter_mut().zip(&mut best);
        for ((query, best), (marks, scores)) in queries.zip(marks.zip(scores)) {
            for (block, marks) in marks.iter().enumerate().filter(|(_, marks)| **marks != 0) {
                for place in (0..BLOCK_ROWS).filter(|place| marks >> place & 1 == 1) {
                    let place = block * BLOCK_ROWS + place;
                    if scores[place] > query.threshold {
                        query.threshold = scores[place];
                        *best = row_number(index * tile * BLOCK_ROWS + place);
                    }
                }
            }
        }
    }
    best
}
