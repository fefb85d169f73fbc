//! Implicit QL iteration on a tridiagonal matrix.

use super::{
    NoEigen,
    panel::{Panel, rotate},
    tridiagonal::Tridiagonal,
};
use crate::simd::Rotation;

/// Steps an eigenvalue may take; two are usual.
const STEPS: usize = 60;
/// Rotations that are collected before they are replayed on the panels.
const COLLECTED: usize = 1 << 16;

/// The eigenvalues of `reduced`; the panels are rotated so that row `k` becomes the eigenvector of
/// eigenvalue `k`.
pub(super) fn diagonalize(
    reduced: &Tridiagonal,
    panels: &mut [Panel],
) -> Result<Vec<f64>, NoEigen> {
    let mut diagonal = reduced.diagonal.clone();
    let mut beside = reduced.beside.clone();
    let n = diagonal.len();
    beside.resize(n, 0.0);
    let mut rotations = Vec::with_capacity(COLLECTED + n);
    for first in 0..n {
        for step in 0.. {
            let last = end_of_block(&diagonal, &beside, first);
            if last == first {
                break;
            }
            if step == STEPS {
                return Err(NoEigen);
            }
            sweep(&mut diagonal, &mut beside, first..last, &mut rotations);
            if rotations.len() >= COLLECTED {
                rotate(panels, &rotations);
                rotations.clear();
            }
        }
    }
    rotate(panels, &rotations);
    Ok(diagonal)
}

/// The last row of the block that begins at `first`: what couples it to the next is negligible.
fn end_of_block(diagonal: &[f64], beside: &[f64], first: usize) -> usize {
    let n = diagonal.len();
    let negligible = |row: usize| {
        let size = diagonal[row].abs() + diagonal[row + 1].abs();
        beside[row].abs() <= f64::EPSILON * size || beside[row].abs() < f64::MIN_POSITIVE
    };
    (first..n - 1).find(|&row| negligible(row)).unwrap_or(n - 1)
}

/// One QL step on the rows of `block` and the one after it: chases a bulge from its end to its
/// beginning.
fn sweep(
    diagonal: &mut [f64],
    beside: &mut [f64],
    block: std::ops::Range<usize>,
    rotations: &mut Vec<Rotation>,
) {
    let (first, last) = (block.start, block.end);
    let shift = wilkinson(diagonal[first], diagonal[first + 1], beside[first]);
    let mut bulge = diagonal[last] - shift;
    let (mut sine, mut cosine, mut moved) = (1.0, 1.0, 0.0);
    for row in block.rev() {
        let (across, along) = (sine * beside[row], cosine * beside[row]);
        let length = across.hypot(bulge);
        beside[row + 1] = length;
        if length <= 0.0 {
            // The block falls apart here: the rest is left for the next step.
            diagonal[row + 1] -= moved;
            beside[last] = 0.0;
            return;
        }
        (sine, cosine) = (across / length, bulge / length);
        let base = diagonal[row + 1] - moved;
        let turn = (diagonal[row] - base) * sine + 2.0 * cosine * along;
        moved = sine * turn;
        diagonal[row + 1] = base + moved;
        bulge = cosine * turn - along;
        rotations.push(Rotation { row, sine, cosine });
    }
    diagonal[first] -= moved;
    beside[first] = bulge;
    beside[last] = 0.0;
}

/// The eigenvalue of the leading two rows that is nearer to the first.
fn wilkinson(first: f64, second: f64, beside: f64) -> f64 {
    let half = (second - first) / (2.0 * beside);
    let length = half.hypot(1.0);
    first - beside / (half + length.copysign(half))
}
