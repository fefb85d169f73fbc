//! How items are scored for one viewer: by the model, less what is like things the viewer does not
//! want, and for titles that no model knows by what they are and who watched them.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use marquee_cf::{NewItem, Recommender};
use marquee_core::{
    CandidateSource, Explanation, HistoryEntry, ItemIdx, Moved, Query, Reranker, ScoredItem,
    Scorer, StageError, Timestamp,
};
use marquee_math::derive_seed;

use crate::{
    Shelf,
    live::{Crowd, Dislike},
    stages::{Base, stage},
};

type StageResult<T> = Result<T, StageError>;

/// Most recent things that a viewer does not want; older ones no longer push others down.
const MAX_DISLIKED: usize = 64;
/// What the likeness of genres, creators and tags to something unwanted costs, in top scores.
const CONTENT_COST: f32 = 0.5;
/// What a title that fits a taste perfectly is worth, in top scores.
const CONTENT_WORTH: f32 = 0.8;
/// Viewers of a new title at whose number they say as much about it as its description.
const TRUSTED_CROWD: f32 = 3.0;
/// Most new titles that one request looks at, latest first.
const MAX_FRESH: usize = 2000;
/// New titles that are proposed for no other reason than that somebody has to be first.
const EXPLORED: usize = 2;

/// What all scores of a request stand on.
pub(crate) struct ViewerStage<'a> {
    /// What scores begin with.
    pub(crate) base: &'a (dyn Base + 'a),
    /// Says by its own measure what is like something unwanted; none where scores are not its own.
    pub(crate) recommender: Option<&'a dyn Recommender>,
    pub(crate) shelf: &'a Shelf,
    pub(crate) disliked: &'a [Dislike],
    /// Who touched a title that the model does not know.
    pub(crate) crowd: &'a (dyn Fn(ItemIdx) -> Arc<Crowd> + Sync),
    pub(crate) name_of: &'a (dyn Fn(ItemIdx) -> String + Sync),
    /// Computed at the first use.
    pub(crate) known: OnceLock<StageResult<Known>>,
}

/// What is computed once for a request.
pub(crate) struct Known {
    /// The viewer's best score outside of the history: the unit of what is not the model's own.
    top: f32,
    /// What the viewer does not want, and how much that still holds.
    unwanted: Vec<(ItemIdx, f32)>,
    /// The same as a history, as far as the model knows it.
    unwanted_history: Vec<HistoryEntry>,
    taste: (HashMap<u32, f32>, f32),
}

/// A score and what it is made of.
#[derive(Debug, Clone, Copy, Default)]
struct Parts {
    /// Of the model, for items that it knows.
    model: f32,
    /// By description and first viewers, for those that it does not.
    fresh: f32,
    /// What likeness to unwanted things costs by the model's own measure.
    by_factors: f32,
    /// What it costs by genres, creators and tags.
    by_content: f32,
}

impl Parts {
    fn score(self) -> f32 {
        self.model + self.fresh - self.by_factors - self.by_content
    }
}

