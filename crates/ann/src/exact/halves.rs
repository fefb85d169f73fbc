//! A copy of 16 bits a number: half the memory.

use marquee_math::{
    Scored,
    halves::{BLOCK_ROWS, from_half, half_dots, to_half},
};
use rayon::prelude::{
    IndexedParallelIterator, IntoParallelIterator, ParallelIterator, ParallelSliceMut,
};

use super::{
    check, row_number,
    suspects::{Suspects, rounding},
    tile_rows,
};
use crate::{Allowed, Result, Table, table::length_of};

/// The rows of a table in bfloat16, with the error of each.
#[derive(Debug, Clone)]
pub struct HalfTable {
    halves: Vec<u16>,
    rows: Vec<Measure>,
}

/// Lengths, rounded up.
#[derive(Debug, Clone, Copy)]
struct Measure {
    /// Of what the halves miss.
    error: f32,
    /// Of what they stand for.
    norm: f32,
}

impl HalfTable {
    /// Makes the copy, in parallel; the same bytes on any number of threads.
    ///
    /// Memory: 2 bytes a number and 8 a row.
    ///
    /// # Errors
    ///
    /// [`Error::RowLength`](crate::Error::RowLength) when a number is not finite.
    pub fn new(table: Table<'_>) -> Result<Self> {
        table.check()?;
        let block = BLOCK_ROWS * table.d();
        let mut halves = vec![0; table.n_rows().div_ceil(BLOCK_ROWS) * block];
        halves
            .par_chunks_exact_mut(block)
            .enumerate()
            .for_each(|(index, block)| fill(block, table, index * BLOCK_ROWS));
        let rows = (0..table.n_rows())
            .into_par_iter()
            .map(|row| measure(table.row(row)))
            .collect();
        Ok(Self { halves, rows })
    }

    /// Bytes that the copy takes.
    pub fn n_bytes(&self) -> usize {
        2 * self.halves.len() + size_of::<Measure>() * self.rows.len()
    }

    /// What [`exact::search`](super::search) gives for `table`, which must be the one that the copy was
    /// made of.
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
        assert_eq!(table.n_rows(), self.rows.len(), "rows of the table");
        let block = BLOCK_ROWS * table.d();
        let n_blocks = table.n_rows().div_ceil(BLOCK_ROWS);
        assert_eq!(n_blocks * block, self.halves.len(), "numbers");
        let lengths = check(table, queries, allowed)?;
        let vectors: Vec<&[f32]> = queries.chunks_exact(table.d()).collect();
        let mut suspects: Vec<Suspects> = vectors.iter().map(|_| Suspects::new(k)).collect();
        if k > 0 && !vectors.is_empty() {
            for range in allowed.ranges(tile_rows(2 * table.d())) {
                let n_blocks = range.len().div_ceil(BLOCK_ROWS);
                let first = range.start / BLOCK_ROWS;
                let halves = &self.halves[first * block..(first + n_blocks) * block];
                let mut products = vec![0.0; n_blocks * BLOCK_ROWS];
                for ((vector, &length), suspects) in vectors.iter().zip(&lengths).zip(&mut suspects)
                {
                    half_dots(halves, vector, &mut products);
                    let lengths = (length, rounding(table.d()));
                    self.take(
                        &products[..range.len()],
                        range.start,
                        lengths,
                        (allowed, suspects),
                    );
                }
            }
        }
        let found = suspects.into_iter().zip(vectors);
        Ok(found
            .map(|(suspects, vector)| suspects.into_best(table, vector))
            .collect())
    }

    /// Takes in the products of rows `start..` with a query of this length.
    #[expect(clippy::cast_possible_truncation, reason = "a bound, raised before")]
    fn take(
        &self,
        products: &[f32],
        start: usize,
        (length, rounding): (f64, f32),
        (allowed, suspects): (Allowed<'_>, &mut Suspects),
    ) {
        let length = (length * (1.0 + 1e-6)) as f32;
        let slack = [length * (1.0 + rounding), length * rounding];
        let measures = &self.rows[start..][..products.len()];
        for ((row, &product), measure) in (row_number(start)..).zip(products).zip(measures) {
            let slack = measure.error * slack[0] + measure.norm * slack[1];
            let upper = product + slack;
            if upper >= suspects.threshold() && allowed.contains(row) {
                suspects.push(row, upper, product - slack);
            }
        }
    }
}

/// Writes rows `first..` to a block, the first numbers of all of them, then the second ones.
fn fill(block: &mut [u16], table: Table<'_>, first: usize) {
    for row in first..(first + BLOCK_ROWS).min(table.n_rows()) {
        for (column, &number) in block.chunks_exact_mut(BLOCK_ROWS).zip(table.row(row)) {
            column[row - first] = to_half(number);
        }
    }
}

/// Lengths of the halves of `row`, and of what they miss, rounded up.
#[expect(clippy::cast_possible_truncation, reason = "rounded, then raised")]
fn measure(row: &[f32]) -> Measure {
    let stored: Vec<f32> = row
        .iter()
        .map(|&number| from_half(to_half(number)))
        .collect();
    // The difference of a number and its upper half is a number of 24 bits.
    let left: Vec<f32> = row.iter().zip(&stored).map(|(a, b)| a - b).collect();
    let raised = |length: f64| (length * (1.0 + 1e-6)) as f32 + f32::MIN_POSITIVE;
    Measure {
        error: raised(length_of(&left)),
        norm: raised(length_of(&stored)),
    }
}
