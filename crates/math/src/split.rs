//! Products of rows with a matrix where each number is split in two of 16 bits: nearly as exact as single
//! precision, and several times as fast where the machine multiplies tiles of such numbers (AMX).
//!
//! Numbers keep 16 bits, so a product is within `2⁻¹⁵` of the sum of the sizes of what it adds up; with 8 bits, three
//! times as fast again, within `2⁻⁷`. A row's bits
//! depend neither on how many rows are asked for nor on their order. Where the machine has no tiles, the same bits
//! come slowly from plain code; ask [`has_tiles`] first.

use std::ops::Range;

use crate::{
    MatrixView, MatrixViewMut,
    simd::{
        BLOCK, Rows,
        split::{self, DEPTH, Product, SIDE, TILE},
    },
};

/// Whether this machine multiplies tiles of 16-bit numbers, and the system lets this process do so.
pub fn has_tiles() -> bool {
    split::has_tiles()
}

/// How much of each number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Parts {
    /// 8 bits: bfloat16.
    High,
    /// 16 bits, in two parts.
    #[default]
    Both,
}

impl Parts {
    const fn n(self) -> usize {
        match self {
            Self::High => 1,
            Self::Both => 2,
        }
    }
}

/// Rows of numbers split in two. The memory is used again.
///
/// # Example
///
/// ```
/// use marquee_math::{AFFINE_BLOCK, MatrixView, MatrixViewMut, split::{Parts, SplitPanels, SplitRows, multiply}};
///
/// let mut weights = [0.0; 2 * AFFINE_BLOCK];
/// (weights[0], weights[AFFINE_BLOCK]) = (10.0, 100.0);
/// let (mut x, mut w) = (SplitRows::default(), SplitPanels::default());
/// x.fill(MatrixView::new(&[2.0, 3.0], 1, 2), 0, Parts::Both);
/// w.fill(MatrixView::new(&weights, 2, AFFINE_BLOCK), 0, Parts::Both);
/// let mut y = [0.0; AFFINE_BLOCK];
/// let mut to = MatrixViewMut::new(&mut y, 1, AFFINE_BLOCK);
/// multiply((&x, &w), x.blocks(), Some(&[1.0; AFFINE_BLOCK]), &mut to);
/// assert_eq!(y[..2], [321.0, 1.0]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct SplitRows {
    numbers: Vec<u16>,
    n_rows: usize,
    /// Numbers before the break, and all blocks.
    first: usize,
    blocks: usize,
    parts: Parts,
    space: Vec<f32>,
}

/// Columns of a matrix split in two, in panels. The memory is used again.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SplitPanels {
    numbers: Vec<u16>,
    width: usize,
    blocks: usize,
    parts: Parts,
}

/// Blocks of `n` numbers of which the first `first` stand apart.
const fn blocks_of(n: usize, first: usize) -> usize {
    first.div_ceil(DEPTH) + (n - first).div_ceil(DEPTH)
}

impl SplitRows {
    /// Takes rows whose numbers are side by side.
    ///
    /// - `first`: so many numbers stand in blocks of their own, so that a product can be broken off after them.
    ///
    /// # Panics
    ///
    /// When columns are not side by side, or there are fewer than `first`.
    pub fn fill(&mut self, x: MatrixView<'_, f32>, first: usize, parts: Parts) {
        self.parts = parts;
        self.fill_end(x, first, 0);
    }

    /// The same for rows whose first `first` numbers are those of the first row: only that one's are taken.
    ///
    /// # Panics
    ///
    /// As [`fill`](Self::fill).
    pub fn fill_shared(&mut self, x: MatrixView<'_, f32>, first: usize, parts: Parts) {
        self.parts = parts;
        self.fill_end(x, first, x.n_rows().saturating_sub(1));
    }

    /// - `left`: how many of the last rows have their first numbers left out.
    fn fill_end(&mut self, x: MatrixView<'_, f32>, first: usize, left: usize) {
        let (n_rows, n) = (x.n_rows(), x.n_columns());
        assert!(first <= n, "numbers that stand apart");
        let from = plain_rows(x);
        self.room(n_rows, blocks_of(n, first));
        self.first = first;
        if n_rows == 0 {
            return;
        }
        let stride = self.blocks * self.parts.n() * TILE;
        let to = Rows {
            data: &mut self.numbers[..],
            stride,
        };
        split::rows(from, (n_rows - left, first), self.parts.n(), to);
        let from = Rows {
            data: &from.data[first..],
            stride: from.stride,
        };
        let to = Rows {
            data: &mut self.numbers[first.div_ceil(DEPTH) * self.parts.n() * TILE..],
            stride,
        };
        split::rows(from, (n_rows, n - first), self.parts.n(), to);
    }

    /// Takes the columns of a matrix as rows.
    ///
    /// # Panics
    ///
    /// When columns are not side by side.
    pub fn fill_turned(&mut self, x: MatrixView<'_, f32>, parts: Parts) {
        self.parts = parts;
        let (n, n_rows) = (x.n_rows(), x.n_columns());
        let from = plain_rows(x);
        self.room(n_rows, blocks_of(n, 0));
        self.first = 0;
        let stride = self.blocks * self.parts.n() * TILE;
        let to = Rows {
            data: &mut self.numbers[..],
            stride,
        };
        let to = (parts.n(), to);
        split::turned_rows(from, (n, n_rows), &mut self.space, to);
    }