impl ViewerStage<'_> {
    fn known(&self, query: &Query<'_>) -> StageResult<&Known> {
        let known = self.known.get_or_init(|| self.prepare(query));
        known.as_ref().map_err(Clone::clone)
    }

    fn prepare(&self, query: &Query<'_>) -> StageResult<Known> {
        let from = self.disliked.len().saturating_sub(MAX_DISLIKED);
        let unwanted: Vec<(ItemIdx, f32)> = self.disliked[from..]
            .iter()
            .map(|dislike| (dislike.item, self.still_holds(query.history, *dislike)))
            .collect();
        let mut unwanted_history: Vec<HistoryEntry> = unwanted
            .iter()
            .filter(|(item, _)| !self.shelf.is_fresh(*item))
            .map(|&(item, weight)| HistoryEntry {
                item,
                weight,
                time: Timestamp::EPOCH,
            })
            .collect();
        unwanted_history.sort_unstable_by_key(|entry| entry.item);
        let has_fresh = self.shelf.n_items() > self.shelf.n_known();
        Ok(Known {
            top: if self.disliked.is_empty() && !has_fresh {
                0.0
            } else {
                self.base.top(query)?.abs()
            },
            unwanted,
            unwanted_history,
            taste: if has_fresh {
                self.shelf.taste(query.history)
            } else {
                Default::default()
            },
        })
    }

    /// How much of a dislike still holds: all of it, until the viewer turns to things like it.
    fn still_holds(&self, history: &[HistoryEntry], dislike: Dislike) -> f32 {
        let later = history.iter().filter(|entry| entry.time > dislike.since);
        let turned: f32 = later
            .map(|entry| self.shelf.likeness(entry.item, dislike.item))
            .sum();
        1.0 / (1.0 + turned)
    }

    /// What each of `items` is scored by.
    fn parts(&self, query: &Query<'_>, items: &[ItemIdx]) -> StageResult<Vec<Parts>> {
        let known = self.known(query)?;
        let mut parts = vec![Parts::default(); items.len()];
        let is_known = |item: &ItemIdx| !self.shelf.is_fresh(*item);
        let rows: Vec<ItemIdx> = items.iter().copied().filter(is_known).collect();
        let places = items.iter().enumerate().filter(|(_, item)| is_known(item));
        let places: Vec<usize> = places.map(|(place, _)| place).collect();
        let mut scores = vec![0.0; rows.len()];
        self.base.score(query, &rows, &mut scores)?;
        for (&place, &score) in places.iter().zip(&scores) {
            parts[place].model = score;
        }
        if let Some(model) = self.recommender
            && !known.unwanted_history.is_empty()
        {
            let asked = model.score(&known.unwanted_history, &rows, &mut scores);
            stage(model.name(), asked)?;
            for (&place, &score) in places.iter().zip(&scores) {
                parts[place].by_factors = score.max(0.0);
            }
        }
        let fresh: Vec<ItemIdx> = items.iter().copied().filter(|i| !is_known(i)).collect();
        let mut by_row = fresh.iter().copied().zip(self.fresh(query, known, &fresh)?);
        for (parts, &item) in parts.iter_mut().zip(items) {
            if self.shelf.is_fresh(item) {
                // In the order in which they stand among `items`.
                parts.fresh = by_row.next().map_or(0.0, |(_, score)| score);
            }
            let likeness = known
                .unwanted
                .iter()
                .map(|&(unwanted, strength)| strength * self.shelf.likeness(item, unwanted));
            parts.by_content = CONTENT_COST * known.top * likeness.fold(0.0, f32::max);
        }
        Ok(parts)
    }

    /// The scores of titles that the model does not know: by how well their descriptions fit the
    /// viewer's taste, and the more first viewers they have, by the vectors that the model folds in for
    /// them, or where it cannot, by what else those viewers watched.
    fn fresh(&self, query: &Query<'_>, known: &Known, items: &[ItemIdx]) -> StageResult<Vec<f32>> {
        let crowds: Vec<Arc<Crowd>> = items.iter().map(|&item| (self.crowd)(item)).collect();
        let rows = crowds.iter().flat_map(|crowd| &crowd.with);
        let rows: Vec<ItemIdx> = rows.map(|&(row, _)| row).collect();
        let mut scores = vec![0.0; rows.len()];
        if !rows.is_empty() {
            self.base.score(query, &rows, &mut scores)?;
        }
        let taken_in: Vec<&NewItem> = crowds.iter().filter_map(|c| c.taken_in.as_ref()).collect();
        let mut folded = vec![0.0; taken_in.len()];
        if let Some(model) = self.recommender {
            let asked = model.score_new(query.history, &taken_in, &mut folded);
            stage(model.name(), asked)?;
        }
        let (mut rest, mut folded) = (scores.as_slice(), folded.iter());
        let mut score_of = |(&item, crowd): (&ItemIdx, &Arc<Crowd>)| {
            let taste = (&known.taste.0, known.taste.1);
            let by_content = CONTENT_WORTH * known.top * self.shelf.fits(item, taste);
            let (mine, others) = rest.split_at(crowd.with.len());
            rest = others;
            let parts = crowd.with.iter().zip(mine);
            let by_watched: f32 = parts.map(|(&(_, share), score)| share * score).sum();
            let by_model = crowd.taken_in.as_ref().and_then(|_| folded.next().copied());
            let by_crowd = by_model.filter(|_| self.recommender.is_some());
            let by_crowd = by_crowd.unwrap_or(by_watched);
            let n_viewers = if mine.is_empty() {
                0.0
            } else {
                crowd.n_viewers as f32
            };
            let trust = n_viewers / (n_viewers + TRUSTED_CROWD);
            trust * by_crowd + (1.0 - trust) * by_content
        };
        Ok(items.iter().zip(&crowds).map(&mut score_of).collect())
    }
}

impl Scorer for ViewerStage<'_> {
    fn name(&self) -> &'static str {
        self.base.name()
    }

    fn score(&self, query: &Query<'_>, items: &[ItemIdx], scores: &mut [f32]) -> StageResult<()> {
        if self.disliked.is_empty() && !items.iter().any(|&item| self.shelf.is_fresh(item)) {
            return self.base.score(query, items, scores);
        }
        let parts = self.parts(query, items)?;
        for (score, parts) in scores.iter_mut().zip(parts) {
            *score = parts.score();
        }
        Ok(())
    }

    fn explain(&self, query: &Query<'_>, item: ItemIdx) -> StageResult<Explanation> {
        let is_fresh = self.shelf.is_fresh(item);
        if self.disliked.is_empty() && !is_fresh {
            return self.base.explain(query, item);
        }
        let parts = self.parts(query, &[item])?[0];
        let mut leaves = Vec::new();
        if is_fresh {
            leaves.push(Explanation::leaf(
                "new, and like what you watch",
                f64::from(parts.fresh),
            ));
        } else {
            leaves.push(self.base.explain(query, item)?);
        }
        let costs = f64::from(parts.by_factors + parts.by_content);
        if costs > 0.0 {
            leaves.push(Explanation::leaf(self.most_alike(query, item)?, -costs));
        }
        Ok(Explanation {
            label: Scorer::name(self).to_owned(),
            value: f64::from(parts.score()),
            parts: leaves,
        })
    }
}

