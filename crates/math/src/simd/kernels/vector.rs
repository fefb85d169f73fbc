//! Sums and products of vectors, and gathering rows.

use crate::simd::isa::{BLOCK, Isa, Rows};

/// Rows to gather from a matrix of rows of `width` numbers, and what to multiply them with.
#[derive(Debug)]
pub(crate) struct Pack<'a> {
    /// The matrix.
    pub(crate) from: Rows<&'a [f32]>,
    /// Numbers in a row.
    pub(crate) width: usize,
    /// Which rows.
    pub(crate) rows: &'a [u32],
    /// Factor of each of `rows`.
    pub(crate) row_scales: &'a [f32],
    /// Factor of each of the `width` columns.
    pub(crate) column_scales: &'a [f32],
    /// Where they go; numbers between `width` and the stride are not touched.
    pub(crate) to: Rows<&'a mut [f32]>,
}

/// The sum of the products of two vectors of the same length.
#[inline(always)]
pub(in crate::simd) fn dot<I: Isa>(isa: I, a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len(), "vectors of one length");
    let [product] = products::<I, 1>(isa, a, b);
    product
}

/// The products of `ROWS` rows, one after the other, with a vector: the order of additions is the
/// same for any number of rows.
#[inline(always)]
fn products<I: Isa, const ROWS: usize>(isa: I, rows: &[f32], vector: &[f32]) -> [f32; ROWS] {
    /// Sums of a row that are kept apart.
    const CHAINS: usize = 4;
    let d = vector.len();
    let rows = &rows[..ROWS * d];
    let mut sums = [[isa.splat(0.0); CHAINS]; ROWS];
    let whole = d / (CHAINS * I::LANES) * (CHAINS * I::LANES);
    for start in (0..whole).step_by(CHAINS * I::LANES) {
        for chain in 0..CHAINS {
            let at = start + chain * I::LANES;
            let factor = isa.load(&vector[at..]);
            for (row, sums) in sums.iter_mut().enumerate() {
                sums[chain] = isa.mul_add(isa.load(&rows[row * d + at..]), factor, sums[chain]);
            }
        }
    }
    let vectors = d / I::LANES * I::LANES;
    for (chain, at) in (whole..vectors).step_by(I::LANES).enumerate() {
        let factor = isa.load(&vector[at..]);
        for (row, sums) in sums.iter_mut().enumerate() {
            sums[chain] = isa.mul_add(isa.load(&rows[row * d + at..]), factor, sums[chain]);
        }
    }
    let mut results = [0.0; ROWS];
    for (row, (sums, result)) in sums.iter().zip(&mut results).enumerate() {
        let [first, second, third, fourth] = *sums;
        let total = isa.sum(isa.add(isa.add(first, second), isa.add(third, fourth)));
        let rest = rows[row * d + vectors..(row + 1) * d]
            .iter()
            .zip(&vector[vectors..]);
        *result = total + rest.map(|(a, b)| a * b).sum::<f32>();
    }
    results
}

/// Rows that are multiplied with all vectors before the next: they stay in the nearest cache.
const TILE_BYTES: usize = 16 << 10;

/// The product of each row with each vector of `d` numbers, all products of a vector side by side.
#[inline(always)]
pub(in crate::simd) fn dots<I: Isa>(
    isa: I,
    rows: &[f32],
    vectors: &[f32],
    (d, n_rows): (usize, usize),
    results: &mut [f32],
) {
    const ROWS: usize = 4;
    let tile = (TILE_BYTES / (4 * d.max(1))).next_multiple_of(ROWS);
    for start in (0..n_rows).step_by(tile) {
        let end = (start + tile).min(n_rows);
        for (vector, results) in vectors
            .chunks_exact(d)
            .zip(results.chunks_exact_mut(n_rows))
        {
            let mut row = start;
            for results in results[start..end].chunks_exact_mut(ROWS) {
                let found = products::<I, ROWS>(isa, &rows[row * d..], vector);
                results.copy_from_slice(&found);
                row += ROWS;
            }
            for (row, result) in (row..end).zip(&mut results[row..end]) {
                let [found] = products::<I, 1>(isa, &rows[row * d..], vector);
                *result = found;
            }
        }
    }
}

/// `target += factor * from`.
#[inline(always)]
pub(in crate::simd) fn axpy<I: Isa>(isa: I, target: &mut [f32], factor: f32, from: &[f32]) {
    assert_eq!(target.len(), from.len(), "vectors of one length");
    let scale = isa.splat(factor);
    let mut targets = target.chunks_exact_mut(I::LANES);
    let mut froms = from.chunks_exact(I::LANES);
    for (target, from) in (&mut targets).zip(&mut froms) {
        isa.store(isa.mul_add(scale, isa.load(from), isa.load(target)), target);
    }
    for (target, &from) in targets.into_remainder().iter_mut().zip(froms.remainder()) {
        *target += factor * from;
    }
}

