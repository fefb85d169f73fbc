//! Rows of numbers as bytes with a scale each, in blocks of sixteen that vectors multiply at once.
//!
//! A row `x` is stored as whole numbers `c` of -127 to 127 and a scale `s`, so that `s c` is near it,
//! and how far from it is known: [`Encoded::error`] is the length of `x - s c`. A query is stored the
//! same way. By Cauchy and Schwarz the product of the stored forms is then off by at most
//! `|q| error(x) + error(q) |s c|`, from which callers prove what cannot be among the best.
//!
//! A block holds sixteen rows: for each four dimensions 64 bytes (four of each row, each number plus
//! 128), then columns of sixteen `f32`: the scales, and up to two more that a score adds multiples of.

use crate::simd::bytes as simd;

/// Rows of a block.
pub const BLOCK_ROWS: usize = simd::ROWS;

/// The most dimensions whose products fit 32 bits.
pub const MAX_DIMENSIONS: usize = 1 << 16;

/// How rows lie in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteLayout {
    d: usize,
    n_columns: usize,
}

/// What is known of a row besides its codes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Encoded {
    /// What codes are multiplied with.
    pub scale: f32,
    /// Length of what the codes miss, rounded up.
    pub error: f32,
    /// Length of what the codes stand for, rounded up.
    pub norm: f32,
}

/// A vector in the form that blocks are multiplied with.
#[derive(Debug, Clone, PartialEq)]
pub struct ByteQuery {
    codes: Vec<i32>,
    start: i32,
    factors: [f32; 3],
    /// Only scores of at least this are marked.
    pub threshold: f32,
    encoded: Encoded,
}

/// Room for scores and marks, reused from call to call.
#[derive(Debug, Clone, Default)]
pub struct ByteScores {
    /// For each query, for each block, sixteen scores.
    pub scores: Vec<f32>,
    /// For each query, for each block, a bit for each row whose score reaches the threshold.
    pub marks: Vec<u16>,
}

/// Bytes that begin at a multiple of 64, as blocks want them: a load then touches one line of the cache.
#[derive(Debug, Clone, Default)]
pub struct AlignedBytes(Vec<Line>);

#[derive(Debug, Clone, Copy, bytemuck::Zeroable, bytemuck::Pod)]
#[repr(C, align(64))]
struct Line([u8; simd::GROUP_BYTES]);

impl AlignedBytes {
    /// `n` zeros.
    ///
    /// # Panics
    ///
    /// When `n` is not a multiple of 64, as the bytes of blocks are.
    pub fn zeroed(n: usize) -> Self {
        assert!(n.is_multiple_of(simd::GROUP_BYTES), "bytes of blocks");
        Self(vec![bytemuck::Zeroable::zeroed(); n / simd::GROUP_BYTES])
    }
}

impl std::ops::Deref for AlignedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        bytemuck::must_cast_slice(&self.0)
    }
}

impl std::ops::DerefMut for AlignedBytes {
    fn deref_mut(&mut self) -> &mut [u8] {
        bytemuck::must_cast_slice_mut(&mut self.0)
    }
}

impl ByteLayout {
    /// Rows of `d` numbers with `n_columns` columns: the scales and up to two more.
    ///
    /// # Panics
    ///
    /// When `d` is not 1 to [`MAX_DIMENSIONS`], or `n_columns` not 1 to 3.
    pub fn new(d: usize, n_columns: usize) -> Self {
        assert!((1..=MAX_DIMENSIONS).contains(&d), "dimensions of a row");
        assert!((1..=3).contains(&n_columns), "columns of a block");
        Self { d, n_columns }
    }

    /// Bytes of a block.
    pub fn block_bytes(&self) -> usize {
        (self.n_groups() + self.n_columns) * simd::GROUP_BYTES
    }

    /// Blocks that hold `n_rows` rows.
    pub fn n_blocks(&self, n_rows: usize) -> usize {
        n_rows.div_ceil(BLOCK_ROWS)
    }

    fn n_groups(&self) -> usize {
        self.d.div_ceil(4)
    }

