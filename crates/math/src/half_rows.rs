//! Rows of a matrix in bfloat16: half the memory, and what matrix tiles multiply.

use memmap2::MmapMut;
use rayon::prelude::*;

use crate::{
    halves::{from_half, to_half},
    simd::{LINE, PLACES},
};

/// Bytes of a large page.
const LARGE_PAGE: usize = 2 << 20;
/// Lines that are rounded at a time.
const CHUNK: usize = 4096;

/// A matrix whose numbers are rounded to bfloat16, the upper half of an `f32`: eight significant bits,
/// a relative error of at most `2⁻⁹`.
///
/// Rows are padded with zeros to whole cache lines: `64 ceil(d / 32)` bytes a row. In a line the
/// numbers stand in the order in which taking two rows by turns, as processors do it, puts them right.
///
/// # Example
///
/// ```
/// use marquee_math::HalfRows;
///
/// let rows = HalfRows::of(&[1.0, -0.5, 1.0001, 3.0], 2);
/// assert_eq!(rows.row(1).collect::<Vec<_>>(), [1.0, 3.0]);
/// ```
#[derive(Debug)]
pub struct HalfRows {
    /// Lines, and nothing of meaning after them. In pages of their own: rows are gathered from all over,
    /// and large pages spare some of the waiting where they do not fit the cache.
    memory: MmapMut,
    n_lines: usize,
    d: usize,
}

/// Thirty-two numbers at the beginning of a cache line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C, align(64))]
struct Line([u16; LINE]);

impl HalfRows {
    /// Rounds rows of `d` numbers, on the current rayon pool.
    ///
    /// # Panics
    ///
    /// When `d` is zero or `matrix` does not hold whole rows, and when there is no memory.
    pub fn of(matrix: &[f32], d: usize) -> Self {
        assert!(d > 0 && matrix.len().is_multiple_of(d), "whole rows");
        let a_row = d.div_ceil(LINE);
        let n_lines = matrix.len() / d * a_row;
        let mut memory = large_pages(n_lines * size_of::<Line>());
        let lines: &mut [Line] = bytemuck::cast_slice_mut(&mut memory);
        let lines = &mut lines[..n_lines];
        let rows_at_once = CHUNK.div_ceil(a_row);
        let chunks = lines.par_chunks_mut(rows_at_once * a_row);
        chunks
            .zip(matrix.par_chunks(rows_at_once * d))
            .for_each(|(lines, rows)| {
                for (lines, row) in lines.chunks_exact_mut(a_row).zip(rows.chunks_exact(d)) {
                    for (line, numbers) in lines.iter_mut().zip(row.chunks(LINE)) {
                        for (&place, &number) in PLACES.iter().zip(numbers) {
                            line.0[place] = to_half(number);
                        }
                    }
                }
            });
        Self { memory, n_lines, d }
    }

    /// Numbers in a row.
    pub fn d(&self) -> usize {
        self.d
    }

    /// The numbers of a row.
    ///
    /// # Panics
    ///
    /// When there is no such row.
    pub fn row(&self, row: usize) -> impl Iterator<Item = f32> {
        let a_row = self.d.div_ceil(LINE);
        let lines = &self.lines()[row * a_row..(row + 1) * a_row];
        let halves = lines
            .iter()
            .flat_map(|line| PLACES.map(|place| line[place]));
        halves.take(self.d).map(from_half)
    }

    /// All rows one after the other, each of whole lines.
    pub(crate) fn lines(&self) -> &[[u16; LINE]] {
        &bytemuck::cast_slice(&self.memory)[..self.n_lines]
    }
}

/// At least so many bytes of zeros, at least one line.
fn large_pages(n_bytes: usize) -> MmapMut {
    let n_bytes = n_bytes.next_multiple_of(LARGE_PAGE);
    let memory = MmapMut::map_anon(n_bytes.max(LARGE_PAGE)).expect("memory for rounded rows");
    // A wish; without it the rows are the same.
    #[cfg(target_os = "linux")]
    let _ = memory.advise(memmap2::Advice::HugePage);
    memory
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_rounded_and_padded() {
        let numbers: Vec<f32> = (1..=3 * 33_u16).map(|n| f32::from(n) * 0.7).collect();
        let rows = HalfRows::of(&numbers, 33);
        assert_eq!(rows.lines().len(), 6);
        for row in 0..3 {
            let found: Vec<f32> = rows.row(row).collect();
            let wanted = numbers[33 * row..33 * (row + 1)].iter();
            let wanted: Vec<f32> = wanted.map(|&n| from_half(to_half(n))).collect();
            assert_eq!(found, wanted);
            let second = rows.lines()[2 * row + 1];
            assert_eq!(second.iter().filter(|&&half| half != 0).count(), 1);
        }
    }
}
