//! From a table to an index.

use marquee_math::{
    ByteLayout,
    bytes::{AlignedBytes, BLOCK_ROWS},
};

use super::{
    Index, IndexConfig, IndexView, NO_ROW, Parts, Recall, Searcher, Width,
    means::{self, Means, part_of},
};
use crate::{
    Allowed, Result, Table,
    exact::{self, row_number},
};

/// Numbers of lists for which recall is measured.
const CHECKED_PROBES: [usize; 7] = [4, 8, 16, 32, 64, 128, 256];
/// How many rows count as the best when recall is measured.
const CHECKED_K: usize = 10;

impl Index {
    /// Builds an index of `table`, in parallel; the same bytes on any number of threads and any
    /// machine, except for the measured recall, whose last digits follow the machine's rounding.
    ///
    /// Cost: for `l` lists `(l sample_per_list iterations + n) l d` products of bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config), [`Error::RowLength`](crate::Error::RowLength).
    pub fn build(table: Table<'_>, config: &IndexConfig, seed: u64) -> Result<Self> {
        config.check()?;
        table.check()?;
        let n_rows = table.n_rows();
        let n_lists = number_of_lists(n_rows, config.lists_per_root);
        let all: Vec<u32> = (0..row_number(n_rows)).collect();
        let n_sample = n_rows.min(n_lists.saturating_mul(config.sample_per_list));
        let sample: Vec<u32> = (0..n_sample)
            .map(|part| row_number(part_of(n_rows, part, n_sample).start))
            .collect();
        let mut means = means::train(table, &sample, (n_lists, config.iterations), seed);
        let nearest = means.nearest(table, &all);
        means.update(table, &all, &nearest);
        let parts = Parts {
            d: table.d(),
            n_rows,
            n_lists,
            radius_weight: config.radius_weight,
        };
        let mut index = Self::of_lists(table, parts, &means, &nearest);
        let recalls = index.view(table).measured(config.n_checked)?;
        index.recalls = recalls
            .iter()
            .flat_map(|recall| [recall.probes as f64, recall.at_10])
            .collect();
        Ok(index)
    }

    /// Lays the rows out, each in the list of its nearest mean.
    fn of_lists(table: Table<'_>, parts: Parts, means: &Means, nearest: &[u32]) -> Self {
        let radii = radii(table, means, nearest);
        let layout = parts.centroid_layout();
        let mut centroids = means.blocks(layout, |_| 0.0);
        for (list, radius) in radii.into_iter().enumerate() {
            let block = &mut centroids[list / BLOCK_ROWS * layout.block_bytes()..];
            layout.set(
                &mut block[..layout.block_bytes()],
                (1, list % BLOCK_ROWS),
                radius,
            );
        }
        let mut sizes = vec![0_usize; parts.n_lists];
        for &list in nearest {
            sizes[list as usize] += 1;
        }
        let mut offsets = vec![0_u64];
        let mut end = 0;
        for size in sizes {
            end += size.div_ceil(BLOCK_ROWS);
            offsets.push(end as u64);
        }
        let mut rows = vec![NO_ROW; end * BLOCK_ROWS];
        let mut next: Vec<usize> = offsets
            .iter()
            .map(|&block| position(block) * BLOCK_ROWS)
            .collect();
        for (row, &list) in (0..).zip(nearest) {
            let place = &mut next[list as usize];
            rows[*place] = row;
            *place += 1;
        }
        Self {
            codes: encode(table, parts.row_layout(), &rows),
            parts,
            centroids,
            offsets,
            rows,
            recalls: Vec::new(),
        }
    }
}

/// Bytes of the rows at their places.
fn encode(table: Table<'_>, layout: ByteLayout, rows: &[u32]) -> AlignedBytes {
    use rayon::prelude::{
        IndexedParallelIterator, ParallelIterator, ParallelSlice, ParallelSliceMut,
    };

    let mut codes = AlignedBytes::zeroed(rows.len() / BLOCK_ROWS * layout.block_bytes());
    codes
        .par_chunks_exact_mut(layout.block_bytes())
        .zip(rows.par_chunks_exact(BLOCK_ROWS))
        .for_each(|(block, rows)| {
            layout.clear(block);
            for (place, &row) in rows.iter().enumerate().filter(|(_, row)| **row != NO_ROW) {
                layout.write(block, place, table.row(row as usize));
            }
        });
    codes
}

