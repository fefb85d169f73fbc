//! The network over a batch of sequences, forwards and backwards.
//!
//! ```text
//! x = √factors · items[i]
//! each layer:  x = x + merge(attention(norm(x)))
//!              x = x + down(silu(gate) · value)      (gate, value) = up(norm(x))
//! output = norm(x)
//! ```
//!
//! In training, numbers of `x` at the start and of both sums are dropped at random, the others scaled up.

use marquee_math::axpy;
use rayon::prelude::*;

use super::{
    attention::{self, Attention},
    dropout::{Dropout, Mask},
    layers::{NormInput, Weights, gate, gate_backward, norm, norm_backward},
    shape::{Parameters, Part},
};

/// Sequences of items, one after the other.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Batch {
    pub(super) items: Vec<u32>,
    pub(super) lengths: Vec<usize>,
}

/// What is kept of a layer for the way back.
struct LayerPass {
    x: Vec<f32>,
    scales: Vec<f32>,
    normed: Vec<f32>,
    projected: Vec<f32>,
    attention: Attention,
    heads: Vec<f32>,
    attention_mask: Mask,
    middle: Vec<f32>,
    middle_scales: Vec<f32>,
    middle_normed: Vec<f32>,
    up: Vec<f32>,
    gated: Vec<f32>,
    feed_mask: Mask,
}

/// What is kept of a pass, and its result.
pub(super) struct Pass {
    input_mask: Mask,
    layers: Vec<LayerPass>,
    x: Vec<f32>,
    scales: Vec<f32>,
    /// `factors` numbers for each event.
    pub(super) output: Vec<f32>,
}

/// Gradients, in the form of the parameters.
pub(super) struct Gradients {
    pub(super) items: Vec<f32>,
    pub(super) dense: Vec<f32>,
}

impl Parameters<'_> {
    pub(super) fn weights(&self, layer: usize, part: Part) -> Weights<'_> {
        let (d, hidden) = (self.shape.factors, self.shape.hidden);
        let (n_in, n_out) = match part {
            Part::Project => (d, 3 * d),
            Part::Up => (d, 2 * hidden),
            Part::Down => (hidden, d),
            Part::Merge | Part::AttentionGain | Part::FeedGain | Part::Distance => (d, d),
        };
        Weights {
            data: self.part(layer, part),
            n_in,
            n_out,
        }
    }
}

/// Runs the network over `batch`.
pub(super) fn forward(p: &Parameters<'_>, batch: &Batch, dropout: &mut Dropout<'_>) -> Pass {
    let d = p.shape.factors;
    let mut x = vec![0.0; batch.items.len() * d];
    for (x, &item) in x.chunks_exact_mut(d).zip(&batch.items) {
        axpy(x, p.input_scale(), p.item(item));
    }
    let input_mask = dropout.mask(x.len());
    input_mask.apply(&mut x);
    let mut layers = Vec::with_capacity(p.shape.layers);
    for layer in 0..p.shape.layers {
        let (pass, next) = layer_forward(p, layer, (x, &batch.lengths), dropout);
        layers.push(pass);
        x = next;
    }
    let mut output = vec![0.0; x.len()];
    let scales = norm(&x, p.last_gain(), &mut output);
    Pass {
        input_mask,
        layers,
        x,
        scales,
        output,
    }
}

fn layer_forward(
    p: &Parameters<'_>,
    layer: usize,
    (x, lengths): (Vec<f32>, &[usize]),
    dropout: &mut Dropout<'_>,
) -> (LayerPass, Vec<f32>) {
    let mut normed = vec![0.0; x.len()];
    let scales = norm(&x, p.part(layer, Part::AttentionGain), &mut normed);
    let projected = p.weights(layer, Part::Project).apply(&normed);
    let mut heads = vec![0.0; x.len()];
    let distance = p.part(layer, Part::Distance);
    let attention = attention::forward(&p.shape, distance, lengths, &projected, &mut heads);
    let mut middle = p.weights(layer, Part::Merge).apply(&heads);
    let attention_mask = dropout.mask(x.len());
    attention_mask.apply(&mut middle);
    add(&mut middle, &x);

    let mut middle_normed = vec![0.0; x.len()];
    let gain = p.part(layer, Part::FeedGain);
    let middle_scales = norm(&middle, gain, &mut middle_normed);
    let up = p.weights(layer, Part::Up).apply(&middle_normed);
    let gated = gate(&up, p.shape.hidden);
    let mut out = p.weights(layer, Part::Down).apply(&gated);
    let feed_mask = dropout.mask(x.len());
    feed_mask.apply(&mut out);
    add(&mut out, &middle);
    let pass = LayerPass {
        x,
        scales,
        normed,
        projected,
        attention,
        heads,
        attention_mask,
        middle,
        middle_scales,
        middle_normed,
        up,
        gated,
        feed_mask,
    };
    (pass, out)
}

