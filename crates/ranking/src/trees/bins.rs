//! Columns of numbers sorted into bins.

use marquee_features::FeatureRows;
use marquee_math::rng;
use rand::RngExt as _;
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
/// Rows by which bounds are found where there are more: hundreds for each bin.
const SAMPLED: usize = 200_000;

impl Column {
    /// Bins of about as many rows each, no value in two of them. A value of more rows than that has a bin of its own,
    /// and leaves the others to the rest. Of many rows some tell.
    pub(super) fn of(values: &[f32], n_bins: usize) -> Self {
        let mut sorted: Vec<f32> = sampled(values).filter(|value| !value.is_nan()).collect();
        sorted.sort_unstable_by(f32::total_cmp);
        let mut distinct: Vec<(f32, usize)> = Vec::new();
        for value in sorted {
            match distinct.last_mut() {
                Some((last, n)) if *last >= value => *n += 1,
                _ => distinct.push((value, 1)),
            }
        }
        let bounds = bounds(&distinct, n_bins.min(MOST));
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

/// One value drawn from each of so many stretches, or all where there are fewer. Equal steps would meet only some
/// of the places, which repeat with each request.
fn sampled(values: &[f32]) -> impl Iterator<Item = f32> {
    let n = values.len();
    let stretches = n.min(SAMPLED);
    let mut random = rng(0, 0);
    (0..stretches).map(move |at| {
        let stretch = at * n / stretches..(at + 1) * n / stretches;
        values[random.random_range(stretch)]
    })
}

/// Bounds between bins of distinct values and their numbers of rows.
///
/// Source: what LightGBM does (Ke et al. 2017), without its least number of rows.
fn bounds(distinct: &[(f32, usize)], n_bins: usize) -> Vec<f32> {
    let between = |pair: &[(f32, usize)]| middle(pair[0].0, pair[1].0);
    if distinct.len() <= n_bins {
        return distinct.windows(2).map(between).collect();
    }
    let all: usize = distinct.iter().map(|value| value.1).sum();
    let fair = all.div_ceil(n_bins);
    let large = |n: usize| n >= fair;
    let many = distinct.iter().filter(|value| large(value.1));
    let (n_large, of_large) = many.fold((0, 0), |(n, rows), value| (n + 1, rows + value.1));
    let (mut bins, mut rest) = (n_bins - n_large, all - of_large);
    let (mut bounds, mut taken) = (Vec::new(), 0);
    for pair in distinct.windows(2) {
        let (own, next) = (pair[0].1, pair[1].1);
        taken += own;
        let fair = rest.div_ceil(bins.max(1));
        // Before a large value a bin is closed early rather than left nearly empty.
        let full = large(own) || taken >= fair || (large(next) && 2 * taken >= fair);
        if !full || bounds.len() + 1 >= n_bins {
            continue;
        }
        bounds.push(between(pair));
        if !large(own) {
            rest = rest.saturating_sub(taken);
            bins = bins.saturating_sub(1);
        }
        taken = 0;
    }
    bounds
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frequent_value_leaves_the_bins_to_the_others() {
        let mut values = vec![0.0; 900];
        values.extend((1_u8..=100).map(f32::from));
        let column = Column::of(&values, 51);
        // One for zero, two values in each of the others.
        assert_eq!(column.bounds.len(), 50);
        assert!((column.bounds[0] - 0.5).abs() < 1e-6);
        assert!((column.bounds[1] - 2.5).abs() < 1e-6);
    }

    #[test]
    fn some_of_many_rows_tell_bounds() {
        let n = 3 * SAMPLED;
        let values: Vec<f32> = (0..n)
            .map(|row| (row * 7919 % n) as f32 / n as f32)
            .collect();
        let column = Column::of(&values, 100);
        let mut rows = vec![0_usize; column.n_bins()];
        for &bin in &column.bins {
            rows[usize::from(bin)] += 1;
        }
        let even = |&rows: &usize| rows.abs_diff(n / 100) < n / 1000;
        assert!(rows[..100].iter().all(even), "{rows:?}");
    }

    #[test]
    fn values_that_repeat_with_requests_all_have_bins() {
        for every in [2_u16, 5, 10, 32] {
            let values: Vec<f32> = (0..every).map(f32::from).collect();
            let values = values.repeat(5 * SAMPLED / usize::from(every));
            let column = Column::of(&values, 255);
            assert_eq!(column.bounds.len(), usize::from(every) - 1);
        }
    }

    #[test]
    fn bins_of_even_values_hold_about_as_many_rows() {
        let values: Vec<f32> = (0_u16..1000).map(f32::from).collect();
        let column = Column::of(&values, 10);
        let mut rows = [0; 10];
        for &bin in &column.bins {
            rows[usize::from(bin)] += 1;
        }
        assert_eq!(rows, [100; 10]);
    }
}
