//! Rows times a matrix of few columns.

use crate::simd::isa::{BLOCK, Isa, Rows};

/// For each row and column `start + x w`, where products are added up in [`BLOCK`] chains, then two by two.
#[derive(Debug)]
pub(crate) struct Few<'a> {
    /// Rows of `X`.
    pub(crate) x: Rows<&'a [f32]>,
    /// Number of rows, and numbers of each.
    pub(crate) size: (usize, usize),
    /// Columns one after the other, each padded with zeros to a multiple of [`BLOCK`].
    pub(crate) columns: &'a [f32],
    /// What rows of `Y` start from; what has no column is copied.
    pub(crate) start: &'a [f32],
    pub(crate) y: Rows<&'a mut [f32]>,
}

/// Registers of a block at most.
const REGISTERS: usize = 4;

/// Carries out a [`Few`].
#[inline(always)]
pub(in crate::simd) fn few<I: Isa>(isa: I, mut all: Few<'_>) {
    const { assert!(BLOCK / I::LANES <= REGISTERS, "a block in some registers") };
    let n_rows = all.size.0;
    let mut row = 0;
    while row + 4 <= n_rows {
        rows::<I, 4>(isa, &mut all, row);
        row += 4;
    }
    while row < n_rows {
        rows::<I, 1>(isa, &mut all, row);
        row += 1;
    }
}

#[inline(always)]
fn rows<I: Isa, const ROWS: usize>(isa: I, all: &mut Few<'_>, row: usize) {
    let inner = all.size.1;
    let mut x: [&[f32]; ROWS] = [&[]; ROWS];
    for (place, x) in x.iter_mut().enumerate() {
        *x = &all.x.data[(row + place) * all.x.stride..][..inner];
        let y = &mut all.y.data[(row + place) * all.y.stride..][..all.start.len()];
        y.copy_from_slice(all.start);
    }
    let padded = inner.next_multiple_of(BLOCK).max(BLOCK);
    for (column, weights) in all.columns.chunks_exact(padded).enumerate() {
        let mut sums = [[isa.splat(0.0); REGISTERS]; ROWS];
        let whole = inner / BLOCK * BLOCK;
        for at in (0..whole).step_by(BLOCK) {
            for part in 0..BLOCK / I::LANES {
                let at = at + part * I::LANES;
                let weights = isa.load(&weights[at..]);
                for (x, sums) in x.iter().zip(&mut sums) {
                    sums[part] = isa.mul_add(isa.load(&x[at..]), weights, sums[part]);
                }
            }
        }
        for part in 0..BLOCK / I::LANES {
            let at = whole + part * I::LANES;
            if at >= inner {
                break;
            }
            let weights = isa.load(&weights[at..]);
            for (x, sums) in x.iter().zip(&mut sums) {
                let x = &x[at..inner.min(at + I::LANES)];
                sums[part] = isa.mul_add(isa.load_some(x), weights, sums[part]);
            }
        }
        for (place, sums) in sums.iter().enumerate() {
            let mut lanes = [0.0; BLOCK];
            for (lanes, &sum) in lanes.chunks_exact_mut(I::LANES).zip(sums) {
                isa.store(sum, lanes);
            }
            all.y.data[(row + place) * all.y.stride + column] += total(&lanes);
        }
    }
}

/// The sum of all lanes, by halves.
#[inline(always)]
fn total(lanes: &[f32; BLOCK]) -> f32 {
    let eight: [f32; 8] = std::array::from_fn(|at| lanes[at] + lanes[at + 8]);
    let four: [f32; 4] = std::array::from_fn(|at| eight[at] + eight[at + 4]);
    (four[0] + four[2]) + (four[1] + four[3])
}