    /// Makes `block` hold no row: scales are not-a-number, which no score survives.
    ///
    /// # Panics
    ///
    /// When `block` has another length than a block.
    pub fn clear(&self, block: &mut [u8]) {
        assert_eq!(block.len(), self.block_bytes(), "bytes of a block");
        let (codes, columns) = block.split_at_mut(self.n_groups() * simd::GROUP_BYTES);
        codes.fill(128);
        for number in columns.chunks_exact_mut(4) {
            number.copy_from_slice(&f32::NAN.to_le_bytes());
        }
    }

    /// Writes `row` to place `place` of `block`, codes and scale; further columns are zero.
    ///
    /// A row of zeros has scale zero. Numbers that are not finite make a scale that is not finite.
    ///
    /// # Panics
    ///
    /// When lengths do not agree or a block has no such place.
    pub fn write(&self, block: &mut [u8], place: usize, row: &[f32]) -> Encoded {
        assert_eq!(block.len(), self.block_bytes(), "bytes of a block");
        assert_eq!(row.len(), self.d, "dimensions of a row");
        assert!(place < BLOCK_ROWS, "place in a block");
        let scale = scale_of(row);
        for (group, numbers) in block.chunks_exact_mut(simd::GROUP_BYTES).zip(row.chunks(4)) {
            for (code, &number) in group[4 * place..].iter_mut().zip(numbers) {
                *code = code_of(number, scale).cast_unsigned() ^ 0x80;
            }
        }
        for column in 0..self.n_columns {
            self.set(
                block,
                (column, place),
                if column == 0 { scale } else { 0.0 },
            );
        }
        measure(row, scale)
    }

    /// Sets one number of the columns of `block`: column (0 is the scales) and place.
    ///
    /// # Panics
    ///
    /// When there is no such column or place.
    pub fn set(&self, block: &mut [u8], (column, place): (usize, usize), value: f32) {
        assert!(
            column < self.n_columns && place < BLOCK_ROWS,
            "number of a block"
        );
        let start = (self.n_groups() + column) * simd::GROUP_BYTES + 4 * place;
        block[start..start + 4].copy_from_slice(&value.to_le_bytes());
    }

    /// One number of the columns of `block`: column (0 is the scales) and place.
    ///
    /// # Panics
    ///
    /// When there is no such column or place.
    #[inline]
    pub fn get(&self, block: &[u8], (column, place): (usize, usize)) -> f32 {
        assert!(
            column < self.n_columns && place < BLOCK_ROWS,
            "number of a block"
        );
        let columns = block[self.n_groups() * simd::GROUP_BYTES..].as_chunks().0;
        f32::from_le_bytes(columns[column * BLOCK_ROWS + place])
    }

    /// The row at `place` of `block` as numbers: code times scale.
    ///
    /// # Panics
    ///
    /// When lengths do not agree or a block has no such place.
    pub fn read(&self, block: &[u8], place: usize, row: &mut [f32]) {
        assert_eq!(block.len(), self.block_bytes(), "bytes of a block");
        assert_eq!(row.len(), self.d, "dimensions of a row");
        let codes = &block[..self.n_groups() * simd::GROUP_BYTES];
        let scale = self.get(block, (0, place));
        for (numbers, group) in row.chunks_mut(4).zip(codes.chunks_exact(simd::GROUP_BYTES)) {
            for (number, &code) in numbers.iter_mut().zip(&group[4 * place..]) {
                *number = f32::from((code ^ 0x80).cast_signed()) * scale;
            }
        }
    }

    /// Scores the rows of `blocks` with each of `queries`: product times its factor, plus the further
    /// columns times theirs. All scores of a query stand side by side in `found`; those of places
    /// without a row are not-a-number and never marked. The same bits on every machine.
    ///
    /// Cost: of one query, as long as reading `blocks` from memory takes; of many, a quarter of an
    /// instruction for each four dimensions of each row, where the machine multiplies bytes.
    ///
    /// # Panics
    ///
    /// When `blocks` is not whole blocks or a query has other dimensions.
    pub fn score(&self, blocks: &[u8], queries: &[ByteQuery], found: &mut ByteScores) {
        let n_blocks = blocks.len() / self.block_bytes();
        assert_eq!(blocks.len(), n_blocks * self.block_bytes(), "whole blocks");
        let n_marks = n_blocks * queries.len();
        // What was there is overwritten: growing is the only cost.
        found.marks.resize(n_marks, 0);
        found.scores.resize(n_marks * BLOCK_ROWS, 0.0);
        let blocks = simd::Blocks {
            data: blocks,
            n_groups: self.n_groups(),
            n_columns: self.n_columns,
        };
        let level = simd::ByteLevel::best();
        if let [query] = queries {
            let scores = simd::Scores {
                scores: &mut found.scores,
                marks: &mut found.marks,
            };
            simd::score(level, blocks, &[query.view(self)], scores);
            return;
        }
        let views: Vec<simd::Query<'_>> = queries.iter().map(|query| query.view(self)).collect();
        let scores = simd::Scores {
            scores: &mut found.scores,
            marks: &mut found.marks,
        };
        simd::score(level, blocks, &views, scores);
    }
}