/// Root mean square distance of the rows of each list from its mean.
fn radii(table: Table<'_>, means: &Means, nearest: &[u32]) -> Vec<f32> {
    let d = table.d();
    let mut squares = vec![0.0_f64; means.n_means()];
    let mut sizes = vec![0_u64; means.n_means()];
    for (row, &list) in nearest.iter().enumerate() {
        let mean = &means.numbers[list as usize * d..][..d];
        let pairs = table.row(row).iter().zip(mean);
        let gaps = pairs.map(|(a, b)| f64::from(a - b) * f64::from(a - b));
        squares[list as usize] += gaps.sum::<f64>();
        sizes[list as usize] += 1;
    }
    let lists = squares.into_iter().zip(sizes);
    lists
        .map(|(squares, size)| {
            #[expect(clippy::cast_possible_truncation, reason = "a rank, not a bound")]
            let radius = (squares / size.max(1) as f64).sqrt() as f32;
            radius
        })
        .collect()
}

/// At least one list, and at most one for each row.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most the number of rows, and not negative"
)]
fn number_of_lists(n_rows: usize, per_root: f64) -> usize {
    let lists = per_root * (n_rows as f64).sqrt();
    (lists.min(n_rows as f64 / 4.0).ceil() as usize).clamp(n_rows.min(1), n_rows)
}

/// A number of blocks as a position in memory that holds them.
pub(super) fn position(block: u64) -> usize {
    usize::try_from(block).expect("blocks lie in memory")
}

impl IndexView<'_> {
    /// Recall at several widths, with `n` rows of the table as queries.
    fn measured(&self, n: usize) -> Result<Vec<Recall>> {
        let n = n.min(self.table.n_rows());
        let picked = (0..n).map(|part| part_of(self.table.n_rows(), part, n).start);
        let queries: Vec<f32> = picked
            .flat_map(|row| self.table.row(row))
            .copied()
            .collect();
        let n_lists = self.n_lists();
        let probes = CHECKED_PROBES
            .into_iter()
            .filter(|&probes| probes < n_lists);
        if n == 0 {
            return Ok(Vec::new());
        }
        let wanted = exact::search(
            self.table,
            &queries,
            CHECKED_K,
            Allowed::all(self.table.n_rows()),
        )?;
        probes
            .map(|probes| {
                let width = Width {
                    probes,
                    rescored: 4 * CHECKED_K,
                };
                let at_10 = self.found_of(&queries, &wanted, width)?;
                Ok(Recall { probes, at_10 })
            })
            .collect()
    }

    /// Mean share of the rows `wanted` that searches of `width` find.
    fn found_of(
        &self,
        queries: &[f32],
        wanted: &[Vec<marquee_math::Scored>],
        width: Width,
    ) -> Result<f64> {
        let mut searcher = Searcher::new(*self);
        let all = Allowed::all(self.table.n_rows());
        let mut share = 0.0;
        for (query, wanted) in queries.chunks_exact(self.table.d()).zip(wanted) {
            let found = searcher.search(query, wanted.len(), width, all)?;
            let hits = found
                .iter()
                .filter(|row| wanted.iter().any(|w| w.index == row.index));
            share += hits.count() as f64 / wanted.len().max(1) as f64;
        }
        Ok(share / wanted.len().max(1) as f64)
    }

    /// Mean recall of `queries`, side by side: the share of the true best `k` that searches find.
    ///
    /// Cost: an exact search of all of them, besides the searches.
    ///
    /// # Errors
    ///
    /// As [`exact::search`].
    pub fn recall(&self, queries: &[f32], k: usize, width: Width) -> Result<f64> {
        let all = Allowed::all(self.table.n_rows());
        let wanted = exact::search(self.table, queries, k, all)?;
        self.found_of(queries, &wanted, width)
    }
}
