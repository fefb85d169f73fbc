//! The components of the request path that stand on a model and a catalog.

use std::{collections::HashMap, sync::OnceLock};

use marquee_cf::{Recommender, Result as ModelResult};
use marquee_core::{
    CandidateSource, Explanation, ItemIdx, Query, ScoredItem, Scorer, StageError, Timestamp,
};
use marquee_math::{Scored, top_k};

mod filters;

pub(crate) use filters::{
    NotFoundFilter, RequestFilter, SeenFilter, ShownFilter, UnavailableFilter,
};

type StageResult<T> = Result<T, StageError>;

/// What a viewer's scores begin with.
pub(crate) trait Base: Scorer {
    /// The best score that any item outside of the viewer's history has, whatever is asked for.
    fn top(&self, query: &Query<'_>) -> StageResult<f32>;
}

/// One model, whose answers the source and the scorer share.
///
/// It is first asked for its best items alone, which many models know without a score for each item
/// of the catalog. Only where filters leave too few of them is everything scored.
pub(crate) struct ModelStage<'a> {
    model: &'a dyn Recommender,
    name_of: &'a (dyn Fn(ItemIdx) -> String + Sync),
    retrieval: Retrieval,
    best: OnceLock<StageResult<Best>>,
    scores: OnceLock<StageResult<Vec<f32>>>,
}

/// How a model's first list is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retrieval {
    /// Nothing is missed.
    Exact,
    /// Some of the list may be missed, for less work.
    Near,
}

/// The first list of a model.
struct Best {
    /// As many as were asked for then, best first.
    list: Vec<ScoredItem>,
    /// The same by rising row.
    by_item: Vec<ScoredItem>,
}

impl<'a> ModelStage<'a> {
    /// Nothing is computed yet; `name_of` says what to call an item in an explanation.
    pub(crate) fn new(
        model: &'a dyn Recommender,
        name_of: &'a (dyn Fn(ItemIdx) -> String + Sync),
    ) -> Self {
        Self {
            model,
            name_of,
            retrieval: Retrieval::Exact,
            best: OnceLock::new(),
            scores: OnceLock::new(),
        }
    }

    /// The same, its first list found like this.
    pub(crate) fn by(self, retrieval: Retrieval) -> Self {
        Self { retrieval, ..self }
    }

    fn first(&self, query: &Query<'_>, limit: usize) -> StageResult<Vec<ScoredItem>> {
        let found = match self.retrieval {
            Retrieval::Exact => self.model.best(query.history, limit),
            Retrieval::Near => self.model.near_best(query.history, limit),
        };
        stage(self.model.name(), found)
    }

    fn all(&self, query: &Query<'_>) -> StageResult<&[f32]> {
        let compute = || {
            let mut scores = vec![0.0; self.model.n_items()];
            stage(
                self.model.name(),
                self.model.score_all(query.history, &mut scores),
            )?;
            Ok(scores)
        };
        let scores = self.scores.get_or_init(compute).as_ref();
        scores.map(Vec::as_slice).map_err(Clone::clone)
    }
}

impl Base for ModelStage<'_> {
    fn top(&self, query: &Query<'_>) -> StageResult<f32> {
        let is_new = |scored: &&ScoredItem| {
            let mut history = query.history.iter();
            !history.any(|entry| entry.item == scored.item)
        };
        if let Some(Ok(best)) = self.best.get()
            && let Some(first) = best.list.iter().find(is_new)
        {
            return Ok(first.score);
        }
        let least = query.history.len() + 1;
        let best = self.first(query, least)?;
        Ok(best.iter().find(is_new).map_or(0.0, |first| first.score))
    }
}

impl CandidateSource for ModelStage<'_> {
    fn name(&self) -> &'static str {
        self.model.name()
    }

    fn candidates(&self, query: &Query<'_>, limit: usize) -> StageResult<Vec<ScoredItem>> {
        let find = || {
            let list = self.first(query, limit)?;
            let mut by_item = list.clone();
            by_item.sort_unstable_by_key(|scored| scored.item);
            Ok(Best { list, by_item })
        };
        let best = self.best.get_or_init(find).as_ref().map_err(Clone::clone)?;
        if limit <= best.list.len() || best.list.len() == self.model.n_items() {
            return Ok(best.list[..limit.min(best.list.len())].to_vec());
        }
        let best = top_k(self.all(query)?, limit);
        Ok(best.into_iter().map(scored_item).collect())
    }
}

