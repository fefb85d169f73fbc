//! What tiles do, in safe code.

use super::{DEPTH, Product, SIDE, TILE};

/// The number that the upper 16 bits stand for; what is too small for a normal number counts as zero.
fn wide(half: u16) -> f32 {
    let number = f32::from_bits(u32::from(half) << 16);
    if number.is_normal() || !number.is_finite() {
        number
    } else {
        0.0
    }
}

/// Carries out a [`Product`].
pub(super) fn product(all: Product<'_>) {
    let Product {
        x,
        x_stride,
        w,
        w_stride,
        blocks,
        parts,
        size: (n_rows, width),
        start,
        y,
        y_stride,
    } = all;
    for row in 0..n_rows {
        for column in 0..width {
            let y = &mut y[row * y_stride + column];
            let start = start.map_or(*y, |start| start[column]);
            let mut sum = 0.0;
            let panel = &w[column / SIDE * w_stride..];
            let rows = &x[row / SIDE * x_stride..];
            for block in 0..blocks {
                let x = |part: usize| {
                    &rows[(block * parts + part) * TILE + row % SIDE * DEPTH..][..DEPTH]
                };
                let w = |part: usize| &panel[(block * parts + part) * TILE..][..TILE];
                if parts == 2 {
                    sum += pairs(x(0), w(1), column % SIDE);
                }
                sum += pairs(x(0), w(0), column % SIDE);
                if parts == 2 {
                    sum += pairs(x(1), w(0), column % SIDE);
                }
            }
            *y = start + sum;
        }
    }
}

/// The sum over a block: even and odd places apart, then together.
fn pairs(x: &[u16], w: &[u16], column: usize) -> f32 {
    let mut sums = [0.0_f32; 2];
    for (pair, x) in x.as_chunks::<2>().0.iter().enumerate() {
        let w = &w[(pair * SIDE + column) * 2..][..2];
        for ((sum, &x), &w) in sums.iter_mut().zip(x).zip(w) {
            // The product is exact.
            *sum += wide(x) * wide(w);
        }
    }
    sums[0] + sums[1]
}
