//! Latent vectors: genres have a direction, items and viewers lie around those of their genres, and
//! the direction of a viewer drifts from day to day.

use crate::draw::{Draw, narrow};

use super::words::GENRES;

/// Length of every latent vector.
pub const DIMENSIONS: usize = 16;

/// Number of genres.
pub const N_GENRES: usize = GENRES.len();

/// A direction in the space of tastes, of length one.
pub type Latent = [f32; DIMENSIONS];

/// How far a genre leans out of its own axis.
const GENRE_SPREAD: f64 = 0.5;

/// The direction of each genre.
pub(super) fn genre_directions(draw: &mut Draw) -> [Latent; N_GENRES] {
    std::array::from_fn(|genre| {
        let mut axis = [0.0; DIMENSIONS];
        axis[genre % DIMENSIONS] = 1.0;
        perturbed(axis, GENRE_SPREAD, draw)
    })
}

/// The direction of a weighted sum of genres, with noise of about the length `spread`.
pub(super) fn blend(
    directions: &[Latent; N_GENRES],
    weights: &[f64; N_GENRES],
    spread: f64,
    draw: &mut Draw,
) -> Latent {
    let mut sum = [0.0; DIMENSIONS];
    for (direction, weight) in directions.iter().zip(weights) {
        for (to, &from) in sum.iter_mut().zip(direction) {
            *to += weight * f64::from(from);
        }
    }
    perturbed(unit_length(sum), spread, draw)
}

/// `taste` a day later: one step of a random walk on the sphere, of about `angle` radians.
pub(super) fn drifted(taste: &Latent, angle: f64, draw: &mut Draw) -> Latent {
    perturbed(taste.map(f64::from), angle, draw)
}

/// How well two directions agree, in `[-1, 1]`.
pub fn agreement(a: &Latent, b: &Latent) -> f64 {
    a.iter()
        .zip(b)
        .map(|(&x, &y)| f64::from(x) * f64::from(y))
        .sum()
}

fn perturbed(mut from: [f64; DIMENSIONS], spread: f64, draw: &mut Draw) -> Latent {
    let scale = spread / (DIMENSIONS as f64).sqrt();
    for pair in from.chunks_exact_mut(2) {
        let (first, second) = draw.normal_pair();
        pair[0] += scale * first;
        pair[1] += scale * second;
    }
    unit_length(from).map(narrow)
}

fn unit_length(vector: [f64; DIMENSIONS]) -> [f64; DIMENSIONS] {
    let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
    // A sum of genres cannot vanish: every genre has its own axis.
    vector.map(|x| x / length)
}
