//! What every recommendation model must hold, whatever it learns and however.
//!
//! A model's own tests hand in a [`Subject`]: how to train it, and what of the suite applies. The suite
//! trains it on small made-up datasets with a known answer ([`blocks`]) and asks the same questions of
//! all: the same seed gives the same bytes on any number of threads, scores are finite, one item scored
//! alone has the bits it has among all, a saved and opened model answers with the same bits, parts of
//! an explanation sum to the score, and what is in the data is found.

use std::fmt;

use marquee_core::{Dataset, History, ItemIdx, ScoredItem};

pub mod blocks;
mod checks;

pub use blocks::BlockWorld;

/// A question was refused; what matters to the suite is that it was, not why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// What the model said.
    pub message: String,
}

impl Refusal {
    /// Keeps what `error` says.
    pub fn of(error: &impl fmt::Display) -> Self {
        Self {
            message: error.to_string(),
        }
    }
}

/// A score and the parts that are to sum to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Parts {
    /// The score that is explained.
    pub score: f32,
    /// What does not come from the history.
    pub base: f64,
    /// Item and value of each part, one for each entry of the history in its order.
    pub parts: Vec<(ItemIdx, f64)>,
}

/// A trained model as the suite asks it.
pub trait Answers {
    /// Number of items.
    fn n_items(&self) -> usize;

    /// Writes the score of every item.
    ///
    /// # Errors
    ///
    /// [`Refusal`] for a history that does not belong to the model or a buffer of another length.
    fn score_all(&self, history: &History, scores: &mut [f32]) -> Result<(), Refusal>;

    /// Writes the score of each of `items`.
    ///
    /// # Errors
    ///
    /// As [`score_all`](Self::score_all), also for an item of `items`.
    fn score(
        &self,
        history: &History,
        items: &[ItemIdx],
        scores: &mut [f32],
    ) -> Result<(), Refusal>;

    /// The at most `k` items of the highest scores, best first.
    ///
    /// # Errors
    ///
    /// As [`score_all`](Self::score_all).
    fn best(&self, history: &History, k: usize) -> Result<Vec<ScoredItem>, Refusal>;

    /// The at most `k` items most like `item`, best first.
    ///
    /// # Errors
    ///
    /// [`Refusal`] for an item that the model does not have.
    fn similar_items(&self, item: ItemIdx, k: usize) -> Result<Vec<ScoredItem>, Refusal>;

    /// The parts of the score of `item`.
    ///
    /// # Errors
    ///
    /// As [`score`](Self::score).
    fn explain(&self, history: &History, item: ItemIdx) -> Result<Parts, Refusal>;
}

/// What one training left.
pub struct Trained {
    /// The model as training left it.
    pub model: Box<dyn Answers>,
    /// The same model, saved and opened again.
    pub reopened: Box<dyn Answers>,
    /// Everything it learned: the bytes of its artifact.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Trained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trained")
            .field("n_items", &self.model.n_items())
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// Whether the history of a viewer changes what he gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Personalization {
    /// It does: the model must find the blocks of a block world and beat popularity.
    ByHistory,
    /// It does not: everybody gets the same.
    None,
}

/// How many threads a training may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threads(pub usize);

/// A model under test.
pub struct Subject<'a> {
    /// Trains on a dataset with a seed; panics when training fails, which fails the test.
    pub train: &'a dyn Fn(&Dataset, u64, Threads) -> Trained,
    /// What to expect of its answers.
    pub personalization: Personalization,
}

impl fmt::Debug for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("personalization", &self.personalization)
            .finish_non_exhaustive()
    }
}

impl Subject<'_> {
    /// Runs the whole suite.
    ///
    /// # Panics
    ///
    /// When the model does not hold one of its rules; the message says which, and where.
    #[track_caller]
    pub fn check(&self) {
        let world = BlockWorld::small(7);
        let trained = (self.train)(&world.data, 42, Threads(1));
        checks::same_bytes_on_any_number_of_threads(self, &world, &trained);
        let histories = world.viewers.iter().map(|viewer| viewer.history.as_slice());
        for history in histories.take(8).chain([&[][..]]) {
            checks::scores_are_finite(&trained, history);
            checks::one_scores_like_all(&trained, history);
            checks::the_best_are_the_head_of_all(&trained, history);
            checks::reopened_scores_the_same(&trained, history);
            checks::parts_sum_to_the_score(&trained, history);
        }
        checks::what_does_not_belong_is_refused(&trained);
        checks::similar_items_are_ordered(&trained);
        match self.personalization {
            Personalization::ByHistory => {
                checks::blocks_are_found(&world, &trained);
                checks::popularity_is_beaten(self);
            }
            Personalization::None => checks::history_plays_no_part(&world, &trained),
        }
    }
}

#[cfg(test)]
mod tests;
