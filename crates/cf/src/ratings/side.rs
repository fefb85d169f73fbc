//! Users or items: their vectors, and how all of them are solved for while the other side stands.

use marquee_core::SparseView;
use marquee_math::{Ridge, RidgeProblem, dot};
use rayon::prelude::*;

use super::{links::SideLink, prior::Prior};
use crate::{check::narrow, draw::Draw};

/// Rows that a thread takes at a time.
const ROWS: usize = 16;

/// How a row's vector is chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Choice {
    /// The most probable one.
    Best,
    /// One drawn from what it may be, by streams of this seed.
    Drawn(u64),
}

/// One side of the ratings.
#[derive(Debug)]
pub(super) struct Side<'a> {
    /// Rows by the other side; weights are ratings.
    pub(super) ratings: SparseView<'a>,
    /// Numbers of a vector: the bias, then the factors.
    pub(super) width: usize,
    /// `n x width`: bias and factors.
    pub(super) vectors: Vec<f32>,
    /// `n x width`: a one in the place of the bias, and the factors; rows of the other side's
    /// regressions.
    pub(super) designs: Vec<f32>,
    pub(super) prior: Prior,
    pub(super) link: Option<SideLink>,
}

/// The scratch space of a thread.
#[derive(Debug, Default)]
struct Scratch {
    ridge: Ridge,
    targets: Vec<f32>,
    weights: Vec<f32>,
    mean: Vec<f32>,
}

impl Side<'_> {
    /// Solves for every vector of this side, given the other; false where a number is not finite.
    pub(super) fn solve(
        &mut self,
        other: &Side<'_>,
        (center, noise_precision): (f64, f64),
        choice: Choice,
    ) -> bool {
        let means = self.means();
        let width = self.width;
        let scales = self.prior.scales(noise_precision);
        let noise = match choice {
            Choice::Best => 0.0,
            Choice::Drawn(_) => 1.0,
        };
        let (ratings, precision) = (self.ratings, &self.prior.precision);
        let blocks = self.vectors.par_chunks_mut(ROWS * width).enumerate();
        blocks
            .map_init(Scratch::default, |scratch, (block, vectors)| {
                let rows = vectors.chunks_exact_mut(width).enumerate();
                rows.map(|(place, vector)| {
                    let index = block * ROWS + place;
                    let mut draw = match choice {
                        Choice::Best => None,
                        Choice::Drawn(seed) => Some(Draw::new(seed, index as u64)),
                    };
                    let mut normal = || draw.as_mut().map_or(0.0, |draw| draw.normal() * noise);
                    scratch.mean.clear();
                    let mean = means[index * width..][..width].iter().zip(precision);
                    let mean = mean.map(|(&mean, own)| mean + narrow(normal() / own.sqrt()));
                    scratch.mean.extend(mean);
                    let row = ratings.row(index);
                    scratch.targets.clear();
                    for (entry, &column) in row.columns.iter().enumerate() {
                        let at = column as usize * width;
                        let design = &other.designs[at..][..width];
                        let shake = narrow(normal() / noise_precision.sqrt() - center);
                        let rest = row.weight(entry) + shake - other.vectors[at];
                        scratch.targets.push(rest - dot(design, &scratch.mean));
                    }
                    scratch.weights.clear();
                    scratch.weights.resize(row.len(), 1.0);
                    let problem = RidgeProblem {
                        matrix: &other.designs,
                        stride: width,
                        rows: row.columns,
                        weights: &scratch.weights,
                        targets: &scratch.targets,
                        scales: &scales,
                        halves: None,
                    };
                    let solved = scratch.ridge.solve(&problem, vector).is_ok();
                    vector
                        .iter_mut()
                        .zip(&scratch.mean)
                        .for_each(|(x, mean)| *x += mean);
                    solved && vector.iter().all(|x| x.is_finite())
                })
                .fold(0, |failed, fine: bool| failed + usize::from(!fine))
            })
            .sum::<usize>()
            == 0
    }

    /// What each row's vector is expected to be: the mean and what its link adds.
    pub(super) fn means(&self) -> Vec<f32> {
        let mean: Vec<f32> = self.prior.mean.iter().copied().map(narrow).collect();
        let n = self.vectors.len() / self.width;
        let mut means: Vec<f32> = mean.iter().copied().cycle().take(n * self.width).collect();
        if let Some(link) = &self.link {
            let linked = link.linked(self.width);
            means
                .iter_mut()
                .zip(&linked)
                .for_each(|(mean, linked)| *mean += linked);
        }
        means
    }

    /// Copies the factors to where the other side's regressions read them.
    pub(super) fn refresh(&mut self) {
        let rows = self.designs.chunks_exact_mut(self.width);
        for (design, vector) in rows.zip(self.vectors.chunks_exact(self.width)) {
            design.copy_from_slice(vector);
            design[0] = 1.0;
        }
    }

    /// Draws the prior and the link from what they may be, given the vectors.
    pub(super) fn draw_prior(&mut self, seed: u64) {
        let width = self.width;
        let mut draw = Draw::new(seed, 0);
        if let Some(link) = &mut self.link {
            link.draw(&self.vectors, &self.prior, seed);
        }
        let linked = self.link.as_ref().map(|link| link.linked(width));
        let (mut sums, mut squares) = (vec![0.0; width], vec![0.0; width]);
        let n = self.vectors.len() / width;
        for (at, &value) in self.vectors.iter().enumerate() {
            let linked = linked.as_ref().map_or(0.0, |linked| f64::from(linked[at]));
            let rest = f64::from(value) - linked;
            sums[at % width] += rest;
            squares[at % width] += rest * rest;
        }
        self.prior.draw(&sums, &squares, n, &mut draw);
    }

    /// Fits the link to the vectors as they are.
    pub(super) fn fit_link(&mut self) {
        if let Some(link) = &mut self.link {
            link.fit(&self.vectors, &self.prior);
        }
    }

    /// The sum of squared errors over all ratings of this side's rows.
    pub(super) fn squared_error(&self, other: &Side<'_>, center: f64) -> f64 {
        let width = self.width;
        let rows: Vec<usize> = (0..self.ratings.n_rows()).collect();
        let parts: Vec<f64> = rows
            .par_iter()
            .map(|&index| {
                let vector = &self.vectors[index * width..][..width];
                let row = self.ratings.row(index);
                let entries = row.columns.iter().enumerate();
                entries.fold(0.0, |sum, (entry, &column)| {
                    let at = column as usize * width;
                    let product = dot(&other.designs[at..][..width], vector);
                    let predicted = center + f64::from(other.vectors[at]) + f64::from(product);
                    sum + (f64::from(row.weight(entry)) - predicted).powi(2)
                })
            })
            .collect();
        parts.iter().sum()
    }
}
