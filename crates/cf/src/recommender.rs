//! What every collaborative model answers once it is trained.

use marquee_core::{History, ItemIdx, ScoredItem};
use marquee_math::{Scored, top_k};

use crate::{Error, RatingPredictor, Result};

/// A trained model that ranks items for a history.
///
/// Known and new viewers take one path: a viewer is the slice of what he did. Items of the history
/// are scored like all others; leaving them out of a list is the caller's business. The same history
/// and item always give the same bits, whatever else is asked in the same call and however many
/// threads there are. An empty history is a valid question.
pub trait Recommender: Send + Sync {
    /// Name of the model as in artifacts, on the command line and in errors.
    fn name(&self) -> &'static str;

    /// Number of items that are scored; every [`ItemIdx`] of a question lies below it.
    fn n_items(&self) -> usize;

    /// Writes the score of every item to `scores`, which has [`n_items`](Self::n_items) places.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownItem`] or [`Error::Weight`] for a history that does not belong to the model,
    /// [`Error::ScoresLength`] for a buffer of another length.
    fn score_all(&self, history: &History, scores: &mut [f32]) -> Result<()>;

    /// Writes the score of every item for each of `histories` to `scores`, one history after the
    /// other, with the same bits as [`score_all`](Self::score_all).
    ///
    /// Some models answer many at a time far faster than one after the other; 16 to 64 are enough.
    ///
    /// # Errors
    ///
    /// As [`score_all`](Self::score_all).
    fn score_many(&self, histories: &[&History], scores: &mut [f32]) -> Result<()> {
        let n_items = self.n_items();
        check_scores(self.name(), scores, histories.len() * n_items)?;
        for (history, scores) in histories.iter().zip(scores.chunks_mut(n_items.max(1))) {
            self.score_all(history, scores)?;
        }
        Ok(())
    }

    /// Writes the score of `items[n]` to `scores[n]`, with the same bits as
    /// [`score_all`](Self::score_all).
    ///
    /// # Errors
    ///
    /// As [`score_all`](Self::score_all); [`Error::UnknownItem`] also for one of `items`.
    fn score(&self, history: &History, items: &[ItemIdx], scores: &mut [f32]) -> Result<()> {
        check_scores(self.name(), scores, items.len())?;
        check_items(self.name(), items.iter().copied(), self.n_items())?;
        let mut all = vec![0.0; self.n_items()];
        self.score_all(history, &mut all)?;
        for (score, item) in scores.iter_mut().zip(items) {
            *score = all[item.index()];
        }
        Ok(())
    }

    /// The at most `k` items of the highest scores for `history`, best first, equal scores by the
    /// smaller row; items of the history are not left out. Scores have the bits of
    /// [`score_all`](Self::score_all), but need not all be computed.
    ///
    /// # Errors
    ///
    /// As [`score_all`](Self::score_all).
    fn best(&self, history: &History, k: usize) -> Result<Vec<ScoredItem>> {
        let mut all = vec![0.0; self.n_items()];
        self.score_all(history, &mut all)?;
        Ok(top_k(&all, k).into_iter().map(scored_item).collect())
    }

    /// About the items of [`best`](Self::best), for less work: some of them may be missing, with others
    /// in their place, but each has the bits of its score. What a server under load asks for.
    ///
    /// # Errors
    ///
    /// As [`score_all`](Self::score_all).
    fn near_best(&self, history: &History, k: usize) -> Result<Vec<ScoredItem>> {
        self.best(history, k)
    }

    /// An item that the model was not trained on, by those who touched it: one history each, in which
    /// the item itself does not stand. `exposure` says how much it counts that others did not touch it:
    /// 1 where all had the chance that they had with other items, less where few had. `None` where a
    /// model cannot take new items in.
    ///
    /// # Errors
    ///
    /// As [`score_all`](Self::score_all).
    fn new_item(&self, viewers: &[&History], exposure: f64) -> Result<Option<NewItem>> {
        let _ = (viewers, exposure);
        Ok(None)
    }

    /// Writes the score of each of `items`, which are this model's, to `scores`; comparable with those
    /// of items that it was trained on.
    ///
    /// # Errors
    ///
    /// As [`score_all`](Self::score_all).
    fn score_new(&self, history: &History, items: &[&NewItem], scores: &mut [f32]) -> Result<()> {
        let _ = (history, items);
        scores.fill(0.0);
        Ok(())
    }

    /// The at most `k` items most like `item`, best first, without `item` itself; equal scores by
    /// the smaller row. Empty where nothing is known of it.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownItem`].
    fn similar_items(&self, item: ItemIdx, k: usize) -> Result<Vec<ScoredItem>>;

    /// What each part of `history` adds to the score of `item`.
    ///
    /// # Errors
    ///
    /// As [`score`](Self::score).
    fn explain(&self, history: &History, item: ItemIdx) -> Result<Attribution>;

    /// The model as one that predicts ratings; `None` where its scores are no ratings.
    fn rating_predictor(&self) -> Option<&dyn RatingPredictor> {
        None
    }
}

/// An item as a model took it in: its vector, in a form that only this model reads.
#[derive(Debug, Clone, PartialEq)]
pub struct NewItem(pub(crate) Vec<f32>);

/// A score taken apart by the entries of the history it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribution {
    /// The score, with the bits that [`Recommender::score`] gives.
    pub score: f32,
    /// What does not come from the history: popularity, a bias; zero for most models.
    pub base: f64,
    /// One part for each entry of the history, in its order; with `base` they sum to `score` within
    /// 1e-5 of the sum of their sizes.
    pub contributions: Vec<Contribution>,
}

/// What one entry of a history adds to a score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contribution {
    /// The item of the history.
    pub item: ItemIdx,
    /// What it adds; negative where it lowers the score.
    pub value: f64,
}

impl Attribution {
    /// How far the parts are from the score, relative to the sum of their sizes.
    pub fn relative_gap(&self) -> f64 {
        let parts = || self.contributions.iter().map(|part| part.value);
        let sum = self.base + parts().sum::<f64>();
        let size = self.base.abs() + parts().map(f64::abs).sum::<f64>();
        (sum - f64::from(self.score)).abs() / size.max(f64::MIN_POSITIVE)
    }
}

/// A place of a list, its number as an item.
pub(crate) fn scored_item(Scored { index, score }: Scored) -> ScoredItem {
    ScoredItem {
        item: ItemIdx(index),
        score,
    }
}

/// Fails unless `scores` has `expected` places.
pub(crate) fn check_scores(model: &'static str, scores: &[f32], expected: usize) -> Result<()> {
    if scores.len() == expected {
        return Ok(());
    }
    Err(Error::ScoresLength {
        model,
        found: scores.len(),
        expected,
    })
}

/// Fails at the first item that is not below `n_items`.
pub(crate) fn check_items(
    model: &'static str,
    mut items: impl Iterator<Item = ItemIdx>,
    n_items: usize,
) -> Result<()> {
    match items.find(|item| item.index() >= n_items) {
        None => Ok(()),
        Some(item) => Err(Error::UnknownItem {
            model,
            item: item.0,
            n_items,
        }),
    }
}

/// Fails where an item of `history` is unknown or a weight is not finite.
pub(crate) fn check_history(model: &'static str, history: &History, n_items: usize) -> Result<()> {
    check_items(model, history.iter().map(|entry| entry.item), n_items)?;
    match history.iter().find(|entry| !entry.weight.is_finite()) {
        None => Ok(()),
        Some(entry) => Err(Error::Weight {
            model,
            item: entry.item.0,
            found: entry.weight,
            expected: "a finite number",
        }),
    }
}
