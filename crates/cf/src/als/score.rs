//! Asking a model: fold a history in, multiply, take apart.

use marquee_ann::{Allowed, Searcher, Table, Width};
use marquee_core::{History, ItemIdx, ScoredItem};
use marquee_math::{Cholesky, Ridge, Scored, TopK, dot, dots, top_k};

use super::{
    AlsView, NAME,
    artifact::check_extent,
    confidence::Evidence,
    explain::contributions,
    model::{Penalty, narrow},
};
use crate::{
    Attribution, Contribution, Error, NewItem, Recommender, Result,
    recommender::{check_history, check_items, check_scores, scored_item},
};

/// Beyond one item of so many it is faster to score all than to look the best up.
const LOOKED_UP_AT_MOST: usize = 8;
/// More items are not asked of the index.
const INDEXED_AT_MOST: usize = 1000;
/// What an item of another model is called in errors.
const NEW_ITEM: &str = "new item";
/// Lists of the index that are read at least.
const PROBES: usize = 40;

impl AlsView<'_> {
    /// The vector of a viewer: the exact minimum of the loss given `history` and the items' vectors.
    ///
    /// Cost: for `n` entries the smaller of `n d² / 2 + d³ / 6` and `d n² / 2 + n³ / 6`
    /// multiplications and additions.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownItem`], [`Error::Weight`]; [`Error::NotFinite`] where weights are so large that
    /// the arithmetic overflows.
    pub fn fold_in(&self, history: &History) -> Result<Vec<f32>> {
        check_history(NAME, history, self.n_items())?;
        let evidence = self.evidence(history);
        let mut vector = vec![0.0; self.n_factors()];
        let scales = self.scales(&evidence);
        Ridge::new()
            .solve(&evidence.problem(self.item_factors, &scales), &mut vector)
            .map_err(|_| Error::NotFinite {
                model: NAME,
                iteration: 0,
            })?;
        Ok(vector)
    }

    /// What a history says, in its order; an entry of weight zero says nothing and is left out.
    pub(super) fn evidence(&self, history: &History) -> Evidence {
        let mut evidence = Evidence::default();
        for entry in history {
            let confidence = self.confidence.of_weight(entry.weight);
            evidence.push(entry.item.0, confidence, entry.weight);
        }
        evidence
    }

    /// The vector of an item that the model was not trained on: the exact minimum of the loss given the
    /// vectors of those who touched it, each for a weight of one, and of all others, who did not.
    /// `exposure` is how much those others count, 0 to 1: with 1 it is the vector that training would
    /// give, for whom not having touched something says no; with less it is that of an item which most
    /// had no chance to touch yet. `None` for a version that was trained before this was there.
    ///
    /// Cost: a [`fold_in`](Self::fold_in) for each viewer, `d²` for each and `d³ / 3` once.
    ///
    /// # Errors
    ///
    /// As [`fold_in`](Self::fold_in).
    pub fn fold_in_item(&self, viewers: &[&History], exposure: f64) -> Result<Option<Vec<f32>>> {
        let Some(users) = self.user_side else {
            return Ok(None);
        };
        let d = self.n_factors();
        let confidence = self.confidence.of_weight(1.0);
        let penalty = Penalty {
            n_others: users.n_users,
            ..self.penalty
        };
        let unseen = penalty.unobserved_weight * exposure.clamp(0.0, 1.0);
        let penalty = Penalty {
            unobserved_weight: unseen,
            ..penalty
        };
        let own = penalty.regularization(confidence * viewers.len() as f64);
        let mut system: Vec<f64> = users.gram.iter().map(|&g| unseen * f64::from(g)).collect();
        system.iter_mut().step_by(d + 1).for_each(|g| *g += own);
        let mut vector = vec![0.0; d];
        for history in viewers {
            let viewer = self.fold_in(history)?;
            for (row, &x) in system.chunks_exact_mut(d).zip(&viewer) {
                let x = confidence * f64::from(x);
                row.iter_mut()
                    .zip(&viewer)
                    .for_each(|(g, &y)| *g += x * f64::from(y));
            }
            vector
                .iter_mut()
                .zip(&viewer)
                .for_each(|(b, &x)| *b += confidence * f64::from(x));
        }
        let failed = |_| Error::NotFinite {
            model: NAME,
            iteration: 0,
        };
        Cholesky::factor(system, d)
            .map_err(failed)?
            .solve(&mut vector, 1);
        Ok(Some(vector.into_iter().map(narrow).collect()))
    }

    /// `1 / sqrt(D_k)` of a viewer with this evidence.
    pub(super) fn scales(&self, evidence: &Evidence) -> Vec<f32> {
        let mut scales = vec![0.0; self.n_factors()];
        let regularization = self.penalty.regularization(evidence.total);
        self.penalty
            .scales(regularization, self.spectrum, &mut scales);
        scales
    }
}

