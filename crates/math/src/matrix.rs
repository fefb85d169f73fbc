//! Views of numbers in memory as matrices.

use std::ops::Range;

/// A matrix that borrows its numbers: element `(row, column)` lies at
/// `row * row_stride + column * column_stride`.
#[derive(Debug, Clone, Copy)]
pub struct MatrixView<'a, T> {
    data: &'a [T],
    n_rows: usize,
    n_columns: usize,
    row_stride: usize,
    column_stride: usize,
}

/// A matrix that borrows its numbers for writing, row after row, `row_stride` apart.
#[derive(Debug)]
pub struct MatrixViewMut<'a, T> {
    data: &'a mut [T],
    n_rows: usize,
    n_columns: usize,
    row_stride: usize,
}

impl<'a, T> MatrixView<'a, T> {
    /// `n_rows` rows of `n_columns` numbers, one row after the other.
    ///
    /// # Panics
    ///
    /// When `data` has another number of elements.
    pub fn new(data: &'a [T], n_rows: usize, n_columns: usize) -> Self {
        assert_eq!(data.len(), n_rows * n_columns, "elements of a matrix");
        Self::with_stride(data, n_rows, n_columns, n_columns)
    }

    /// `n_rows` rows of `n_columns` numbers, whose first elements are `row_stride` apart.
    ///
    /// # Panics
    ///
    /// When `data` is too short or the stride is smaller than a row.
    pub fn with_stride(data: &'a [T], n_rows: usize, n_columns: usize, row_stride: usize) -> Self {
        check_extent(data.len(), n_rows, n_columns, row_stride);
        Self {
            data,
            n_rows,
            n_columns,
            row_stride,
            column_stride: 1,
        }
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Number of columns.
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// The same numbers with rows and columns exchanged; nothing is moved.
    #[must_use]
    pub fn transposed(self) -> Self {
        Self {
            n_rows: self.n_columns,
            n_columns: self.n_rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    /// The part with these rows and columns.
    ///
    /// # Panics
    ///
    /// When a range reaches outside the matrix.
    #[must_use]
    pub fn part(self, rows: Range<usize>, columns: Range<usize>) -> Self {
        check_part(&rows, &columns, self.n_rows, self.n_columns);
        let start = rows.start * self.row_stride + columns.start * self.column_stride;
        Self {
            data: &self.data[start.min(self.data.len())..],
            n_rows: rows.len(),
            n_columns: columns.len(),
            ..self
        }
    }

    /// The numbers from the first element on, and the distances between rows and columns.
    pub(crate) fn raw(&self) -> (&'a [T], usize, usize) {
        (self.data, self.row_stride, self.column_stride)
    }
}

impl<T: Copy> MatrixView<'_, T> {
    /// The element at `row` and `column`.
    ///
    /// # Panics
    ///
    /// When there is no such row or column.
    pub fn at(&self, row: usize, column: usize) -> T {
        assert!(row < self.n_rows && column < self.n_columns, "element");
        self.data[row * self.row_stride + column * self.column_stride]
    }
}

impl<'a, T> MatrixViewMut<'a, T> {
    /// `n_rows` rows of `n_columns` numbers, one row after the other.
    ///
    /// # Panics
    ///
    /// When `data` has another number of elements.
    pub fn new(data: &'a mut [T], n_rows: usize, n_columns: usize) -> Self {
        assert_eq!(data.len(), n_rows * n_columns, "elements of a matrix");
        Self::with_stride(data, n_rows, n_columns, n_columns)
    }

    /// `n_rows` rows of `n_columns` numbers, whose first elements are `row_stride` apart.
    ///
    /// # Panics
    ///
    /// When `data` is too short or the stride is smaller than a row.
    pub fn with_stride(
        data: &'a mut [T],
        n_rows: usize,
        n_columns: usize,
        row_stride: usize,
    ) -> Self {
        check_extent(data.len(), n_rows, n_columns, row_stride);
        Self {
            data,
            n_rows,
            n_columns,
            row_stride,
        }
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Number of columns.
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// The numbers from the first element on, and the distance between rows.
    pub(crate) fn raw(&mut self) -> (&mut [T], usize) {
        (self.data, self.row_stride)
    }
}

fn check_extent(elements: usize, n_rows: usize, n_columns: usize, row_stride: usize) {
    assert!(row_stride >= n_columns, "rows of a matrix overlap");
    let needed = match n_rows {
        0 => 0,
        _ => (n_rows - 1) * row_stride + n_columns,
    };
    assert!(elements >= needed, "elements of a matrix");
}

fn check_part(rows: &Range<usize>, columns: &Range<usize>, n_rows: usize, n_columns: usize) {
    let inside = |range: &Range<usize>, n| range.start <= range.end && range.end <= n;
    assert!(
        inside(rows, n_rows) && inside(columns, n_columns),
        "part of a matrix"
    );
}
