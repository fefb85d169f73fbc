//! One event at a time: keys and values of the latest events are kept, so an event costs one step.

use marquee_core::{HistoryEntry, ItemIdx};
use marquee_math::{axpy, dot, dots};

use super::{
    NAME, SasrecView,
    attention::{Look, Memory},
    layers::{gate_row, inverse_size},
    loss::inverse_length,
    shape::Part,
};
use crate::{
    Result,
    recommender::{check_history, check_scores},
};

/// What the network remembers of one viewer: keys and values of each layer's latest events.
///
/// Memory: `2 * layers * window * factors` numbers of 4 bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct SasrecState {
    /// `[layers, window, factors]`, event `n` in row `n % window`.
    keys: Vec<f32>,
    values: Vec<f32>,
    seen: usize,
    pub(super) output: Vec<f32>,
}

impl SasrecState {
    /// Number of events pushed.
    pub fn seen(&self) -> usize {
        self.seen
    }

    /// Memory of its numbers.
    pub(super) fn bytes(&self) -> usize {
        size_of::<f32>() * (self.keys.len() + self.values.len() + self.output.len())
    }
}

impl SasrecView<'_> {
    /// The state of a viewer who did nothing yet.
    pub fn start(&self) -> SasrecState {
        let shape = self.parameters.shape;
        let memory = shape.layers * shape.window * shape.factors;
        SasrecState {
            keys: vec![0.0; memory],
            values: vec![0.0; memory],
            seen: 0,
            output: vec![0.0; shape.factors],
        }
    }

    /// Takes one more event of the viewer.
    ///
    /// Cost: `layers (4 d² + 3 d hidden + 2 d window)` multiplications and additions, however long the
    /// history is. A state that was pushed a history event by event answers with the same bits as
    /// [`score_all`](crate::Recommender::score_all) of that history.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownItem`](crate::Error::UnknownItem), [`Error::Weight`](crate::Error::Weight).
    pub fn push(&self, state: &mut SasrecState, event: HistoryEntry) -> Result<()> {
        check_history(NAME, &[event], self.parameters.shape.n_items)?;
        self.advance(state, event.item);
        Ok(())
    }

    /// Writes the score of every item to `scores`.
    ///
    /// Cost: one product of the item matrix with a vector.
    ///
    /// # Errors
    ///
    /// [`Error::ScoresLength`](crate::Error::ScoresLength).
    pub fn score_state(&self, state: &SasrecState, scores: &mut [f32]) -> Result<()> {
        check_scores(NAME, scores, self.parameters.shape.n_items)?;
        let d = self.parameters.shape.factors;
        dots(self.parameters.items, &state.output, d, scores);
        for (score, scale) in scores.iter_mut().zip(self.item_scales) {
            *score *= scale;
        }
        Ok(())
    }

    /// The score of one item, with the bits of [`score_state`](Self::score_state).
    pub(super) fn score_item(&self, state: &SasrecState, item: ItemIdx) -> f32 {
        let vector = self.parameters.item(item.0);
        dot(vector, &state.output) * self.item_scales[item.index()]
    }

    pub(super) fn advance(&self, state: &mut SasrecState, item: ItemIdx) {
        let p = &self.parameters;
        let mut x = vec![0.0; p.shape.factors];
        axpy(&mut x, p.input_scale(), p.item(item.0));
        for layer in 0..p.shape.layers {
            self.attend(state, layer, &mut x);
            self.feed(layer, &mut x);
        }
        normed(&x, p.last_gain(), &mut state.output);
        if self.cosine {
            let inverse = inverse_length(&state.output);
            state.output.iter_mut().for_each(|value| *value *= inverse);
        }
        state.seen += 1;
    }

    /// Adds what attention sees to `x`.
    fn attend(&self, state: &mut SasrecState, layer: usize, x: &mut [f32]) {
        let p = &self.parameters;
        let (d, window) = (p.shape.factors, p.shape.window);
        let mut input = vec![0.0; d];
        normed(x, p.part(layer, Part::AttentionGain), &mut input);
        let mut projected = vec![0.0; 3 * d];
        multiply(p.part(layer, Part::Project), &input, &mut projected);
        let newest = state.seen % window;
        let place = (layer * window + newest) * d;
        state.keys[place..place + d].copy_from_slice(&projected[d..2 * d]);
        state.values[place..place + d].copy_from_slice(&projected[2 * d..]);
        let memory = |rows| Memory {
            rows,
            stride: d,
            n_rows: window,
            newest,
        };
        let range = layer * window * d..(layer + 1) * window * d;
        let look = Look {
            shape: p.shape,
            query: &projected[..d],
            keys: memory(&state.keys[range.clone()]),
            values: memory(&state.values[range]),
            distance: p.part(layer, Part::Distance),
            count: (state.seen + 1).min(window),
        };
        let mut shares = vec![0.0; look.count];
        let mut heads = vec![0.0; d];
        for (head, out) in heads.chunks_exact_mut(p.shape.head()).enumerate() {
            look.head(head, &mut shares, out);
        }
        let mut merged = vec![0.0; d];
        multiply(p.part(layer, Part::Merge), &heads, &mut merged);
        axpy(x, 1.0, &merged);
    }

    /// Adds what the feed-forward part gives to `x`.
    fn feed(&self, layer: usize, x: &mut [f32]) {
        let p = &self.parameters;
        let (d, hidden) = (p.shape.factors, p.shape.hidden);
        let mut input = vec![0.0; d];
        normed(x, p.part(layer, Part::FeedGain), &mut input);
        let mut up = vec![0.0; 2 * hidden];
        multiply(p.part(layer, Part::Up), &input, &mut up);
        let mut gated = vec![0.0; hidden];
        gate_row(&up, &mut gated);
        let mut out = vec![0.0; d];
        multiply(p.part(layer, Part::Down), &gated, &mut out);
        axpy(x, 1.0, &out);
    }
}

fn normed(x: &[f32], gain: &[f32], y: &mut [f32]) {
    let scale = inverse_size(x);
    for ((y, &x), &gain) in y.iter_mut().zip(x).zip(gain) {
        *y = x * scale * gain;
    }
}

/// `y += x W`, for a matrix with one row for each number of `x`.
fn multiply(weights: &[f32], x: &[f32], y: &mut [f32]) {
    for (row, &x) in weights.chunks_exact(y.len()).zip(x) {
        axpy(y, x, row);
    }
}
