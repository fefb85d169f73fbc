//! New weights.

use marquee_math::{PAIR_BLOCK, Rng, fill_normal};

use super::{
    NetworkConfig, Sharing, parts,
    shape::{PairsShape, Shape},
};

/// Standard deviation of new weights of pairs: small, or what pairs of rare ids do by chance is learned by heart.
const PAIRED: f64 = 0.03;

/// New weights: normal, of a size that keeps that of the inputs; biases are zero.
pub(super) fn initial(shape: &Shape, config: &NetworkConfig, drawn: &mut Rng) -> Vec<f32> {
    let mut weights = vec![0.0; shape.len];
    for layer in shape.layers() {
        let deviation = (layer.gain / layer.linear.inputs as f64).sqrt();
        let padded = layer.linear.padded();
        let to = &mut weights[layer.linear.weights.clone()];
        for to in to.chunks_exact_mut(padded) {
            fill_normal(drawn, deviation, &mut to[..layer.linear.outputs]);
        }
    }
    for attention in &shape.attention {
        let n = attention.key.outputs;
        let score = attention.score.start..attention.score.start + n;
        fill_normal(drawn, (1.0 / n as f64).sqrt(), &mut weights[score]);
    }
    if let Some(pairs) = &shape.pairs {
        let n = pairs.columns.len();
        let stride = n.next_multiple_of(PAIR_BLOCK);
        for own in &pairs.weights {
            let own = &mut weights[own.clone()];
            for first in 0..n {
                let row = &mut own[first * stride..][first + 1..n];
                fill_normal(drawn, PAIRED, row);
            }
        }
        start_sums(shape, pairs, &mut weights);
    }
    if config.sharing != Sharing::Together {
        part(shape, &mut weights);
    }
    weights
}

/// What outputs begin with from sums over pairs: all of it, and for a share the more the larger the value.
fn start_sums(shape: &Shape, pairs: &PairsShape, weights: &mut [f32]) {
    let each = 1.0 / pairs.weights.len() as f32;
    let rows = &mut weights[pairs.out.weights.clone()];
    for row in rows.chunks_exact_mut(pairs.out.padded()) {
        for head in &shape.heads {
            let n = head.outcome.n_outputs();
            for (at, weight) in row[head.first..][..n].iter_mut().enumerate() {
                let place = if n > 1 {
                    at as f32 / (n - 1) as f32 * 2.0 - 1.0
                } else {
                    1.0
                };
                *weight = each * place;
            }
        }
    }
}

/// Turns what these heads begin with from sums over pairs: what speaks for the others speaks against them.
pub(super) fn oppose(shape: &Shape, opposed: &[usize], weights: &mut [f32]) {
    let Some(pairs) = &shape.pairs else {
        return;
    };
    let rows = &mut weights[pairs.out.weights.clone()];
    for row in rows.chunks_exact_mut(pairs.out.padded()) {
        for head in opposed.iter().map(|&at| &shape.heads[at]) {
            let own = &mut row[head.first..][..head.outcome.n_outputs()];
            own.iter_mut().for_each(|weight| *weight = -*weight);
        }
    }
}

/// Leaves each head only its own part of each embedding.
fn part(shape: &Shape, weights: &mut [f32]) {
    for (layer, inputs) in parts::readers(shape) {
        for (input, number) in inputs {
            let start = layer.weights.start + input * layer.padded();
            let owner = parts::owner(shape, number);
            let heads = shape.heads.iter().enumerate();
            for (_, head) in heads.filter(|(at, _)| *at != owner) {
                weights[start + head.first..][..head.outcome.n_outputs()].fill(0.0);
            }
        }
    }
}
