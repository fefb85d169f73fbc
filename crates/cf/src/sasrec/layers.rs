//! The parts that layers are made of, forwards and backwards. Matrices lie row after row.

use marquee_math::{MatrixView, MatrixViewMut, Scale, dot, gemm};

use crate::check::narrow;
use crate::exponential::sigmoid;

/// Keeps the mean square of a norm away from zero.
const SMALL: f64 = 1e-6;

/// `y = x / rms(x) * gain` row by row; gives one over each row's root mean square.
pub(super) fn norm(x: &[f32], gain: &[f32], y: &mut [f32]) -> Vec<f32> {
    let d = gain.len();
    let rows = x.chunks_exact(d).zip(y.chunks_exact_mut(d));
    rows.map(|(x, y)| {
        let scale = inverse_size(x);
        for ((y, &x), &gain) in y.iter_mut().zip(x).zip(gain) {
            *y = x * scale * gain;
        }
        scale
    })
    .collect()
}

/// One over the root of the mean square.
pub(super) fn inverse_size(x: &[f32]) -> f32 {
    let mean = f64::from(dot(x, x)) / x.len() as f64;
    narrow(1.0 / (mean + SMALL).sqrt())
}

/// What [`norm`] was given.
pub(super) struct NormInput<'a> {
    pub(super) x: &'a [f32],
    /// What it gave.
    pub(super) scales: &'a [f32],
    pub(super) gain: &'a [f32],
}

/// Adds the gradients of `x` to `d_x` and those of the gain to `d_gain`.
pub(super) fn norm_backward(
    input: &NormInput<'_>,
    d_y: &[f32],
    d_x: &mut [f32],
    d_gain: &mut [f32],
) {
    let d = input.gain.len();
    let rows = input.x.chunks_exact(d).zip(input.scales);
    let gradients = d_y.chunks_exact(d).zip(d_x.chunks_exact_mut(d));
    for ((x, &scale), (d_y, d_x)) in rows.zip(gradients) {
        let mut along = 0.0_f32;
        for at in 0..d {
            along += d_y[at] * input.gain[at] * x[at];
            d_gain[at] += d_y[at] * x[at] * scale;
        }
        let back = along * scale * scale * scale / d as f32;
        for at in 0..d {
            d_x[at] += d_y[at] * input.gain[at] * scale - x[at] * back;
        }
    }
}

/// Rows and columns of a matrix that a layer multiplies with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weights<'a> {
    pub(super) data: &'a [f32],
    pub(super) n_in: usize,
    pub(super) n_out: usize,
}

impl<'a> Weights<'a> {
    fn view(&self) -> MatrixView<'a, f32> {
        MatrixView::new(self.data, self.n_in, self.n_out)
    }

    /// `x W` for each row of `x`.
    pub(super) fn apply(&self, x: &[f32]) -> Vec<f32> {
        let n = x.len() / self.n_in;
        let mut y = vec![0.0; n * self.n_out];
        let x = MatrixView::new(x, n, self.n_in);
        let mut to = MatrixViewMut::new(&mut y, n, self.n_out);
        gemm(Scale::SET, x, self.view(), &mut to);
        y
    }

    /// The gradient of `x`; adds that of the matrix to `d_weights`.
    pub(super) fn backward(&self, x: &[f32], d_y: &[f32], d_weights: &mut [f32]) -> Vec<f32> {
        let n = x.len() / self.n_in;
        let x = MatrixView::new(x, n, self.n_in).transposed();
        let d_y = MatrixView::new(d_y, n, self.n_out);
        let mut to = MatrixViewMut::new(d_weights, self.n_in, self.n_out);
        gemm(Scale::ADD, x, d_y, &mut to);
        let mut d_x = vec![0.0; n * self.n_in];
        let mut to = MatrixViewMut::new(&mut d_x, n, self.n_in);
        gemm(Scale::SET, d_y, self.view().transposed(), &mut to);
        d_x
    }
}

/// `silu(gate) * value` for rows of gates followed by values.
pub(super) fn gate(up: &[f32], hidden: usize) -> Vec<f32> {
    let mut out = vec![0.0; up.len() / 2];
    for (row, out) in up
        .chunks_exact(2 * hidden)
        .zip(out.chunks_exact_mut(hidden))
    {
        gate_row(row, out);
    }
    out
}

/// One row of [`gate`].
pub(super) fn gate_row(up: &[f32], out: &mut [f32]) {
    let (gates, values) = up.split_at(out.len());
    for ((out, &gate), &value) in out.iter_mut().zip(gates).zip(values) {
        *out = gate * sigmoid(gate) * value;
    }
}

/// The gradient of what went into [`gate`].
pub(super) fn gate_backward(up: &[f32], d_out: &[f32], hidden: usize) -> Vec<f32> {
    let mut d_up = vec![0.0; up.len()];
    let rows = up
        .chunks_exact(2 * hidden)
        .zip(d_up.chunks_exact_mut(2 * hidden));
    for ((up, d_up), d_out) in rows.zip(d_out.chunks_exact(hidden)) {
        let (gates, values) = up.split_at(hidden);
        let (d_gates, d_values) = d_up.split_at_mut(hidden);
        for at in 0..hidden {
            let open = sigmoid(gates[at]);
            d_values[at] = d_out[at] * gates[at] * open;
            d_gates[at] = d_out[at] * values[at] * open * (1.0 + gates[at] * (1.0 - open));
        }
    }
    d_up
}
