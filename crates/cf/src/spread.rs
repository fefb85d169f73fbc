//! Products of a sparse matrix and a dense one: vectors of one side carried over to the other.

use marquee_core::SparseView;
use marquee_math::axpy;
use rayon::prelude::*;

/// Rows that one task makes; fixed, so that the work is cut alike on any number of threads.
const ROWS: usize = 64;

/// `sparse · dense` for `dense` of `sparse.n_columns() x width`, row after row.
///
/// Each row is summed in the order of its entries on one thread. Cost: `width` multiplications and
/// additions an entry.
pub(crate) fn spread(sparse: SparseView<'_>, dense: &[f32], width: usize) -> Vec<f32> {
    let mut product = vec![0.0; sparse.n_rows() * width];
    spread_into(sparse, dense, width, &mut product);
    product
}

/// As [`spread`], in place of what stood in `product`.
pub(crate) fn spread_into(
    sparse: SparseView<'_>,
    dense: &[f32],
    width: usize,
    product: &mut [f32],
) {
    let blocks = product.par_chunks_mut(ROWS * width).enumerate();
    blocks.for_each(|(block, rows)| {
        for (place, sum) in rows.chunks_exact_mut(width).enumerate() {
            sum.fill(0.0);
            let row = sparse.row(block * ROWS + place);
            for (entry, &column) in row.columns.iter().enumerate() {
                let from = &dense[column as usize * width..][..width];
                axpy(sum, row.weight(entry), from);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use marquee_core::SparseRows;

    use super::*;

    #[test]
    fn product_by_hand() {
        let rows = SparseRows {
            n_columns: 2,
            offsets: vec![0, 2, 2, 3],
            columns: vec![1, 0, 1],
            weights: Some(vec![2.0, 1.0, -1.0]),
            times: None,
        };
        let dense = [1.0, 10.0, 3.0, 30.0];
        let got = spread(rows.view(), &dense, 2);
        let want: [f32; 6] = [7.0, 70.0, 0.0, 0.0, -3.0, -30.0];
        assert!(
            got.iter()
                .zip(want)
                .all(|(got, want)| (got - want).abs() < 1e-6)
        );
    }
}