/// Adds the gradients of all parameters, given those of the output, to `gradients`.
pub(super) fn backward(
    p: &Parameters<'_>,
    batch: &Batch,
    pass: &Pass,
    d_output: &[f32],
    gradients: &mut Gradients,
) {
    let d = p.shape.factors;
    let mut d_x = vec![0.0; d_output.len()];
    let last = NormInput {
        x: &pass.x,
        scales: &pass.scales,
        gain: p.last_gain(),
    };
    let d_gain = &mut gradients.dense[p.shape.last_gain()];
    norm_backward(&last, d_output, &mut d_x, d_gain);
    for (layer, kept) in pass.layers.iter().enumerate().rev() {
        feed_backward(p, layer, kept, &mut d_x, &mut gradients.dense);
        attention_backward(
            p,
            (layer, &batch.lengths),
            kept,
            &mut d_x,
            &mut gradients.dense,
        );
    }
    pass.input_mask.apply(&mut d_x);
    for (d_x, &item) in d_x.chunks_exact(d).zip(&batch.items) {
        let to = &mut gradients.items[item as usize * d..][..d];
        axpy(to, p.input_scale(), d_x);
    }
}

/// Turns the gradient of what a feed-forward part gave into that of what it was given.
fn feed_backward(
    p: &Parameters<'_>,
    layer: usize,
    kept: &LayerPass,
    d_x: &mut [f32],
    dense: &mut [f32],
) {
    let mut d_out = d_x.to_vec();
    kept.feed_mask.apply(&mut d_out);
    let down = &mut dense[p.shape.range(layer, Part::Down)];
    let d_gated = p
        .weights(layer, Part::Down)
        .backward(&kept.gated, &d_out, down);
    let d_up = gate_backward(&kept.up, &d_gated, p.shape.hidden);
    let up = &mut dense[p.shape.range(layer, Part::Up)];
    let d_normed = p
        .weights(layer, Part::Up)
        .backward(&kept.middle_normed, &d_up, up);
    let input = NormInput {
        x: &kept.middle,
        scales: &kept.middle_scales,
        gain: p.part(layer, Part::FeedGain),
    };
    let d_gain = &mut dense[p.shape.range(layer, Part::FeedGain)];
    norm_backward(&input, &d_normed, d_x, d_gain);
}

/// Turns the gradient of what an attention part gave into that of what it was given.
fn attention_backward(
    p: &Parameters<'_>,
    (layer, lengths): (usize, &[usize]),
    kept: &LayerPass,
    d_x: &mut [f32],
    dense: &mut [f32],
) {
    let mut d_out = d_x.to_vec();
    kept.attention_mask.apply(&mut d_out);
    let merge = &mut dense[p.shape.range(layer, Part::Merge)];
    let d_heads = p
        .weights(layer, Part::Merge)
        .backward(&kept.heads, &d_out, merge);
    let distance = &mut dense[p.shape.range(layer, Part::Distance)];
    let given = (lengths, &kept.projected[..]);
    let d_projected = attention::backward(&p.shape, &kept.attention, given, &d_heads, distance);
    let project = &mut dense[p.shape.range(layer, Part::Project)];
    let d_normed = p
        .weights(layer, Part::Project)
        .backward(&kept.normed, &d_projected, project);
    let input = NormInput {
        x: &kept.x,
        scales: &kept.scales,
        gain: p.part(layer, Part::AttentionGain),
    };
    let d_gain = &mut dense[p.shape.range(layer, Part::AttentionGain)];
    norm_backward(&input, &d_normed, d_x, d_gain);
}

/// Numbers that a thread adds at a time.
const ADDED: usize = 1 << 14;

/// `to += from`.
fn add(to: &mut [f32], from: &[f32]) {
    let parts = to.par_chunks_mut(ADDED).zip(from.par_chunks(ADDED));
    parts.for_each(|(to, from)| axpy(to, 1.0, from));
}