    fn room(&mut self, n_rows: usize, blocks: usize) {
        (self.n_rows, self.blocks) = (n_rows, blocks);
        let n = n_rows.div_ceil(SIDE) * blocks * self.parts.n() * TILE;
        self.numbers.resize(n, 0);
    }

    /// All blocks of numbers.
    pub fn blocks(&self) -> Range<usize> {
        0..self.blocks
    }

    /// The blocks of the numbers that stand apart, and of the others.
    pub fn parts(&self) -> [Range<usize>; 2] {
        let first = self.first.div_ceil(DEPTH);
        [0..first, first..self.blocks]
    }
}

impl SplitPanels {
    /// Takes the columns of a matrix, a multiple of [`AFFINE_BLOCK`](crate::AFFINE_BLOCK).
    ///
    /// - `first`: as for [`SplitRows::fill`].
    ///
    /// # Panics
    ///
    /// When columns are not side by side or not as many, or there are fewer than `first` rows.
    pub fn fill(&mut self, w: MatrixView<'_, f32>, first: usize, parts: Parts) {
        self.parts = parts;
        let (n, width) = (w.n_rows(), w.n_columns());
        assert!(first <= n, "numbers that stand apart");
        assert!(width.is_multiple_of(BLOCK), "padded columns");
        let from = plain_rows(w);
        (self.width, self.blocks) = (width, blocks_of(n, first));
        let stride = self.blocks * parts.n() * TILE;
        self.numbers.clear();
        self.numbers.resize(width / SIDE * stride, 0);
        if n == 0 || width == 0 {
            return;
        }
        let to = Rows {
            data: &mut self.numbers[..],
            stride,
        };
        split::panels(from, (first, width), parts.n(), to);
        if first == n {
            return;
        }
        let from = Rows {
            data: &from.data[first * from.stride..],
            stride: from.stride,
        };
        // What is left of the first panel before the rest begins is taken by none of the others.
        let to = Rows {
            data: &mut self.numbers[first.div_ceil(DEPTH) * parts.n() * TILE..],
            stride,
        };
        split::panels(from, (n - first, width), parts.n(), to);
    }
}

/// Writes `start + x W` for each row `x`, of the numbers in some blocks; without a `start` it is added to what
/// stands in `y`. Numbers that stand apart have to be multiplied apart, whether rows share them or not, for a row to
/// have the same bits.
///
/// # Panics
///
/// When shapes do not agree or there are no such blocks.
pub fn multiply(
    (x, w): (&SplitRows, &SplitPanels),
    blocks: Range<usize>,
    start: Option<&[f32]>,
    y: &mut MatrixViewMut<'_, f32>,
) {
    assert_eq!(x.blocks, w.blocks, "inner length of a product");
    assert!(
        blocks.start <= blocks.end && blocks.end <= x.blocks,
        "blocks"
    );
    assert!(y.n_rows() <= x.n_rows, "rows of a product");
    assert_eq!(y.n_columns(), w.width, "columns of a product");
    assert_eq!(x.parts, w.parts, "parts of numbers");
    let size = (y.n_rows(), y.n_columns());
    let block = x.parts.n() * TILE;
    let first = blocks.start * block;
    let (to, y_stride) = y.raw();
    split::product(Product {
        x: &x.numbers[first.min(x.numbers.len())..],
        x_stride: x.blocks * block,
        w: &w.numbers[first.min(w.numbers.len())..],
        w_stride: w.blocks * block,
        blocks: blocks.len(),
        parts: x.parts.n(),
        size,
        start,
        y: to,
        y_stride,
    });
}

fn plain_rows(matrix: MatrixView<'_, f32>) -> Rows<&[f32]> {
    let (data, stride, column) = matrix.raw();
    assert!(column == 1, "columns side by side");
    Rows { data, stride }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fill_normal, rng};

    #[test]
    fn a_product_may_be_broken_off_and_gone_on_with() {
        let (n_rows, inner, width) = (21, 75, 32);
        let mut numbers = vec![0.0; n_rows * inner + inner * width + width];
        fill_normal(&mut rng(3, 1), 1.0, &mut numbers);
        let (rows, rest) = numbers.split_at_mut(n_rows * inner);
        for row in 1..n_rows {
            rows.copy_within(0..40, row * inner);
        }
        let (weights, start) = rest.split_at(inner * width);
        let (mut x, mut shared, mut w) = <(SplitRows, SplitRows, SplitPanels)>::default();
        let view = MatrixView::new(rows, n_rows, inner);
        x.fill(view, 40, Parts::Both);
        shared.fill_shared(view, 40, Parts::Both);
        w.fill(MatrixView::new(weights, inner, width), 40, Parts::Both);
        let mut whole = vec![0.0; n_rows * width];
        let mut to = MatrixViewMut::new(&mut whole, n_rows, width);
        let [first, second] = shared.parts();
        multiply((&x, &w), first.clone(), Some(start), &mut to);
        multiply((&x, &w), second.clone(), None, &mut to);
        let mut begun = vec![0.0; width];
        let mut to = MatrixViewMut::new(&mut begun, 1, width);
        multiply((&shared, &w), first, Some(start), &mut to);
        let mut parts = vec![0.0; n_rows * width];
        let mut to = MatrixViewMut::new(&mut parts, n_rows, width);
        multiply((&shared, &w), second, Some(&begun), &mut to);
        let bits = |numbers: &[f32]| -> Vec<u32> { numbers.iter().map(|n| n.to_bits()).collect() };
        assert_eq!(bits(&whole), bits(&parts));
    }
}
