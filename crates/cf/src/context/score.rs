//! Asking: sum the contexts of the history, multiply, add the biases.

use marquee_core::{History, ItemIdx, ScoredItem};
use marquee_math::{Scored, TopK, axpy, dot, dots};

use super::ContextView;
use crate::{
    Attribution, Contribution, Recommender, Result,
    link::history_scale,
    recommender::{check_history, check_items, check_scores},
};

impl ContextView<'_> {
    /// The vector of a viewer.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownItem`](crate::Error::UnknownItem), [`Error::Weight`](crate::Error::Weight).
    pub fn fold_in(&self, history: &History) -> Result<Vec<f32>> {
        check_history(self.name, history, self.n_items())?;
        let scale = self.scale(history);
        let mut vector = vec![0.0; self.n_factors];
        for entry in history.iter().filter(|entry| entry.weight > 0.0) {
            axpy(&mut vector, scale, self.context(entry.item.index()));
        }
        Ok(vector)
    }

    fn scale(&self, history: &History) -> f32 {
        let counting = history.iter().filter(|entry| entry.weight > 0.0).count();
        history_scale(counting, self.length_exponent)
    }

    fn score_one(&self, vector: &[f32], item: ItemIdx) -> f32 {
        dot(self.item(item.index()), vector) + self.biases[item.index()]
    }
}

impl Recommender for ContextView<'_> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn n_items(&self) -> usize {
        self.biases.len()
    }

    fn score_all(&self, history: &History, scores: &mut [f32]) -> Result<()> {
        self.score_many(&[history], scores)
    }

    fn score_many(&self, histories: &[&History], scores: &mut [f32]) -> Result<()> {
        let n_items = self.n_items();
        check_scores(self.name, scores, histories.len() * n_items)?;
        let mut vectors = Vec::with_capacity(histories.len() * self.n_factors);
        for history in histories {
            vectors.extend(self.fold_in(history)?);
        }
        dots(self.item_factors, &vectors, self.n_factors, scores);
        for scores in scores.chunks_exact_mut(n_items.max(1)) {
            scores
                .iter_mut()
                .zip(self.biases)
                .for_each(|(score, bias)| *score += bias);
        }
        Ok(())
    }

    fn score(&self, history: &History, items: &[ItemIdx], scores: &mut [f32]) -> Result<()> {
        check_scores(self.name, scores, items.len())?;
        check_items(self.name, items.iter().copied(), self.n_items())?;
        let vector = self.fold_in(history)?;
        for (score, &item) in scores.iter_mut().zip(items) {
            *score = self.score_one(&vector, item);
        }
        Ok(())
    }

    /// By the cosine of the items' own vectors; empty for an item without any.
    fn similar_items(&self, item: ItemIdx, k: usize) -> Result<Vec<ScoredItem>> {
        check_items(self.name, [item].into_iter(), self.n_items())?;
        Ok(by_cosine(self.item_factors, self.n_factors, item, k))
    }

    fn explain(&self, history: &History, item: ItemIdx) -> Result<Attribution> {
        check_items(self.name, [item].into_iter(), self.n_items())?;
        let vector = self.fold_in(history)?;
        let scale = f64::from(self.scale(history));
        let own = self.item(item.index());
        let part = |context: &[f32]| -> f64 {
            let pairs = own.iter().zip(context);
            pairs
                .map(|(&own, &context)| f64::from(own) * f64::from(context))
                .sum()
        };
        let contributions = history.iter().map(|entry| Contribution {
            item: entry.item,
            value: if entry.weight > 0.0 {
                scale * part(self.context(entry.item.index()))
            } else {
                0.0
            },
        });
        Ok(Attribution {
            score: self.score_one(&vector, item),
            base: f64::from(self.biases[item.index()]),
            contributions: contributions.collect(),
        })
    }
}

/// The `k` rows of `factors` (`d` numbers each) with the largest cosine to `item`, without itself and
/// without rows of zeros.
pub(crate) fn by_cosine(factors: &[f32], d: usize, item: ItemIdx, k: usize) -> Vec<ScoredItem> {
    let own = &factors[item.index() * d..][..d];
    let size = dot(own, own).sqrt();
    if size.is_nan() || size <= 0.0 {
        return Vec::new();
    }
    let mut best = TopK::new(k);
    for (index, vector) in (0..).zip(factors.chunks_exact(d)) {
        let other = dot(vector, vector).sqrt();
        if index != item.0 && other > 0.0 {
            let score = dot(own, vector) / (size * other);
            best.push(Scored { index, score });
        }
    }
    let best = best.into_sorted().into_iter();
    best.map(|scored| ScoredItem {
        item: ItemIdx(scored.index),
        score: scored.score,
    })
    .collect()
}
