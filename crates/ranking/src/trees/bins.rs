//! Columns of numbers sorted into bins.

use marquee_features::FeatureRows;
use rayon::prelude::*;

/// A column as bins.
#[derive(Debug, Clone)]
pub(super) struct Column {
    /// Values up to `bounds[b]` are in bin `b`; larger ones in the last.
    pub(super) bounds: Vec<f32>,
    /// The bin of each row; [`missing`](Self::missing) where there is no value.
    pub(super) bins: Vec<u8>,
}

/// The most bins of values, so that one is left for missing ones.
const MOST: usize = 255;

impl Column {
    /// Bins of about as many rows each, no value in two of them.
    pub(super) fn of(values: &[f32], n_bins: usize) -> Self {
        let mut sorted: Vec<f32> = values
            .iter()
            .copied()
            .filter(|value| !value.is_nan())
            .collect();
        sorted.sort_unstable_by(f32::total_cmp);
        let mut distinct = sorted.clone();
        distinct.dedup();
        let n_bins = n_bins.min(MOST);
        let bounds = if distinct.len() <= n_bins {
            distinct
                .windows(2)
                .map(|pair| middle(pair[0], pair[1]))
                .collect()
        } else {
            let mut bounds: Vec<f32> = (1..n_bins)
                .map(|bin| {
                    let at = sorted.len() * bin / n_bins;
                    middle(sorted[at - 1], sorted[at])
                })
                .collect();
            bounds.dedup();
            bounds
        };
        let mut column = Self {
            bounds,
            bins: Vec::new(),
        };
        column.bins = values.iter().map(|&value| column.bin(value)).collect();
        column
    }

    /// The bin of missing values, after all others.
    pub(super) fn missing(&self) -> u8 {
        u8::try_from(self.bounds.len() + 1).expect("at most 255 bins of values")
    }

    /// Bins, with that of missing values.
    pub(super) fn n_bins(&self) -> usize {
        self.bounds.len() + 2
    }

    fn bin(&self, value: f32) -> u8 {
        if value.is_nan() {
            return self.missing();
        }
        let bin = self.bounds.partition_point(|&bound| bound < value);
        u8::try_from(bin).expect("at most 255 bins")
    }
}

/// A bound that the lower value does not pass and the higher one does.
fn middle(low: f32, high: f32) -> f32 {
    let middle = low * 0.5 + high * 0.5;
    if middle >= low && middle < high {
        middle
    } else {
        low
    }
}

/// All dense columns of a table, those of requests first.
pub(super) fn columns(rows: &FeatureRows<'_>, n_bins: usize) -> Vec<Column> {
    let (of_request, of_row) = (
        rows.schema().request.dense.len(),
        rows.schema().row.dense.len(),
    );
    (0..of_request + of_row)
        .into_par_iter()
        .map(|column| {
            let values: Vec<f32> = match column.checked_sub(of_request) {
                Some(column) => rows
                    .dense()
                    .iter()
                    .skip(column)
                    .step_by(of_row)
                    .copied()
                    .collect(),
                None => {
                    let requests = 0..rows.n_requests();
                    let values = requests.flat_map(|request| {
                        let value = rows.request_dense_of(request)[column];
                        rows.rows_of(request).map(move |_| value)
                    });
                    values.collect()
                }
            };
            Column::of(&values, n_bins)
        })
        .collect()
}