impl Scorer for ModelStage<'_> {
    fn name(&self) -> &'static str {
        self.model.name()
    }

    fn score(&self, query: &Query<'_>, items: &[ItemIdx], scores: &mut [f32]) -> StageResult<()> {
        // What the source has asked for already is a look-up.
        if let Some(Ok(all)) = self.scores.get() {
            for (score, item) in scores.iter_mut().zip(items) {
                *score = all[item.index()];
            }
            return Ok(());
        }
        let known = match self.best.get() {
            Some(Ok(best)) => best.by_item.as_slice(),
            _ => &[],
        };
        let mut others = Vec::new();
        for (place, item) in items.iter().enumerate() {
            match known.binary_search_by_key(item, |scored| scored.item) {
                Ok(at) => scores[place] = known[at].score,
                Err(_) => others.push((place, *item)),
            }
        }
        if others.is_empty() {
            return Ok(());
        }
        let rest: Vec<ItemIdx> = others.iter().map(|&(_, item)| item).collect();
        let mut found = vec![0.0; rest.len()];
        let asked = self.model.score(query.history, &rest, &mut found);
        stage(self.model.name(), asked)?;
        for ((place, _), score) in others.into_iter().zip(found) {
            scores[place] = score;
        }
        Ok(())
    }

    fn explain(&self, query: &Query<'_>, item: ItemIdx) -> StageResult<Explanation> {
        let parts = stage(self.model.name(), self.model.explain(query.history, item))?;
        let mut leaves: Vec<Explanation> = Vec::with_capacity(parts.contributions.len() + 1);
        if parts.base != 0.0 {
            leaves.push(Explanation::leaf("for everybody", parts.base));
        }
        let mut contributions = parts.contributions;
        contributions.sort_by(|left, right| {
            let by_size = right.value.abs().total_cmp(&left.value.abs());
            by_size.then(left.item.cmp(&right.item))
        });
        let leaf = |part: &marquee_cf::Contribution| {
            Explanation::leaf((self.name_of)(part.item), part.value)
        };
        leaves.extend(contributions.iter().map(leaf));
        Ok(Explanation {
            label: self.model.name().to_owned(),
            value: f64::from(parts.score),
            parts: leaves,
        })
    }
}

/// What most people touched: for viewers nobody knows anything of.
pub(crate) struct PopularStage<'a> {
    counts: &'a [f32],
    /// All items by falling count, sorted once when the model was opened.
    order: &'a [ItemIdx],
}

impl<'a> PopularStage<'a> {
    /// The name in timings and answers.
    pub(crate) const NAME: &'static str = "popular";

    /// Over the counts of a model's training data.
    pub(crate) fn new(counts: &'a [f32], order: &'a [ItemIdx]) -> Self {
        Self { counts, order }
    }

    /// Zero for titles that the model does not know.
    fn count(&self, item: ItemIdx) -> f32 {
        self.counts.get(item.index()).copied().unwrap_or(0.0)
    }
}

impl Base for PopularStage<'_> {
    fn top(&self, _: &Query<'_>) -> StageResult<f32> {
        Ok(self.order.first().map_or(0.0, |&item| self.count(item)))
    }
}

impl CandidateSource for PopularStage<'_> {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn candidates(&self, _: &Query<'_>, limit: usize) -> StageResult<Vec<ScoredItem>> {
        let scored = |&item: &ItemIdx| ScoredItem {
            item,
            score: self.count(item),
        };
        Ok(self.order.iter().take(limit).map(scored).collect())
    }
}

impl Scorer for PopularStage<'_> {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn score(&self, _: &Query<'_>, items: &[ItemIdx], scores: &mut [f32]) -> StageResult<()> {
        for (score, item) in scores.iter_mut().zip(items) {
            *score = self.count(*item);
        }
        Ok(())
    }

    fn explain(&self, _: &Query<'_>, item: ItemIdx) -> StageResult<Explanation> {
        let count = f64::from(self.count(item));
        Ok(Explanation::sum(
            Self::NAME,
            vec![Explanation::leaf("viewers who touched it", count)],
        ))
    }
}

/// Proposes the caller's own candidates.
pub(crate) struct GivenSource<'a>(pub(crate) &'a [ItemIdx]);

