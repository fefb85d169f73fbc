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
    /// Numbers of a row of `W`.
    pub(crate) width: usize,
    /// What rows of `Y` start from.
    pub(crate) start: Start<'a>,
    /// Rows of `Y`, at least as far apart as a row of `W` is long.
    pub(crate) y: Rows<&'a mut [f32]>,
}

/// What rows start from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Start<'a> {
    /// The same numbers for each row, as many as a row of weights has.
    Row(&'a [f32]),
    /// What stands in their place.
    Own,
}

/// Rows of weights that go past all rows before the next ones: with four vectors of each they stay in the
/// nearest cache.
const DEEP: usize = 128;

/// Carries out an [`Affine`]: tiles of `Y` stay in registers while rows of `W` stream past.
#[inline(always)]
pub(in crate::simd) fn affine<I: Isa>(isa: I, all: Affine<'_>) {
    let Affine {
        x,
        size: (n_rows, inner),
        weights,
        width,
        mut start,
        y,
    } = all;
    let mut from = 0;
    // A chain of additions may be broken off and gone on with.
    loop {
        let taken = DEEP.min(inner - from);
        let part = Affine {
            x: Rows {
                data: &x.data[from.min(x.data.len())..],
                stride: x.stride,
            },
            size: (n_rows, taken),
            weights: Rows {
                data: &weights.data[from * weights.stride..],
                stride: weights.stride,
            },
            width,
            start,
            y: Rows {
                data: &mut *y.data,
                stride: y.stride,
            },
        };
        shallow(isa, part);
        from += taken;
        if from >= inner {
            return;
        }
        start = Start::Own;
    }
}

#[inline(always)]
fn shallow<I: Isa>(isa: I, mut all: Affine<'_>) {
    let width = all.width;
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
    for (place, sums) in sums.iter_mut().enumerate() {
        let start = match all.start {
            Start::Row(start) => &start[column..],
            Start::Own => &all.y.data[(row + place) * all.y.stride + column..],
        };
        let start = start[..VECTORS * I::LANES].chunks_exact(I::LANES);
        for (sum, start) in sums.iter_mut().zip(start) {
            *sum = isa.load(start);
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
