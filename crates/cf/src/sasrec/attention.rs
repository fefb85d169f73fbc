//! Causal attention within a window: an event looks at itself and the ones before it.
//!
//! ```text
//! p(i, j) = softmax over j = i - window + 1 ..= i of  q_i · k_j / √(factors / heads) + distance[i - j]
//! out_i   = Σ_j p(i, j) v_j
//! ```
//!
//! Places count from the event that looks, so an event's answer does not change when the history grows
//! at its far end; only likeness and distance decide.

use marquee_math::{axpy, dot};
use rayon::prelude::*;

use super::shape::Shape;
use crate::{
    check::narrow,
    exponential::{exp, largest},
};

/// Rows of keys or values, the newest of which is `newest`; older ones lie before it, around the end.
#[derive(Clone, Copy)]
pub(super) struct Memory<'a> {
    pub(super) rows: &'a [f32],
    /// Distance between rows.
    pub(super) stride: usize,
    pub(super) n_rows: usize,
    pub(super) newest: usize,
}

impl<'a> Memory<'a> {
    /// The part of a head in the row `distance` before the newest.
    fn row(&self, distance: usize, start: usize, len: usize) -> &'a [f32] {
        let row = (self.newest + self.n_rows - distance) % self.n_rows;
        &self.rows[row * self.stride + start..][..len]
    }
}

/// What one event looks with and at.
pub(super) struct Look<'a> {
    pub(super) shape: Shape,
    pub(super) query: &'a [f32],
    pub(super) keys: Memory<'a>,
    pub(super) values: Memory<'a>,
    /// `[heads, window]`.
    pub(super) distance: &'a [f32],
    /// Events to look at, itself among them.
    pub(super) count: usize,
}

impl Look<'_> {
    /// Writes what one head sees to its part of `out`, and the shares of the events, nearest first, to
    /// `shares`.
    pub(super) fn head(&self, head: usize, shares: &mut [f32], out: &mut [f32]) {
        let len = self.shape.head();
        let start = head * len;
        let scale = 1.0 / narrow((len as f64).sqrt());
        let query = &self.query[start..start + len];
        let distance = &self.distance[head * self.shape.window..];
        for (back, share) in shares.iter_mut().enumerate() {
            let key = self.keys.row(back, start, len);
            *share = dot(query, key) * scale + distance[back];
        }
        let most = largest(shares);
        let mut sum = 0.0_f32;
        for share in shares.iter_mut() {
            *share = exp(*share - most);
            sum += *share;
        }
        out.fill(0.0);
        for (back, share) in shares.iter_mut().enumerate() {
            *share /= sum;
            axpy(out, *share, self.values.row(back, start, len));
        }
    }
}

/// Lengths of the sequences of a batch and what attention keeps of each for the way back.
pub(super) struct Attention {
    /// For each sequence: heads by events by distance.
    shares: Vec<Vec<f32>>,
}

/// How far an event of a sequence of `n` events looks at most.
fn reach(n: usize, shape: &Shape) -> usize {
    n.min(shape.window)
}

fn memory<'a>(rows: &'a [f32], offset: usize, shape: &Shape, newest: usize) -> Memory<'a> {
    let stride = 3 * shape.factors;
    Memory {
        rows: &rows[offset..],
        stride,
        n_rows: rows.len() / stride,
        newest,
    }
}

/// Attends within each sequence: `projected` has queries, keys and values of all events, sequence after
/// sequence, whose lengths are `lengths`. Writes to `out`, `factors` numbers an event.
pub(super) fn forward(
    shape: &Shape,
    distance: &[f32],
    lengths: &[usize],
    projected: &[f32],
    out: &mut [f32],
) -> Attention {
    let d = shape.factors;
    let parts = split(lengths, 3 * d, projected);
    let outs = split_mut(lengths, d, out);
    let work: Vec<_> = parts.into_iter().zip(outs).collect();
    let shares = work.into_par_iter().map(|(rows, out)| {
        let n = rows.len() / (3 * d);
        let reach = reach(n, shape);
        let mut shares = vec![0.0; shape.heads * n * reach];
        for at in 0..n {
            let look = Look {
                shape: *shape,
                query: &rows[at * 3 * d..][..d],
                keys: memory(rows, d, shape, at),
                values: memory(rows, 2 * d, shape, at),
                distance,
                count: (at + 1).min(reach),
            };
            for head in 0..shape.heads {
                let row = &mut shares[(head * n + at) * reach..][..look.count];
                let start = at * d + head * shape.head();
                look.head(head, row, &mut out[start..start + shape.head()]);
            }
        }
        shares
    });
    Attention {
        shares: shares.collect(),
    }
}