impl CandidateSource for GivenSource<'_> {
    fn name(&self) -> &'static str {
        "request"
    }

    fn candidates(&self, _: &Query<'_>, limit: usize) -> StageResult<Vec<ScoredItem>> {
        let scored = |&item: &ItemIdx| ScoredItem { item, score: 0.0 };
        Ok(self.0.iter().take(limit).map(scored).collect())
    }
}

/// Proposes the best of another source, whatever is asked for.
pub(crate) struct FewOf<'a> {
    pub(crate) source: &'a dyn CandidateSource,
    pub(crate) most: usize,
}

impl CandidateSource for FewOf<'_> {
    fn name(&self) -> &'static str {
        self.source.name()
    }

    fn candidates(&self, query: &Query<'_>, limit: usize) -> StageResult<Vec<ScoredItem>> {
        self.source.candidates(query, limit.min(self.most))
    }
}

/// Proposes what came out last, by the dates of the catalog.
pub(crate) struct RecentSource<'a>(pub(crate) &'a [(Timestamp, ItemIdx)]);

impl CandidateSource for RecentSource<'_> {
    fn name(&self) -> &'static str {
        "recent"
    }

    fn candidates(&self, query: &Query<'_>, limit: usize) -> StageResult<Vec<ScoredItem>> {
        let out = self
            .0
            .partition_point(|(released, _)| *released > query.now);
        let scored = |&(_, item): &(Timestamp, ItemIdx)| ScoredItem { item, score: 0.0 };
        Ok(self.0[out..].iter().take(limit).map(scored).collect())
    }
}

/// Proposes, and scores, what is like one item.
pub(crate) struct SimilarStage<'a> {
    model: &'a dyn Recommender,
    to: ItemIdx,
    limit: usize,
    found: OnceLock<StageResult<Found>>,
}

/// The most similar items, best first, and the score of each.
struct Found {
    list: Vec<ScoredItem>,
    scores: HashMap<ItemIdx, f32>,
}

impl<'a> SimilarStage<'a> {
    /// The `limit` items most like `to`.
    pub(crate) fn new(model: &'a dyn Recommender, to: ItemIdx, limit: usize) -> Self {
        Self {
            model,
            to,
            limit,
            found: OnceLock::new(),
        }
    }

    fn found(&self) -> StageResult<&Found> {
        let find = || {
            let list = self.model.similar_items(self.to, self.limit);
            let list = stage(self.model.name(), list)?;
            let scores = list.iter().map(|one| (one.item, one.score)).collect();
            Ok(Found { list, scores })
        };
        self.found.get_or_init(find).as_ref().map_err(Clone::clone)
    }
}

impl CandidateSource for SimilarStage<'_> {
    fn name(&self) -> &'static str {
        self.model.name()
    }

    fn candidates(&self, _: &Query<'_>, limit: usize) -> StageResult<Vec<ScoredItem>> {
        let list = &self.found()?.list;
        Ok(list[..limit.min(list.len())].to_vec())
    }
}

impl Scorer for SimilarStage<'_> {
    fn name(&self) -> &'static str {
        self.model.name()
    }

    fn score(&self, _: &Query<'_>, items: &[ItemIdx], scores: &mut [f32]) -> StageResult<()> {
        let found = self.found()?;
        for (score, item) in scores.iter_mut().zip(items) {
            *score = found.scores.get(item).copied().unwrap_or_default();
        }
        Ok(())
    }

    fn explain(&self, query: &Query<'_>, item: ItemIdx) -> StageResult<Explanation> {
        let mut score = [0.0];
        self.score(query, &[item], &mut score)?;
        Ok(Explanation::leaf("likeness", f64::from(score[0])))
    }
}

fn scored_item(scored: Scored) -> ScoredItem {
    ScoredItem {
        item: ItemIdx(scored.index),
        score: scored.score,
    }
}

/// Models tell more than the path needs to know.
pub(crate) fn stage<T>(name: &'static str, result: ModelResult<T>) -> StageResult<T> {
    result.map_err(|error| match error {
        marquee_cf::Error::UnknownItem { item, .. } => StageError::UnknownItem {
            stage: name,
            item: ItemIdx(item),
        },
        _ => StageError::Unavailable { stage: name },
    })
}
