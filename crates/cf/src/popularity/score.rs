//! Scoring: the same for everybody.

use marquee_core::{History, ItemIdx, ScoredItem};

use super::{PopularityView, train::NAME};
use crate::{
    Attribution, Contribution, Recommender, Result,
    recommender::{check_history, check_items, check_scores},
};

impl Recommender for PopularityView<'_> {
    fn name(&self) -> &'static str {
        NAME
    }

    fn n_items(&self) -> usize {
        self.scores.len()
    }

    fn score_all(&self, history: &History, scores: &mut [f32]) -> Result<()> {
        check_history(NAME, history, self.n_items())?;
        check_scores(NAME, scores, self.n_items())?;
        scores.copy_from_slice(self.scores);
        Ok(())
    }

    fn score(&self, history: &History, items: &[ItemIdx], scores: &mut [f32]) -> Result<()> {
        check_history(NAME, history, self.n_items())?;
        check_scores(NAME, scores, items.len())?;
        check_items(NAME, items.iter().copied(), self.n_items())?;
        for (score, item) in scores.iter_mut().zip(items) {
            *score = self.scores[item.index()];
        }
        Ok(())
    }

    /// Always empty: popularity knows nothing of likeness.
    fn similar_items(&self, item: ItemIdx, _k: usize) -> Result<Vec<ScoredItem>> {
        check_items(NAME, [item].into_iter(), self.n_items())?;
        Ok(Vec::new())
    }

    /// The whole score is the base; entries of the history add nothing.
    fn explain(&self, history: &History, item: ItemIdx) -> Result<Attribution> {
        check_history(NAME, history, self.n_items())?;
        check_items(NAME, [item].into_iter(), self.n_items())?;
        let score = self.scores[item.index()];
        let part = |item| Contribution { item, value: 0.0 };
        Ok(Attribution {
            score,
            base: f64::from(score),
            contributions: history.iter().map(|entry| part(entry.item)).collect(),
        })
    }
}
