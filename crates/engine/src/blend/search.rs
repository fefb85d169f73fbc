//! The weights that raise nDCG most, by search along one weight at a time.
//!
//! nDCG is flat almost everywhere and jumps where two items change places, so there is no gradient to
//! follow; but a handful of weights is few enough to try values one by one.

use rayon::prelude::*;

use super::cases::Case;

/// Values tried for a weight, as shares of the largest one.
const GRID: [f32; 12] = [
    0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 1.0, 1.5, 2.5, 4.0,
];
/// Factors tried around a weight once the grid gives nothing more.
const FINE: [f32; 4] = [0.8, 0.9, 1.11, 1.25];
/// Passes over all weights at most.
const ROUNDS: usize = 12;

/// Mean nDCG at `k` of the blend by `weights`, one value for each case.
pub(super) fn ndcg(cases: &[Case], weights: &[f32], k: usize) -> Vec<f64> {
    let one = |case: &Case| case.ndcg(weights, k);
    cases.par_iter().map(one).collect()
}

/// Weights that sum to one, and the best single member, both by mean nDCG at `k`.
///
/// Starts from the best member alone and from all members alike, whichever is better. Deterministic.
/// Cost: some hundreds of passes over `cases`.
pub(super) fn search(cases: &[Case], n_members: usize, k: usize) -> (Vec<f32>, usize) {
    let mean = |weights: &[f32]| mean(&ndcg(cases, weights, k));
    let alone: Vec<f64> = (0..n_members)
        .map(|member| mean(&only(member, n_members)))
        .collect();
    let best = (0..n_members).fold(0, |best, member| match alone[member] > alone[best] {
        true => member,
        false => best,
    });
    let mut found = Found {
        weights: only(best, n_members),
        value: alone[best],
    };
    let alike = vec![1.0; n_members];
    found.offer(alike.clone(), mean(&alike));
    for steps in [&GRID[..], &FINE[..]] {
        for _ in 0..ROUNDS {
            let before = found.value;
            for member in 0..n_members {
                for candidate in along(&found.weights, member, steps) {
                    let value = mean(&candidate);
                    found.offer(candidate, value);
                }
            }
            if found.value <= before {
                break;
            }
        }
    }
    let sum: f32 = found.weights.iter().sum();
    let weights = found.weights.iter().map(|weight| weight / sum).collect();
    (weights, best)
}

/// The best weights so far.
struct Found {
    weights: Vec<f32>,
    value: f64,
}

impl Found {
    fn offer(&mut self, weights: Vec<f32>, value: f64) {
        if value > self.value {
            *self = Self { weights, value };
        }
    }
}

fn only(member: usize, n_members: usize) -> Vec<f32> {
    let mut weights = vec![0.0; n_members];
    weights[member] = 1.0;
    weights
}

/// `weights` with that of `member` moved; never all zero.
fn along(weights: &[f32], member: usize, steps: &[f32]) -> Vec<Vec<f32>> {
    let is_fine = steps.len() == FINE.len();
    let largest = weights.iter().copied().fold(0.0, f32::max);
    let unit = if is_fine { weights[member] } else { largest };
    let moved = |&step: &f32| {
        let mut moved = weights.to_vec();
        moved[member] = step * unit;
        moved
    };
    let all = steps.iter().map(moved);
    all.filter(|weights| weights.iter().any(|&weight| weight > 0.0))
        .collect()
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
