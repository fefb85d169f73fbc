//! Scores of a blend.

use marquee_cf::{Attribution, Contribution, Recommender, Result};
use marquee_core::{History, ItemIdx, ScoredItem};

use super::{BlendModel, NAME};
use crate::open_model::OpenModel;

/// A blend that answers, its members in memory or in a mapped file.
pub struct BlendView<'a> {
    pub(super) members: Vec<Member<'a>>,
    pub(super) n_items: usize,
}

/// One member and its weight.
pub(super) struct Member<'a> {
    pub(super) model: Source<'a>,
    pub(super) weight: f32,
}

/// Where a member lives.
pub(super) enum Source<'a> {
    Borrowed(Box<dyn Recommender + 'a>),
    Nested(Box<OpenModel>),
}

impl Member<'_> {
    fn recommender(&self) -> &dyn Recommender {
        match &self.model {
            Source::Borrowed(model) => model.as_ref(),
            Source::Nested(open) => open.recommender(),
        }
    }
}

impl std::fmt::Debug for BlendView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let members = self.members.iter();
        f.debug_map()
            .entries(members.map(|member| (member.recommender().name(), member.weight)))
            .finish()
    }
}

impl BlendModel {
    /// Borrows its answering form.
    pub fn view(&self) -> BlendView<'_> {
        let members: Vec<Member<'_>> = self
            .members
            .iter()
            .map(|member| Member {
                model: Source::Borrowed(member.model.recommender()),
                weight: member.weight,
            })
            .collect();
        let n_items = members.first().map_or(0, |one| one.recommender().n_items());
        BlendView { members, n_items }
    }
}

impl Recommender for BlendView<'_> {
    fn name(&self) -> &'static str {
        NAME
    }

    fn n_items(&self) -> usize {
        self.n_items
    }

    fn score_all(&self, history: &History, scores: &mut [f32]) -> Result<()> {
        self.score_many(&[history], scores)
    }

    fn score_many(&self, histories: &[&History], scores: &mut [f32]) -> Result<()> {
        let mut of_member = vec![0.0; scores.len()];
        scores.fill(0.0);
        for member in &self.members {
            member.recommender().score_many(histories, &mut of_member)?;
            let rows = of_member.chunks_mut(self.n_items.max(1));
            for (blended, row) in scores.chunks_mut(self.n_items.max(1)).zip(rows) {
                normalize(row);
                for (blended, score) in blended.iter_mut().zip(row) {
                    *blended += member.weight * *score;
                }
            }
        }
        Ok(())
    }

    /// From the member of the largest weight: scores of different likenesses do not add up.
    fn similar_items(&self, item: ItemIdx, k: usize) -> Result<Vec<ScoredItem>> {
        let heaviest = self.members.iter().reduce(|best, other| {
            if other.weight > best.weight {
                other
            } else {
                best
            }
        });
        heaviest.map_or(Ok(Vec::new()), |member| {
            member.recommender().similar_items(item, k)
        })
    }

    fn explain(&self, history: &History, item: ItemIdx) -> Result<Attribution> {
        let mut score = [0.0];
        self.score(history, &[item], &mut score)?;
        let mut whole = Attribution {
            score: score[0],
            base: 0.0,
            contributions: history
                .iter()
                .map(|entry| Contribution {
                    item: entry.item,
                    value: 0.0,
                })
                .collect(),
        };
        let mut all = vec![0.0; self.n_items];
        for member in &self.members {
            let model = member.recommender();
            model.score_all(history, &mut all)?;
            let scale = f64::from(member.weight) * f64::from(inverse_norm(&all));
            let part = model.explain(history, item)?;
            whole.base += scale * part.base;
            let values = part.contributions.iter().map(|part| part.value);
            for (whole, value) in whole.contributions.iter_mut().zip(values) {
                whole.value += scale * value;
            }
        }
        Ok(whole)
    }
}

/// Divides `scores` by their Euclidean norm; all zeros stay as they are.
pub(super) fn normalize(scores: &mut [f32]) {
    let scale = inverse_norm(scores);
    for score in scores {
        *score *= scale;
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "scores are 32-bit numbers, and so is what scales them"
)]
fn inverse_norm(scores: &[f32]) -> f32 {
    // Eight sums side by side, so that none waits for the one before; always in the same order.
    let mut sums = [0.0_f64; 8];
    let (chunks, rest) = scores.as_chunks::<8>();
    for chunk in chunks {
        for (sum, &score) in sums.iter_mut().zip(chunk) {
            *sum += f64::from(score) * f64::from(score);
        }
    }
    for (sum, &score) in sums.iter_mut().zip(rest) {
        *sum += f64::from(score) * f64::from(score);
    }
    let norm = sums.iter().sum::<f64>().sqrt();
    if norm > 0.0 { (1.0 / norm) as f32 } else { 0.0 }
}
