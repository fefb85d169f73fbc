//! Scoring with dense weights: each entry of the history adds its row.

use marquee_core::{History, HistoryEntry, ItemIdx, ScoredItem};
use marquee_math::top_k;

use super::DenseItemView;
use crate::{
    Attribution, Contribution, Recommender, Result,
    recommender::{check_history, check_items, check_scores},
};

impl DenseItemView<'_> {
    fn part(&self, entry: &HistoryEntry, item: ItemIdx) -> f32 {
        entry.weight * self.row(entry.item.index())[item.index()]
    }

    /// Sums in the order of the history, as [`Recommender::score_all`] does for all items at once.
    fn score_one(&self, history: &History, item: ItemIdx) -> f32 {
        let mut score = 0.0;
        for entry in history {
            score += self.part(entry, item);
        }
        score
    }
}

impl Recommender for DenseItemView<'_> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn n_items(&self) -> usize {
        self.n_items
    }

    fn score_all(&self, history: &History, scores: &mut [f32]) -> Result<()> {
        check_history(self.name, history, self.n_items)?;
        check_scores(self.name, scores, self.n_items)?;
        scores.fill(0.0);
        for entry in history {
            for (score, weight) in scores.iter_mut().zip(self.row(entry.item.index())) {
                *score += entry.weight * weight;
            }
        }
        Ok(())
    }

    fn score(&self, history: &History, items: &[ItemIdx], scores: &mut [f32]) -> Result<()> {
        check_history(self.name, history, self.n_items)?;
        check_scores(self.name, scores, items.len())?;
        check_items(self.name, items.iter().copied(), self.n_items)?;
        for (score, &item) in scores.iter_mut().zip(items) {
            *score = self.score_one(history, item);
        }
        Ok(())
    }

    /// The items that `item` speaks for most: the largest weights of its row.
    fn similar_items(&self, item: ItemIdx, k: usize) -> Result<Vec<ScoredItem>> {
        check_items(self.name, [item].into_iter(), self.n_items)?;
        let mut row = self.row(item.index()).to_vec();
        row[item.index()] = f32::NEG_INFINITY;
        let best = top_k(&row, k);
        Ok(best
            .into_iter()
            .map(|scored| ScoredItem {
                item: ItemIdx(scored.index),
                score: scored.score,
            })
            .collect())
    }

    fn explain(&self, history: &History, item: ItemIdx) -> Result<Attribution> {
        check_history(self.name, history, self.n_items)?;
        check_items(self.name, [item].into_iter(), self.n_items)?;
        let contribution = |entry: &HistoryEntry| Contribution {
            item: entry.item,
            value: f64::from(self.part(entry, item)),
        };
        Ok(Attribution {
            score: self.score_one(history, item),
            base: 0.0,
            contributions: history.iter().map(contribution).collect(),
        })
    }
}
