//! The way back: from slopes of outputs to those of weights and inputs.

use marquee_math::{
    AFFINE_BLOCK, MatrixView, MatrixViewMut, PairSums,
    elements::{product_slopes, rectified_slopes},
};

use super::{Pass, add, bottom, sized, zeroed};
use crate::network::{
    dropout::Dropout,
    linear::{Input, Linear, Weights},
    shape::{CrossShape, HeadShape, Shape},
};

impl Pass {
    /// Turns slopes of the outputs, which stand in their place, into slopes of weights, which are added to
    /// `gradients`, and of inputs.
    ///
    /// - `back`: weights as [`Shape::turn`] writes them.
    pub(crate) fn backward(
        &mut self,
        shape: &Shape,
        back: Weights<'_>,
        dropout: &Dropout,
        gradients: &mut [f32],
    ) {
        let (stride, n_rows) = (shape.stride(), self.n_rows);
        let turned = !back.panels.is_empty() && shape.reads_inputs_wide();
        if turned {
            let x = Input::new(&self.x, stride, n_rows).view(shape.layout.width);
            self.x_split.fill_turned(x, back.parts);
        }
        zeroed(&mut self.dx, n_rows * stride);
        let d_cross = zeroed(&mut self.d_cross, n_rows * stride);
        let crossed = match self.cross.last() {
            Some(last) => &last.output,
            None => &self.x,
        };
        let mut crossed = Input::new(crossed, stride, n_rows);
        if turned && shape.cross.is_empty() {
            crossed = crossed.with(&self.x_split);
        }
        let (direct, space) = (&shape.direct, &mut self.space);
        direct.backward_wide(back, (crossed, &self.outputs), gradients, space);
        direct.backward_inputs(back, &self.outputs, (d_cross, stride), space);
        self.backward_pairs(shape, back, gradients);
        self.d_experts.resize_with(shape.experts.len(), Vec::new);
        for (layers, slopes) in shape.experts.iter().zip(&mut self.d_experts) {
            let width = layers.last().map_or(0, Linear::padded);
            zeroed(slopes, n_rows * width);
        }
        for (head, layers) in shape.heads.iter().enumerate() {
            self.backward_head((head, layers), (shape, back), dropout, gradients);
        }
        for (expert, layers) in shape.experts.iter().enumerate() {
            self.backward_expert((expert, layers), (shape, back), dropout, gradients);
        }
        self.backward_cross(shape, back, gradients);
    }

    fn backward_pairs(&mut self, shape: &Shape, back: Weights<'_>, gradients: &mut [f32]) {
        let Some(pairs) = &shape.pairs else {
            return;
        };
        let (d, width, n_rows) = (shape.layout.embedding, pairs.out.inputs, self.n_rows);
        let stride = shape.stride();
        let sums = Input::new(&self.sums, width, n_rows);
        pairs.out.backward_matrix(sums, &self.outputs, gradients);
        let padded = width.next_multiple_of(AFFINE_BLOCK);
        let d_sums = zeroed(&mut self.d_sums, n_rows * padded);
        pairs
            .out
            .backward_inputs(back, &self.outputs, (&mut *d_sums, padded), &mut self.space);
        let x = Input::new(&self.x, stride, n_rows).view(stride);
        for (at, (own, both)) in pairs.weights.iter().zip(&pairs.back).enumerate() {
            let map = PairSums::new(&pairs.columns, d, &back.numbers[both.clone()]);
            let d_sums = &d_sums[(at * d).min(n_rows * padded)..];
            let d_sums = MatrixView::with_stride(d_sums, n_rows, d, padded);
            map.weight_slopes(x, d_sums, &mut gradients[own.clone()]);
            let mut dx = MatrixViewMut::new(&mut self.dx, n_rows, stride);
            map.slopes(x, d_sums, &mut dx);
        }
    }

