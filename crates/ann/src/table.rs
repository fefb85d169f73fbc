//! The vectors, row after row.

use marquee_math::bytes::MAX_DIMENSIONS;

use crate::{Error, Result};

/// Length of a row or query beyond which products might overflow.
pub(crate) const MAX_LENGTH: f64 = 1e18;
/// Rows are numbered by 32 bits, of which the last number stands for none.
pub(crate) const MAX_ROWS: usize = u32::MAX as usize - 1;

/// Rows of `d` numbers each, borrowed, for example from a mapped section.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a> {
    data: &'a [f32],
    d: usize,
}

impl<'a> Table<'a> {
    /// `data` as rows of `d` numbers.
    ///
    /// # Errors
    ///
    /// [`Error::Dimensions`] when `d` is zero or more than 65,536, [`Error::TableShape`] when `data` is
    /// not whole rows.
    pub fn new(data: &'a [f32], d: usize) -> Result<Self> {
        if !(1..=MAX_DIMENSIONS).contains(&d) {
            return Err(Error::Dimensions {
                found: d,
                most: MAX_DIMENSIONS,
            });
        }
        if !data.len().is_multiple_of(d) || data.len() / d > MAX_ROWS {
            return Err(Error::TableShape {
                found: data.len(),
                d,
                most: MAX_ROWS,
            });
        }
        Ok(Self { data, d })
    }

    /// Numbers in a row.
    pub fn d(&self) -> usize {
        self.d
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.data.len() / self.d
    }

    /// Row `index`.
    ///
    /// # Panics
    ///
    /// When there is no such row.
    #[inline]
    pub fn row(&self, index: usize) -> &'a [f32] {
        &self.data[index * self.d..][..self.d]
    }

    /// Rows, side by side.
    pub(crate) fn rows(&self, range: std::ops::Range<usize>) -> &'a [f32] {
        &self.data[range.start * self.d..range.end * self.d]
    }

    /// Refuses a table with numbers that are not finite, or rows so long that products overflow.
    ///
    /// # Errors
    ///
    /// [`Error::RowLength`] with the first such row.
    pub fn check(&self) -> Result<()> {
        for (row, numbers) in self.data.chunks_exact(self.d).enumerate() {
            let length = length_of(numbers);
            if length.is_nan() || length > MAX_LENGTH {
                return Err(Error::RowLength {
                    row,
                    length,
                    most: MAX_LENGTH,
                });
            }
        }
        Ok(())
    }

    /// Checks `queries`, side by side, and returns their lengths.
    pub(crate) fn check_queries(&self, queries: &[f32]) -> Result<Vec<f64>> {
        if !queries.len().is_multiple_of(self.d) {
            return Err(Error::QueryDimensions {
                found: queries.len(),
                d: self.d,
            });
        }
        let lengths = queries.chunks_exact(self.d).map(length_of).enumerate();
        lengths
            .map(|(query, length)| check_length(query, length))
            .collect()
    }
}

/// Refuses a query whose products might not be finite.
pub(crate) fn check_length(query: usize, length: f64) -> Result<f64> {
    // Not-a-number is refused, too.
    if length <= MAX_LENGTH {
        return Ok(length);
    }
    Err(Error::QueryLength {
        query,
        length,
        most: MAX_LENGTH,
    })
}

/// The Euclidean length of a vector.
pub(crate) fn length_of(numbers: &[f32]) -> f64 {
    // Eight sums, which the compiler keeps in registers side by side.
    let mut sums = [0.0_f64; 8];
    for eight in numbers.chunks(8) {
        for (sum, &number) in sums.iter_mut().zip(eight) {
            *sum += f64::from(number) * f64::from(number);
        }
    }
    sums.iter().sum::<f64>().sqrt()
}
