//! Rows of a product of two sparse matrices, one at a time: what neighbors and Gram matrices are made
//! of.
//!
//! A row is summed in the order of its entries on one thread, so its bits do not depend on how many
//! threads there are. Cost of a row: the sum of the lengths of the right-hand rows it touches.

use marquee_core::{SparseView, sparse::Row};

/// One row of a product: dense sums and the columns that were touched.
#[derive(Debug)]
pub(crate) struct RowSums {
    sums: Vec<f64>,
    seen: Vec<bool>,
    touched: Vec<u32>,
}

impl RowSums {
    /// An empty row of `n_columns` columns.
    pub(crate) fn new(n_columns: usize) -> Self {
        Self {
            sums: vec![0.0; n_columns],
            seen: vec![false; n_columns],
            touched: Vec::new(),
        }
    }

    /// Adds `value` at `column`.
    #[inline]
    pub(crate) fn add(&mut self, column: u32, value: f64) {
        let at = column as usize;
        if !self.seen[at] {
            self.seen[at] = true;
            self.touched.push(column);
        }
        self.sums[at] += value;
    }

    /// Adds the product of the row `left` and the matrix `right`.
    pub(crate) fn add_product(&mut self, left: Row<'_>, right: SparseView<'_>) {
        for (place, &middle) in left.columns.iter().enumerate() {
            let factor = f64::from(left.weight(place));
            let row = right.row(middle as usize);
            for (to, &column) in row.columns.iter().enumerate() {
                self.add(column, factor * f64::from(row.weight(to)));
            }
        }
    }

    /// The touched columns with their sums, in the order of touching.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (u32, f64)> + '_ {
        self.touched
            .iter()
            .map(|&column| (column, self.sums[column as usize]))
    }

    /// Empties the row, at the cost of what was touched.
    pub(crate) fn clear(&mut self) {
        for &column in &self.touched {
            self.sums[column as usize] = 0.0;
            self.seen[column as usize] = false;
        }
        self.touched.clear();
    }
}

#[cfg(test)]
mod tests {
    use marquee_core::SparseRows;

    use super::*;

    #[test]
    fn row_equals_the_hand_worked_product() {
        let left = SparseRows {
            n_columns: 2,
            offsets: vec![0, 2],
            columns: vec![1, 0],
            weights: Some(vec![2.0, 3.0]),
            times: None,
        };
        let right = SparseRows {
            n_columns: 3,
            offsets: vec![0, 2, 3],
            columns: vec![0, 2, 2],
            weights: Some(vec![1.0, 5.0, 7.0]),
            times: None,
        };
        let mut row = RowSums::new(3);
        row.add_product(left.view().row(0), right.view());
        assert_eq!(row.entries().collect::<Vec<_>>(), [(2, 29.0), (0, 3.0)]);
        row.clear();
        assert_eq!(row.entries().count(), 0);
        row.add(2, 1.0);
        assert_eq!(row.entries().collect::<Vec<_>>(), [(2, 1.0)]);
    }
}
