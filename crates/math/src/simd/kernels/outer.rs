//! Sums of outer products of rows: `C += Aᵀ B`, as the slopes of a layer's weights need it.

use crate::simd::isa::{BLOCK, Isa, Rows};

/// Adds `Aᵀ B` to `C`.
#[derive(Debug)]
pub(crate) struct Outer<'a> {
    pub(crate) a: Rows<&'a [f32]>,
    /// Rows of a multiple of [`BLOCK`] numbers.
    pub(crate) b: Rows<&'a [f32]>,
    /// Rows of both, columns of `A`, columns of `B`.
    pub(crate) size: (usize, usize, usize),
    pub(crate) c: Rows<&'a mut [f32]>,
}

/// Rows that are added up in registers before the next ones: those of `B` stay in the nearest cache.
const LONG: usize = 64;

/// Carries out an [`Outer`]; each number is one chain of additions in the order of the rows.
#[inline(always)]
pub(in crate::simd) fn outer<I: Isa>(isa: I, mut all: Outer<'_>) {
    let (n_rows, _, width) = all.size;
    assert!(width.is_multiple_of(BLOCK), "rows are padded");
    for row in (0..n_rows).step_by(LONG) {
        let rows = row..(row + LONG).min(n_rows);
        let mut column = 0;
        while column < width {
            let vectors = (width - column) / I::LANES;
            let taken = match (I::TALL, vectors) {
                (_, 1) => 1,
                (false, _) | (true, 2) => 2,
                (true, 3 | 5 | 6) => 3,
                (true, _) => 4,
            };
            match taken {
                1 => strip::<I, 1>(isa, &mut all, &rows, column),
                2 => strip::<I, 2>(isa, &mut all, &rows, column),
                3 => strip::<I, 3>(isa, &mut all, &rows, column),
                _ => strip::<I, 4>(isa, &mut all, &rows, column),
            }
            column += taken * I::LANES;
        }
    }
}

#[inline(always)]
fn strip<I: Isa, const VECTORS: usize>(
    isa: I,
    all: &mut Outer<'_>,
    rows: &std::ops::Range<usize>,
    column: usize,
) {
    let height = all.size.1;
    let mut at = 0;
    if I::TALL {
        while at + 6 <= height {
            tile::<I, 6, VECTORS>(isa, all, rows, (at, column));
            at += 6;
        }
    }
    while at + 4 <= height {
        tile::<I, 4, VECTORS>(isa, all, rows, (at, column));
        at += 4;
    }
    while at < height {
        tile::<I, 1, VECTORS>(isa, all, rows, (at, column));
        at += 1;
    }
}

#[inline(always)]
fn tile<I: Isa, const HEIGHT: usize, const VECTORS: usize>(
    isa: I,
    all: &mut Outer<'_>,
    rows: &std::ops::Range<usize>,
    (at, column): (usize, usize),
) {
    let mut sums = [[isa.splat(0.0); VECTORS]; HEIGHT];
    for (place, sums) in sums.iter_mut().enumerate() {
        let old = &all.c.data[(at + place) * all.c.stride + column..][..VECTORS * I::LANES];
        for (sum, old) in sums.iter_mut().zip(old.chunks_exact(I::LANES)) {
            *sum = isa.load(old);
        }
    }
    for row in rows.clone() {
        let factors: &[f32; HEIGHT] = all.a.data[row * all.a.stride + at..]
            .first_chunk()
            .expect("columns of the first matrix");
        let b = &all.b.data[row * all.b.stride + column..][..VECTORS * I::LANES];
        let mut loaded = [isa.splat(0.0); VECTORS];
        for (loaded, from) in loaded.iter_mut().zip(b.chunks_exact(I::LANES)) {
            *loaded = isa.load(from);
        }
        for (&factor, sums) in factors.iter().zip(&mut sums) {
            let factor = isa.splat(factor);
            for (sum, &b) in sums.iter_mut().zip(&loaded) {
                *sum = isa.mul_add(factor, b, *sum);
            }
        }
    }
    for (place, sums) in sums.iter().enumerate() {
        let to = &mut all.c.data[(at + place) * all.c.stride + column..][..VECTORS * I::LANES];
        for (to, &sum) in to.chunks_exact_mut(I::LANES).zip(sums) {
            isa.store(sum, to);
        }
    }
}
