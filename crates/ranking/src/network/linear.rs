//! A layer `Y = X W + b`, and its slopes.

use std::ops::Range;

use marquee_math::{
    AFFINE_BLOCK, MatrixView, MatrixViewMut, affine, affine_add, affine_few, axpy, outer_add,
    split::{Parts, SplitPanels, SplitRows, multiply},
};

/// Where the weights of a layer lie: a row for each input, padded to whole blocks of outputs. What pads
/// is zero and stays so.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Linear {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) weights: Range<usize>,
    pub(crate) bias: Range<usize>,
    /// Where the same weights lie for the way back: a row for each output, padded to whole blocks of inputs.
    pub(crate) back: Range<usize>,
    /// Where a wide layer stands among those that tiles multiply.
    pub(crate) wide: Option<Wide>,
}

/// A layer that tiles multiply where the machine has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wide {
    pub(crate) place: usize,
    /// Inputs that stand apart, so that a product can be broken off after them.
    pub(crate) first: usize,
}

/// The weights of a network as layers read them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weights<'a> {
    pub(crate) numbers: &'a [f32],
    /// Those of wide layers, split for tiles; none where the machine has no tiles.
    pub(crate) panels: &'a [SplitPanels],
    /// What counts of numbers that are split.
    pub(crate) parts: Parts,
}

/// Rows of numbers that a layer reads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Input<'a> {
    pub(crate) data: &'a [f32],
    pub(crate) stride: usize,
    pub(crate) n_rows: usize,
    /// The same split for tiles.
    pub(crate) split: Option<&'a SplitRows>,
}

impl<'a> Input<'a> {
    pub(crate) const fn new(data: &'a [f32], stride: usize, n_rows: usize) -> Self {
        Self {
            data,
            stride,
            n_rows,
            split: None,
        }
    }

    pub(crate) fn view(self, width: usize) -> MatrixView<'a, f32> {
        MatrixView::with_stride(self.data, self.n_rows, width, self.stride)
    }

    pub(crate) fn with(self, split: &'a SplitRows) -> Self {
        Self {
            split: Some(split),
            ..self
        }
    }
}

/// Outputs that are worked out one by one: rows of sixteen would be mostly padding.
const FEW: usize = 4;

/// Space for slopes that are split on the way back.
#[derive(Debug, Clone, Default)]
pub(crate) struct Space {
    rows: SplitRows,
    panels: SplitPanels,
    turned: SplitRows,
}

impl Linear {
    /// Outputs, padded.
    pub(crate) fn padded(&self) -> usize {
        self.outputs.next_multiple_of(AFFINE_BLOCK)
    }

