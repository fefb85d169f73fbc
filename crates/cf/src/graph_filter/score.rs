//! Asking: from the history to the users like the viewer, and on to what they touched.

use marquee_core::{History, HistoryEntry, ItemIdx, ScoredItem};
use marquee_math::{axpy, dot, dots, top_k};

use super::{GraphFilterView, NAME};
use crate::{
    Attribution, Contribution, Recommender, Result,
    recommender::{check_history, check_items, check_scores},
};

/// Who is like a viewer.
struct Alike {
    /// `n_u^-a s_u^(p-1)` times the factor that keeps the sum, for each user; zero where `s_u` is.
    /// Times `s_u` it is what the user adds to the score of what he touched, before `d_j^-e`.
    loudness: Vec<f32>,
    /// `s_u`.
    likeness: Vec<f32>,
}

fn counting(history: &History) -> impl Iterator<Item = &HistoryEntry> {
    history.iter().filter(|entry| entry.weight > 0.0)
}

impl GraphFilterView<'_> {
    fn alike(&self, history: &History) -> Alike {
        let mut likeness = vec![0.0_f32; self.user_scales.len()];
        for entry in counting(history) {
            let item = entry.item.index();
            for &user in self.by_item.row(item).columns {
                likeness[user as usize] += self.history_scales[item];
            }
        }
        let mut loudness = vec![0.0_f32; likeness.len()];
        let (mut before, mut after) = (0.0_f64, 0.0_f64);
        let users = likeness.iter_mut().zip(&mut loudness).zip(self.user_scales);
        for ((likeness, loudness), scale) in users.filter(|user| *user.0.0 > 0.0) {
            *likeness *= scale;
            let louder = likeness.powf(self.sharpness - 1.0);
            before += f64::from(*likeness);
            after += f64::from(*likeness * louder);
            *loudness = scale * louder;
        }
        let keep = if after > 0.0 { before / after } else { 0.0 };
        let keep = crate::check::narrow(keep);
        loudness.iter_mut().for_each(|loudness| *loudness *= keep);
        Alike { loudness, likeness }
    }

    /// What the users like the viewer say of every item, `d_j^-e` included.
    fn sharp(&self, history: &History, scores: &mut [f32]) {
        let alike = self.alike(history);
        scores.fill(0.0);
        let users = alike.loudness.iter().zip(&alike.likeness).enumerate();
        for (user, (loudness, likeness)) in users.filter(|(_, parts)| *parts.1 > 0.0) {
            let voice = loudness * likeness;
            for &item in self.by_user.row(user).columns {
                scores[item as usize] += voice;
            }
        }
        let scales = scores.iter_mut().zip(self.target_scales);
        scales.for_each(|(score, scale)| *score *= scale);
    }

    /// The viewer's vector of the low-pass.
    fn smooth(&self, history: &History) -> Vec<f32> {
        let mut vector = vec![0.0; self.n_factors];
        for entry in counting(history) {
            axpy(&mut vector, 1.0, self.context(entry.item.index()));
        }
        vector
    }
}

impl Recommender for GraphFilterView<'_> {
    fn name(&self) -> &'static str {
        NAME
    }

    fn n_items(&self) -> usize {
        self.target_scales.len()
    }

    fn score_all(&self, history: &History, scores: &mut [f32]) -> Result<()> {
        self.score_many(&[history], scores)
    }

    fn score_many(&self, histories: &[&History], scores: &mut [f32]) -> Result<()> {
        let n_items = self.n_items();
        check_scores(NAME, scores, histories.len() * n_items)?;
        let mut vectors = Vec::with_capacity(histories.len() * self.n_factors);
        for history in histories {
            check_history(NAME, history, n_items)?;
            vectors.extend(self.smooth(history));
        }
        dots(self.targets, &vectors, self.n_factors, scores);
        let mut sharp = vec![0.0; n_items];
        for (history, scores) in histories.iter().zip(scores.chunks_mut(n_items.max(1))) {
            self.sharp(history, &mut sharp);
            scores
                .iter_mut()
                .zip(&sharp)
                .for_each(|(score, sharp)| *score += sharp);
        }
        Ok(())
    }

    /// What a history of `item` alone would be shown; items that get nothing are left out.
    fn similar_items(&self, item: ItemIdx, k: usize) -> Result<Vec<ScoredItem>> {
        check_items(NAME, [item].into_iter(), self.n_items())?;
        let alone = HistoryEntry {
            item,
            weight: 1.0,
            time: marquee_core::Timestamp::EPOCH,
        };
        let mut scores = vec![0.0; self.n_items()];
        self.score_all(&[alone], &mut scores)?;
        scores[item.index()] = f32::NEG_INFINITY;
        let best = top_k(&scores, k).into_iter();
        Ok(best
            .filter(|scored| scored.score > 0.0)
            .map(|scored| ScoredItem {
                item: ItemIdx(scored.index),
                score: scored.score,
            })
            .collect())
    }

    /// A user's voice is shared among the entries by what each adds to his likeness.
    fn explain(&self, history: &History, item: ItemIdx) -> Result<Attribution> {
        check_items(NAME, [item].into_iter(), self.n_items())?;
        let mut scores = vec![0.0; self.n_items()];
        self.score_all(history, &mut scores)?;
        let alike = self.alike(history);
        // What a unit of likeness of each user adds to the score of `item`.
        let mut weight = vec![0.0_f64; self.user_scales.len()];
        let target_scale = f64::from(self.target_scales[item.index()]);
        for &user in self.by_item.row(item.index()).columns {
            let at = user as usize;
            let scale = f64::from(self.user_scales[at]);
            weight[at] = target_scale * f64::from(alike.loudness[at]) * scale;
        }
        let part = |entry: &HistoryEntry| {
            if entry.weight.is_nan() || entry.weight <= 0.0 {
                return 0.0;
            }
            let row = entry.item.index();
            let users = self.by_item.row(row).columns.iter();
            let said: f64 = users.map(|&user| weight[user as usize]).sum();
            let smooth = dot(self.target(item.index()), self.context(row));
            f64::from(self.history_scales[row]) * said + f64::from(smooth)
        };
        Ok(Attribution {
            score: scores[item.index()],
            base: 0.0,
            contributions: history
                .iter()
                .map(|entry| Contribution {
                    item: entry.item,
                    value: part(entry),
                })
                .collect(),
        })
    }
}
