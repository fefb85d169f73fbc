//! Numbers in the order in which tiles read them.

#[cfg(target_arch = "x86_64")]
mod vectors;

use super::{DEPTH, SIDE, TILE};
use crate::simd::{isa::Rows, loops::wide};

/// The nearest number of 16 bits, and the nearest to what is left; as the upper halves of 32 bits.
#[inline(always)]
fn split(number: f32) -> [u32; 2] {
    let high = rounded(number);
    let low = rounded(number - f32::from_bits(high));
    [high, low]
}

/// The bits of a number rounded to 16 of them, ties to even. What is too small for a normal number becomes zero, as it
/// does in tiles, and of what is no number the upper bits stay.
#[inline(always)]
fn rounded(number: f32) -> u32 {
    let bits = number.to_bits();
    let near = bits.wrapping_add(0x7fff + (bits >> 16 & 1)) & 0xffff_0000;
    let near = if bits & 0x7f80_0000 == 0 {
        bits & 0x8000_0000
    } else {
        near
    };
    if number.is_nan() {
        (bits | 0x0040_0000) & 0xffff_0000
    } else {
        near
    }
}

/// Writes rows, [`SIDE`] to a group: for every [`DEPTH`] numbers the high parts of all rows, then their low
/// ones; zeros after the last number.
///
/// - `size`: rows, and numbers of each.
/// - `to`: a group after the other; room for whole groups.
/// - `parts`: 2, or 1 for the high parts alone.
pub(crate) fn rows(from: Rows<&[f32]>, size: (usize, usize), parts: usize, to: Rows<&mut [u16]>) {
    #[cfg(target_arch = "x86_64")]
    if crate::simd::split::has_tiles() {
        // SAFETY: a machine that multiplies tiles was found to have the vectors, too.
        #[expect(unsafe_code, reason = "instructions beyond the baseline")]
        unsafe {
            vectors::rows(from, size, parts, (to.data, to.stride));
        }
        return;
    }
    plain_rows(from, size, parts, to);
}

wide! {
    /// As [`rows`].
    pub(super) fn plain_rows(
        from: Rows<&[f32]>,
        size: (usize, usize),
        parts: usize,
        to: Rows<&mut [u16]>,
    ) {
        let (n_rows, width) = size;
        let mut space = [[0_u16; LONG]; 2];
        let parts = &mut space[..parts];
        for row in 0..n_rows {
            let from = &from.data[row * from.stride..][..width];
            let to = &mut to.data[row / SIDE * to.stride + row % SIDE * DEPTH..];
            let pieces = from.chunks(LONG);
            for (from, to) in pieces.zip(to.chunks_mut(LONG / DEPTH * parts.len() * TILE)) {
                split_piece(from, parts, to);
            }
        }
    }
}

/// Numbers of a row that are split before they are put in their places.
const LONG: usize = 16 * DEPTH;

/// Splits numbers of a row, zeros after the last one.
#[inline(always)]
fn split_piece(from: &[f32], parts: &mut [[u16; LONG]], to: &mut [u16]) {
    let whole = from.len().next_multiple_of(DEPTH);
    let n = parts.len();
    for (part, numbers) in parts.iter_mut().enumerate() {
        numbers[from.len()..whole].fill(0);
        // Loops whose length is not known are turned into vectors.
        let to = &mut numbers[..from.len()];
        match part {
            0 => {
                for (to, &number) in to.iter_mut().zip(from) {
                    *to = (rounded(number) >> 16) as u16;
                }
            }
            _ => {
                for (to, &number) in to.iter_mut().zip(from) {
                    *to = (split(number)[1] >> 16) as u16;
                }
            }
        }
    }
    for (part, numbers) in parts.iter().enumerate() {
        let (blocks, _) = numbers[..whole].as_chunks::<DEPTH>();
        for (block, from) in blocks.iter().enumerate() {
            let to = to[(block * n + part) * TILE..].first_chunk_mut();
            *to.expect("room for a block") = *from;
        }
    }
}

