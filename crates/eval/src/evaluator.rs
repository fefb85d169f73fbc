//! Takes ranked lists, in any order and from any thread, and measures them.

use std::{
    num::NonZeroUsize,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use marquee_core::ItemIdx;

use crate::{
    CaseList, Cutoffs, Error, Evaluation, ItemGenres, Popularity, Result, TestCase,
    diversity::diversity_at_each,
    evaluation::{ACCURACY, Columns},
    hits::Hits,
};

/// Measures one ranked list for each case of a fold.
///
/// Values are kept by case and added up by case in the end, so that the result is the same to the last
/// bit whatever the order of recording. Memory: some 40 values of 8 bytes a case, and 8 bytes for each
/// item and list length; lists are not kept.
///
/// # Example
///
/// ```
/// use marquee_core::{Dataset, Interaction, ItemIdx, Repeats, Timestamp, UserIdx};
/// use marquee_eval::{Evaluator, Protocol, rank_case};
///
/// let watched = |(user, item)| Interaction {
///     user: UserIdx(user),
///     item: ItemIdx(item),
///     weight: 1.0,
///     time: Timestamp::EPOCH,
/// };
/// let all = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)].map(watched);
/// let data = Dataset::from_interactions(2, 4, &all, Repeats::KeepLast)?;
/// let fold = "last-out".parse::<Protocol>()?.fold(&data, 0, 42)?;
///
/// let evaluator = Evaluator::new(fold.test(), &"1,2".parse()?);
/// for (number, case) in fold.test().iter().enumerate() {
///     // Stands for a model trained on `fold.train()`, which would look at `case.history`.
///     let mut scores = [0.5, 0.4, 0.1, 0.3];
///     let ranked = rank_case(&mut scores, &case, 2);
///     assert_eq!(ranked, [ItemIdx(3), ItemIdx(2)]);
///     evaluator.record(number, &ranked)?;
/// }
/// let summary = evaluator.finish()?.summary();
/// assert_eq!(summary.get("mrr@2".parse()?).map(|mean| mean.mean), Some(0.5));
/// assert_eq!(summary.get("hit@1".parse()?).map(|mean| mean.mean), Some(0.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Evaluator<'a> {
    cases: CaseList<'a>,
    columns: Columns,
    popularity: Popularity,
    genres: Option<&'a ItemGenres>,
    recorded: Vec<OnceLock<Box<[f64]>>>,
    /// `n_items x n_cutoffs`: how many lists have the item at a place that this cutoff includes and
    /// the one before it does not.
    exposure: Vec<AtomicU64>,
}

