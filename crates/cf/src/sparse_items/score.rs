//! Scoring with sparse weights: each entry of the history adds its row.

use marquee_core::{History, HistoryEntry, ItemIdx, ScoredItem};
use marquee_math::top_k;

use super::SparseItemView;
use crate::{
    Attribution, Contribution, Recommender, Result,
    recommender::{check_history, check_items, check_scores},
};

impl SparseItemView<'_> {
    /// What `entry` adds to the score of `item`; `None` where the matrix has no such entry.
    fn part(&self, entry: &HistoryEntry, item: ItemIdx) -> Option<f32> {
        let row = self.weights.row(entry.item.index());
        let place = row.columns.binary_search(&item.0).ok()?;
        Some(entry.weight * row.weight(place))
    }

    /// Sums in the order of the history, as [`Recommender::score_all`] does for all items at once.
    fn score_one(&self, history: &History, item: ItemIdx) -> f32 {
        let mut score = 0.0;
        for part in history.iter().filter_map(|entry| self.part(entry, item)) {
            score += part;
        }
        score
    }
}

impl Recommender for SparseItemView<'_> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn n_items(&self) -> usize {
        self.weights.n_columns()
    }

    fn score_all(&self, history: &History, scores: &mut [f32]) -> Result<()> {
        check_history(self.name, history, self.n_items())?;
        check_scores(self.name, scores, self.n_items())?;
        scores.fill(0.0);
        for entry in history {
            let row = self.weights.row(entry.item.index());
            for (place, &item) in row.columns.iter().enumerate() {
                scores[item as usize] += entry.weight * row.weight(place);
            }
        }
        Ok(())
    }

    fn score(&self, history: &History, items: &[ItemIdx], scores: &mut [f32]) -> Result<()> {
        check_history(self.name, history, self.n_items())?;
        check_scores(self.name, scores, items.len())?;
        check_items(self.name, items.iter().copied(), self.n_items())?;
        for (score, &item) in scores.iter_mut().zip(items) {
            *score = self.score_one(history, item);
        }
        Ok(())
    }

    /// The items that `item` speaks for most: the largest weights of its row.
    fn similar_items(&self, item: ItemIdx, k: usize) -> Result<Vec<ScoredItem>> {
        check_items(self.name, [item].into_iter(), self.n_items())?;
        let row = self.weights.row(item.index());
        let weights: Vec<f32> = (0..row.len()).map(|place| row.weight(place)).collect();
        let best = top_k(&weights, k);
        Ok(best
            .into_iter()
            .map(|scored| ScoredItem {
                item: ItemIdx(row.columns[scored.index as usize]),
                score: scored.score,
            })
            .collect())
    }

    fn explain(&self, history: &History, item: ItemIdx) -> Result<Attribution> {
        check_history(self.name, history, self.n_items())?;
        check_items(self.name, [item].into_iter(), self.n_items())?;
        let contribution = |entry: &HistoryEntry| Contribution {
            item: entry.item,
            value: f64::from(self.part(entry, item).unwrap_or(0.0)),
        };
        Ok(Attribution {
            score: self.score_one(history, item),
            base: 0.0,
            contributions: history.iter().map(contribution).collect(),
        })
    }
}
