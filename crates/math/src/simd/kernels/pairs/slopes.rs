//! The way back: slopes of the vectors and of the weights of pairs.

use super::{FEW, FIELDS, Pairs, Part, ROWS, add_products, load, parts, store, vectors};
use crate::simd::isa::{Isa, Rows};

/// Adds the slopes of the vectors to `dx`, laid out as `x`, given those of the sums.
///
/// - `pairs.weights`: here each pair's weight stands at both of its places.
#[inline(always)]
pub(in crate::simd) fn pairs_vectors<I: Isa>(
    isa: I,
    pairs: Pairs<'_>,
    d_sums: Rows<&[f32]>,
    mut dx: Rows<&mut [f32]>,
) {
    for part in parts::<I>(pairs.width) {
        if part.n == I::LANES {
            vectors_part::<I, true>(isa, &pairs, part, d_sums, &mut dx);
        } else {
            vectors_part::<I, false>(isa, &pairs, part, d_sums, &mut dx);
        }
    }
}

#[inline(always)]
fn vectors_part<I: Isa, const WHOLE: bool>(
    isa: I,
    pairs: &Pairs<'_>,
    part: Part,
    d_sums: Rows<&[f32]>,
    dx: &mut Rows<&mut [f32]>,
) {
    let mut row = 0;
    if I::TALL {
        while row + ROWS <= pairs.n_rows {
            slopes_of_rows::<I, ROWS, WHOLE>(isa, pairs, (row, part), d_sums, dx);
            row += ROWS;
        }
    }
    while row + FEW <= pairs.n_rows {
        slopes_of_rows::<I, FEW, WHOLE>(isa, pairs, (row, part), d_sums, dx);
        row += FEW;
    }
    while row < pairs.n_rows {
        slopes_of_rows::<I, 1, WHOLE>(isa, pairs, (row, part), d_sums, dx);
        row += 1;
    }
}

#[inline(always)]
fn slopes_of_rows<I: Isa, const N: usize, const WHOLE: bool>(
    isa: I,
    pairs: &Pairs<'_>,
    (row, part): (usize, Part),
    d_sums: Rows<&[f32]>,
    dx: &mut Rows<&mut [f32]>,
) {
    let n = pairs.columns.len();
    let rows: [&[f32]; N] =
        std::array::from_fn(|at| &pairs.x.data[(row + at) * pairs.x.stride + part.first..]);
    for first in (0..n).step_by(FIELDS) {
        let mut own = [[isa.splat(0.0); N]; FIELDS];
        for (other, &column) in pairs.columns.iter().enumerate() {
            let vectors = vectors::<I, N, WHOLE>(isa, &rows, column, part.n);
            let weights = pairs.weights_of(other, first);
            own = add_products(isa, own, weights, vectors);
        }
        for (place, own) in own.iter().enumerate() {
            let Some(&column) = pairs.columns.get(first + place) else {
                continue;
            };
            for (at, &own) in own.iter().enumerate() {
                let d_sum = &d_sums.data[(row + at) * d_sums.stride + part.first..][..part.n];
                let d_sum = load::<I, WHOLE>(isa, d_sum);
                let to = (row + at) * dx.stride + column + part.first;
                let to = &mut dx.data[to..][..part.n];
                let slope = isa.mul_add(d_sum, own, load::<I, WHOLE>(isa, to));
                store::<I, WHOLE>(isa, slope, to);
            }
        }
    }
}

/// Adds the slopes of the weights to `slopes`, laid out as weights are, given those of the sums.
#[inline(always)]
pub(in crate::simd) fn pairs_weights<I: Isa>(
    isa: I,
    pairs: Pairs<'_>,
    d_sums: Rows<&[f32]>,
    slopes: &mut [f32],
) {
    let n = pairs.columns.len();
    for part in parts::<I>(pairs.width) {
        for first in (0..n).step_by(FIELDS) {
            for second in (first..n).step_by(FIELDS) {
                let at = (first, second, part);
                if part.n == I::LANES {
                    slopes_of_weights::<I, true>(isa, &pairs, at, d_sums, slopes);
                } else {
                    slopes_of_weights::<I, false>(isa, &pairs, at, d_sums, slopes);
                }
            }
        }
    }
}

#[inline(always)]
fn slopes_of_weights<I: Isa, const WHOLE: bool>(
    isa: I,
    pairs: &Pairs<'_>,
    (first, second, part): (usize, usize, Part),
    d_sums: Rows<&[f32]>,
    slopes: &mut [f32],
) {
    let last = pairs.columns.len() - 1;
    // Where there is no such field any other will do: its sums are thrown away.
    let columns = |first: usize| -> [usize; FIELDS] {
        std::array::from_fn(|at| pairs.columns[(first + at).min(last)])
    };
    let (left, right) = (columns(first), columns(second));
    let mut sums = [[isa.splat(0.0); FIELDS]; FIELDS];
    for row in 0..pairs.n_rows {
        let d_sum = &d_sums.data[row * d_sums.stride + part.first..][..part.n];
        let d_sum = load::<I, WHOLE>(isa, d_sum);
        let x = &pairs.x.data[row * pairs.x.stride + part.first..];
        let mut vectors = [d_sum; FIELDS];
        for (vector, &column) in vectors.iter_mut().zip(&right) {
            *vector = load::<I, WHOLE>(isa, &x[column..][..part.n]);
        }
        for (sums, &column) in sums.iter_mut().zip(&left) {
            let vector = load::<I, WHOLE>(isa, &x[column..][..part.n]);
            let vector = isa.mul(d_sum, vector);
            for (sum, &other) in sums.iter_mut().zip(&vectors) {
                *sum = isa.mul_add(vector, other, *sum);
            }
        }
    }
    let mut totals = [[0.0_f32; FIELDS]; FIELDS];
    for (totals, sums) in totals.iter_mut().zip(&sums) {
        for (total, &sum) in totals.iter_mut().zip(sums) {
            *total = isa.sum(sum);
        }
    }
    for (field, totals) in (first..=last).zip(&totals) {
        for (other, total) in (second..=last).zip(totals) {
            if field < other {
                slopes[field * pairs.stride() + other] += total;
            }
        }
    }
}