impl<'a> Evaluator<'a> {
    /// Nothing recorded yet. Popularity, for novelty and lift, is that of the fold's training data.
    pub fn new(cases: CaseList<'a>, cutoffs: &Cutoffs) -> Self {
        let cells = cases.n_items() * cutoffs.len();
        Self {
            cases,
            columns: Columns::new(cutoffs.clone()),
            popularity: Popularity::of(cases.train()),
            genres: None,
            recorded: (0..cases.len()).map(|_| OnceLock::new()).collect(),
            exposure: (0..cells).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Measures diversity too.
    #[must_use]
    pub fn with_genres(mut self, genres: &'a ItemGenres) -> Self {
        self.genres = Some(genres);
        self
    }

    /// Measures the list of case number `case`: best first, at least as long as the longest cutoff
    /// where the catalog allows; further places are not looked at.
    ///
    /// # Errors
    ///
    /// [`Error`] when there is no such case, it is recorded already, or the list names an item twice or
    /// one that does not exist.
    pub fn record(&self, case: usize, ranked: &[ItemIdx]) -> Result<()> {
        let n_cases = self.cases.len();
        let Some(slot) = self.recorded.get(case) else {
            return Err(Error::NoSuchCase { case, n_cases });
        };
        let longest = self.columns.cutoffs().longest().get();
        let ranked = &ranked[..ranked.len().min(longest)];
        self.check(case, ranked)?;
        let values = self.measure(&self.cases.get(case), ranked);
        slot.set(values).map_err(|_| Error::Twice { case })?;
        self.expose(ranked);
        Ok(())
    }

    /// The values of all cases.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] when a case was not recorded.
    pub fn finish(self) -> Result<Evaluation> {
        let n_cases = self.recorded.len();
        let unset = || self.recorded.iter().filter(|slot| slot.get().is_none());
        let first = self.recorded.iter().position(|slot| slot.get().is_none());
        if let Some(first) = first {
            return Err(Error::Missing {
                missing: unset().count(),
                first,
                n_cases,
            });
        }
        let rows = self.recorded.into_iter().filter_map(OnceLock::into_inner);
        Ok(Evaluation {
            n_items: self.cases.n_items(),
            users: self.cases.users().to_vec(),
            values: rows.flatten().collect(),
            exposure: self
                .exposure
                .into_iter()
                .map(AtomicU64::into_inner)
                .collect(),
            columns: self.columns,
        })
    }

    fn check(&self, case: usize, ranked: &[ItemIdx]) -> Result<()> {
        let n_items = self.cases.n_items();
        let mut sorted = ranked.to_vec();
        sorted.sort_unstable();
        if let Some(&item) = sorted.last().filter(|item| item.index() >= n_items) {
            return Err(Error::UnknownItem {
                case,
                item,
                n_items,
            });
        }
        let repeated = sorted.windows(2).find(|pair| pair[0] == pair[1]);
        repeated.map_or(Ok(()), |pair| {
            Err(Error::RepeatedItem {
                case,
                item: pair[0],
            })
        })
    }

    /// One value per column, not-a-number where undefined.
    fn measure(&self, case: &TestCase<'_>, ranked: &[ItemIdx]) -> Box<[f64]> {
        let mut relevant = case.relevant.columns.to_vec();
        relevant.sort_unstable();
        let is_relevant = |item: &ItemIdx| relevant.binary_search(&item.0).is_ok();
        let hits = Hits::from_places(ranked.iter().map(is_relevant), relevant.len());
        let lengths = self.columns.cutoffs().as_slice();
        let mut values = Vec::with_capacity(self.columns.len());
        for (_, metric) in ACCURACY {
            values.extend(lengths.iter().map(|&k| metric(&hits, k)));
        }
        values.extend(means(ranked, lengths, |item| {
            self.popularity.surprise(item)
        }));
        values.extend(means(ranked, lengths, |item| self.popularity.share(item)));
        let history = case.history.columns.iter().map(|&item| ItemIdx(item));
        values.push(mean(history.map(|item| self.popularity.share(item))));
        match self.genres {
            Some(genres) => values.extend(diversity_at_each(ranked, genres, lengths)),
            None => values.extend(lengths.iter().map(|_| None)),
        }
        let undefined_as_nan = values.into_iter().map(|value| value.unwrap_or(f64::NAN));
        undefined_as_nan.collect()
    }

    fn expose(&self, ranked: &[ItemIdx]) {
        let n_cutoffs = self.columns.cutoffs().len();
        let mut from = 0;
        for (bucket, k) in self.columns.cutoffs().as_slice().iter().enumerate() {
            let end = ranked.len().min(k.get());
            for item in &ranked[from..end] {
                self.exposure[item.index() * n_cutoffs + bucket].fetch_add(1, Ordering::Relaxed);
            }
            from = end;
        }
    }
}

/// For each of the rising `lengths`, the mean of `value` over that many first items.
fn means(
    ranked: &[ItemIdx],
    lengths: &[NonZeroUsize],
    value: impl Fn(ItemIdx) -> f64,
) -> impl Iterator<Item = Option<f64>> {
    let mut total = 0.0;
    let mut done = 0;
    lengths.iter().map(move |k| {
        let end = ranked.len().min(k.get());
        total = ranked[done..end]
            .iter()
            .fold(total, |sum, &item| sum + value(item));
        done = end;
        (end > 0).then(|| total / end as f64)
    })
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (total, n) = values.fold((0.0, 0_u32), |(total, n), value| (total + value, n + 1));
    (n > 0).then(|| total / f64::from(n))
}

#[cfg(test)]
mod tests;