wide! {
    /// Writes columns, [`SIDE`] to a panel: for every [`DEPTH`] rows the high parts, then the low ones, each the
    /// numbers of two rows side by side.
    ///
    /// - `size`: rows and columns; columns are whole panels.
    /// - `parts`: 2, or 1 for the high parts alone.
    /// - `to`: a panel after the other.
    pub(crate) fn panels(
        from: Rows<&[f32]>,
        size: (usize, usize),
        parts: usize,
        to: Rows<&mut [u16]>,
    ) {
        let (n_rows, width) = size;
        for (column, panel) in (0..width).step_by(SIDE).zip(to.data.chunks_mut(to.stride)) {
            let blocks = panel.chunks_exact_mut(parts * TILE);
            for (row, block) in (0..n_rows).step_by(DEPTH).zip(blocks) {
                let (pairs, _) = block.as_chunks_mut::<{ 2 * SIDE }>();
                let (high, low) = pairs.split_at_mut(DEPTH / 2);
                for (pair, high) in high.iter_mut().enumerate() {
                    let mut both = [[0.0; SIDE]; 2];
                    for (place, both) in both.iter_mut().enumerate() {
                        let row = row + 2 * pair + place;
                        if row < n_rows {
                            let from = &from.data[row * from.stride + column..];
                            *both = *from.first_chunk().expect("whole panels");
                        }
                    }
                    join(&both, 0, high);
                    if let Some(low) = low.get_mut(pair) {
                        join(&both, 1, low);
                    }
                }
            }
        }
    }
}

/// Parts of two rows side by side.
#[inline(always)]
fn join(both: &[[f32; SIDE]; 2], part: usize, to: &mut [u16; 2 * SIDE]) {
    let mut words = [0_u32; SIDE];
    for (word, (&even, &odd)) in words.iter_mut().zip(both[0].iter().zip(&both[1])) {
        *word = split(even)[part] >> 16 | split(odd)[part];
    }
    for (to, word) in to.as_chunks_mut::<2>().0.iter_mut().zip(words) {
        *to = [(word & 0xffff) as u16, (word >> 16) as u16];
    }
}

/// Writes columns as [`rows`] writes rows.
///
/// - `size`: rows and columns of `from`.
/// - `space`: overwritten.
pub(crate) fn turned_rows(
    from: Rows<&[f32]>,
    size: (usize, usize),
    space: &mut Vec<f32>,
    (parts, to): (usize, Rows<&mut [u16]>),
) {
    let (n_rows, width) = size;
    let Rows { data, stride } = to;
    space.resize(width * DEPTH, 0.0);
    for (block, row) in (0..n_rows).step_by(DEPTH).enumerate() {
        let taken = DEPTH.min(n_rows - row);
        if taken < DEPTH {
            space.fill(0.0);
        }
        let stripe = Rows {
            data: &from.data[row * from.stride..],
            stride: from.stride,
        };
        turn(stripe, (taken, width), space);
        let stripe = Rows {
            data: &**space,
            stride: DEPTH,
        };
        let to = Rows {
            data: &mut data[block * parts * TILE..],
            stride,
        };
        rows(stripe, (width, DEPTH), parts, to);
    }
}

/// Writes columns of at most [`DEPTH`] numbers as rows of [`DEPTH`].
fn turn(from: Rows<&[f32]>, (n_rows, width): (usize, usize), to: &mut [f32]) {
    let whole = (n_rows / SIDE * SIDE, width / SIDE * SIDE);
    if whole.0 > 0 && whole.1 > 0 {
        let to = Rows {
            data: &mut *to,
            stride: DEPTH,
        };
        crate::simd::transpose(from, to, whole);
    }
    for row in 0..n_rows {
        let first = if row < whole.0 { whole.1 } else { 0 };
        let numbers = &from.data[row * from.stride..][..width];
        for (column, &number) in numbers.iter().enumerate().skip(first) {
            to[column * DEPTH + row] = number;
        }
    }
}
