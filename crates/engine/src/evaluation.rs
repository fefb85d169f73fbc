//! Trains a model on a fold, ranks the whole catalog for every test user, and measures the lists.

use marquee_cf::{Progress, RatingPredictor, Recommender};
use marquee_core::{History, HistoryEntry, ItemIdx, history_of};
use marquee_eval::{
    CaseList, Cutoffs, Evaluation, Evaluator, Fold, ItemGenres, RatingEvaluation, RatingEvaluator,
    rank_case,
};
use rayon::prelude::*;

use crate::{ModelSpec, Result, TrainedModel, models};

/// Cases that are scored together, so that a model reads its parameters once for all of them.
const BATCH: usize = 16;

/// What every fold of one evaluation has in common.
#[derive(Debug, Clone, Copy)]
pub struct Measure<'a> {
    /// The list lengths to report.
    pub cutoffs: &'a Cutoffs,
    /// Genres of the items, where they are known.
    pub genres: Option<&'a ItemGenres>,
}

/// Trains the model that `spec` names on the training part of `fold`.
///
/// # Errors
///
/// As [`models::train`].
pub fn train_fold(
    spec: &ModelSpec,
    fold: &Fold,
    seed: u64,
    progress: &mut Progress<'_>,
) -> Result<Box<dyn TrainedModel>> {
    models::train(spec, fold.train(), seed, progress)
}

/// Ranks for every case and measures: full catalog, what is in the history left out.
///
/// Cases are scored side by side; the result does not depend on how many at a time.
///
/// # Errors
///
/// What the model says, or [`EngineError::Evaluation`](crate::EngineError::Evaluation).
pub fn measure(
    model: &dyn Recommender,
    cases: CaseList<'_>,
    how: Measure<'_>,
) -> Result<Evaluation> {
    let mut evaluator = Evaluator::new(cases, how.cutoffs);
    if let Some(genres) = how.genres {
        evaluator = evaluator.with_genres(genres);
    }
    let longest = how.cutoffs.longest().get();
    let n_items = model.n_items();
    let batches = cases.len().div_ceil(BATCH);
    (0..batches).into_par_iter().try_for_each_init(
        || vec![0.0_f32; BATCH * n_items],
        |scores, batch| -> Result<()> {
            let numbers = batch * BATCH..cases.len().min((batch + 1) * BATCH);
            let histories: Vec<Vec<HistoryEntry>> = numbers
                .clone()
                .map(|number| history_of(cases.get(number).history))
                .collect();
            let histories: Vec<&History> = histories.iter().map(Vec::as_slice).collect();
            let scores = &mut scores[..histories.len() * n_items];
            model.score_many(&histories, scores)?;
            for (number, scores) in numbers.zip(scores.chunks_mut(n_items.max(1))) {
                let ranked = rank_case(scores, &cases.get(number), longest);
                evaluator.record(number, &ranked)?;
            }
            Ok(())
        },
    )?;
    Ok(evaluator.finish()?)
}

/// Predicts the rating of every item that is to be found, for every case, and measures how far off it
/// is. An item past those of the training data is one about which nothing is known.
///
/// # Errors
///
/// What the model says, or [`EngineError::Evaluation`](crate::EngineError::Evaluation).
pub fn measure_ratings(
    model: &dyn RatingPredictor,
    cases: CaseList<'_>,
) -> Result<RatingEvaluation> {
    let evaluator = RatingEvaluator::new(cases);
    let n_items = cases.n_items();
    for number in 0..cases.len() {
        let case = cases.get(number);
        let known = |&item: &u32| Some(ItemIdx(item)).filter(|item| item.index() < n_items);
        let items: Vec<Option<ItemIdx>> = case.relevant.columns.iter().map(known).collect();
        let mut ratings = vec![0.0; items.len()];
        model.predict(&history_of(case.history), &items, &mut ratings)?;
        evaluator.record(number, &ratings)?;
    }
    Ok(evaluator.finish()?)
}

#[cfg(test)]
mod tests;
