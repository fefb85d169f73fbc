//! Scoring: find the neighbors of a history, then add up what they took.

use marquee_core::{History, HistoryEntry, ItemIdx, ScoredItem};
use marquee_math::{Scored, TopK, top_k};

use super::{NAME, UserKnnView};
use crate::{
    Attribution, Contribution, Recommender, Result,
    check::narrow,
    product::RowSums,
    recommender::{check_history, check_items, check_scores},
};

impl UserKnnView<'_> {
    /// How much an entry of the viewer's history counts in a comparison: linear in its weight, since
    /// what saturates within a document of the training data scales a new one as a whole.
    fn compared_weight(&self, entry: &HistoryEntry) -> f64 {
        let item = f64::from(self.item_weights[entry.item.index()]);
        f64::from(entry.weight) * item
    }

    /// What the dot product with user `user` is divided by.
    fn denominator(&self, viewer_size: f64, user: u32) -> f64 {
        let size = f64::from(self.user_sizes[user as usize]);
        viewer_size * size + self.constants.shrinkage
    }

    fn viewer_size(&self, history: &History) -> f64 {
        let weights = history.iter().map(|entry| self.compared_weight(entry));
        let square: f64 = weights.map(|weight| weight.powi(2)).sum();
        square.powf(self.constants.asymmetry)
    }

    /// The nearest users, nearest first.
    fn neighbors(&self, history: &History) -> Vec<Scored> {
        let mut products = RowSums::new(self.taken.n_rows());
        for entry in history {
            let weight = self.compared_weight(entry);
            let row = self.compared.row(entry.item.index());
            for (place, &user) in row.columns.iter().enumerate() {
                products.add(user, weight * f64::from(row.weight(place)));
            }
        }
        let viewer_size = self.viewer_size(history);
        let mut nearest = TopK::new(self.constants.neighbors as usize);
        for (index, product) in products.entries() {
            let score = narrow(product / self.denominator(viewer_size, index));
            if score > 0.0 && score.is_finite() {
                nearest.push(Scored { index, score });
            }
        }
        nearest.into_sorted()
    }

    /// What user `user` took of `item`, if he did.
    fn taken(&self, user: u32, item: ItemIdx) -> Option<f32> {
        let row = self.taken.row(user as usize);
        let place = row.columns.binary_search(&item.0).ok()?;
        Some(row.weight(place))
    }

    fn score_one(&self, neighbors: &[Scored], item: ItemIdx) -> f32 {
        let mut score = 0.0;
        for neighbor in neighbors {
            if let Some(weight) = self.taken(neighbor.index, item) {
                score += neighbor.score * weight;
            }
        }
        score
    }

    /// What `entry` adds to the likeness to `user`.
    fn part(&self, entry: &HistoryEntry, user: u32, denominator: f64) -> f64 {
        let row = self.compared.row(entry.item.index());
        let place = row.columns.binary_search(&user).ok();
        let shared = place.map_or(0.0, |place| f64::from(row.weight(place)));
        self.compared_weight(entry) * shared / denominator
    }
}

impl Recommender for UserKnnView<'_> {
    fn name(&self) -> &'static str {
        NAME
    }

    fn n_items(&self) -> usize {
        self.taken.n_columns()
    }

    fn score_all(&self, history: &History, scores: &mut [f32]) -> Result<()> {
        check_history(NAME, history, self.n_items())?;
        check_scores(NAME, scores, self.n_items())?;
        scores.fill(0.0);
        for neighbor in self.neighbors(history) {
            let row = self.taken.row(neighbor.index as usize);
            for (place, &item) in row.columns.iter().enumerate() {
                scores[item as usize] += neighbor.score * row.weight(place);
            }
        }
        Ok(())
    }

    fn score(&self, history: &History, items: &[ItemIdx], scores: &mut [f32]) -> Result<()> {
        check_history(NAME, history, self.n_items())?;
        check_scores(NAME, scores, items.len())?;
        check_items(NAME, items.iter().copied(), self.n_items())?;
        let neighbors = self.neighbors(history);
        for (score, &item) in scores.iter_mut().zip(items) {
            *score = self.score_one(&neighbors, item);
        }
        Ok(())
    }

    /// The items that `item` was taken together with, by the weight of the users in common over the
    /// root of both items' numbers of users.
    fn similar_items(&self, item: ItemIdx, k: usize) -> Result<Vec<ScoredItem>> {
        check_items(NAME, [item].into_iter(), self.n_items())?;
        let mut products = RowSums::new(self.n_items());
        products.add_product(self.compared.row(item.index()), self.taken);
        let size = |item: u32| (self.compared.row(item as usize).len() as f64).sqrt();
        let mut alike = vec![f32::NEG_INFINITY; self.n_items()];
        for (other, product) in products.entries() {
            alike[other as usize] = narrow(product / (size(item.0) * size(other)));
        }
        alike[item.index()] = f32::NEG_INFINITY;
        let best = top_k(&alike, k).into_iter();
        Ok(best
            .map(|scored| ScoredItem {
                item: ItemIdx(scored.index),
                score: scored.score,
            })
            .collect())
    }

    /// An entry adds what it adds to the likeness of each neighbor who took the item.
    fn explain(&self, history: &History, item: ItemIdx) -> Result<Attribution> {
        check_history(NAME, history, self.n_items())?;
        check_items(NAME, [item].into_iter(), self.n_items())?;
        let neighbors = self.neighbors(history);
        let viewer_size = self.viewer_size(history);
        let taking = neighbors.iter().filter_map(|neighbor| {
            let weight = self.taken(neighbor.index, item)?;
            let denominator = self.denominator(viewer_size, neighbor.index);
            Some((neighbor.index, f64::from(weight), denominator))
        });
        let taking: Vec<(u32, f64, f64)> = taking.collect();
        let contribution = |entry: &HistoryEntry| {
            let parts = taking
                .iter()
                .map(|&(user, weight, denominator)| self.part(entry, user, denominator) * weight);
            Contribution {
                item: entry.item,
                value: parts.sum(),
            }
        };
        Ok(Attribution {
            score: self.score_one(&neighbors, item),
            base: 0.0,
            contributions: history.iter().map(contribution).collect(),
        })
    }
}
