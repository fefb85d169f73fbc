//! Every row: the largest inner products without exception.
//!
//! [`search`] multiplies the rows themselves. [`ByteTable`] and [`HalfTable`] first multiply a smaller
//! copy, which is what memory can deliver faster, and then only those rows whose product might be
//! large enough by the error bound of the copy; their answers equal those of [`search`] bit for bit.

mod bytes;
mod halves;
mod suspects;

use marquee_math::{Scored, TopK, dots};

pub use bytes::ByteTable;
pub use halves::HalfTable;

use crate::{Allowed, Error, Result, Table};

/// Bytes of rows that are multiplied with all queries before the next.
const TILE_BYTES: usize = 24 << 10;

/// The `k` rows with the largest products with each of `queries` (side by side, `d` numbers each): a
/// list for each, best first, shorter where fewer rows are allowed.
///
/// Cost: one pass over the table whatever the number of queries.
///
/// # Errors
///
/// [`Error::QueryDimensions`], [`Error::QueryLength`]; [`Error::Bitmap`] when `allowed` is that of
/// another number of rows. A product that is not a number is never found: check the table before.
///
/// # Example
///
/// ```
/// use marquee_ann::{Allowed, Table, exact};
///
/// # fn main() -> marquee_ann::Result<()> {
/// let table = Table::new(&[1.0, 0.0, 0.0, 1.0, 2.0, 0.0], 2)?;
/// let found = exact::search(table, &[1.0, 0.5], 2, Allowed::all(3))?;
/// let rows: Vec<u32> = found[0].iter().map(|scored| scored.index).collect();
/// assert_eq!(rows, [2, 0]);
/// # Ok(())
/// # }
/// ```
pub fn search(
    table: Table<'_>,
    queries: &[f32],
    k: usize,
    allowed: Allowed<'_>,
) -> Result<Vec<Vec<Scored>>> {
    let n_queries = check(table, queries, allowed)?.len();
    let mut best: Vec<TopK> = (0..n_queries).map(|_| TopK::new(k)).collect();
    if k == 0 || n_queries == 0 {
        return Ok(vec![Vec::new(); n_queries]);
    }
    let mut products = Vec::new();
    for range in allowed.ranges(tile_rows(4 * table.d())) {
        products.resize(n_queries * range.len(), 0.0);
        dots(table.rows(range.clone()), queries, table.d(), &mut products);
        for (products, best) in products.chunks_exact(range.len()).zip(&mut best) {
            offer(products, range.start, allowed, best);
        }
    }
    Ok(best.into_iter().map(TopK::into_sorted).collect())
}

/// Takes in the scores of rows `start..`.
fn offer(scores: &[f32], start: usize, allowed: Allowed<'_>, best: &mut TopK) {
    let mut threshold = best.threshold();
    for (index, &score) in (row_number(start)..).zip(scores) {
        // Rows come in order, so one that only equals the worst of the best loses to it.
        if (score > threshold || best.is_open()) && allowed.contains(index) {
            best.push(Scored { index, score });
            threshold = best.threshold();
        }
    }
}

/// Rows of a tile, a multiple of 64.
fn tile_rows(row_bytes: usize) -> usize {
    (TILE_BYTES / row_bytes).next_multiple_of(64)
}

/// Checks that queries and bitmap fit the table; returns the queries' lengths.
fn check(table: Table<'_>, queries: &[f32], allowed: Allowed<'_>) -> Result<Vec<f64>> {
    check_rows(table.n_rows(), allowed)?;
    table.check_queries(queries)
}

/// Checks that a bitmap is one of `n_rows` rows.
pub(crate) fn check_rows(n_rows: usize, allowed: Allowed<'_>) -> Result<()> {
    if allowed.n_rows() == n_rows {
        return Ok(());
    }
    Err(Error::Bitmap {
        found: allowed.n_rows().div_ceil(64),
        expected: n_rows.div_ceil(64),
        n_rows,
    })
}

/// A position as a row's number; tables have no more rows than fit.
pub(crate) fn row_number(index: usize) -> u32 {
    u32::try_from(index).expect("rows of a table are numbered by 32 bits")
}

#[cfg(test)]
mod tests;
