//! Small symmetric positive definite systems, by Cholesky factors.
//!
//! A factor is upper triangular and keeps the reciprocals of its diagonal in place of the diagonal.

use super::rank::{RankUpdate, Sign, rank_update};
use crate::simd::isa::{BLOCK, Isa, Rows};

/// Factors the symmetric `a` of `n` rows into `Uᵀ U` in its place, and multiplies what stands right of
/// it, up to column `width`, with `U^-T` from the left. On failure gives the row.
#[inline(always)]
pub(in crate::simd) fn factor<I: Isa>(
    isa: I,
    a: Rows<&mut [f32]>,
    (n, width): (usize, usize),
) -> Result<(), usize> {
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
                n: width,
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
            factor_group(isa, own, at, width).map_err(|row| start + at.above + row)?;
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
fn factor_group<I: Isa>(
    isa: I,
    block: &mut [f32],
    group: Group,
    width: usize,
) -> Result<(), usize> {
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
    while column + 2 * I::LANES <= width {
        finish_columns::<I, 2>(isa, (&*done, &mut *rows), group, (&triangle, column));
        column += 2 * I::LANES;
    }
    if column < width {
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

/// Solves the symmetric positive definite system `a x = b` of `n` rows, in place of `b` and of `a`,
/// whose rows have room for [`BLOCK`] more columns; writes `U^-T b`, where `a = Uᵀ U`, to `half_way`.
/// On failure gives the row.
#[inline(always)]
pub(in crate::simd) fn solve<I: Isa>(
    isa: I,
    a: Rows<&mut [f32]>,
    b: &mut [f32],
    half_way: &mut [f32],
) -> Result<(), usize> {
    let n = b.len();
    let Rows { data, stride } = a;
    // One more column, on which the factor does what solving with it from the left is.
    for (row, &value) in b.iter().enumerate() {
        let column = &mut data[row * stride + n..][..BLOCK];
        column.fill(0.0);
        column[0] = value;
    }
    let whole = Rows {
        data: &mut *data,
        stride,
    };
    factor(isa, whole, (n, n + BLOCK))?;
    for (row, value) in half_way[..n].iter_mut().enumerate() {
        *value = data[row * stride + n];
    }
    b.copy_from_slice(&half_way[..n]);
    let u = Rows {
        data: &*data,
        stride,
    };
    for start in (0..n).step_by(BLOCK).rev() {
        let (rest, done) = b.split_at_mut(start + BLOCK);
        let own: &mut [f32; BLOCK] = rest.last_chunk_mut().expect("lengths are padded");
        backward_block(isa, u, own, (start, done));
    }
    Ok(())
}

/// Solves for a block of rows, those after it being done.
#[inline(always)]
fn backward_block<I: Isa>(
    isa: I,
    u: Rows<&[f32]>,
    own: &mut [f32; BLOCK],
    (start, done): (usize, &[f32]),
) {
    let row = |row: usize, column: usize| &u.data[(start + row) * u.stride + column..];
    let mut products = [isa.splat(0.0); BLOCK];
    for (place, done) in done.chunks_exact(I::LANES).enumerate() {
        let done = isa.load(done);
        for (own, product) in products.iter_mut().enumerate() {
            let from = isa.load(row(own, start + BLOCK + place * I::LANES));
            *product = isa.mul_add(from, done, *product);
        }
    }
    let mut left = *own;
    for (left, product) in left.iter_mut().zip(isa.sums(&products)) {
        *left -= product;
    }
    let triangle = Rows {
        data: &u.data[start * u.stride + start..],
        stride: u.stride,
    };
    for column in (0..BLOCK).step_by(I::LANES) {
        let solved = solve_columns(isa, triangle, &left, column);
        isa.store(solved, &mut own[column..]);
    }
}

/// The rows of the unit matrix.
const UNIT: [[f32; BLOCK]; BLOCK] = {
    let mut unit = [[0.0; BLOCK]; BLOCK];
    let mut row = 0;
    while row < BLOCK {
        unit[row][row] = 1.0;
        row += 1;
    }
    unit
};

/// Some coordinates of the solution `x` of `U x = left` for one triangle: by its inverse, whose rows
/// wait for each other less than coordinates do.
#[inline(always)]
fn solve_columns<I: Isa>(isa: I, u: Rows<&[f32]>, left: &[f32; BLOCK], column: usize) -> I::Vector {
    let rows: [&[f32; BLOCK]; BLOCK] = std::array::from_fn(|row| {
        let row = &u.data[row * u.stride..];
        row.first_chunk().expect("rows are padded")
    });
    let mut inverse = [isa.splat(0.0); BLOCK];
    for own in 0..BLOCK {
        let mut value = isa.load(&UNIT[own][column..]);
        for above in 0..own {
            value = isa.mul_sub(isa.splat(rows[above][own]), inverse[above], value);
        }
        inverse[own] = isa.mul(isa.splat(rows[own][own]), value);
    }
    let mut sums = [isa.splat(0.0); 4];
    for (place, (&left, &row)) in left.iter().zip(&inverse).enumerate() {
        sums[place % 4] = isa.mul_add(isa.splat(left), row, sums[place % 4]);
    }
    isa.add(isa.add(sums[0], sums[1]), isa.add(sums[2], sums[3]))
}