impl Recommender for AlsView<'_> {
    fn name(&self) -> &'static str {
        NAME
    }

    fn n_items(&self) -> usize {
        self.item_norms.len()
    }

    fn score_all(&self, history: &History, scores: &mut [f32]) -> Result<()> {
        check_scores(NAME, scores, self.n_items())?;
        let vector = self.fold_in(history)?;
        dots(self.item_factors, &vector, self.n_factors(), scores);
        Ok(())
    }

    fn score_many(&self, histories: &[&History], scores: &mut [f32]) -> Result<()> {
        check_scores(NAME, scores, histories.len() * self.n_items())?;
        let mut vectors = Vec::with_capacity(histories.len() * self.n_factors());
        for history in histories {
            vectors.extend(self.fold_in(history)?);
        }
        dots(self.item_factors, &vectors, self.n_factors(), scores);
        Ok(())
    }

    fn score(&self, history: &History, items: &[ItemIdx], scores: &mut [f32]) -> Result<()> {
        check_scores(NAME, scores, items.len())?;
        check_items(NAME, items.iter().copied(), self.n_items())?;
        let vector = self.fold_in(history)?;
        for (score, item) in scores.iter_mut().zip(items) {
            *score = dot(self.item_vector(item.index()), &vector);
        }
        Ok(())
    }

    /// From the copy of a byte a number where the file has one, and then from the vectors.
    fn best(&self, history: &History, k: usize) -> Result<Vec<ScoredItem>> {
        let n_items = self.n_items();
        let few = k.saturating_mul(LOOKED_UP_AT_MOST) <= n_items;
        let Some(codes) = self.codes.as_ref().filter(|_| few) else {
            let mut all = vec![0.0; n_items];
            self.score_all(history, &mut all)?;
            return Ok(top_k(&all, k).into_iter().map(scored_item).collect());
        };
        let vector = self.fold_in(history)?;
        let table = Table::new(self.item_factors, self.n_factors())?;
        let found = codes.search(table, &vector, k, Allowed::all(n_items))?;
        Ok(found.into_iter().flatten().map(scored_item).collect())
    }

    /// From the index where the file has one: a few percent of the items are read.
    fn near_best(&self, history: &History, k: usize) -> Result<Vec<ScoredItem>> {
        let Some(index) = self.index.filter(|_| k <= INDEXED_AT_MOST) else {
            return self.best(history, k);
        };
        let vector = self.fold_in(history)?;
        let width = Width {
            probes: PROBES.max(k),
            rescored: 2 * k,
        };
        let all = Allowed::all(self.n_items());
        let found = Searcher::new(index).search(&vector, k, width, all)?;
        Ok(found.into_iter().map(scored_item).collect())
    }

    fn new_item(&self, viewers: &[&History], exposure: f64) -> Result<Option<NewItem>> {
        Ok(self.fold_in_item(viewers, exposure)?.map(NewItem))
    }

    fn score_new(&self, history: &History, items: &[&NewItem], scores: &mut [f32]) -> Result<()> {
        check_scores(NAME, scores, items.len())?;
        let viewer = self.fold_in(history)?;
        for (score, NewItem(vector)) in scores.iter_mut().zip(items) {
            check_extent(NEW_ITEM, vector.len(), viewer.len())?;
            *score = dot(vector, &viewer);
        }
        Ok(())
    }

    /// By the cosine of the items' vectors; empty for an item that nobody touched.
    fn similar_items(&self, item: ItemIdx, k: usize) -> Result<Vec<ScoredItem>> {
        check_items(NAME, [item].into_iter(), self.n_items())?;
        let own = self.item_norms[item.index()];
        if own <= 0.0 {
            return Ok(Vec::new());
        }
        let mut products = vec![0.0; self.n_items()];
        let vector = self.item_vector(item.index());
        dots(self.item_factors, vector, self.n_factors(), &mut products);
        let mut best = TopK::new(k);
        for ((index, &product), &norm) in (0..).zip(&products).zip(self.item_norms) {
            if index != item.0 && norm > 0.0 {
                let score = product / (own * norm);
                best.push(Scored { index, score });
            }
        }
        Ok(best.into_sorted().into_iter().map(scored_item).collect())
    }

    /// A dislike has a part of zero: it takes from what the other entries add.
    fn explain(&self, history: &History, item: ItemIdx) -> Result<Attribution> {
        check_items(NAME, [item].into_iter(), self.n_items())?;
        let score = dot(self.item_vector(item.index()), &self.fold_in(history)?);
        let evidence = self.evidence(history);
        let mut parts = contributions(self, &evidence, item.index())?.into_iter();
        let part = |said: bool| if said { parts.next() } else { None };
        let mut next = part;
        let contributions = history
            .iter()
            .map(|entry| Contribution {
                item: entry.item,
                value: next(self.confidence.of_weight(entry.weight) > 0.0).unwrap_or(0.0),
            })
            .collect();
        Ok(Attribution {
            score,
            base: 0.0,
            contributions,
        })
    }
}
