//! How far probabilities are from what happened.

use std::{collections::BTreeMap, f64::consts::FRAC_2_PI};

use serde::Serialize;

/// Rows with similar probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ReliabilityBin {
    /// Number of rows.
    pub n_rows: usize,
    /// Mean of their probabilities.
    pub predicted: f64,
    /// Mean of what happened.
    pub observed: f64,
}

/// What was predicted beside what happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reliability {
    /// Bins with about the same number of rows each, by rising probability.
    pub bins: Vec<ReliabilityBin>,
}

impl Reliability {
    /// The expected calibration error: the mean over rows of the distance, in their bin, between the mean
    /// probability and the share of what happened. In `[0, 1]`; 0 without rows.
    ///
    /// Bins of few rows have a distance by chance alone: [`chance_error`](Self::chance_error).
    pub fn expected_error(&self) -> f64 {
        let n_rows = self.n_rows().max(1) as f64;
        let gaps = self
            .bins
            .iter()
            .map(|bin| bin.n_rows as f64 * (bin.predicted - bin.observed).abs());
        gaps.sum::<f64>() / n_rows
    }

    /// The expected calibration error of outcomes drawn with exactly the probabilities that were told: what
    /// [`expected_error`](Self::expected_error) comes to by chance alone. In `[0, 1]`.
    ///
    /// The share of what happens in a bin of `n` rows with the mean probability `p` strays by about
    /// `sqrt(2 / π · p (1 - p) / n)`. Shares such as of a length watched stray less.
    pub fn chance_error(&self) -> f64 {
        let n_rows = self.n_rows().max(1) as f64;
        let gaps = self.bins.iter().map(|bin| {
            let spread = bin.predicted * (1.0 - bin.predicted);
            (FRAC_2_PI * spread.max(0.0) * bin.n_rows as f64).sqrt()
        });
        gaps.sum::<f64>() / n_rows
    }

    /// Mean probability of all rows; 0 without rows.
    pub fn predicted(&self) -> f64 {
        self.total(|bin| bin.predicted) / self.n_rows().max(1) as f64
    }

    /// Share of the rows in which it happened; 0 without rows.
    pub fn observed(&self) -> f64 {
        self.total(|bin| bin.observed) / self.n_rows().max(1) as f64
    }

    fn total(&self, mean: impl Fn(&ReliabilityBin) -> f64) -> f64 {
        let bins = self.bins.iter();
        bins.map(|bin| bin.n_rows as f64 * mean(bin)).sum()
    }

    /// The largest distance of a bin.
    pub fn largest_error(&self) -> f64 {
        let gaps = self
            .bins
            .iter()
            .map(|bin| (bin.predicted - bin.observed).abs());
        gaps.fold(0.0, f64::max)
    }

    /// Number of rows of all bins.
    pub fn n_rows(&self) -> usize {
        self.bins.iter().map(|bin| bin.n_rows).sum()
    }

    /// Mean probability through the share of what happened: above 1 too much was promised. `None` where
    /// nothing happened.
    pub fn ratio(&self) -> Option<f64> {
        let observed = self.total(|bin| bin.observed);
        (observed > 0.0).then(|| self.total(|bin| bin.predicted) / observed)
    }
}

/// Compares probabilities with labels in at most `n_bins` bins of about as many rows each; equal
/// probabilities share a bin. Rows whose label is NaN are left out.
///
/// # Panics
///
/// When there are not as many labels as probabilities, or no bins.
pub fn reliability(probabilities: &[f32], labels: &[f32], n_bins: usize) -> Reliability {
    assert_eq!(
        probabilities.len(),
        labels.len(),
        "a label for each probability"
    );
    assert!(n_bins > 0, "bins to sort rows into");
    let rows = probabilities.iter().copied().zip(labels.iter().copied());
    let mut rows: Vec<(f32, f32)> = rows.filter(|row| !row.1.is_nan()).collect();
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut bins = Vec::new();
    let mut start = 0;
    for bin in 1..=n_bins {
        let mut end = (rows.len() * bin / n_bins).max(start);
        while end > start && end < rows.len() && rows[end].0.total_cmp(&rows[end - 1].0).is_eq() {
            end += 1;
        }
        if end > start {
            bins.push(bin_of(&rows[start..end]));
            start = end;
        }
    }
    Reliability { bins }
}

/// The same for each slice of the rows: by device, by the viewer's activity, by kind of item.
///
/// # Panics
///
/// As [`reliability`], and when there are not as many slices as probabilities.
pub fn reliability_by_slice<S: Ord + Clone>(
    probabilities: &[f32],
    labels: &[f32],
    slices: &[S],
    n_bins: usize,
) -> BTreeMap<S, Reliability> {
    assert_eq!(
        probabilities.len(),
        slices.len(),
        "a slice for each probability"
    );
    let mut by_slice: BTreeMap<S, (Vec<f32>, Vec<f32>)> = BTreeMap::new();
    for ((probability, label), slice) in probabilities.iter().zip(labels).zip(slices) {
        let rows = by_slice.entry(slice.clone()).or_default();
        rows.0.push(*probability);
        rows.1.push(*label);
    }
    let slices = by_slice.into_iter();
    slices
        .map(|(slice, (probabilities, labels))| {
            (slice, reliability(&probabilities, &labels, n_bins))
        })
        .collect()
}

fn bin_of(rows: &[(f32, f32)]) -> ReliabilityBin {
    let n = rows.len() as f64;
    ReliabilityBin {
        n_rows: rows.len(),
        predicted: rows.iter().map(|row| f64::from(row.0)).sum::<f64>() / n,
        observed: rows.iter().map(|row| f64::from(row.1)).sum::<f64>() / n,
    }
}
