//! Compressed sparse rows: the form in which interactions are kept in memory and in files.

use crate::Timestamp;

/// Compressed sparse rows that own their arrays.
///
/// Row `r` holds the entries `offsets[r]..offsets[r + 1]` of every other array.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SparseRows {
    /// Number of columns; every column index is below it.
    pub n_columns: usize,
    /// `n_rows + 1` positions, rising from 0 to the number of entries.
    pub offsets: Vec<u64>,
    /// Column of each entry, at most once a row, save where rows are sequences.
    pub columns: Vec<u32>,
    /// Weight of each entry; `None` where every weight is one.
    pub weights: Option<Vec<f32>>,
    /// Milliseconds since the epoch of each entry; `None` where no time is known.
    pub times: Option<Vec<i64>>,
}

/// Compressed sparse rows that borrow their arrays, from a [`SparseRows`] or a mapped file.
#[derive(Debug, Clone, Copy)]
pub struct SparseView<'a> {
    n_columns: usize,
    offsets: &'a [u64],
    columns: &'a [u32],
    weights: Option<&'a [f32]>,
    times: Option<&'a [i64]>,
}

/// One row of a [`SparseView`].
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Column of each entry.
    pub columns: &'a [u32],
    weights: Option<&'a [f32]>,
    times: Option<&'a [i64]>,
}

/// Why arrays are not compressed sparse rows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SparseError {
    /// Offsets are empty, do not start at zero, fall, or do not end at the number of entries.
    #[error("offsets do not rise from 0 to {entries} (first wrong at row {row})")]
    Offsets {
        /// First row that is wrong.
        row: usize,
        /// Number of entries.
        entries: usize,
    },
    /// A column lies outside the matrix.
    #[error("entry {entry} has column {column}, but there are {n_columns} columns")]
    Column {
        /// Position of the entry.
        entry: usize,
        /// Its column.
        column: u32,
        /// Number of columns.
        n_columns: usize,
    },
    /// Weights or times are not as many as columns.
    #[error("{array} has {found} entries, expected {expected}")]
    Length {
        /// Which array.
        array: &'static str,
        /// Its length.
        found: usize,
        /// The number of columns given.
        expected: usize,
    },
}

impl SparseRows {
    /// Borrows the arrays.
    pub fn view(&self) -> SparseView<'_> {
        SparseView {
            n_columns: self.n_columns,
            offsets: &self.offsets,
            columns: &self.columns,
            weights: self.weights.as_deref(),
            times: self.times.as_deref(),
        }
    }
}

impl<'a> SparseView<'a> {
    /// Checks arrays that come from outside and puts them together.
    ///
    /// Cost: one pass over offsets and columns.
    ///
    /// # Errors
    ///
    /// [`SparseError`] when offsets do not tile the entries, a column is out of range or the arrays
    /// differ in length.
    pub fn new(
        n_columns: usize,
        offsets: &'a [u64],
        columns: &'a [u32],
        weights: Option<&'a [f32]>,
        times: Option<&'a [i64]>,
    ) -> Result<Self, SparseError> {
        check_offsets(offsets, columns.len())?;
        check_length("weights", weights.map(<[f32]>::len), columns.len())?;
        check_length("times", times.map(<[i64]>::len), columns.len())?;
        let outside = columns.iter().position(|&c| c as usize >= n_columns);
        if let Some(entry) = outside {
            return Err(SparseError::Column {
                entry,
                column: columns[entry],
                n_columns,
            });
        }
        Ok(Self {
            n_columns,
            offsets,
            columns,
            weights,
            times,
        })
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Number of columns.
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// Number of entries.
    pub fn n_entries(&self) -> usize {
        self.columns.len()
    }

    /// The offsets, `n_rows + 1` of them.
    pub fn offsets(&self) -> &'a [u64] {
        self.offsets
    }

