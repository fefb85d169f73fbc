//! What the members say of held-out interactions, in a form that weights can be tried on quickly.

use std::collections::BTreeSet;

use marquee_cf::Recommender;
use marquee_core::history_of;
use marquee_eval::CaseList;
use marquee_math::top_k;
use rayon::prelude::*;

use super::view::normalize;
use crate::Result;

/// Candidates that each member proposes for a case. Items that no member has among its best so many
/// cannot enter the first places of a blend.
const PROPOSED: usize = 100;

/// One user of the held-out part: candidates, and what each member says of them.
pub(super) struct Case {
    /// Scores of candidate `c` by member `m` at `c * n_members + m`. Candidates rise by row, so that
    /// of equal scores the first wins.
    scores: Vec<f32>,
    /// Places of the candidates to be found.
    relevant: Vec<usize>,
    /// How many items were to be found.
    n_relevant: usize,
}

/// Asks `members` about at most `limit` cases, spread evenly over the list.
///
/// # Errors
///
/// What a member says.
pub(super) fn gather(
    members: &[&dyn Recommender],
    list: CaseList<'_>,
    limit: usize,
) -> Result<Vec<Case>> {
    let n = list.len().min(limit.max(1));
    let spread = |place: usize| place * list.len() / n.max(1);
    (0..n)
        .into_par_iter()
        .map(|place| case(members, &list, spread(place)))
        .collect()
}

fn case(members: &[&dyn Recommender], list: &CaseList<'_>, number: usize) -> Result<Case> {
    let case = list.get(number);
    let history = history_of(case.history);
    let mut all = Vec::with_capacity(members.len());
    let mut candidates: BTreeSet<u32> = case.relevant.columns.iter().copied().collect();
    candidates.retain(|&item| (item as usize) < list.n_items());
    for member in members {
        let mut scores = vec![0.0; list.n_items()];
        member.score_all(&history, &mut scores)?;
        normalize(&mut scores);
        let mut open = scores.clone();
        for &item in case.history.columns {
            open[item as usize] = f32::NEG_INFINITY;
        }
        candidates.extend(top_k(&open, PROPOSED).iter().map(|scored| scored.index));
        all.push(scores);
    }
    let score_of = |item: u32| all.iter().map(move |scores| scores[item as usize]);
    let is_relevant = |item: &u32| case.relevant.columns.contains(item);
    Ok(Case {
        scores: candidates.iter().copied().flat_map(score_of).collect(),
        relevant: positions(&candidates, is_relevant),
        n_relevant: case.relevant.columns.len(),
    })
}

fn positions(all: &BTreeSet<u32>, is_wanted: impl Fn(&u32) -> bool) -> Vec<usize> {
    let wanted = all.iter().enumerate().filter(|(_, item)| is_wanted(item));
    wanted.map(|(place, _)| place).collect()
}

impl Case {
    /// nDCG at `k` of the blend by `weights`.
    pub(super) fn ndcg(&self, weights: &[f32], k: usize) -> f64 {
        let blend = |member_scores: &[f32]| -> f32 {
            let parts = member_scores.iter().zip(weights);
            parts.map(|(score, weight)| score * weight).sum()
        };
        let blended: Vec<f32> = self.scores.chunks_exact(weights.len()).map(blend).collect();
        let gain = |rank: usize| 1.0 / (rank as f64 + 2.0).log2();
        let found: f64 = self
            .relevant
            .iter()
            .map(|&place| rank_of(&blended, place))
            .filter(|&rank| rank < k)
            .map(gain)
            .sum();
        let best: f64 = (0..k.min(self.n_relevant)).map(gain).sum();
        found / best
    }
}

/// How many candidates stand before the one at `place`.
fn rank_of(scores: &[f32], place: usize) -> usize {
    let own = scores[place];
    let (before, after) = scores.split_at(place);
    let ahead = before.iter().filter(|&&score| score >= own).count();
    ahead + after.iter().filter(|&&score| score > own).count()
}

#[cfg(test)]
impl Case {
    /// A case by its arrays, every relevant item among the candidates.
    pub(super) fn new(scores: Vec<f32>, relevant: Vec<usize>) -> Self {
        Self {
            n_relevant: relevant.len(),
            scores,
            relevant,
        }
    }
}