/// The gradient of `projected`; adds that of the distances to `d_distance`, sequence after sequence.
pub(super) fn backward(
    shape: &Shape,
    kept: &Attention,
    (lengths, projected): (&[usize], &[f32]),
    d_out: &[f32],
    d_distance: &mut [f32],
) -> Vec<f32> {
    let d = shape.factors;
    let mut d_projected = vec![0.0; projected.len()];
    let parts = split(lengths, 3 * d, projected).into_iter();
    let outs = split(lengths, d, d_out);
    let gradients = split_mut(lengths, 3 * d, &mut d_projected);
    let work: Vec<_> = parts.zip(outs).zip(gradients).zip(&kept.shares).collect();
    let sums: Vec<Vec<f32>> = work
        .into_par_iter()
        .map(|(((rows, d_out), d_rows), shares)| {
            let mut d_distance = vec![0.0; shape.heads * reach(d_out.len() / d, shape)];
            for head in 0..shape.heads {
                one_backward(
                    shape,
                    (head, shares),
                    (rows, d_out),
                    d_rows,
                    &mut d_distance,
                );
            }
            d_distance
        })
        .collect();
    for sum in sums {
        let reach = sum.len() / shape.heads;
        for (head, sum) in sum.chunks_exact(reach.max(1)).enumerate() {
            axpy(&mut d_distance[head * shape.window..][..reach], 1.0, sum);
        }
    }
    d_projected
}

/// One head of one sequence.
fn one_backward(
    shape: &Shape,
    (head, shares): (usize, &[f32]),
    (rows, d_out): (&[f32], &[f32]),
    d_rows: &mut [f32],
    d_distance: &mut [f32],
) {
    let (d, len) = (shape.factors, shape.head());
    let n = d_out.len() / d;
    let reach = reach(n, shape);
    let scale = 1.0 / narrow((len as f64).sqrt());
    let start = head * len;
    let mut d_shares = vec![0.0_f32; reach];
    for at in 0..n {
        let count = (at + 1).min(reach);
        let shares = &shares[(head * n + at) * reach..][..count];
        let d_out = &d_out[at * d + start..][..len];
        let mut mean = 0.0;
        for (back, (&share, d_share)) in shares.iter().zip(&mut d_shares).enumerate() {
            let value = (at - back) * 3 * d + 2 * d + start;
            *d_share = dot(d_out, &rows[value..value + len]);
            mean += share * *d_share;
            axpy(&mut d_rows[value..value + len], share, d_out);
        }
        let query = at * 3 * d + start;
        for (back, (&share, &d_share)) in shares.iter().zip(&d_shares).enumerate() {
            let slope = share * (d_share - mean);
            d_distance[head * reach + back] += slope;
            let key = (at - back) * 3 * d + d + start;
            axpy(
                &mut d_rows[query..query + len],
                slope * scale,
                &rows[key..key + len],
            );
            axpy(
                &mut d_rows[key..key + len],
                slope * scale,
                &rows[query..query + len],
            );
        }
    }
}

fn split<'a>(lengths: &[usize], width: usize, mut rows: &'a [f32]) -> Vec<&'a [f32]> {
    let take = |&n: &usize| {
        let (first, rest) = rows.split_at(n * width);
        rows = rest;
        first
    };
    lengths.iter().map(take).collect()
}

fn split_mut<'a>(lengths: &[usize], width: usize, rows: &'a mut [f32]) -> Vec<&'a mut [f32]> {
    let mut rest = rows;
    let mut parts = Vec::with_capacity(lengths.len());
    for &n in lengths {
        let (first, after) = rest.split_at_mut(n * width);
        parts.push(first);
        rest = after;
    }
    parts
}