impl ViewerStage<'_> {
    /// How much is held against each of `items` for its likeness to unwanted things, in the best score
    /// that the viewer's items have: 0 for nothing.
    pub(crate) fn aversion(&self, query: &Query<'_>, items: &[ItemIdx]) -> StageResult<Vec<f32>> {
        let top = self.known(query)?.top;
        if self.disliked.is_empty() || top <= 0.0 {
            return Ok(vec![0.0; items.len()]);
        }
        let parts = self.parts(query, items)?;
        let share = |parts: &Parts| (parts.by_factors + parts.by_content) / top;
        Ok(parts.iter().map(share).collect())
    }

    /// Names the unwanted thing that an item is most like.
    fn most_alike(&self, query: &Query<'_>, item: ItemIdx) -> StageResult<String> {
        let unwanted = self.known(query)?.unwanted.iter();
        let nearest = unwanted.max_by(|left, right| {
            let likeness = |other: &(ItemIdx, f32)| self.shelf.likeness(item, other.0);
            likeness(left).total_cmp(&likeness(right))
        });
        let name = nearest.map(|&(nearest, _)| (self.name_of)(nearest));
        Ok(format!(
            "like {}, which you do not want",
            name.unwrap_or_default()
        ))
    }
}

/// Proposes titles that the model does not know.
pub(crate) struct FreshSource<'a, 'b> {
    pub(crate) viewer: &'a ViewerStage<'b>,
}

impl FreshSource<'_, '_> {
    /// The name in timings and answers.
    pub(crate) const NAME: &'static str = "new";
}

impl CandidateSource for FreshSource<'_, '_> {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn candidates(&self, query: &Query<'_>, limit: usize) -> StageResult<Vec<ScoredItem>> {
        let known = self.viewer.known(query)?;
        let items: Vec<ItemIdx> = self.viewer.shelf.fresh().take(MAX_FRESH).collect();
        let scores = self.viewer.fresh(query, known, &items)?;
        let scored = items.into_iter().zip(scores);
        let mut best: Vec<ScoredItem> = scored
            .filter(|(_, score)| *score > 0.0)
            .map(|(item, score)| ScoredItem { item, score })
            .collect();
        best.sort_unstable_by(|left, right| {
            let by_score = right.score.total_cmp(&left.score);
            by_score.then(left.item.cmp(&right.item))
        });
        best.truncate(limit);
        for item in explored(self.viewer.shelf, query.seed) {
            if !best.iter().any(|scored| scored.item == item) {
                best.push(ScoredItem { item, score: 0.0 });
            }
        }
        Ok(best)
    }
}

/// Proposes titles that the model does not know to somebody of whom nothing is known.
pub(crate) struct ExploredSource<'a>(pub(crate) &'a Shelf);

impl CandidateSource for ExploredSource<'_> {
    fn name(&self) -> &'static str {
        FreshSource::NAME
    }

    fn candidates(&self, query: &Query<'_>, _: usize) -> StageResult<Vec<ScoredItem>> {
        let explored = explored(self.0, query.seed);
        let scored = explored.map(|item| ScoredItem { item, score: 0.0 });
        Ok(scored.collect())
    }
}

/// Gives one new title a place in the lower half of an answer that has none.
pub(crate) struct ExploreReranker<'a>(pub(crate) &'a Shelf);

/// Shorter answers have no room to try things out.
const LEAST_K: usize = 10;

impl Reranker for ExploreReranker<'_> {
    fn name(&self) -> &'static str {
        "explore"
    }

    fn rerank(
        &self,
        query: &Query<'_>,
        slate: &mut Vec<ScoredItem>,
        _: &mut Vec<Moved>,
    ) -> StageResult<()> {
        let k = query.k;
        let is_fresh = |scored: &ScoredItem| self.0.is_fresh(scored.item);
        if k < LEAST_K || slate.len() <= k || slate[..k].iter().any(is_fresh) {
            return Ok(());
        }
        if let Some(behind) = slate[k..].iter().position(is_fresh) {
            let half = (k / 2) as u64;
            let up = usize::try_from(query.seed % half).unwrap_or(0);
            let moved = slate.remove(k + behind);
            slate.insert(k - 1 - up, moved);
        }
        Ok(())
    }
}

/// Some of the latest new titles, others for every viewer.
fn explored(shelf: &Shelf, seed: u64) -> impl Iterator<Item = ItemIdx> {
    let latest: Vec<ItemIdx> = shelf.fresh().take(MAX_FRESH).collect();
    let draw = move |number: u64| {
        let drawn = derive_seed(seed, &number.to_le_bytes());
        let place = usize::try_from(drawn % latest.len().max(1) as u64).unwrap_or(0);
        latest.get(place).copied()
    };
    (0..EXPLORED as u64).filter_map(draw)
}
