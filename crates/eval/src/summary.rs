//! What a report shows: each metric's mean with its standard error.

use crate::MetricName;

/// A figure over users, with how far it may be off.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Mean {
    /// The mean; for a figure of all lists together, that figure.
    pub mean: f64,
    /// Standard error of the mean over users: sample deviation by the root of their number. `None`
    /// for fewer than two users, and for figures of all lists together.
    pub se: Option<f64>,
    /// Number of users it is over: those for whom the metric is defined.
    pub n: usize,
}

impl Mean {
    /// The mean of `values`, summed in their order; `None` of none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        if n == 0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let se = (n > 1).then(|| (squares / (n - 1) as f64 / n as f64).sqrt());
        Some(Self { mean, se, n })
    }

    /// A figure of the lists of `n` users together.
    pub(crate) fn of_all(figure: f64, n: usize) -> Self {
        Self {
            mean: figure,
            se: None,
            n,
        }
    }
}

/// Metrics in the order of reports. With the `serde` feature it is written as an object from name to
/// [`Mean`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Summary {
    metrics: Vec<(MetricName, Mean)>,
}

impl Summary {
    /// Adds a metric; one that is defined for nobody is left out.
    pub(crate) fn push(&mut self, name: MetricName, mean: Option<Mean>) {
        self.metrics.extend(mean.map(|mean| (name, mean)));
    }

    /// Every metric, in the order of reports.
    pub fn metrics(&self) -> &[(MetricName, Mean)] {
        &self.metrics
    }

    /// The metric of this name, if it was measured and is defined for anybody.
    pub fn get(&self, name: MetricName) -> Option<Mean> {
        let mut all = self.metrics.iter();
        all.find(|(other, _)| *other == name).map(|(_, mean)| *mean)
    }

    /// This summary followed by the metrics of `other`, such as those of rankings by those of ratings.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.metrics.extend_from_slice(&other.metrics);
        self
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Summary {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries = self.metrics.iter();
        serializer.collect_map(entries.map(|(name, mean)| (name.to_string(), mean)))
    }
}

#[cfg(test)]
mod tests;
