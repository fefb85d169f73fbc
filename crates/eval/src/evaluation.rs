//! The values of every user under every metric, of one fold or of several together.

use std::num::NonZeroUsize;

use marquee_core::UserIdx;

use crate::{
    Cutoffs, Error, ListMetric, Mean, MetricName, PairedDifference, Result, Summary,
    average_precision::average_precision, bootstrap::paired_bootstrap, coverage::coverage,
    gini::gini, hit::hit, hits::Hits, ndcg::ndcg, popularity_lift::popularity_lift,
    precision::precision, recall::recall, recall_min::recall_min, reciprocal_rank::reciprocal_rank,
};

/// One metric of one list.
type OfHits = fn(&Hits, NonZeroUsize) -> Option<f64>;

/// The metrics of whether the right items were found, in the order of reports.
pub(crate) const ACCURACY: [(ListMetric, OfHits); 7] = [
    (ListMetric::Recall, recall),
    (ListMetric::RecallMin, recall_min),
    (ListMetric::Ndcg, ndcg),
    (ListMetric::Map, average_precision),
    (ListMetric::Mrr, reciprocal_rank),
    (ListMetric::Hit, hit),
    (ListMetric::Precision, precision),
];

/// Which value of a case stands where: for each cutoff the accuracy metrics, novelty and popularity of
/// the list, then the popularity of the history, then diversity for each cutoff.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Columns {
    cutoffs: Cutoffs,
}

impl Columns {
    pub(crate) fn new(cutoffs: Cutoffs) -> Self {
        Self { cutoffs }
    }

    pub(crate) fn cutoffs(&self) -> &Cutoffs {
        &self.cutoffs
    }

    /// Number of values a case.
    pub(crate) fn len(&self) -> usize {
        self.diversity() + self.cutoffs.len()
    }

    fn novelty(&self) -> usize {
        ACCURACY.len() * self.cutoffs.len()
    }

    fn list_popularity(&self) -> usize {
        self.novelty() + self.cutoffs.len()
    }

    fn history_popularity(&self) -> usize {
        self.list_popularity() + self.cutoffs.len()
    }

    fn diversity(&self) -> usize {
        self.history_popularity() + 1
    }

    /// First column of a metric that has a value for each case.
    fn first_of(&self, metric: ListMetric) -> Option<usize> {
        let accuracy = ACCURACY.iter().position(|(other, _)| *other == metric);
        match metric {
            ListMetric::Novelty => Some(self.novelty()),
            ListMetric::Diversity => Some(self.diversity()),
            _ => accuracy.map(|at| at * self.cutoffs.len()),
        }
    }
}

/// Every user's values, kept so that two models can be compared user by user.
///
/// The evaluations of the folds of one protocol are put together with [`append`](Self::append), in the
/// order of folds; means are then over all test users of all folds, and coverage and Gini over all
/// their lists.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    pub(crate) columns: Columns,
    pub(crate) n_items: usize,
    pub(crate) users: Vec<UserIdx>,
    /// `n_cases x n_columns`, not-a-number where undefined.
    pub(crate) values: Vec<f64>,
    /// `n_items x n_cutoffs`, as in the evaluator.
    pub(crate) exposure: Vec<u64>,
}

impl Evaluation {
    /// Number of cases.
    pub fn n_cases(&self) -> usize {
        self.users.len()
    }

    /// The user of each case, as a row of the data that was split.
    pub fn users(&self) -> &[UserIdx] {
        &self.users
    }

    /// Adds the cases of another fold after those that are there.
    ///
    /// # Errors
    ///
    /// [`Error::Unlike`] when the list lengths or the number of items differ.
    pub fn append(&mut self, other: &Self) -> Result<()> {
        if self.n_items != other.n_items {
            return Err(Error::Unlike {
                what: "number of items",
                left: self.n_items,
                right: other.n_items,
            });
        }
        if self.columns != other.columns {
            return Err(Error::Unlike {
                what: "list lengths (the longest are)",
                left: self.columns.cutoffs().longest().get(),
                right: other.columns.cutoffs().longest().get(),
            });
        }
        self.users.extend_from_slice(&other.users);
        self.values.extend_from_slice(&other.values);
        for (lists, more) in self.exposure.iter_mut().zip(&other.exposure) {
            *lists += more;
        }
        Ok(())
    }

