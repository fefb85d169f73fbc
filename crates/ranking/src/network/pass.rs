//! One run of some rows through the layers, and back.

mod backward;
mod twins;

use marquee_math::{
    MatrixViewMut, PairSums,
    elements::{multiply_add, rectify},
    exponential::softmax,
    split::SplitRows,
};

use super::{
    dropout::Dropout,
    linear::{Input, Linear, Space, Weights},
    shape::{CrossShape, HeadShape, Shape},
};
use twins::{Rows, SHORT, Twins};

/// What the layers made of some rows. Buffers are used again and again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pass {
    pub(crate) n_rows: usize,
    /// Inputs, padded.
    pub(crate) x: Vec<f32>,
    /// Outputs of all heads, padded.
    pub(crate) outputs: Vec<f32>,
    /// Slopes of the inputs, padded.
    pub(crate) dx: Vec<f32>,
    cross: Vec<CrossPass>,
    /// Sums over pairs of embeddings.
    sums: Vec<f32>,
    twins: Twins,
    d_sums: Vec<f32>,
    /// The layers of each expert.
    experts: Vec<Vec<Vec<f32>>>,
    heads: Vec<HeadPass>,
    /// What the request alone gives to a layer.
    start: Vec<f32>,
    spare: Vec<f32>,
    d_cross: Vec<f32>,
    d_experts: Vec<Vec<f32>>,
    d_layer: [Vec<f32>; 2],
    /// Inputs split for tiles, then, on the way back, their columns.
    x_split: SplitRows,
    /// The same of each layer of each expert but the last.
    expert_splits: Vec<Vec<SplitRows>>,
    space: Space,
}

#[derive(Debug, Clone, Default)]
struct CrossPass {
    low: Vec<f32>,
    added: Vec<f32>,
    output: Vec<f32>,
    low_split: SplitRows,
    output_split: SplitRows,
}

#[derive(Debug, Clone, Default)]
struct HeadPass {
    gate: Vec<f32>,
    mixed: Vec<f32>,
    tower: Vec<Vec<f32>>,
}

/// A buffer of `n` numbers; what it holds is of no account unless it grew, then it is zero.
pub(crate) fn sized(buffer: &mut Vec<f32>, n: usize) -> &mut [f32] {
    buffer.resize(n, 0.0);
    buffer
}

/// As [`sized`], all zero.
pub(crate) fn zeroed(buffer: &mut Vec<f32>, n: usize) -> &mut [f32] {
    buffer.clear();
    buffer.resize(n, 0.0);
    buffer
}

impl Pass {
    /// Room for the inputs of `n_rows` rows, zero where they are padded.
    pub(crate) fn inputs(&mut self, shape: &Shape, n_rows: usize) -> &mut [f32] {
        self.n_rows = n_rows;
        sized(&mut self.x, n_rows * shape.stride())
    }

    /// Runs the inputs through all layers.
    ///
    /// - `shared`: how many inputs, from the first on, are the same in all rows; their part of a layer is
    ///   worked out once. The results have the same bits whether it is told or not.
    pub(crate) fn forward(
        &mut self,
        shape: &Shape,
        weights: Weights<'_>,
        shared: usize,
        dropout: &mut Dropout,
    ) {
        if !weights.panels.is_empty() && shape.reads_inputs_wide() {
            let x = Input::new(&self.x, shape.stride(), self.n_rows).view(shape.layout.width);
            let first = shape.layout.request_width;
            match shared {
                0 => self.x_split.fill(x, first, weights.parts),
                _ => self.x_split.fill_shared(x, first, weights.parts),
            }
        }
        self.cross
            .resize_with(shape.cross.len(), CrossPass::default);
        self.experts.resize_with(shape.experts.len(), Vec::new);
        self.expert_splits
            .resize_with(shape.experts.len(), Vec::new);
        self.heads.resize_with(shape.heads.len(), HeadPass::default);
        self.forward_cross(shape, weights, shared);
        for (expert, layers) in shape.experts.iter().enumerate() {
            self.forward_expert((expert, layers), (shape, weights), shared, dropout);
        }
        let n_rows = self.n_rows;
        let n_outputs = shape.direct.padded();
        let outputs = sized(&mut self.outputs, n_rows * n_outputs);
        match self.cross.last() {
            Some(last) => {
                let crossed = Input::new(&last.output, shape.stride(), n_rows);
                let crossed = crossed.with(&last.output_split);
                let space = &mut self.start;
                shape.direct.forward_alone(weights, crossed, space, outputs);
            }
            None => {
                let x = Input::new(&self.x, shape.stride(), n_rows).with(&self.x_split);
                let start = &mut self.start;
                from_inputs(&shape.direct, weights, (x, shared), start, outputs);
            }
        }
        self.forward_pairs(shape, weights, shared);
        for (head, layers) in shape.heads.iter().enumerate() {
            self.forward_head((head, layers), (shape, weights), shared, dropout);
        }
    }