    /// The columns of all entries, row after row.
    pub fn columns(&self) -> &'a [u32] {
        self.columns
    }

    /// The weights of all entries, unless every weight is one.
    pub fn weights(&self) -> Option<&'a [f32]> {
        self.weights
    }

    /// The times of all entries in milliseconds since the epoch, if known.
    pub fn times(&self) -> Option<&'a [i64]> {
        self.times
    }

    /// Row `row`.
    ///
    /// # Panics
    ///
    /// When there is no such row.
    #[inline]
    pub fn row(&self, row: usize) -> Row<'a> {
        let range = position(self.offsets[row])..position(self.offsets[row + 1]);
        Row {
            columns: &self.columns[range.clone()],
            weights: self.weights.map(|all| &all[range.clone()]),
            times: self.times.map(|all| &all[range]),
        }
    }

    /// All rows in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'a>> + use<'a> {
        let this = *self;
        (0..this.n_rows()).map(move |row| this.row(row))
    }

    /// An owned copy.
    pub fn to_rows(&self) -> SparseRows {
        SparseRows {
            n_columns: self.n_columns,
            offsets: self.offsets.to_vec(),
            columns: self.columns.to_vec(),
            weights: self.weights.map(<[f32]>::to_vec),
            times: self.times.map(<[i64]>::to_vec),
        }
    }

    /// The transposed matrix, its rows ordered by column index; times are left out.
    ///
    /// Cost: two passes over the entries.
    ///
    /// # Panics
    ///
    /// When the matrix has more than 2³² rows.
    pub fn transposed(&self) -> SparseRows {
        let mut offsets = vec![0_u64; self.n_columns + 1];
        for &column in self.columns {
            offsets[column as usize + 1] += 1;
        }
        for row in 0..self.n_columns {
            offsets[row + 1] += offsets[row];
        }
        let mut next = offsets.clone();
        let mut columns = vec![0_u32; self.columns.len()];
        let mut weights = self.weights.map(|all| vec![0.0_f32; all.len()]);
        for (row, from) in self.rows().enumerate() {
            let row = u32::try_from(row).expect("rows fit 32 bits");
            for (place, &column) in from.columns.iter().enumerate() {
                let to = position(next[column as usize]);
                next[column as usize] += 1;
                columns[to] = row;
                if let Some(weights) = &mut weights {
                    weights[to] = from.weight(place);
                }
            }
        }
        SparseRows {
            n_columns: self.n_rows(),
            offsets,
            columns,
            weights,
            times: None,
        }
    }
}

impl Row<'_> {
    /// Number of entries.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether the row has no entry.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Weight of the entry at `place`; one where the matrix has no weights.
    ///
    /// # Panics
    ///
    /// When the matrix has weights and `place` is outside the row.
    #[inline]
    pub fn weight(&self, place: usize) -> f32 {
        self.weights.map_or(1.0, |all| all[place])
    }

    /// Time of the entry at `place`; the epoch where the matrix has no times.
    ///
    /// # Panics
    ///
    /// When the matrix has times and `place` is outside the row.
    #[inline]
    pub fn time(&self, place: usize) -> Timestamp {
        self.times
            .map_or(Timestamp::EPOCH, |all| Timestamp::from_millis(all[place]))
    }
}

fn check_offsets(offsets: &[u64], entries: usize) -> Result<(), SparseError> {
    let wrong = |row| SparseError::Offsets { row, entries };
    if offsets.first() != Some(&0) {
        return Err(wrong(0));
    }
    if let Some(row) = offsets.windows(2).position(|pair| pair[0] > pair[1]) {
        return Err(wrong(row));
    }
    if offsets.last() != Some(&(entries as u64)) {
        return Err(wrong(offsets.len() - 1));
    }
    Ok(())
}

fn check_length(
    array: &'static str,
    found: Option<usize>,
    expected: usize,
) -> Result<(), SparseError> {
    match found {
        Some(found) if found != expected => Err(SparseError::Length {
            array,
            found,
            expected,
        }),
        _ => Ok(()),
    }
}

/// Offsets were checked against lengths of slices in memory, so they fit `usize`.
#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "an offset is at most the length of a slice"
)]
fn position(offset: u64) -> usize {
    offset as usize
}

#[cfg(test)]
mod tests;