    fn backward_head(
        &mut self,
        (head, layers): (usize, &HeadShape),
        (shape, back): (&Shape, Weights<'_>),
        dropout: &Dropout,
        gradients: &mut [f32],
    ) {
        let n_rows = self.n_rows;
        let Some(top) = &layers.top else {
            return;
        };
        let pass = &self.heads[head];
        let width = shape.experts[0].last().map_or(0, Linear::padded);
        let spare = zeroed(&mut self.spare, n_rows * top.padded());
        let rows = self.outputs.chunks_exact(shape.direct.padded());
        for (to, from) in spare.chunks_exact_mut(top.padded()).zip(rows) {
            to[..top.outputs].copy_from_slice(&from[layers.first..][..top.outputs]);
        }
        let [upper, lower] = &mut self.d_layer;
        let bottom = bottom(&pass.mixed, &self.experts, layers);
        let from = match (pass.tower.last(), layers.tower.last()) {
            (Some(last), Some(layer)) => Input::new(last, layer.padded(), n_rows),
            _ => Input::new(bottom, width, n_rows),
        };
        top.backward_weights(from, spare, gradients);
        let below = zeroed(upper, n_rows * from.stride);
        top.backward_inputs(back, spare, (below, from.stride), &mut self.space);
        for (at, layer) in layers.tower.iter().enumerate().rev() {
            rectified_slopes(upper, &pass.tower[at], dropout.scale());
            let from = match at.checked_sub(1) {
                Some(before) => {
                    Input::new(&pass.tower[before], layers.tower[before].padded(), n_rows)
                }
                None => Input::new(bottom, width, n_rows),
            };
            layer.backward_weights(from, upper, gradients);
            let below = zeroed(lower, n_rows * from.stride);
            layer.backward_inputs(back, upper, (below, from.stride), &mut self.space);
            std::mem::swap(upper, lower);
        }
        let Some(gate) = &layers.gate else {
            add(&mut self.d_experts[layers.experts[0]], 1.0, upper);
            return;
        };
        let padded = gate.padded();
        let d_gate = zeroed(&mut self.spare, n_rows * padded);
        for (place, &expert) in layers.experts.iter().enumerate() {
            let outputs = self.experts[expert].last().map_or(&[][..], Vec::as_slice);
            let slopes = self.d_experts[expert].chunks_exact_mut(width);
            let rows = outputs
                .chunks_exact(width)
                .zip(slopes)
                .zip(upper.chunks_exact(width));
            let gates = pass
                .gate
                .chunks_exact(padded)
                .zip(d_gate.chunks_exact_mut(padded));
            for (((output, slope), mixed), (shares, d_gate)) in rows.zip(gates) {
                add(slope, shares[place], mixed);
                d_gate[place] = marquee_math::dot(output, mixed);
            }
        }
        for (d_gate, shares) in d_gate
            .chunks_exact_mut(padded)
            .zip(pass.gate.chunks_exact(padded))
        {
            unsoftmax(&mut d_gate[..gate.outputs], &shares[..gate.outputs]);
        }
        let x = Input::new(&self.x, shape.stride(), n_rows);
        gate.backward_weights(x, d_gate, gradients);
        let to = (&mut self.dx[..], shape.stride());
        gate.backward_inputs(back, d_gate, to, &mut self.space);
    }

    fn backward_expert(
        &mut self,
        (expert, layers): (usize, &[Linear]),
        (shape, back): (&Shape, Weights<'_>),
        dropout: &Dropout,
        gradients: &mut [f32],
    ) {
        let n_rows = self.n_rows;
        let outputs = &self.experts[expert];
        let [upper, lower] = &mut self.d_layer;
        std::mem::swap(upper, &mut self.d_experts[expert]);
        for (at, layer) in layers.iter().enumerate().rev() {
            rectified_slopes(upper, &outputs[at], dropout.scale());
            let Some(before) = at.checked_sub(1) else {
                let x = Input::new(&self.x, shape.stride(), n_rows).with(&self.x_split);
                layer.backward_wide(back, (x, &**upper), gradients, &mut self.space);
                let to = (&mut self.dx[..], shape.stride());
                layer.backward_inputs(back, upper, to, &mut self.space);
                continue;
            };
            let from = Input::new(&outputs[before], layers[before].padded(), n_rows);
            layer.backward_wide(back, (from, &**upper), gradients, &mut self.space);
            let below = zeroed(lower, n_rows * from.stride);
            layer.backward_inputs(back, upper, (below, from.stride), &mut self.space);
            std::mem::swap(upper, lower);
        }
    }

    fn backward_cross(&mut self, shape: &Shape, back: Weights<'_>, gradients: &mut [f32]) {
        let (stride, n_rows) = (shape.stride(), self.n_rows);
        let d_added = &mut self.spare;
        for (at, layer) in shape.cross.iter().enumerate().rev() {
            let pass = &self.cross[at];
            sized(d_added, n_rows * stride);
            // c' = x ⊙ a + c: slopes of x, a; that of c goes on as it is.
            let (x, added, d_cross) = (&self.x, &pass.added, &mut self.d_cross);
            product_slopes(x, added, d_cross, &mut self.dx, d_added);
            let from = match at.checked_sub(1) {
                Some(before) => Input::new(&self.cross[before].output, stride, n_rows),
                None => Input::new(&self.x, stride, n_rows).with(&self.x_split),
            };
            let to = (&mut d_cross[..], stride);
            let space = &mut self.space;
            match layer {
                CrossShape::Full(linear) => {
                    linear.backward_wide(back, (from, d_added), gradients, space);
                    linear.backward_inputs(back, d_added, to, space);
                }
                CrossShape::LowRank { down, up } => {
                    let low = Input::new(&pass.low, down.padded(), n_rows);
                    up.backward_wide(back, (low, d_added), gradients, space);
                    let d_low = zeroed(&mut self.d_layer[0], n_rows * down.padded());
                    up.backward_inputs(back, d_added, (&mut *d_low, down.padded()), space);
                    down.backward_wide(back, (from, d_low), gradients, space);
                    down.backward_inputs(back, d_low, to, space);
                }
            }
        }
        marquee_math::axpy(&mut self.dx, 1.0, &self.d_cross);
    }
}

fn unsoftmax(slopes: &mut [f32], shares: &[f32]) {
    let mean: f32 = slopes
        .iter()
        .zip(shares)
        .map(|(slope, share)| slope * share)
        .sum();
    for (slope, share) in slopes.iter_mut().zip(shares) {
        *slope = share * (*slope - mean);
    }
}