    fn forward_cross(&mut self, shape: &Shape, weights: Weights<'_>, shared: usize) {
        let (stride, n_rows) = (shape.stride(), self.n_rows);
        let x = Input::new(&self.x, stride, n_rows).with(&self.x_split);
        for (at, layer) in shape.cross.iter().enumerate() {
            let (before, rest) = self.cross.split_at_mut(at);
            let CrossPass {
                low,
                added,
                output,
                low_split,
                output_split,
            } = &mut rest[0];
            let (from, shared) = match before.last() {
                Some(before) => {
                    let from = Input::new(&before.output, stride, n_rows);
                    (from.with(&before.output_split), 0)
                }
                None => (x, shared),
            };
            let added = sized(added, n_rows * stride);
            match layer {
                CrossShape::Full(linear) => {
                    from_inputs(linear, weights, (from, shared), &mut self.start, added);
                }
                CrossShape::LowRank { down, up } => {
                    let low = sized(low, n_rows * down.padded());
                    from_inputs(down, weights, (from, shared), &mut self.start, low);
                    let low = Input::new(low, down.padded(), n_rows);
                    split(up, weights, low, low_split);
                    up.forward(weights, low.with(low_split), added);
                }
            }
            let output = sized(output, n_rows * stride);
            multiply_add(x.data, added, from.data, output);
            let output = Input::new(output, stride, n_rows);
            split(shape.after_cross(at), weights, output, output_split);
        }
    }

    fn forward_pairs(&mut self, shape: &Shape, weights: Weights<'_>, shared: usize) {
        let Some(pairs) = &shape.pairs else {
            return;
        };
        let (d, width, n_rows) = (shape.layout.embedding, pairs.out.inputs, self.n_rows);
        let sums = sized(&mut self.sums, n_rows * width);
        let x = Input::new(&self.x, shape.stride(), n_rows).view(shape.stride());
        let shared = if shared > 0 { pairs.of_request } else { 0 };
        for (at, own) in pairs.weights.iter().enumerate() {
            let own = &weights.numbers[own.clone()];
            let map = PairSums::new(&pairs.columns, d, own);
            let start = zeroed(&mut self.start, map.start_len());
            if shared > 0 && n_rows > 0 {
                map.begin(&self.x, shared, start);
            }
            let to = &mut sums[(at * d).min(n_rows * width)..];
            let mut done = 0;
            if d == SHORT {
                let rows = Rows {
                    x: &self.x,
                    stride: shape.stride(),
                    n_rows,
                    shared,
                    start,
                };
                done = self.twins.sums((pairs, own), rows, (&mut *to, width));
            }
            let rest = (done * width).min(to.len());
            let to = &mut to[rest..];
            let mut to = MatrixViewMut::with_stride(to, n_rows - done, d, width);
            let x = x.part(done..n_rows, 0..shape.stride());
            map.sums(x, (shared, start), &mut to);
        }
        let sums = Input::new(sums, width, n_rows);
        pairs
            .out
            .forward_add(weights.numbers, sums, &mut self.outputs);
    }

