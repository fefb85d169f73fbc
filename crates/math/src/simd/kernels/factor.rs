//! Cholesky factor and triangular solves of one small system.
//!
//! A factor is upper triangular and keeps the reciprocals of its diagonal in place of the diagonal.

use super::rank::{RankUpdate, Sign, rank_update};
use crate::simd::isa::{BLOCK, Isa, Rows};

/// Factors the symmetric `a` of `n` rows into `Uᵀ U` in its place. On failure gives the row.
#[inline(always)]
pub(in crate::simd) fn factor<I: Isa>(isa: I, a: Rows<&mut [f32]>, n: usize) -> Result<(), usize> {
    let Rows { data, stride } = a;
    for start in (0..n).step_by(BLOCK) {
        let (above, own) = data.split_at_mut(start * stride);
        if start > 0 {
            let update = RankUpdate {
                target: Rows {
                    data: &mut *own,
                    stride,
                },
                rows: start..start + BLOCK,
                n,
                products: Rows {
                    data: above,
                    stride,
                },
                n_products: start,
                sign: Sign::Minus,
            };
            rank_update(isa, update);
        }
        let own = Rows { data: own, stride };
        let diagonal = factor_diagonal(own.data, stride, start).map_err(|row| start + row)?;
        solve_panel(isa, own, &diagonal, start + BLOCK..n);
    }
    Ok(())
}

/// A diagonal block with reciprocals on its diagonal.
type Diagonal = [[f32; BLOCK]; BLOCK];

#[inline(always)]
fn factor_diagonal(rows: &mut [f32], stride: usize, start: usize) -> Result<Diagonal, usize> {
    let mut block = [[0.0_f32; BLOCK]; BLOCK];
    for (row, to) in block.iter_mut().enumerate() {
        to.copy_from_slice(&rows[row * stride + start..][..BLOCK]);
    }
    for pivot in 0..BLOCK {
        let square = block[pivot][pivot];
        if !(square > 0.0 && square.is_finite()) {
            return Err(pivot);
        }
        let inverse = 1.0 / square.sqrt();
        let mut own = block[pivot];
        for value in &mut own {
            *value *= inverse;
        }
        for row in pivot + 1..BLOCK {
            let factor = own[row];
            for column in 0..BLOCK {
                block[row][column] -= factor * own[column];
            }
        }
        block[pivot] = own;
        block[pivot][pivot] = inverse;
    }
    for (row, from) in block.iter().enumerate() {
        rows[row * stride + start..][..BLOCK].copy_from_slice(from);
    }
    Ok(block)
}

/// Finishes the rows of a block right of its diagonal: a column of vectors at a time in registers.
#[inline(always)]
fn solve_panel<I: Isa>(
    isa: I,
    rows: Rows<&mut [f32]>,
    diagonal: &Diagonal,
    columns: std::ops::Range<usize>,
) {
    let Rows { data, stride } = rows;
    for column in columns.step_by(I::LANES) {
        let mut panel = [isa.splat(0.0); BLOCK];
        for (row, vector) in panel.iter_mut().enumerate() {
            *vector = isa.load(&data[row * stride + column..]);
        }
        for pivot in 0..BLOCK {
            let own = isa.mul(panel[pivot], isa.splat(diagonal[pivot][pivot]));
            panel[pivot] = own;
            for row in pivot + 1..BLOCK {
                panel[row] = isa.mul_sub(own, isa.splat(diagonal[pivot][row]), panel[row]);
            }
        }
        for (row, &value) in panel.iter().enumerate() {
            isa.store(value, &mut data[row * stride + column..]);
        }
    }
}

/// Solves `Uᵀ U x = b` in place of `b`, whose length is a multiple of [`BLOCK`].
#[inline(always)]
pub(in crate::simd) fn solve<I: Isa>(isa: I, u: Rows<&[f32]>, b: &mut [f32]) {
    let n = b.len();
    for start in (0..n).step_by(BLOCK) {
        let (done, rest) = b.split_at_mut(start);
        let own: &mut [f32; BLOCK] = rest.first_chunk_mut().expect("lengths are padded");
        forward_block(isa, u, done, own);
    }
    for start in (0..n).step_by(BLOCK).rev() {
        let (rest, done) = b.split_at_mut(start + BLOCK);
        let own: &mut [f32; BLOCK] = rest.last_chunk_mut().expect("lengths are padded");
        backward_block(isa, u, own, (start, done));
    }
}

#[inline(always)]
fn forward_block<I: Isa>(isa: I, u: Rows<&[f32]>, done: &[f32], own: &mut [f32; BLOCK]) {
    let start = done.len();
    let mut sums = [0.0_f32; BLOCK];
    let above = Rows {
        data: &u.data[start..],
        ..u
    };
    super::combine(isa, above, done, &mut sums);
    for (value, sum) in own.iter_mut().zip(sums) {
        *value -= sum;
    }
    for pivot in 0..BLOCK {
        let row: &[f32; BLOCK] = u.data[(start + pivot) * u.stride + start..]
            .first_chunk()
            .expect("rows are padded");
        let solved = own[pivot] * row[pivot];
        for column in pivot + 1..BLOCK {
            own[column] -= solved * row[column];
        }
        own[pivot] = solved;
    }
}

#[inline(always)]
fn backward_block<I: Isa>(
    isa: I,
    u: Rows<&[f32]>,
    own: &mut [f32; BLOCK],
    (start, done): (usize, &[f32]),
) {
    for (row, value) in own.iter_mut().enumerate() {
        let right = &u.data[(start + row) * u.stride + start + BLOCK..][..done.len()];
        *value -= super::dot(isa, right, done);
    }
    for pivot in (0..BLOCK).rev() {
        let column = |row: usize| u.data[(start + row) * u.stride + start + pivot];
        let solved = own[pivot] * column(pivot);
        for (row, value) in own[..pivot].iter_mut().enumerate() {
            *value -= solved * column(row);
        }
        own[pivot] = solved;
    }
}
