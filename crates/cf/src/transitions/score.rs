//! Scoring: each event of the history adds its row, the latest most.

use marquee_core::{History, ItemIdx, ScoredItem};
use marquee_math::top_k;

use super::{NAME, TransitionsView};
use crate::{
    Attribution, Contribution, Recommender, Result,
    check::narrow,
    recommender::{check_history, check_items, check_scores},
};

impl TransitionsView<'_> {
    /// What the event at `place` of a history of `len` counts.
    fn share(&self, place: usize, len: usize) -> f32 {
        let age = (len - 1 - place) as f64;
        narrow((-age / self.position_decay).exp())
    }

    /// What the event at `place` adds to the score of `item`; `None` where there is no such weight.
    fn part(&self, history: &History, place: usize, item: ItemIdx) -> Option<f32> {
        let row = self.weights.row(history[place].item.index());
        let at = row.columns.binary_search(&item.0).ok()?;
        Some(self.share(place, history.len()) * row.weight(at))
    }

    /// Sums in the order of the history, as [`Recommender::score_all`] does for all items at once.
    fn score_one(&self, history: &History, item: ItemIdx) -> f32 {
        let parts = (0..history.len()).filter_map(|place| self.part(history, place, item));
        parts.fold(0.0, |score, part| score + part)
    }
}

impl Recommender for TransitionsView<'_> {
    fn name(&self) -> &'static str {
        NAME
    }

    fn n_items(&self) -> usize {
        self.weights.n_columns()
    }

    fn score_all(&self, history: &History, scores: &mut [f32]) -> Result<()> {
        check_history(NAME, history, self.n_items())?;
        check_scores(NAME, scores, self.n_items())?;
        scores.fill(0.0);
        for (place, entry) in history.iter().enumerate() {
            let share = self.share(place, history.len());
            let row = self.weights.row(entry.item.index());
            for (at, &item) in row.columns.iter().enumerate() {
                scores[item as usize] += share * row.weight(at);
            }
        }
        Ok(())
    }

    fn score(&self, history: &History, items: &[ItemIdx], scores: &mut [f32]) -> Result<()> {
        check_history(NAME, history, self.n_items())?;
        check_scores(NAME, scores, items.len())?;
        check_items(NAME, items.iter().copied(), self.n_items())?;
        for (score, &item) in scores.iter_mut().zip(items) {
            *score = self.score_one(history, item);
        }
        Ok(())
    }

    /// The largest weights of the item's row, but its own.
    fn similar_items(&self, item: ItemIdx, k: usize) -> Result<Vec<ScoredItem>> {
        check_items(NAME, [item].into_iter(), self.n_items())?;
        let row = self.weights.row(item.index());
        let weight = |place: usize| {
            let itself = row.columns[place] == item.0;
            if itself {
                f32::NEG_INFINITY
            } else {
                row.weight(place)
            }
        };
        let weights: Vec<f32> = (0..row.len()).map(weight).collect();
        let best = top_k(&weights, k).into_iter();
        Ok(best
            .map(|scored| ScoredItem {
                item: ItemIdx(row.columns[scored.index as usize]),
                score: scored.score,
            })
            .collect())
    }

    fn explain(&self, history: &History, item: ItemIdx) -> Result<Attribution> {
        check_history(NAME, history, self.n_items())?;
        check_items(NAME, [item].into_iter(), self.n_items())?;
        let contribution = |place: usize| Contribution {
            item: history[place].item,
            value: f64::from(self.part(history, place, item).unwrap_or(0.0)),
        };
        Ok(Attribution {
            score: self.score_one(history, item),
            base: 0.0,
            contributions: (0..history.len()).map(contribution).collect(),
        })
    }
}