/// Adds `factors[r]` times row `r` of `rows` to `sum`, whose length is a multiple of [`BLOCK`].
#[inline(always)]
pub(in crate::simd) fn combine<I: Isa>(
    isa: I,
    rows: Rows<&[f32]>,
    factors: &[f32],
    sum: &mut [f32],
) {
    let mut column = 0;
    while column < sum.len() {
        // A sum is one long chain of additions: enough of them at a time hide its latency, from many
        // columns where there are many, else from every fourth row.
        if column + 4 * I::LANES <= sum.len() {
            let target = &mut sum[column..][..4 * I::LANES];
            combine_columns::<I, 4, 2>(isa, rows, factors, (column, target));
            column += 4 * I::LANES;
        } else {
            let target = &mut sum[column..][..I::LANES];
            combine_columns::<I, 1, 4>(isa, rows, factors, (column, target));
            column += I::LANES;
        }
    }
}

#[inline(always)]
fn combine_columns<I: Isa, const VECTORS: usize, const CHAINS: usize>(
    isa: I,
    rows: Rows<&[f32]>,
    factors: &[f32],
    (column, target): (usize, &mut [f32]),
) {
    let width = VECTORS * I::LANES;
    let mut sums = [[isa.splat(0.0); VECTORS]; CHAINS];
    let groups = factors.chunks_exact(CHAINS);
    let rest = groups.remainder();
    for (group, factors) in groups.enumerate() {
        for (chain, (sums, &factor)) in sums.iter_mut().zip(factors).enumerate() {
            let start = (group * CHAINS + chain) * rows.stride + column;
            add_multiple(isa, sums, factor, &rows.data[start..][..width]);
        }
    }
    for (chain, (sums, &factor)) in sums.iter_mut().zip(rest).enumerate() {
        let start = (factors.len() - rest.len() + chain) * rows.stride + column;
        add_multiple(isa, sums, factor, &rows.data[start..][..width]);
    }
    for (vector, place) in target.chunks_exact_mut(I::LANES).enumerate() {
        let mut total = isa.load(place);
        for sums in &sums {
            total = isa.add(total, sums[vector]);
        }
        isa.store(total, place);
    }
}

#[inline(always)]
fn add_multiple<I: Isa, const VECTORS: usize>(
    isa: I,
    sums: &mut [I::Vector; VECTORS],
    factor: f32,
    from: &[f32],
) {
    let factor = isa.splat(factor);
    for (sum, from) in sums.iter_mut().zip(from.chunks_exact(I::LANES)) {
        *sum = isa.mul_add(factor, isa.load(from), *sum);
    }
}

/// Rows ahead that are asked for from memory while one is copied.
const AHEAD: usize = 8;

/// Gathers rows and multiplies them with the factors of their row and columns.
#[inline(always)]
pub(in crate::simd) fn pack<I: Isa>(isa: I, pack: Pack<'_>) {
    let Pack {
        from,
        width,
        rows,
        row_scales,
        column_scales,
        to,
    } = pack;
    let column_scales = &column_scales[..width];
    for (place, (&row, &scale)) in rows.iter().zip(row_scales).enumerate() {
        if let Some(&next) = rows.get(place + AHEAD) {
            let next = &from.data[next as usize * from.stride..][..width];
            for line in next.chunks(BLOCK) {
                isa.prefetch(line);
            }
        }
        let from = &from.data[row as usize * from.stride..][..width];
        let to = &mut to.data[place * to.stride..][..width];
        let wide = isa.splat(scale);
        let mut froms = from.chunks_exact(I::LANES);
        let mut scales = column_scales.chunks_exact(I::LANES);
        let mut tos = to.chunks_exact_mut(I::LANES);
        for ((from, column), to) in (&mut froms).zip(&mut scales).zip(&mut tos) {
            let factor = isa.mul(wide, isa.load(column));
            isa.store(isa.mul(factor, isa.load(from)), to);
        }
        let rest = froms.remainder().iter().zip(scales.remainder());
        for ((from, column), to) in rest.zip(tos.into_remainder()) {
            *to = scale * column * from;
        }
    }
}

/// Copies `n_rows` rows of `n_columns` numbers to rows of `n_rows`, both multiples of [`BLOCK`].
#[inline(always)]
pub(in crate::simd) fn transpose<I: Isa>(
    isa: I,
    from: Rows<&[f32]>,
    to: Rows<&mut [f32]>,
    (n_rows, n_columns): (usize, usize),
) {
    let Rows { data, stride } = to;
    for column in (0..n_columns).step_by(BLOCK) {
        for row in (0..n_rows).step_by(BLOCK) {
            let from = Rows {
                data: &from.data[row * from.stride + column..],
                ..from
            };
            let start = column * stride + row;
            let to = Rows {
                data: &mut data[start..],
                stride,
            };
            isa.transpose(from, to);
        }
    }
}