    /// One value a case, not-a-number where the metric is undefined for it; `None` where the metric
    /// has no values for each case (coverage, Gini, ratings) or was not measured.
    pub fn values(&self, name: MetricName) -> Option<Vec<f64>> {
        let MetricName::List { metric, k } = name else {
            return None;
        };
        let at = self.cutoff(k)?;
        if metric == ListMetric::PopularityLift {
            return Some(self.lifts(at));
        }
        let column = self.columns.first_of(metric)? + at;
        Some(self.column(column).collect())
    }

    /// How many lists have each item among the first `k` places; `None` where `k` was not measured.
    pub fn exposure(&self, k: NonZeroUsize) -> Option<Vec<u64>> {
        let at = self.cutoff(k)?;
        let by_item = self.exposure.chunks_exact(self.columns.cutoffs().len());
        Some(by_item.map(|row| row[..=at].iter().sum()).collect())
    }

    /// The mean of every metric that is defined for anybody, metric by metric, each for every `k`.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for metric in ListMetric::ALL {
            for &k in self.columns.cutoffs().as_slice() {
                let name = metric.at(k);
                summary.push(name, self.mean(metric, k));
            }
        }
        summary
    }

    /// Compares this evaluation with `other`, user by user, under one metric; users for whom it is
    /// undefined in either are left out. See [`paired_bootstrap`].
    ///
    /// # Errors
    ///
    /// [`Error::Unmeasured`] when either has no values for each user under this name, and those of
    /// [`paired_bootstrap`] when the users are not the same.
    pub fn difference(
        &self,
        other: &Self,
        name: MetricName,
        seed: u64,
        resamples: usize,
    ) -> Result<PairedDifference> {
        let unmeasured = || Error::Unmeasured { name };
        let mine = self.values(name).ok_or_else(unmeasured)?;
        let theirs = other.values(name).ok_or_else(unmeasured)?;
        if self.users != other.users {
            let both = self.users.iter().zip(&other.users);
            return Err(Error::Unlike {
                what: "users (cases; of them the same)",
                left: self.users.len().max(other.users.len()),
                right: both.filter(|(a, b)| a == b).count(),
            });
        }
        let pairs = mine.into_iter().zip(theirs);
        let (mine, theirs): (Vec<f64>, Vec<f64>) =
            pairs.filter(|(a, b)| !a.is_nan() && !b.is_nan()).unzip();
        paired_bootstrap(&mine, &theirs, seed, resamples)
    }

    fn mean(&self, metric: ListMetric, k: NonZeroUsize) -> Option<Mean> {
        let together = |figure: fn(&[u64]) -> Option<f64>| {
            let figure = figure(&self.exposure(k)?)?;
            Some(Mean::of_all(figure, self.n_cases()))
        };
        match metric {
            ListMetric::Coverage => together(coverage),
            ListMetric::Gini => together(gini),
            _ => {
                let mut values = self.values(metric.at(k))?;
                values.retain(|value| !value.is_nan());
                Mean::of(&values)
            }
        }
    }

    fn lifts(&self, cutoff: usize) -> Vec<f64> {
        let lists = self.column(self.columns.list_popularity() + cutoff);
        let histories = self.column(self.columns.history_popularity());
        let mut lifts = vec![f64::NAN; self.n_cases()];
        let pairs: Vec<(f64, f64)> = lists.zip(histories).collect();
        let is_defined = |(list, history): &(f64, f64)| !list.is_nan() && !history.is_nan();
        let defined: Vec<(f64, f64)> = pairs.iter().copied().filter(is_defined).collect();
        let slots = lifts.iter_mut().zip(&pairs);
        let slots = slots.filter(|(_, pair)| is_defined(pair));
        for ((slot, _), lift) in slots.zip(popularity_lift(&defined)) {
            *slot = lift;
        }
        lifts
    }

    fn cutoff(&self, k: NonZeroUsize) -> Option<usize> {
        self.columns.cutoffs().as_slice().binary_search(&k).ok()
    }

    fn column(&self, column: usize) -> impl Iterator<Item = f64> {
        let rows = self.values.chunks_exact(self.columns.len());
        rows.map(move |row| row[column])
    }
}
