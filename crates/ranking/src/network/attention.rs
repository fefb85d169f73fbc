//! What a candidate sees in a sequence of the request: a mean of its events, weighted by a small network
//! of the event, the candidate and their product.
//!
//! Source: Zhou et al. 2018 (DIN), with weights that sum to one.

use marquee_features::FeatureRows;
use marquee_math::{AFFINE_BLOCK, split::Parts};

use super::{
    layout::{Layout, SequenceInput, add, known},
    linear::{Input, Space, Weights},
    outcome::softmax,
    pass::{sized, zeroed},
    shape::AttentionShape,
    tables::Tables,
};

/// Buffers for one row.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attention {
    /// Each event, then its product with the candidate.
    keys: Vec<f32>,
    hidden: Vec<f32>,
    shares: Vec<f32>,
    start: Vec<f32>,
    d_hidden: Vec<f32>,
    d_start: Vec<f32>,
    d_keys: Vec<f32>,
    d_query: Vec<f32>,
    space: Space,
}

/// Slopes of embeddings of sequences, with the row of the table they belong to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Touched {
    pub(crate) ids: Vec<u32>,
    pub(crate) slopes: Vec<f32>,
}

/// Everything that does not change from row to row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Looking<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) tables: Tables<'a>,
    pub(crate) weights: &'a [f32],
    /// Weights as the way back needs them.
    pub(crate) back: &'a [f32],
}

impl Attention {
    /// Writes what the candidate whose inputs are `x` sees in a sequence into its place in `x`.
    pub(crate) fn forward(
        &mut self,
        looking: Looking<'_>,
        (shape, input): (&AttentionShape, &SequenceInput),
        (rows, request): (&FeatureRows<'_>, usize),
        x: &mut [f32],
    ) {
        let d = looking.layout.embedding;
        self.weigh(
            looking,
            (shape, input),
            rows.sequence(request, input.field),
            x,
        );
        let to = &mut x[input.column..][..d];
        to.fill(0.0);
        for (keys, &share) in self.keys.chunks_exact(2 * d).zip(&self.shares) {
            add(to, share, &keys[..d]);
        }
    }

    /// Works out the share of each event.
    fn weigh(
        &mut self,
        looking: Looking<'_>,
        (shape, input): (&AttentionShape, &SequenceInput),
        ids: &[u32],
        x: &[f32],
    ) {
        let Looking {
            layout,
            tables,
            weights,
            ..
        } = looking;
        let d = layout.embedding;
        let query = &x[input.query.expect("only sequences with a candidate")..][..d];
        self.keys.clear();
        for &id in known(ids) {
            let start = self.keys.len();
            self.keys.resize(start + 2 * d, 0.0);
            let (key, product) = self.keys[start..].split_at_mut(d);
            tables.read(layout.row_of(input.table, id), key);
            for ((to, key), query) in product.iter_mut().zip(key).zip(query) {
                *to = *key * query;
            }
        }
        let n = self.keys.len() / (2 * d);
        let start = sized(&mut self.start, shape.query.padded());
        let bias = &weights[shape.query.bias.clone()];
        let query = Input::new(query, d, 1);
        shape
            .query
            .forward_part(weights, (query, 0..d), bias, start);
        let padded = shape.key.padded();
        let hidden = sized(&mut self.hidden, n * padded);
        let keys = Input::new(&self.keys, 2 * d, n);
        shape
            .key
            .forward_part(weights, (keys, 0..2 * d), start, hidden);
        let score = &weights[shape.score.clone()];
        self.shares.clear();
        for hidden in hidden.chunks_exact_mut(padded) {
            for hidden in &mut *hidden {
                *hidden = hidden.max(0.0);
            }
            self.shares.push(marquee_math::dot(hidden, score));
        }
        softmax(&mut self.shares);
    }

    /// Adds the slopes of weights to `gradients`, those of the candidate to `dx`, and appends those of the
    /// events to `touched`.
    pub(crate) fn backward(
        &mut self,
        looking: Looking<'_>,
        (shape, input): (&AttentionShape, &SequenceInput),
        (ids, x, dx): (&[u32], &[f32], &mut [f32]),
        (gradients, touched): (&mut [f32], &mut Touched),
    ) {
        self.weigh(looking, (shape, input), ids, x);
        let d = looking.layout.embedding;
        let place = input.query.expect("only sequences with a candidate");
        let query = &x[place..][..d];
        let padded = shape.key.padded();
        let d_output = &dx[input.column..][..d];
        let d_shares = self
            .keys
            .chunks_exact(2 * d)
            .map(|keys| dot(d_output, &keys[..d]));
        let d_shares: Vec<f32> = d_shares.collect();
        let mean = dot(&d_shares, &self.shares);
        let n = self.shares.len();
        let d_hidden = zeroed(&mut self.d_hidden, n * padded);
        let d_start = zeroed(&mut self.d_start, padded);
        for (at, d_hidden) in d_hidden.chunks_exact_mut(padded).enumerate() {
            let d_score = self.shares[at] * (d_shares[at] - mean);
            let hidden = &self.hidden[at * padded..][..padded];
            let score = &looking.weights[shape.score.clone()];
            for ((to, &hidden), score) in d_hidden.iter_mut().zip(hidden).zip(score) {
                *to = if hidden > 0.0 { d_score * score } else { 0.0 };
            }
            add(&mut gradients[shape.score.clone()], d_score, hidden);
            add(d_start, 1.0, d_hidden);
        }
        let keys = Input::new(&self.keys, 2 * d, n);
        let bias_before = gradients[shape.key.bias.clone()].to_vec();
        shape.key.backward_weights(keys, d_hidden, gradients);
        // The keys start from the query's outputs and have no bias of their own.
        gradients[shape.key.bias.clone()].copy_from_slice(&bias_before);
        let alone = Input::new(query, d, 1);
        shape.query.backward_weights(alone, d_start, gradients);
        let width = (2 * d).next_multiple_of(AFFINE_BLOCK);
        let d_keys = zeroed(&mut self.d_keys, n * width);
        let back = Weights {
            numbers: looking.back,
            panels: &[],
            parts: Parts::default(),
        };
        let space = &mut self.space;
        shape
            .key
            .backward_inputs(back, d_hidden, (d_keys, width), space);
        let query_width = d.next_multiple_of(AFFINE_BLOCK);
        let d_query = zeroed(&mut self.d_query, query_width);
        shape
            .query
            .backward_inputs(back, d_start, (d_query, query_width), space);
        let start = looking.layout.tables[input.table].start;
        for (at, (&id, d_keys)) in known(ids).zip(d_keys.chunks_exact(width)).enumerate() {
            let (d_key, d_product) = d_keys[..2 * d].split_at(d);
            let key = &self.keys[at * 2 * d..][..d];
            touched.ids.push(crate::check::row(start) + id);
            let numbers = d_key.iter().zip(d_product).zip(query).zip(d_output);
            let slopes = numbers.map(|(((d_key, d_product), query), d_output)| {
                d_key + d_product * query + self.shares[at] * d_output
            });
            touched.slopes.extend(slopes);
            for ((to, d_product), key) in d_query.iter_mut().zip(d_product).zip(key) {
                *to += d_product * key;
            }
        }
        add(&mut dx[place..][..d], 1.0, &d_query[..d]);
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