    fn forward_expert(
        &mut self,
        (expert, layers): (usize, &[Linear]),
        (shape, weights): (&Shape, Weights<'_>),
        shared: usize,
        dropout: &mut Dropout,
    ) {
        let n_rows = self.n_rows;
        let outputs = &mut self.experts[expert];
        outputs.resize_with(layers.len(), Vec::new);
        let splits = &mut self.expert_splits[expert];
        splits.resize_with(layers.len(), SplitRows::default);
        for (at, layer) in layers.iter().enumerate() {
            let (before, rest) = outputs.split_at_mut(at);
            let to = sized(&mut rest[0], n_rows * layer.padded());
            match before.last() {
                Some(before) => {
                    let from = Input::new(before, layers[at - 1].padded(), n_rows);
                    split(layer, weights, from, &mut splits[at - 1]);
                    layer.forward(weights, from.with(&splits[at - 1]), to);
                }
                None => {
                    let x = Input::new(&self.x, shape.stride(), n_rows).with(&self.x_split);
                    from_inputs(layer, weights, (x, shared), &mut self.start, to);
                }
            }
            rectify(to);
            dropout.apply(to);
        }
    }

    fn forward_head(
        &mut self,
        (head, layers): (usize, &HeadShape),
        (shape, weights): (&Shape, Weights<'_>),
        shared: usize,
        dropout: &mut Dropout,
    ) {
        let n_rows = self.n_rows;
        let Some(top) = &layers.top else {
            return;
        };
        let pass = &mut self.heads[head];
        let width = shape.experts[0].last().map_or(0, Linear::padded);
        if let Some(gate) = &layers.gate {
            let shares = sized(&mut pass.gate, n_rows * gate.padded());
            let x = Input::new(&self.x, shape.stride(), n_rows);
            from_inputs(gate, weights, (x, shared), &mut self.start, shares);
            for shares in shares.chunks_exact_mut(gate.padded()) {
                softmax(&mut shares[..gate.outputs]);
            }
            let mixed = zeroed(&mut pass.mixed, n_rows * width);
            for (place, &expert) in layers.experts.iter().enumerate() {
                let outputs = self.experts[expert].last().map_or(&[][..], Vec::as_slice);
                let shares = shares.chunks_exact(gate.padded());
                let rows = mixed
                    .chunks_exact_mut(width)
                    .zip(outputs.chunks_exact(width));
                for ((to, from), shares) in rows.zip(shares) {
                    add(to, shares[place], from);
                }
            }
        }
        pass.tower.resize_with(layers.tower.len(), Vec::new);
        for (at, layer) in layers.tower.iter().enumerate() {
            let (before, rest) = pass.tower.split_at_mut(at);
            let to = sized(&mut rest[0], n_rows * layer.padded());
            let from = match before.last() {
                Some(before) => Input::new(before, layers.tower[at - 1].padded(), n_rows),
                None => Input::new(bottom(&pass.mixed, &self.experts, layers), width, n_rows),
            };
            layer.forward(weights, from, to);
            rectify(to);
            dropout.apply(to);
        }
        let from = match (pass.tower.last(), layers.tower.last()) {
            (Some(last), Some(layer)) => Input::new(last, layer.padded(), n_rows),
            _ => Input::new(bottom(&pass.mixed, &self.experts, layers), width, n_rows),
        };
        let spare = sized(&mut self.spare, n_rows * top.padded());
        top.forward_alone(weights, from, &mut self.start, spare);
        let rows = self.outputs.chunks_exact_mut(shape.direct.padded());
        for (to, from) in rows.zip(spare.chunks_exact(top.padded())) {
            let to = &mut to[layers.first..][..top.outputs];
            add(to, 1.0, &from[..top.outputs]);
        }
    }
}

/// What a head's tower stands on: the mixture, or its only expert.
fn bottom<'a>(mixed: &'a [f32], experts: &'a [Vec<Vec<f32>>], layers: &HeadShape) -> &'a [f32] {
    if layers.gate.is_some() {
        return mixed;
    }
    experts[layers.experts[0]]
        .last()
        .map_or(&[][..], Vec::as_slice)
}

/// Runs rows through a layer on the inputs, of which the first `shared` are the same in all rows.
fn from_inputs(
    layer: &Linear,
    weights: Weights<'_>,
    (x, shared): (Input<'_>, usize),
    start: &mut Vec<f32>,
    to: &mut [f32],
) {
    if shared == 0 || x.n_rows == 0 {
        layer.forward(weights, x, to);
        return;
    }
    let start = sized(start, layer.padded());
    layer.forward_shared(weights, (x, shared), start, to);
}

/// Splits what goes into a layer, where tiles multiply it.
fn split(layer: &Linear, weights: Weights<'_>, x: Input<'_>, to: &mut SplitRows) {
    if let Some(wide) = layer.wide
        && !weights.panels.is_empty()
    {
        to.fill(x.view(layer.inputs), wide.first, weights.parts);
    }
}

fn add(to: &mut [f32], factor: f32, from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += factor * from;
    }
}
