//! Sums over pairs of short embeddings, two rows side by side in a row of twice the width: registers that hold
//! 16 numbers would be half empty otherwise. Each number is the same chain of additions as in a row alone.

use marquee_math::{MatrixView, MatrixViewMut, PairSums};

use super::sized;
use crate::network::shape::PairsShape;

/// Numbers of an embedding that is joined with that of another row.
pub(super) const SHORT: usize = 8;
const WIDE: usize = 2 * SHORT;
/// Rows that are joined before the next: they stay in the nearest cache.
const ROWS: usize = 8;

/// Two rows side by side, for some rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Twins {
    columns: Vec<usize>,
    start: Vec<f32>,
    x: Vec<f32>,
    sums: Vec<f32>,
}

/// Some rows and what their first embeddings gave, see [`PairSums::sums`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) x: &'a [f32],
    pub(super) stride: usize,
    pub(super) n_rows: usize,
    pub(super) shared: usize,
    pub(super) start: &'a [f32],
}

impl Twins {
    /// Writes the sums of all rows but an odd last one, `stride` apart; gives how many.
    pub(super) fn sums(
        &mut self,
        (pairs, weights): (&PairsShape, &[f32]),
        rows: Rows<'_>,
        (to, stride): (&mut [f32], usize),
    ) -> usize {
        let n = pairs.columns.len();
        self.columns.clear();
        self.columns.extend((0..n).map(|field| field * WIDE));
        let begun = sized(&mut self.start, (n + 1) * WIDE);
        let vectors = rows.start.chunks_exact(SHORT);
        for (twins, vector) in begun.chunks_exact_mut(WIDE).zip(vectors) {
            twins[..SHORT].copy_from_slice(vector);
            twins[SHORT..].copy_from_slice(vector);
        }
        let map = PairSums::new(&self.columns, WIDE, weights);
        let even = rows.n_rows / 2 * 2;
        for first in (0..even).step_by(ROWS) {
            let taken = ROWS.min(even - first);
            let x = sized(&mut self.x, taken / 2 * n * WIDE);
            for row in 0..taken {
                let from = &rows.x[(first + row) * rows.stride..];
                let to = &mut x[row / 2 * n * WIDE + row % 2 * SHORT..];
                for (field, &column) in pairs.columns.iter().enumerate().skip(rows.shared) {
                    let vector: &[f32; SHORT] = vector_of(&from[column..]);
                    to[field * WIDE..][..SHORT].copy_from_slice(vector);
                }
            }
            let sums = sized(&mut self.sums, taken / 2 * WIDE);
            map.sums(
                MatrixView::new(x, taken / 2, n * WIDE),
                (rows.shared, begun),
                &mut MatrixViewMut::new(sums, taken / 2, WIDE),
            );
            for (row, sum) in sums.chunks_exact(SHORT).enumerate() {
                to[(first + row) * stride..][..SHORT].copy_from_slice(sum);
            }
        }
        even
    }
}

fn vector_of(from: &[f32]) -> &[f32; SHORT] {
    from.first_chunk().expect("an embedding's numbers")
}