impl ByteQuery {
    /// The stored form of `vector`, whose scores are products with factor one; nothing is below its
    /// threshold.
    ///
    /// # Panics
    ///
    /// When it has more than [`MAX_DIMENSIONS`] numbers.
    pub fn new(vector: &[f32]) -> Self {
        assert!(vector.len() <= MAX_DIMENSIONS, "dimensions of a vector");
        let scale = scale_of(vector);
        let mut total = 0;
        let codes = vector.chunks(4).map(|numbers| {
            let mut four = [0; 4];
            for (place, &number) in four.iter_mut().zip(numbers) {
                let code = code_of(number, scale);
                total += i32::from(code);
                *place = code.cast_unsigned();
            }
            i32::from_le_bytes(four)
        });
        Self {
            codes: codes.collect(),
            start: -128 * total,
            factors: [scale, 0.0, 0.0],
            threshold: f32::NEG_INFINITY,
            encoded: measure(vector, scale),
        }
    }

    /// The same with multiples of the further columns added to each score.
    #[must_use]
    pub fn with_columns(self, second: f32, third: f32) -> Self {
        let [product, ..] = self.factors;
        Self {
            factors: [product, second, third],
            ..self
        }
    }

    /// What is known of the stored form.
    pub fn encoded(&self) -> Encoded {
        self.encoded
    }

    fn view(&self, layout: &ByteLayout) -> simd::Query<'_> {
        assert_eq!(self.codes.len(), layout.n_groups(), "dimensions of a query");
        simd::Query {
            codes: &self.codes,
            start: self.start,
            factors: self.factors,
            threshold: self.threshold,
        }
    }
}

/// Asks for the memory of `bytes`, so that it is near when it is read soon.
pub fn prefetch(bytes: &[u8]) {
    simd::prefetch(bytes);
}

/// The scale with which the largest number becomes 127.
fn scale_of(row: &[f32]) -> f32 {
    let largest = row
        .iter()
        .fold(0.0_f32, |largest, &number| largest.max(number.abs()));
    // Numbers so small that the quotient would lose digits are as good as zero.
    let scale = largest / 127.0;
    if scale < f32::MIN_POSITIVE {
        0.0
    } else {
        scale
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rounded and within a signed byte"
)]
#[inline]
fn code_of(number: f32, scale: f32) -> i8 {
    /// Numbers of this size have no places behind the point, so adding it rounds to a whole number:
    /// without a call on machines that have no instruction for it.
    const ROUNDS: f32 = 12_582_912.0;
    if scale > 0.0 {
        ((number / scale + ROUNDS) - ROUNDS) as i8
    } else {
        0
    }
}

/// Lengths of `scale` times the codes of `row`, and of what is left of it.
fn measure(row: &[f32], scale: f32) -> Encoded {
    let (mut error, mut norm) = (0.0, 0.0);
    for &number in row {
        let stored = f64::from(code_of(number, scale)) * f64::from(scale);
        let left = f64::from(number) - stored;
        error += left * left;
        norm += stored * stored;
    }
    Encoded {
        scale,
        error: rounded_up(error.sqrt()),
        norm: rounded_up(norm.sqrt()),
    }
}

/// A bound in single precision: at least `value`.
#[expect(clippy::cast_possible_truncation, reason = "rounded, then raised")]
fn rounded_up(value: f64) -> f32 {
    (value * (1.0 + 1e-6)) as f32 + f32::MIN_POSITIVE
}

#[cfg(test)]
mod tests;
