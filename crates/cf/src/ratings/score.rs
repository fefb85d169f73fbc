//! Asking: fold what was rated into each draw, average what they predict.

use marquee_core::{History, ItemIdx, ScoredItem};
use marquee_math::{Ridge, RidgeProblem, Scored, TopK, axpy, dot, dots};

use super::{RatingPredictor, RatingView, explain::Evidence, links::LENGTH_EXPONENT};
use crate::{
    Attribution, Error, Recommender, Result,
    link::history_scale,
    recommender::{check_history, check_items, check_scores},
};

impl RatingView<'_> {
    /// The vectors of a viewer in all draws, each divided by their number: the product with an item's
    /// designs is what the viewer adds to the mean of the item's biases.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownItem`], [`Error::Weight`]; [`Error::NotFinite`] where ratings are so large that
    /// the arithmetic overflows.
    pub fn fold_in(&self, history: &History) -> Result<Vec<f32>> {
        check_history(self.name, history, self.shape.n_items)?;
        let mut vectors = self.expected(history);
        let mut ridge = Ridge::new();
        let mut solution = vec![0.0; self.shape.width];
        for sample in 0..self.shape.n_samples {
            let evidence = Evidence::of(self, history, sample, &vectors);
            let problem = RidgeProblem {
                matrix: &self.designs[sample * self.shape.width..],
                stride: self.shape.row(),
                rows: &evidence.rows,
                weights: &evidence.weights,
                targets: &evidence.targets,
                scales: self.scales(sample),
                halves: None,
            };
            ridge
                .solve(&problem, &mut solution)
                .map_err(|_| Error::NotFinite {
                    model: self.name,
                    iteration: 0,
                })?;
            let vector = &mut vectors[sample * self.shape.width..][..self.shape.width];
            vector
                .iter_mut()
                .zip(&solution)
                .for_each(|(sum, part)| *sum += part);
        }
        let share = 1.0 / self.shape.n_samples as f32;
        vectors.iter_mut().for_each(|value| *value *= share);
        Ok(vectors)
    }

    /// What a viewer's vectors are expected to be before his ratings are looked at: the means, and what
    /// the presence of each rating adds.
    pub(super) fn expected(&self, history: &History) -> Vec<f32> {
        let mut vectors = self.means.to_vec();
        if !self.links.is_empty() {
            let scale = history_scale(history.len(), LENGTH_EXPONENT);
            for entry in history {
                axpy(&mut vectors, scale, self.link(entry.item.index()));
            }
        }
        vectors
    }

    pub(super) fn link(&self, item: usize) -> &[f32] {
        &self.links[item * self.shape.row()..][..self.shape.row()]
    }

    pub(super) fn scales(&self, sample: usize) -> &[f32] {
        &self.scales[sample * self.shape.width..][..self.shape.width]
    }

    pub(super) fn score_one(&self, vectors: &[f32], item: usize) -> f32 {
        dot(self.design(item), vectors) + self.bias(item)
    }

    /// What is predicted for an item about which nothing is known.
    fn score_unknown(&self, vectors: &[f32]) -> f32 {
        let width = self.shape.width;
        let samples = self
            .unknown
            .chunks_exact(width)
            .zip(vectors.chunks_exact(width));
        let share = 1.0 / self.shape.n_samples as f32;
        samples
            .map(|(item, viewer)| share * item[0] + viewer[0] + dot(&item[1..], &viewer[1..]))
            .sum()
    }
}

impl RatingPredictor for RatingView<'_> {
    fn scale(&self) -> (f32, f32) {
        (self.scale[0], self.scale[1])
    }

    fn predict(
        &self,
        history: &History,
        items: &[Option<ItemIdx>],
        ratings: &mut [f32],
    ) -> Result<()> {
        check_scores(self.name, ratings, items.len())?;
        check_items(self.name, items.iter().flatten().copied(), self.n_items())?;
        let vectors = self.fold_in(history)?;
        for (rating, item) in ratings.iter_mut().zip(items) {
            let predicted = match item {
                Some(item) => self.score_one(&vectors, item.index()),
                None => self.score_unknown(&vectors),
            };
            *rating = predicted.clamp(self.scale[0], self.scale[1]);
        }
        Ok(())
    }
}

impl Recommender for RatingView<'_> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn n_items(&self) -> usize {
        self.shape.n_items
    }

    fn rating_predictor(&self) -> Option<&dyn RatingPredictor> {
        Some(self)
    }

    fn score_all(&self, history: &History, scores: &mut [f32]) -> Result<()> {
        self.score_many(&[history], scores)
    }

    fn score_many(&self, histories: &[&History], scores: &mut [f32]) -> Result<()> {
        let n_items = self.n_items();
        check_scores(self.name, scores, histories.len() * n_items)?;
        let mut vectors = Vec::with_capacity(histories.len() * self.shape.row());
        for history in histories {
            vectors.extend(self.fold_in(history)?);
        }
        dots(self.designs, &vectors, self.shape.row(), scores);
        let biases: Vec<f32> = (0..n_items).map(|item| self.bias(item)).collect();
        for scores in scores.chunks_exact_mut(n_items.max(1)) {
            scores
                .iter_mut()
                .zip(&biases)
                .for_each(|(score, bias)| *score += bias);
        }
        Ok(())
    }

    fn score(&self, history: &History, items: &[ItemIdx], scores: &mut [f32]) -> Result<()> {
        check_scores(self.name, scores, items.len())?;
        check_items(self.name, items.iter().copied(), self.n_items())?;
        let vectors = self.fold_in(history)?;
        for (score, item) in scores.iter_mut().zip(items) {
            *score = self.score_one(&vectors, item.index());
        }
        Ok(())
    }

    /// By the cosine of the items' factors in all draws together, biases left out.
    fn similar_items(&self, item: ItemIdx, k: usize) -> Result<Vec<ScoredItem>> {
        check_items(self.name, [item].into_iter(), self.n_items())?;
        let own = self.design(item.index());
        // Each draw has a one in its design, which says nothing of the item.
        let ones = self.shape.n_samples as f32;
        let product = |other: &[f32]| dot(own, other) - ones;
        let size = |vector: &[f32]| (dot(vector, vector) - ones).max(0.0).sqrt();
        let own_size = size(own);
        let mut best = TopK::new(k);
        for (index, other) in (0..).zip(self.designs.chunks_exact(self.shape.row())) {
            let sizes = own_size * size(other);
            if index != item.0 && sizes > 0.0 {
                let score = product(other) / sizes;
                best.push(Scored { index, score });
            }
        }
        let best = best.into_sorted().into_iter();
        Ok(best
            .map(|scored| ScoredItem {
                item: ItemIdx(scored.index),
                score: scored.score,
            })
            .collect())
    }

    /// A rating's part is how far it lies from what is expected, as far as the regression follows it,
    /// and what its mere presence says; the rest stands in the base.
    fn explain(&self, history: &History, item: ItemIdx) -> Result<Attribution> {
        check_items(self.name, [item].into_iter(), self.n_items())?;
        let score = self.score_one(&self.fold_in(history)?, item.index());
        self.attribution(history, item.index(), score)
    }
}
