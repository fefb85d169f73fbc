//! What a kernel asks of an instruction set.

use super::gather::{LINE, PLACES};

/// An instruction set, as a value that only exists where the machine has it: holding one makes its
/// operations safe.
pub(super) trait Isa: Copy {
    /// Several numbers in one register.
    type Vector: Copy;
    /// How many.
    const LANES: usize;
    /// Rows of a tile of [`rank_update`](super::rank_update) that leave room in the registers.
    const TALL: bool;

    /// Whether products and sums are rounded once, by an instruction of their own.
    const FUSED: bool;

    /// The same number in all lanes.
    fn splat(self, value: f32) -> Self::Vector;

    /// The first [`LANES`](Self::LANES) numbers of `from`; panics where there are fewer.
    fn load(self, from: &[f32]) -> Self::Vector;

    /// Writes to the first [`LANES`](Self::LANES) places of `to`; panics where there are fewer.
    fn store(self, value: Self::Vector, to: &mut [f32]);

    /// The numbers of `from`, at most [`LANES`](Self::LANES) of them, and zeros.
    #[inline(always)]
    fn load_some(self, from: &[f32]) -> Self::Vector {
        let mut all = [0.0; BLOCK];
        all[..from.len()].copy_from_slice(from);
        self.load(&all)
    }

    /// Writes the first numbers to `to`, which has at most [`LANES`](Self::LANES) places.
    #[inline(always)]
    fn store_some(self, value: Self::Vector, to: &mut [f32]) {
        let mut all = [0.0; BLOCK];
        self.store(value, &mut all);
        to.copy_from_slice(&all[..to.len()]);
    }

    /// `a * b`.
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;

    /// `a + b`.
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;

    /// The larger of `a` and `b`, `b` where one of them is no number.
    fn max(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;

    /// `a * b + c`, rounded once where the machine can.
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;

    /// `c - a * b`, rounded once where the machine can.
    fn mul_sub(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;

    /// The sum of all lanes.
    fn sum(self, value: Self::Vector) -> f32;

    /// The sum of all lanes of each of some vectors.
    #[inline(always)]
    fn sums(self, values: &[Self::Vector; BLOCK]) -> [f32; BLOCK] {
        let mut sums = [0.0; BLOCK];
        for (sum, &value) in sums.iter_mut().zip(values) {
            *sum = self.sum(value);
        }
        sums
    }

    /// Asks for the memory that `from` begins at; nothing where the machine cannot be asked.
    #[inline(always)]
    fn prefetch(self, from: &[f32]) {
        let _ = from;
    }

    /// The bfloat16 numbers of a line from column `at` on, a multiple of [`LANES`](Self::LANES).
    #[inline(always)]
    fn load_halves(self, line: &[u16; LINE], at: usize) -> Self::Vector {
        let mut all = [0.0; BLOCK];
        for (number, &place) in all.iter_mut().zip(&PLACES[at..][..Self::LANES]) {
            *number = f32::from_bits(u32::from(line[place]) << 16);
        }
        self.load(&all)
    }

    /// Asks for the memory of a line; nothing where the machine cannot be asked.
    #[inline(always)]
    fn prefetch_halves(self, line: &[u16; LINE]) {
        let _ = line;
    }

    /// Copies the 16 x 16 numbers at the start of `from` to the start of `to`, rows for columns.
    #[inline(always)]
    fn transpose(self, from: Rows<&[f32]>, to: Rows<&mut [f32]>) {
        for row in 0..BLOCK {
            let from = &from.data[row * from.stride..][..BLOCK];
            for (column, &value) in from.iter().enumerate() {
                to.data[column * to.stride + row] = value;
            }
        }
    }
}

/// Rows and columns that kernels handle at a time; all padding is to a multiple of it.
pub(crate) const BLOCK: usize = 16;

/// Rows of numbers whose first elements are `stride` apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<D> {
    /// The numbers, from the first row's first on.
    pub(crate) data: D,
    /// Distance between rows.
    pub(crate) stride: usize,
}
