//! Scoring a history: push it, then look at the state.

use marquee_core::{History, HistoryEntry, ItemIdx, ScoredItem};
use marquee_math::{dots, top_k};

use super::{NAME, SasrecView, loss::inverse_length, step::SasrecState};
use crate::{
    Attribution, Contribution, Recommender, Result,
    recommender::{check_history, check_items, check_scores},
};

impl SasrecView<'_> {
    /// Events that the answer depends on: each layer sees `window - 1` further back.
    fn reach(&self) -> usize {
        let shape = self.parameters.shape;
        shape.layers * (shape.window - 1) + 1
    }

    /// What `read` gives of the state after `history`. Events out of reach are passed over, and those of
    /// a history that was asked for lately are not read again, which changes no bit.
    fn after<R>(&self, history: &History, read: impl FnOnce(&SasrecState) -> R) -> R {
        self.memo.state(
            (history, self.reach()),
            || self.start(),
            |state, entry| self.advance(state, entry.item),
            read,
        )
    }

    /// How surprising `next` is after `known`: minus the logarithm of its share of the softmax over all
    /// items.
    pub(super) fn surprise(&self, known: &[u32], next: u32, temperature: f64) -> f64 {
        let mut state = self.start();
        let first = known.len().saturating_sub(self.reach());
        for &item in &known[first..] {
            self.advance(&mut state, ItemIdx(item));
        }
        let p = &self.parameters;
        let mut scores = vec![0.0; p.shape.n_items];
        dots(p.items, &state.output, p.shape.factors, &mut scores);
        let logits = scores.iter().zip(self.item_scales);
        let logits: Vec<f64> = logits
            .map(|(&score, &scale)| f64::from(score * scale) / temperature)
            .collect();
        let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = logits.iter().map(|logit| (logit - most).exp()).sum();
        most + sum.ln() - logits[next as usize]
    }
}

impl Recommender for SasrecView<'_> {
    fn name(&self) -> &'static str {
        NAME
    }

    fn n_items(&self) -> usize {
        self.parameters.shape.n_items
    }

    fn score_all(&self, history: &History, scores: &mut [f32]) -> Result<()> {
        check_history(NAME, history, self.n_items())?;
        self.after(history, |state| self.score_state(state, scores))
    }

    fn score(&self, history: &History, items: &[ItemIdx], scores: &mut [f32]) -> Result<()> {
        check_history(NAME, history, self.n_items())?;
        check_scores(NAME, scores, items.len())?;
        check_items(NAME, items.iter().copied(), self.n_items())?;
        self.after(history, |state| {
            for (score, &item) in scores.iter_mut().zip(items) {
                *score = self.score_item(state, item);
            }
        });
        Ok(())
    }

    /// The items whose vectors point most nearly the same way.
    fn similar_items(&self, item: ItemIdx, k: usize) -> Result<Vec<ScoredItem>> {
        check_items(NAME, [item].into_iter(), self.n_items())?;
        let p = &self.parameters;
        let own = p.item(item.0);
        let mut alike = vec![0.0; self.n_items()];
        dots(p.items, own, p.shape.factors, &mut alike);
        let own = inverse_length(own);
        let vectors = p.items.chunks_exact(p.shape.factors);
        for (alike, vector) in alike.iter_mut().zip(vectors) {
            *alike *= own * inverse_length(vector);
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

    /// Each entry adds what it changed when it came: the score after it less the score before it.
    fn explain(&self, history: &History, item: ItemIdx) -> Result<Attribution> {
        check_history(NAME, history, self.n_items())?;
        check_items(NAME, [item].into_iter(), self.n_items())?;
        let mut state = self.start();
        let base = f64::from(self.score_item(&state, item));
        let mut before = base;
        let contribution = |entry: &HistoryEntry| {
            self.advance(&mut state, entry.item);
            let after = f64::from(self.score_item(&state, item));
            let value = after - before;
            before = after;
            Contribution {
                item: entry.item,
                value,
            }
        };
        let contributions = history.iter().map(contribution).collect();
        Ok(Attribution {
            score: self.score_item(&state, item),
            base,
            contributions,
        })
    }
}
