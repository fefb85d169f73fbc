//! A layer `Y = X W + b`, and its slopes.

use std::ops::Range;

use marquee_math::{AFFINE_BLOCK, MatrixView, MatrixViewMut, affine, affine_add, axpy, outer_add};

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
}

/// Rows of numbers that a layer reads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Input<'a> {
    pub(crate) data: &'a [f32],
    pub(crate) stride: usize,
    pub(crate) n_rows: usize,
}

impl<'a> Input<'a> {
    pub(crate) fn view(self, width: usize) -> MatrixView<'a, f32> {
        MatrixView::with_stride(self.data, self.n_rows, width, self.stride)
    }
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

    /// Writes the padded outputs of each row.
    pub(crate) fn forward(&self, weights: &[f32], x: Input<'_>, y: &mut [f32]) {
        let start = &weights[self.bias.clone()];
        self.forward_part(weights, (x, 0..self.inputs), start, y);
    }

    /// The same for some of the inputs, beginning from what the inputs before them gave.
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

    /// Adds what the inputs give to the padded outputs of each row.
    pub(crate) fn forward_add(&self, weights: &[f32], x: Input<'_>, y: &mut [f32]) {
        let x = x.view(self.inputs);
        let mut y = MatrixViewMut::new(y, x.n_rows(), self.padded());
        affine_add(x, self.rows(weights, 0..self.inputs), &mut y);
    }

    /// Adds the slopes of weights and biases, given those of the padded outputs.
    pub(crate) fn backward_weights(&self, x: Input<'_>, dy: &[f32], gradients: &mut [f32]) {
        self.backward_matrix(x, dy, gradients);
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

    /// Adds the slopes of the inputs to rows `stride` apart, which have room for the inputs padded to whole
    /// blocks.
    ///
    /// - `back`: weights as [`turn`](Self::turn) writes them.
    pub(crate) fn backward_inputs(
        &self,
        back: &[f32],
        dy: &[f32],
        (dx, stride): (&mut [f32], usize),
    ) {
        let (width, padded) = (self.inputs.next_multiple_of(AFFINE_BLOCK), self.padded());
        let dy = MatrixView::with_stride(dy, dy.len() / padded, self.outputs, padded);
        let mut dx = MatrixViewMut::with_stride(dx, dy.n_rows(), width, stride);
        let back = MatrixView::new(&back[self.back.clone()], self.outputs, width);
        affine_add(dy, back, &mut dx);
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
