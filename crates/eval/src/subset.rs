//! Rows made of some of the entries of other rows, weights and times kept.

use marquee_core::{Row, SparseRows, SparseView};

/// Compressed sparse rows under construction out of entries of another matrix.
#[derive(Debug)]
pub(crate) struct RowsWriter {
    n_columns: usize,
    offsets: Vec<u64>,
    columns: Vec<u32>,
    weights: Option<Vec<f32>>,
    times: Option<Vec<i64>>,
}

impl RowsWriter {
    /// No row yet; weights and times are kept if `source`, where the entries come from, has them.
    pub(crate) fn like(source: SparseView<'_>) -> Self {
        Self {
            n_columns: source.n_columns(),
            offsets: vec![0],
            columns: Vec::new(),
            weights: source.weights().map(|_| Vec::new()),
            times: source.times().map(|_| Vec::new()),
        }
    }

    /// Adds a row of the entries of `row` at `places`, in their order.
    pub(crate) fn push(&mut self, row: Row<'_>, places: impl Iterator<Item = usize>) {
        self.extend(row, places);
        self.end_row();
    }

    /// Adds entries of `row` to the row under construction.
    pub(crate) fn extend(&mut self, row: Row<'_>, places: impl Iterator<Item = usize>) {
        for place in places {
            self.columns.push(row.columns[place]);
            if let Some(weights) = &mut self.weights {
                weights.push(row.weight(place));
            }
            if let Some(times) = &mut self.times {
                times.push(row.time(place).as_millis());
            }
        }
    }

    /// Ends the row under construction.
    pub(crate) fn end_row(&mut self) {
        self.offsets.push(self.columns.len() as u64);
    }

    /// The rows, without weights that are all one and without times that are all unknown.
    pub(crate) fn finish(self) -> SparseRows {
        #[expect(
            clippy::float_cmp,
            reason = "only weights that are exactly one may be left out"
        )]
        let weights = self
            .weights
            .filter(|all| all.iter().any(|&weight| weight != 1.0));
        let times = self
            .times
            .filter(|all| all.iter().any(|&millis| millis != 0));
        SparseRows {
            n_columns: self.n_columns,
            offsets: self.offsets,
            columns: self.columns,
            weights,
            times,
        }
    }
}
