//! Sums of outer products: `C ± Pᵀ P`, the heart of least squares.

use crate::simd::isa::{BLOCK, Isa, Rows};

/// Adds `Pᵀ P`, or takes it away, on and above the diagonal of some rows of a symmetric matrix.
#[derive(Debug)]
pub(crate) struct RankUpdate<'a> {
    /// The rows of the symmetric matrix that are changed.
    pub(crate) target: Rows<&'a mut [f32]>,
    /// Which rows these are; both ends are multiples of [`BLOCK`].
    pub(crate) rows: std::ops::Range<usize>,
    /// Rows and columns of the whole matrix, a multiple of [`BLOCK`].
    pub(crate) n: usize,
    /// `P`: as many rows as there are outer products, each of `n` numbers.
    pub(crate) products: Rows<&'a [f32]>,
    /// Number of rows of `P`.
    pub(crate) n_products: usize,
    /// Whether outer products are added or taken away.
    pub(crate) sign: Sign,
}

/// Whether something is added or taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    Plus,
    Minus,
}

/// Where a tile of the target starts: its row and column in the whole matrix.
#[derive(Clone, Copy)]
struct Corner {
    row: usize,
    column: usize,
}

/// Carries out a [`RankUpdate`]: tiles of the target stay in registers while `P` streams past.
#[inline(always)]
pub(in crate::simd) fn rank_update<I: Isa>(isa: I, mut update: RankUpdate<'_>) {
    if I::TALL {
        rows_of_tiles::<I, 8>(isa, &mut update);
    } else {
        rows_of_tiles::<I, 4>(isa, &mut update);
    }
}

#[inline(always)]
fn rows_of_tiles<I: Isa, const ROWS: usize>(isa: I, update: &mut RankUpdate<'_>) {
    for row in update.rows.clone().step_by(ROWS) {
        // Loads need no alignment, but a tile starts where the diagonal enters it.
        let mut column = row / I::LANES * I::LANES;
        while column < update.n {
            let corner = Corner { row, column };
            let vectors = (update.n - column) / I::LANES;
            // Four vectors are better cut in two and two than in three and one.
            let taken = match vectors {
                1 => 1,
                2 | 4 => 2,
                _ => 3,
            };
            match taken {
                1 => tile::<I, ROWS, 1>(isa, update, corner),
                2 => tile::<I, ROWS, 2>(isa, update, corner),
                _ => tile::<I, ROWS, 3>(isa, update, corner),
            }
            column += taken * I::LANES;
        }
    }
}

#[inline(always)]
fn tile<I: Isa, const ROWS: usize, const VECTORS: usize>(
    isa: I,
    update: &mut RankUpdate<'_>,
    corner: Corner,
) {
    debug_assert_eq!(BLOCK % I::LANES, 0, "vectors fill blocks");
    let width = VECTORS * I::LANES;
    let Rows { data, stride } = update.products;
    let mut sums = [[isa.splat(0.0); VECTORS]; ROWS];
    for product in 0..update.n_products {
        let product = &data[product * stride..][..stride];
        let left = &product[corner.row..][..ROWS];
        let right = &product[corner.column..][..width];
        let mut vectors = [isa.splat(0.0); VECTORS];
        for (vector, right) in vectors.iter_mut().zip(right.chunks_exact(I::LANES)) {
            *vector = isa.load(right);
        }
        for (sums, &left) in sums.iter_mut().zip(left) {
            let left = isa.splat(left);
            for (sum, &right) in sums.iter_mut().zip(&vectors) {
                *sum = isa.mul_add(left, right, *sum);
            }
        }
    }
    let first = corner.row - update.rows.start;
    for (row, sums) in sums.iter().enumerate() {
        let start = (first + row) * update.target.stride + corner.column;
        let target = &mut update.target.data[start..][..width];
        for (place, &sum) in target.chunks_exact_mut(I::LANES).zip(sums) {
            let old = isa.load(place);
            let one = isa.splat(1.0);
            let new = match update.sign {
                Sign::Plus => isa.add(old, sum),
                Sign::Minus => isa.mul_sub(one, sum, old),
            };
            isa.store(new, place);
        }
    }
}
