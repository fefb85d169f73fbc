//! Names of metrics, as they stand in reports: `ndcg@10`, `rmse`.

use std::{fmt, num::NonZeroUsize, str::FromStr};

use crate::{Error, Result};

/// What is measured of a ranked list, or of all lists together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ListMetric {
    /// [`recall_at_k`](crate::recall_at_k).
    Recall,
    /// [`recall_min_at_k`](crate::recall_min_at_k).
    RecallMin,
    /// [`ndcg_at_k`](crate::ndcg_at_k).
    Ndcg,
    /// Mean of [`average_precision_at_k`](crate::average_precision_at_k).
    Map,
    /// Mean of [`reciprocal_rank_at_k`](crate::reciprocal_rank_at_k).
    Mrr,
    /// [`hit_at_k`](crate::hit_at_k).
    Hit,
    /// [`precision_at_k`](crate::precision_at_k).
    Precision,
    /// [`coverage`](crate::coverage) of the catalog by all lists together.
    Coverage,
    /// Mean of [`novelty_at_k`](crate::novelty_at_k).
    Novelty,
    /// [`gini`](crate::gini) of the exposure that all lists together give.
    Gini,
    /// [`popularity_lift`](crate::popularity_lift) of the lists over the histories.
    PopularityLift,
    /// Mean of [`diversity_at_k`](crate::diversity_at_k), where genres are known.
    Diversity,
}

impl ListMetric {
    /// Every one, in the order of reports.
    pub const ALL: [Self; 12] = [
        Self::Recall,
        Self::RecallMin,
        Self::Ndcg,
        Self::Map,
        Self::Mrr,
        Self::Hit,
        Self::Precision,
        Self::Coverage,
        Self::Novelty,
        Self::Gini,
        Self::PopularityLift,
        Self::Diversity,
    ];

    /// The name before the `@`: `recall_min`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recall => "recall",
            Self::RecallMin => "recall_min",
            Self::Ndcg => "ndcg",
            Self::Map => "map",
            Self::Mrr => "mrr",
            Self::Hit => "hit",
            Self::Precision => "precision",
            Self::Coverage => "coverage",
            Self::Novelty => "novelty",
            Self::Gini => "gini",
            Self::PopularityLift => "popularity_lift",
            Self::Diversity => "diversity",
        }
    }

    /// This metric of the first `k` places.
    pub const fn at(self, k: NonZeroUsize) -> MetricName {
        MetricName::List { metric: self, k }
    }
}

/// What is measured of predicted ratings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RatingMetric {
    /// Root of the mean squared error.
    Rmse,
    /// Mean absolute error.
    Mae,
}

/// The name of a metric: of the first `k` places of a list, or of predicted ratings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum MetricName {
    /// Written `ndcg@10`.
    List {
        /// What is measured.
        metric: ListMetric,
        /// Of how many places.
        k: NonZeroUsize,
    },
    /// Written `rmse` or `mae`.
    Rating(RatingMetric),
}

impl fmt::Display for MetricName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List { metric, k } => write!(f, "{}@{k}", metric.name()),
            Self::Rating(RatingMetric::Rmse) => f.write_str("rmse"),
            Self::Rating(RatingMetric::Mae) => f.write_str("mae"),
        }
    }
}

impl FromStr for MetricName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let list = |(name, k): (&str, &str)| {
            let metric = ListMetric::ALL.into_iter().find(|m| m.name() == name)?;
            Some(metric.at(k.parse().ok()?))
        };
        let found = match text {
            "rmse" => Some(Self::Rating(RatingMetric::Rmse)),
            "mae" => Some(Self::Rating(RatingMetric::Mae)),
            _ => text.split_once('@').and_then(list),
        };
        found.ok_or_else(|| Error::MetricName {
            found: text.to_owned(),
        })
    }
}

/// The list lengths to report: at least one, rising, each once.
///
/// Reads from text as numbers with commas: `10,20,50`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cutoffs(Vec<NonZeroUsize>);

impl Cutoffs {
    /// These list lengths, in order and without repeats.
    ///
    /// # Errors
    ///
    /// [`Error::Cutoffs`] when there is none.
    pub fn new(lengths: impl IntoIterator<Item = NonZeroUsize>) -> Result<Self> {
        let mut all: Vec<NonZeroUsize> = lengths.into_iter().collect();
        all.sort_unstable();
        all.dedup();
        if all.is_empty() {
            return Err(Error::Cutoffs {
                found: String::new(),
            });
        }
        Ok(Self(all))
    }

    /// The list lengths, rising.
    pub fn as_slice(&self) -> &[NonZeroUsize] {
        &self.0
    }

    /// Number of list lengths.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The longest: as many places a list has to have.
    #[expect(
        clippy::missing_panics_doc,
        reason = "there is at least one by construction"
    )]
    pub fn longest(&self) -> NonZeroUsize {
        *self
            .0
            .last()
            .expect("there is at least one by construction")
    }
}

impl FromStr for Cutoffs {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::Cutoffs {
            found: text.to_owned(),
        };
        let lengths = text.split(',').map(|part| part.trim().parse());
        let lengths: std::result::Result<Vec<_>, _> = lengths.collect();
        Self::new(lengths.map_err(|_| wrong())?)
    }
}

#[cfg(test)]
mod tests;
