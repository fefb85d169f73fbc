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
    /// What rows of the last request share, for each sequence.
    views: Vec<View>,
    /// The product of each event with the candidate.
    products: Vec<f32>,
    hidden: Vec<f32>,
    shares: Vec<f32>,
    start: Vec<f32>,
    /// On the way back: each event, then its product with the candidate.
    keys: Vec<f32>,
    d_hidden: Vec<f32>,
    d_start: Vec<f32>,
    d_keys: Vec<f32>,
    d_query: Vec<f32>,
    space: Space,
}

/// The events of a sequence: the same for all candidates of a request.
#[derive(Debug, Clone, Default)]
struct View {
    request: Option<usize>,
    events: Vec<f32>,
    /// What the events alone give to the hidden layer.
    base: Vec<f32>,
}

/// A sequence that a candidate looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sequence<'a> {
    /// Its place among those that candidates look at.
    pub(crate) at: usize,
    pub(crate) shape: &'a AttentionShape,
    pub(crate) input: &'a SequenceInput,
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
    /// Forgets the last request: embeddings, weights or the table may have changed.
    pub(crate) fn forget(&mut self) {
        for view in &mut self.views {
            view.request = None;
        }
    }

    /// Writes what the candidate whose inputs are `x` sees in a sequence into its place in `x`.
    pub(crate) fn forward(
        &mut self,
        looking: Looking<'_>,
        sequence: Sequence<'_>,
        (rows, request): (&FeatureRows<'_>, usize),
        x: &mut [f32],
    ) {
        let d = looking.layout.embedding;
        let Sequence { at, input, .. } = sequence;
        let ids = rows.sequence(request, input.field);
        self.weigh(looking, sequence, (ids, request), x);
        let to = &mut x[input.column..][..d];
        to.fill(0.0);
        let events = self.views[at].events.chunks_exact(d);
        for (event, &share) in events.zip(&self.shares) {
            add(to, share, event);
        }
    }

    /// Works out the share of each event.
    fn weigh(
        &mut self,
        looking: Looking<'_>,
        sequence: Sequence<'_>,
        (ids, request): (&[u32], usize),
        x: &[f32],
    ) {
        let Sequence { at, shape, input } = sequence;
        let (d, weights) = (looking.layout.embedding, looking.weights);
        self.see(looking, sequence, (ids, request));
        let view = &self.views[at];
        let query = &x[input.query.expect("only sequences with a candidate")..][..d];
        let products = sized(&mut self.products, view.events.len());
        let rows = products.chunks_exact_mut(d);
        for (to, event) in rows.zip(view.events.chunks_exact(d)) {
            for ((to, event), query) in to.iter_mut().zip(event).zip(query) {
                *to = event * query;
            }
        }
        let start = sized(&mut self.start, shape.query.padded());
        let bias = &weights[shape.query.bias.clone()];
        let query = Input::new(query, d, 1);
        shape
            .query
            .forward_part(weights, (query, 0..d), bias, start);
        let n = view.events.len() / d;
        let padded = shape.key.padded();
        let hidden = sized(&mut self.hidden, n * padded);
        let rows = hidden.chunks_exact_mut(padded);
        for (hidden, base) in rows.zip(view.base.chunks_exact(padded)) {
            for ((hidden, base), start) in hidden.iter_mut().zip(base).zip(&*start) {
                *hidden = base + start;
            }
        }
        let products = Input::new(&self.products, d, n);
        shape.key.add_part(weights, (products, d..2 * d), hidden);
        marquee_math::elements::rectify(hidden);
        let shares = sized(&mut self.shares, n);
        if n > 0 {
            marquee_math::dots(hidden, &weights[shape.score.clone()], padded, shares);
        }
        softmax(shares);
    }

    /// Reads the events of a request, unless the last row belonged to it too.
    fn see(
        &mut self,
        looking: Looking<'_>,
        Sequence { at, shape, input }: Sequence<'_>,
        (ids, request): (&[u32], usize),
    ) {
        if self.views.len() <= at {
            self.views.resize_with(at + 1, View::default);
        }
        let view = &mut self.views[at];
        if view.request.replace(request) == Some(request) {
            return;
        }
        let Looking {
            layout,
            tables,
            weights,
            ..
        } = looking;
        let d = layout.embedding;
        view.events.clear();
        for &id in known(ids) {
            let start = view.events.len();
            view.events.resize(start + d, 0.0);
            tables.read(layout.row_of(input.table, id), &mut view.events[start..]);
        }
        let n = view.events.len() / d;
        let base = zeroed(&mut view.base, n * shape.key.padded());
        let events = Input::new(&view.events, d, n);
        shape.key.add_part(weights, (events, 0..d), base);
    }

    /// Adds the slopes of weights to `gradients`, those of the candidate to `dx`, and appends those of the
    /// events to `touched`.
    pub(crate) fn backward(
        &mut self,
        looking: Looking<'_>,
        sequence: Sequence<'_>,
        ((ids, request), x, dx): ((&[u32], usize), &[f32], &mut [f32]),
        (gradients, touched): (&mut [f32], &mut Touched),
    ) {
        self.weigh(looking, sequence, (ids, request), x);
        let Sequence { at, shape, input } = sequence;
        let d = looking.layout.embedding;
        self.join(at, d);
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

impl Attention {
    /// Puts each event beside its product.
    fn join(&mut self, at: usize, d: usize) {
        self.keys.clear();
        let events = self.views[at].events.chunks_exact(d);
        for (event, product) in events.zip(self.products.chunks_exact(d)) {
            self.keys.extend_from_slice(event);
            self.keys.extend_from_slice(product);
        }
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
