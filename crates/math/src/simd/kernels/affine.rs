//! Rows times a matrix, as the layers of a network need it: `Y = start + X W`.

use crate::simd::isa::{BLOCK, Isa, Rows};

/// Rows `start + x W`, each number a single chain of additions in the order of the rows of `W`: the bits
/// of a row depend neither on which rows stand beside it nor on how many.
#[derive(Debug)]
pub(crate) struct Affine<'a> {
    /// Rows of `X`.
    pub(crate) x: Rows<&'a [f32]>,
    /// Number of rows, and numbers of each.
    pub(crate) size: (usize, usize),
    /// `W`: a row for each number of a row of `X`, padded to a multiple of [`BLOCK`], its stride.
    pub(crate) weights: Rows<&'a [f32]>,
    /// What each row of `Y` starts from; as long as a row of `W`.
    pub(crate) start: &'a [f32],
    /// Rows of `Y`, at least as far apart as a row of `W` is long.
    pub(crate) y: Rows<&'a mut [f32]>,
}

/// Carries out an [`Affine`]: tiles of `Y` stay in registers while rows of `W` stream past.
#[inline(always)]
pub(in crate::simd) fn affine<I: Isa>(isa: I, mut all: Affine<'_>) {
    let width = all.start.len();
    assert!(width.is_multiple_of(BLOCK), "rows of weights are padded");
    let mut column = 0;
    while column < width {
        let vectors = (width - column) / I::LANES;
        // Four vectors are better cut in two and two where registers are few.
        let taken = match (I::TALL, vectors) {
            (_, 1) => 1,
            (false, _) | (true, 2) => 2,
            (true, 3 | 5 | 6) => 3,
            (true, _) => 4,
        };
        match taken {
            1 => columns::<I, 1>(isa, &mut all, column),
            2 => columns::<I, 2>(isa, &mut all, column),
            3 => columns::<I, 3>(isa, &mut all, column),
            _ => columns::<I, 4>(isa, &mut all, column),
        }
        column += taken * I::LANES;
    }
}

#[inline(always)]
fn columns<I: Isa, const VECTORS: usize>(isa: I, all: &mut Affine<'_>, column: usize) {
    let n_rows = all.size.0;
    let mut row = 0;
    if I::TALL {
        while row + 6 <= n_rows {
            tile::<I, 6, VECTORS>(isa, all, row, column);
            row += 6;
        }
    }
    while row + 4 <= n_rows {
        tile::<I, 4, VECTORS>(isa, all, row, column);
        row += 4;
    }
    while row < n_rows {
        tile::<I, 1, VECTORS>(isa, all, row, column);
        row += 1;
    }
}

#[inline(always)]
fn tile<I: Isa, const ROWS: usize, const VECTORS: usize>(
    isa: I,
    all: &mut Affine<'_>,
    row: usize,
    column: usize,
) {
    let inner = all.size.1;
    let mut sums = [[isa.splat(0.0); VECTORS]; ROWS];
    for (vector, start) in all.start[column..][..VECTORS * I::LANES]
        .chunks_exact(I::LANES)
        .enumerate()
    {
        let start = isa.load(start);
        for sums in &mut sums {
            sums[vector] = start;
        }
    }
    let mut rows: [&[f32]; ROWS] = [&[]; ROWS];
    for (place, x) in rows.iter_mut().enumerate() {
        *x = &all.x.data[(row + place) * all.x.stride..][..inner];
    }
    let stride = all.weights.stride;
    for at in 0..inner {
        let weights = &all.weights.data[at * stride + column..][..VECTORS * I::LANES];
        let mut loaded = [isa.splat(0.0); VECTORS];
        for (loaded, from) in loaded.iter_mut().zip(weights.chunks_exact(I::LANES)) {
            *loaded = isa.load(from);
        }
        for (x, sums) in rows.iter().zip(&mut sums) {
            let factor = isa.splat(x[at]);
            for (sum, &weights) in sums.iter_mut().zip(&loaded) {
                *sum = isa.mul_add(factor, weights, *sum);
            }
        }
    }
    for (place, sums) in sums.iter().enumerate() {
        let y = &mut all.y.data[(row + place) * all.y.stride + column..][..VECTORS * I::LANES];
        for (y, &sum) in y.chunks_exact_mut(I::LANES).zip(sums) {
            isa.store(sum, y);
        }
    }
}
