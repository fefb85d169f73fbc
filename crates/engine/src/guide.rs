//! What a training is given besides its data: cases to be judged by after each pass, and a file that
//! keeps its state.

use std::{
    collections::HashSet,
    num::NonZeroUsize,
    ops::ControlFlow,
    path::PathBuf,
    time::{Duration, Instant},
};

use marquee_cf::{Progress, RatingPredictor, Recommender, Result, Step, Watch};
use marquee_core::{HistoryEntry, ItemIdx, history_of};
use marquee_eval::{CaseList, TestCase, ndcg_at_k, rank_case};
use marquee_store::{Artifact, ArtifactBuilder};
use rayon::prelude::*;

/// Length of the lists that passes are judged by.
const LENGTH: NonZeroUsize = NonZeroUsize::new(20).expect("not zero");
/// Cases that a pass is judged by at most, spread over all of them.
const MOST_CASES: usize = 2000;
/// Cases that are scored together.
const BATCH: usize = 16;
/// Metadata of a kept state: which training it belongs to.
const TRAINING: &str = "training";

/// What a pass is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JudgedBy {
    /// The mean nDCG at 20 of what is to be found.
    Lists,
    /// The error of predicted ratings, root of the mean square.
    Ratings,
}

/// A callback with more to offer: it judges passes and keeps states.
///
/// # Example
///
/// ```
/// use marquee_cf::Watch;
/// use marquee_engine::Guide;
///
/// let mut silent = marquee_cf::silent();
/// assert!(!Guide::new(&mut silent).judges());
/// ```
pub struct Guide<'p, 'q> {
    progress: &'p mut Progress<'q>,
    cases: Option<(CaseList<'p>, JudgedBy)>,
    kept: Option<KeptState>,
}

impl std::fmt::Debug for Guide<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guide")
            .field("n_cases", &self.cases.map(|(cases, _)| cases.len()))
            .field("kept", &self.kept)
            .finish_non_exhaustive()
    }
}

/// Where the state of a training is kept, and how often.
#[derive(Debug)]
pub struct KeptState {
    path: PathBuf,
    training: String,
    every: Duration,
    last: Instant,
}

impl KeptState {
    /// In the file `path`, for the training that `training` tells from all others, when `every` has
    /// passed since the last time.
    pub fn new(path: PathBuf, training: String, every: Duration) -> Self {
        Self {
            path,
            training,
            every,
            last: Instant::now(),
        }
    }

    /// The state that was kept; one of another training, or one that cannot be opened, is none.
    pub(crate) fn found(&self) -> Option<Artifact> {
        let found = Artifact::open(&self.path).ok()?;
        let right = found.meta(TRAINING) == Some(self.training.as_str());
        (right && found.verify().is_ok()).then_some(found)
    }

    /// Whether it is time to keep one.
    pub(crate) fn is_due(&self) -> bool {
        self.last.elapsed() >= self.every
    }

    /// Keeps a state in place of an earlier one.
    ///
    /// # Errors
    ///
    /// When the disk refuses.
    pub(crate) fn keep(&mut self, mut state: ArtifactBuilder<'_>) -> marquee_store::Result<()> {
        state.meta(TRAINING, &self.training);
        state.write(&self.path)?;
        self.last = Instant::now();
        Ok(())
    }
}

impl<'p, 'q> Guide<'p, 'q> {
    /// Only reports to `progress`.
    pub fn new(progress: &'p mut Progress<'q>) -> Self {
        Self {
            progress,
            cases: None,
            kept: None,
        }
    }

    /// Judges by `cases`, where there are any; of more than 2,000 some, spread over all of them.
    #[must_use]
    pub fn judging(mut self, cases: CaseList<'p>, by: JudgedBy) -> Self {
        self.cases = (!cases.is_empty()).then_some((cases, by));
        self
    }

    /// Keeps states, and goes on from the one that is there.
    #[must_use]
    pub fn keeping(mut self, kept: KeptState) -> Self {
        self.kept = Some(kept);
        self
    }
}

impl Watch for Guide<'_, '_> {
    fn step(&mut self, step: &Step) -> ControlFlow<()> {
        self.progress.step(step)
    }

    fn judges(&self) -> bool {
        self.cases.is_some()
    }

    fn judge(&mut self, model: &dyn Recommender) -> Result<Option<f64>> {
        let Some((cases, by)) = self.cases else {
            return Ok(None);
        };
        let stride = cases.len().div_ceil(MOST_CASES).max(1);
        let chosen: Vec<TestCase<'_>> = (0..cases.len())
            .step_by(stride)
            .map(|number| cases.get(number))
            .collect();
        match (by, model.rating_predictor()) {
            (JudgedBy::Ratings, Some(predictor)) => {
                rating_error(predictor, &chosen, model.n_items())
                    .map(|error| error.map(|error| -error))
            }
            _ => mean_ndcg(model, &chosen),
        }
    }

    fn resume(&mut self) -> Result<Option<Artifact>> {
        Ok(self.kept.as_ref().and_then(KeptState::found))
    }

    fn wants_state(&mut self) -> bool {
        self.kept.as_ref().is_some_and(KeptState::is_due)
    }

    fn keep_state(&mut self, state: ArtifactBuilder<'_>) -> Result<()> {
        match &mut self.kept {
            Some(kept) => Ok(kept.keep(state)?),
            None => Ok(()),
        }
    }
}

/// The mean over cases; `None` where no case has anything to find.
fn mean_ndcg(model: &dyn Recommender, cases: &[TestCase<'_>]) -> Result<Option<f64>> {
    let n_items = model.n_items();
    let found: Vec<Vec<f64>> = cases
        .par_chunks(BATCH)
        .map(|cases| {
            let histories: Vec<Vec<HistoryEntry>> =
                cases.iter().map(|case| history_of(case.history)).collect();
            let histories: Vec<&[HistoryEntry]> = histories.iter().map(Vec::as_slice).collect();
            let mut scores = vec![0.0; histories.len() * n_items];
            model.score_many(&histories, &mut scores)?;
            let lists = scores.chunks_mut(n_items.max(1)).zip(cases);
            let values = lists.filter_map(|(scores, case)| {
                let ranked = rank_case(scores, case, LENGTH.get());
                let relevant: HashSet<ItemIdx> = case
                    .relevant
                    .columns
                    .iter()
                    .map(|&item| ItemIdx(item))
                    .collect();
                ndcg_at_k(&ranked, &relevant, LENGTH)
            });
            Ok(values.collect())
        })
        .collect::<Result<_>>()?;
    let n: usize = found.iter().map(Vec::len).sum();
    let sum: f64 = found.iter().flatten().sum();
    Ok((n > 0).then(|| sum / n as f64))
}

/// The root of the mean squared error over all ratings to predict.
fn rating_error(
    model: &dyn RatingPredictor,
    cases: &[TestCase<'_>],
    n_items: usize,
) -> Result<Option<f64>> {
    let (mut squares, mut n) = (0.0, 0_usize);
    for case in cases {
        let items: Vec<Option<ItemIdx>> = case
            .relevant
            .columns
            .iter()
            .map(|&item| Some(ItemIdx(item)).filter(|item| item.index() < n_items))
            .collect();
        let mut ratings = vec![0.0; items.len()];
        model.predict(&history_of(case.history), &items, &mut ratings)?;
        for (place, rating) in ratings.iter().enumerate() {
            squares += f64::from(rating - case.relevant.weight(place)).powi(2);
        }
        n += ratings.len();
    }
    Ok((n > 0).then(|| (squares / n as f64).sqrt()))
}

#[cfg(test)]
mod tests;