    /// The weights of the inputs in `inputs`.
    fn rows<'p>(&self, weights: &'p [f32], inputs: Range<usize>) -> MatrixView<'p, f32> {
        let padded = self.padded();
        let all = MatrixView::new(&weights[self.weights.clone()], self.inputs, padded);
        all.part(inputs, 0..padded)
    }

    /// The same as numbers, padded rows one after the other.
    pub(crate) fn weights_of<'p>(&self, weights: &'p [f32], inputs: Range<usize>) -> &'p [f32] {
        let padded = self.padded();
        &weights[self.weights.clone()][inputs.start * padded..inputs.end * padded]
    }

    /// The panels of a wide layer, and rows that fit them; none where tiles do not multiply it.
    fn tiles<'w>(
        &self,
        weights: Weights<'w>,
        x: Input<'w>,
    ) -> Option<(&'w SplitRows, &'w SplitPanels)> {
        let panels = weights.panels.get(self.wide?.place)?;
        Some((x.split?, panels))
    }

    /// Writes the padded outputs of each row.
    pub(crate) fn forward(&self, weights: Weights<'_>, x: Input<'_>, y: &mut [f32]) {
        let start = &weights.numbers[self.bias.clone()];
        let Some((rows, panels)) = self.tiles(weights, x) else {
            return self.forward_part(weights.numbers, (x, 0..self.inputs), start, y);
        };
        let mut y = MatrixViewMut::new(y, x.n_rows, self.padded());
        let [first, rest] = rows.parts();
        let mut start = Some(start);
        for blocks in [first, rest] {
            if !blocks.is_empty() {
                multiply((rows, panels), blocks, start.take(), &mut y);
            }
        }
    }

    /// The same for a layer that nothing is ever shared of: few outputs are worked out without those that pad them.
    ///
    /// - `space`: overwritten.
    pub(crate) fn forward_alone(
        &self,
        weights: Weights<'_>,
        x: Input<'_>,
        space: &mut Vec<f32>,
        y: &mut [f32],
    ) {
        if self.outputs > FEW || self.inputs == 0 {
            return self.forward(weights, x, y);
        }
        let padded = self.padded();
        let all = self.weights_of(weights.numbers, 0..self.inputs);
        let column = self.inputs.next_multiple_of(AFFINE_BLOCK);
        space.clear();
        space.resize(self.outputs * column, 0.0);
        for (output, to) in space.chunks_exact_mut(column).enumerate() {
            for (to, weight) in to.iter_mut().zip(all[output..].iter().step_by(padded)) {
                *to = *weight;
            }
        }
        let bias = &weights.numbers[self.bias.clone()];
        let mut y = MatrixViewMut::new(y, x.n_rows, padded);
        affine_few(x.view(self.inputs), space, bias, &mut y);
    }

    /// The same for rows whose first `shared` inputs are those of the first row: what those give is worked out
    /// once, in `space`.
    pub(crate) fn forward_shared(
        &self,
        weights: Weights<'_>,
        (x, shared): (Input<'_>, usize),
        space: &mut [f32],
        y: &mut [f32],
    ) {
        let bias = &weights.numbers[self.bias.clone()];
        if let Some((rows, panels)) = self.tiles(weights, x) {
            let [first, rest] = rows.parts();
            let mut begun = MatrixViewMut::new(space, 1, self.padded());
            multiply((rows, panels), first, Some(bias), &mut begun);
            let mut y = MatrixViewMut::new(y, x.n_rows, self.padded());
            multiply((rows, panels), rest, Some(space), &mut y);
            return;
        }
        let first = Input { n_rows: 1, ..x };
        self.forward_part(weights.numbers, (first, 0..shared), bias, space);
        let rest = Input {
            data: &x.data[shared..],
            ..x
        };
        self.forward_part(weights.numbers, (rest, shared..self.inputs), space, y);
    }

    /// Outputs for some of the inputs, beginning from what the inputs before them gave; never by tiles.
    pub(crate) fn forward_part(
        &self,
        weights: &[f32],
        (x, inputs): (Input<'_>, Range<usize>),
        start: &[f32],
        y: &mut [f32],
    ) {
        let x = x.view(inputs.len());
        let mut y = MatrixViewMut::new(y, x.n_rows(), self.padded());
        affine(x, self.rows(weights, inputs), start, &mut y);
    }

    /// Adds what some of the inputs give to the padded outputs of each row.
    pub(crate) fn add_part(
        &self,
        weights: &[f32],
        (x, inputs): (Input<'_>, Range<usize>),
        y: &mut [f32],
    ) {
        let x = x.view(inputs.len());
        let mut y = MatrixViewMut::new(y, x.n_rows(), self.padded());
        affine_add(x, self.rows(weights, inputs), &mut y);
    }

    /// Adds what the inputs give to the padded outputs of each row.
    pub(crate) fn forward_add(&self, weights: &[f32], x: Input<'_>, y: &mut [f32]) {
        self.add_part(weights, (x, 0..self.inputs), y);
    }

    /// Adds the slopes of weights and biases, given those of the padded outputs.
    pub(crate) fn backward_weights(&self, x: Input<'_>, dy: &[f32], gradients: &mut [f32]) {
        self.backward_matrix(x, dy, gradients);
        self.backward_bias(dy, gradients);
    }

    fn backward_bias(&self, dy: &[f32], gradients: &mut [f32]) {
        let to = &mut gradients[self.bias.clone()];
        for dy in dy.chunks_exact(self.padded()) {
            axpy(to, 1.0, dy);
        }
    }

    /// The same without the biases.
    pub(crate) fn backward_matrix(&self, x: Input<'_>, dy: &[f32], gradients: &mut [f32]) {
        let padded = self.padded();
        let dy = MatrixView::new(dy, x.n_rows, padded);
        let to = &mut gradients[self.weights.clone()];
        let mut to = MatrixViewMut::new(to, self.inputs, padded);
        outer_add(x.view(self.inputs), dy, &mut to);
    }

    /// As [`backward_weights`](Self::backward_weights), by tiles for a wide layer.
    ///
    /// - `x`: where it is split, its columns are, as rows.
    pub(crate) fn backward_wide(
        &self,
        back: Weights<'_>,
        (x, dy): (Input<'_>, &[f32]),
        gradients: &mut [f32],
        space: &mut Space,
    ) {
        if self.wide.is_none() || back.panels.is_empty() {
            return self.backward_weights(x, dy, gradients);
        }
        let padded = self.padded();
        let slopes = MatrixView::new(dy, x.n_rows, padded);
        space.panels.fill(slopes, 0, back.parts);
        let turned = match x.split {
            Some(turned) => turned,
            None => {
                space.turned.fill_turned(x.view(self.inputs), back.parts);
                &space.turned
            }
        };
        let to = &mut gradients[self.weights.clone()];
        let mut to = MatrixViewMut::new(to, self.inputs, padded);
        multiply((turned, &space.panels), turned.blocks(), None, &mut to);
        self.backward_bias(dy, gradients);
    }

    /// Adds the slopes of the inputs to rows `stride` apart, which have room for the inputs padded to whole
    /// blocks.
    ///
    /// - `back`: weights as [`turn`](Self::turn) writes them.
    pub(crate) fn backward_inputs(
        &self,
        back: Weights<'_>,
        dy: &[f32],
        (dx, stride): (&mut [f32], usize),
        space: &mut Space,
    ) {
        let (width, padded) = (self.inputs.next_multiple_of(AFFINE_BLOCK), self.padded());
        let dy = MatrixView::with_stride(dy, dy.len() / padded, self.outputs, padded);
        let mut dx = MatrixViewMut::with_stride(dx, dy.n_rows(), width, stride);
        let place = self.wide.map(|wide| wide.place);
        if let Some(panels) = place.and_then(|place| back.panels.get(place)) {
            space.rows.fill(dy, 0, back.parts);
            multiply((&space.rows, panels), space.rows.blocks(), None, &mut dx);
            return;
        }
        affine_add(dy, self.turned(back.numbers), &mut dx);
    }

    /// The weights with rows and columns exchanged.
    fn turned<'b>(&self, back: &'b [f32]) -> MatrixView<'b, f32> {
        let width = self.inputs.next_multiple_of(AFFINE_BLOCK);
        MatrixView::new(&back[self.back.clone()], self.outputs, width)
    }

    /// Splits the weights of a wide layer.
    pub(crate) fn split(&self, weights: &[f32], parts: Parts, panels: &mut [SplitPanels]) {
        if let Some(Wide { place, first }) = self.wide {
            let rows = self.rows(weights, 0..self.inputs);
            panels[place].fill(rows, first, parts);
        }
    }

    /// The same for the way back.
    pub(crate) fn split_turned(&self, back: &[f32], parts: Parts, panels: &mut [SplitPanels]) {
        if let Some(Wide { place, .. }) = self.wide {
            panels[place].fill(self.turned(back), 0, parts);
        }
    }

    /// Writes the weights with rows and columns exchanged.
    pub(crate) fn turn(&self, weights: &[f32], back: &mut [f32]) {
        let (width, padded) = (self.inputs.next_multiple_of(AFFINE_BLOCK), self.padded());
        let weights = &weights[self.weights.clone()];
        let back = &mut back[self.back.clone()];
        for (input, row) in weights.chunks_exact(padded).enumerate() {
            for (output, &weight) in row[..self.outputs].iter().enumerate() {
                back[output * width + input] = weight;
            }
        }
    }
}
