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
        let own = &mut own[..BLOCK * stride];
        for group in 0..BLOCK / GROUP {
            let at = Group {
                stride,
                start,
                above: group * GROUP,
            };
            factor_group(isa, own, at, n).map_err(|row| start + at.above + row)?;
        }
    }
    Ok(())
}

/// Rows that are finished together: few enough for their numbers to stay in registers.
const GROUP: usize = 4;

/// A group of rows in a block of rows.
#[derive(Clone, Copy)]
struct Group {
    stride: usize,
    /// First row of the block in the whole matrix.
    start: usize,
    /// Rows of the block that are finished already.
    above: usize,
}

/// What a group's own triangle does to the columns right of it: reciprocals on the diagonal.
type Triangle = [[f32; GROUP]; GROUP];

/// Finishes a group of rows of a block from the block's first column on.
#[inline(always)]
fn factor_group<I: Isa>(isa: I, block: &mut [f32], group: Group, n: usize) -> Result<(), usize> {
    let own = group.start + group.above;
    let (done, rest) = block.split_at_mut(group.above * group.stride);
    let rows = &mut rest[..GROUP * group.stride];
    // The triangle first: all that comes after waits for it.
    let mut triangle: Triangle = [[0.0; GROUP]; GROUP];
    for (row, target) in triangle.iter_mut().enumerate() {
        target.copy_from_slice(&rows[row * group.stride + own..][..GROUP]);
    }
    for above in done.chunks_exact(group.stride) {
        let above: &[f32; GROUP] = above[own..].first_chunk().expect("rows are padded");
        for row in 0..GROUP {
            for column in 0..GROUP {
                triangle[row][column] -= above[row] * above[column];
            }
        }
    }
    factor_triangle(&mut triangle)?;
    let mut column = own / I::LANES * I::LANES;
    while column + 2 * I::LANES <= n {
        finish_columns::<I, 2>(isa, (&*done, &mut *rows), group, (&triangle, column));
        column += 2 * I::LANES;
    }
    if column < n {
        finish_columns::<I, 1>(isa, (&*done, &mut *rows), group, (&triangle, column));
    }
    for (row, inverse) in triangle.iter().enumerate() {
        rows[row * group.stride + own + row] = inverse[row];
    }
    Ok(())
}

/// Factors a triangle by itself; its diagonal becomes the reciprocals.
#[inline(always)]
fn factor_triangle(triangle: &mut Triangle) -> Result<(), usize> {
    for pivot in 0..GROUP {
        let square = triangle[pivot][pivot];
        if !(square > 0.0 && square.is_finite()) {
            return Err(pivot);
        }
        let inverse = 1.0 / square.sqrt();
        triangle[pivot][pivot] = inverse;
        for value in &mut triangle[pivot][pivot + 1..] {
            *value *= inverse;
        }
        for row in pivot + 1..GROUP {
            for column in row..GROUP {
                triangle[row][column] -= triangle[pivot][row] * triangle[pivot][column];
            }
        }
    }
    Ok(())
}

/// Takes the rows above in the block out of some columns of a group, then solves with its triangle.
#[inline(always)]
fn finish_columns<I: Isa, const VECTORS: usize>(
    isa: I,
    (done, rows): (&[f32], &mut [f32]),
    group: Group,
    (triangle, column): (&Triangle, usize),
) {
    let Group {
        stride,
        start,
        above,
    } = group;
    let width = VECTORS * I::LANES;
    let mut values = [[isa.splat(0.0); VECTORS]; GROUP];
    for (row, values) in values.iter_mut().enumerate() {
        let from = &rows[row * stride + column..][..width];
        for (value, from) in values.iter_mut().zip(from.chunks_exact(I::LANES)) {
            *value = isa.load(from);
        }
    }
    for done in done.chunks_exact(stride) {
        let factors: &[f32; GROUP] = done[start + above..].first_chunk().expect("padded rows");
        let from = &done[column..][..width];
        for (vector, from) in from.chunks_exact(I::LANES).enumerate() {
            let from = isa.load(from);
            for (values, &factor) in values.iter_mut().zip(factors) {
                values[vector] = isa.mul_sub(isa.splat(factor), from, values[vector]);
            }
        }
    }
    for pivot in 0..GROUP {
        let (finished, rest) = values.split_at_mut(pivot + 1);
        let inverse = isa.splat(triangle[pivot][pivot]);
        for vector in 0..VECTORS {
            let own = isa.mul(finished[pivot][vector], inverse);
            finished[pivot][vector] = own;
            for (values, &factor) in rest.iter_mut().zip(&triangle[pivot][pivot + 1..]) {
                values[vector] = isa.mul_sub(isa.splat(factor), own, values[vector]);
            }
        }
    }
    for (row, values) in values.iter().enumerate() {
        let to = &mut rows[row * stride + column..][..width];
        for (&value, to) in values.iter().zip(to.chunks_exact_mut(I::LANES)) {
            isa.store(value, to);
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
