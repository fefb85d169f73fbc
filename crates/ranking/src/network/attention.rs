//! What a candidate sees in a sequence of the request: a mean of its events, weighted by a small network
//! of the event, the candidate and their product.
//!
//! Source: Zhou et al. 2018 (DIN), with weights that sum to one.

use marquee_features::FeatureRows;
use marquee_math::{
    AFFINE_BLOCK, MatrixView, MatrixViewMut, affine,
    exponential::softmax,
    looks::{Looks, LooksSpace, turn},
    split::Parts,
};

use super::{
    layout::{Layout, SequenceInput, add, known},
    linear::{Input, Space, Weights},
    pass::{sized, zeroed},
    shape::AttentionShape,
    tables::Tables,
};

/// Buffers for some rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attention {
    /// What rows of the last request share, for each sequence.
    views: Vec<View>,
    /// What each candidate alone gives to the hidden layer.
    starts: Vec<f32>,
    looks: LooksSpace,
    /// For each candidate the share of each event, padded.
    shares: Vec<f32>,
    /// Means of events.
    means: Vec<f32>,
    zeros: Vec<f32>,
    /// On the way back: each event, then its product with the candidate.
    keys: Vec<f32>,
    hidden: Vec<f32>,
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
    /// How many there are; the rest are padded with zeros.
    n: usize,
    /// A row for each event, padded.
    events: Vec<f32>,
    /// A row for each number of an event.
    columns: Vec<f32>,
    /// What the events alone give to the hidden layer, a row for each unit.
    base: Vec<f32>,
    /// The same, a row for each event.
    rows: Vec<f32>,
}

impl View {
    /// Events, padded.
    fn padded(&self) -> usize {
        self.n.next_multiple_of(AFFINE_BLOCK)
    }
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

    /// Writes what candidates of one request see in a sequence into their inputs, `stride` apart.
    pub(crate) fn forward(
        &mut self,
        looking: Looking<'_>,
        sequence: Sequence<'_>,
        (rows, request): (&FeatureRows<'_>, usize),
        (to, stride): (&mut [f32], usize),
    ) {
        let d = looking.layout.embedding;
        let Sequence { at, input, .. } = sequence;
        let ids = rows.sequence(request, input.field);
        let n_rows = to.len() / stride;
        let x = Input::new(to, stride, n_rows);
        self.weigh(looking, sequence, (ids, request), x);
        let view = &self.views[at];
        let width = d.next_multiple_of(AFFINE_BLOCK);
        let means = sized(&mut self.means, n_rows * width);
        let zeros = zeroed(&mut self.zeros, width);
        affine(
            MatrixView::with_stride(&self.shares, n_rows, view.n, view.padded()),
            MatrixView::new(&view.events[..view.n * width], view.n, width),
            zeros,
            &mut MatrixViewMut::new(means, n_rows, width),
        );
        let rows = to.chunks_exact_mut(stride);
        for (x, mean) in rows.zip(means.chunks_exact(width)) {
            x[input.column..][..d].copy_from_slice(&mean[..d]);
        }
    }

    /// Works out the share of each event for each row of inputs.
    fn weigh(
        &mut self,
        looking: Looking<'_>,
        sequence: Sequence<'_>,
        (ids, request): (&[u32], usize),
        x: Input<'_>,
    ) {
        let Sequence { at, shape, input } = sequence;
        let (d, weights) = (looking.layout.embedding, looking.weights);
        self.see(looking, sequence, (ids, request));
        let view = &self.views[at];
        let place = input.query.expect("only sequences with a candidate");
        let queries = Input {
            data: &x.data[place..],
            ..x
        };
        let units = shape.query.padded();
        let starts = sized(&mut self.starts, x.n_rows * units);
        let bias = &weights[shape.query.bias.clone()];
        let query = &shape.query;
        query.forward_part(weights, (queries, 0..d), bias, starts);
        let n_events = view.padded();
        let shares = sized(&mut self.shares, x.n_rows * n_events);
        let looks = Looks {
            events: &view.columns,
            base: &view.base,
            weights: shape.key.weights_of(weights, d..2 * d),
            score: &weights[shape.score.clone()],
        };
        looks.scores(queries.view(d), starts, &mut self.looks, shares);
        for shares in shares.chunks_exact_mut(n_events.max(1)) {
            // What pads has a share that is as good as none, and nobody reads it.
            shares[view.n..].fill(f32::NEG_INFINITY);
            softmax(shares);
        }
    }

    /// Reads the events of a request, unless the last rows belonged to it too.
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
        view.n = known(ids).count();
        let (n, units) = (view.padded(), shape.key.padded());
        let width = d.next_multiple_of(AFFINE_BLOCK);
        let events = zeroed(&mut view.events, n * width);
        for (&id, event) in known(ids).zip(events.chunks_exact_mut(width)) {
            tables.read(layout.row_of(input.table, id), &mut event[..d]);
        }
        turn(events, (n, width), sized(&mut view.columns, n * width));
        let rows = zeroed(&mut view.rows, n * units);
        let events = Input::new(&view.events, width, n);
        shape.key.add_part(weights, (events, 0..d), rows);
        turn(rows, (n, units), sized(&mut view.base, n * units));
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
        let Sequence { at, shape, input } = sequence;
        let d = looking.layout.embedding;
        let place = input.query.expect("only sequences with a candidate");
        let query = &x[place..][..d];
        self.weigh_again(looking, sequence, (ids, request), x);
        self.join(at, query);
        let padded = shape.key.padded();
        let d_output = &dx[input.column..][..d];
        let d_shares = self
            .keys
            .chunks_exact(2 * d)
            .map(|keys| dot(d_output, &keys[..d]));
        let d_shares: Vec<f32> = d_shares.collect();
        let n = self.views[at].n;
        let shares = &self.shares[..n];
        let mean = dot(&d_shares, shares);
        let d_hidden = zeroed(&mut self.d_hidden, n * padded);
        let d_start = zeroed(&mut self.d_start, padded);
        for (at, d_hidden) in d_hidden.chunks_exact_mut(padded).enumerate() {
            let d_score = shares[at] * (d_shares[at] - mean);
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
                d_key + d_product * query + shares[at] * d_output
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
    /// Works out what one row's shares come from, too.
    fn weigh_again(
        &mut self,
        looking: Looking<'_>,
        sequence: Sequence<'_>,
        request: (&[u32], usize),
        x: &[f32],
    ) {
        self.weigh(looking, sequence, request, Input::new(x, x.len(), 1));
        let size = (
            sequence.shape.key.padded(),
            self.views[sequence.at].padded(),
        );
        let hidden = sized(&mut self.hidden, size.0 * size.1);
        turn(self.looks.hidden(), size, hidden);
    }

    /// Puts each event beside its product with the candidate.
    fn join(&mut self, at: usize, query: &[f32]) {
        let (view, d) = (&self.views[at], query.len());
        self.keys.clear();
        let width = d.next_multiple_of(AFFINE_BLOCK);
        for event in view.events.chunks_exact(width).take(view.n) {
            self.keys.extend_from_slice(&event[..d]);
            let products = event.iter().zip(query);
            self.keys
                .extend(products.map(|(event, query)| event * query));
        }
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
