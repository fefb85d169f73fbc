//! The implicit part: what it says of a row which columns it has, whatever the ratings.

use marquee_core::{SparseRows, SparseView};

use super::prior::{Prior, draw_precision};
use crate::{
    check::narrow,
    draw::Draw,
    link::{Link, scaled_rows},
    spread::spread,
};

/// Power of the number of ratings that a row's sum is divided by, after Koren 2008.
pub(super) const LENGTH_EXPONENT: f64 = 0.5;
/// Steps of conjugate gradients a fit; each begins where the one before ended.
const STEPS: usize = 10;

/// The link of one side.
#[derive(Debug)]
pub(super) struct SideLink {
    /// One row for each of this side, scaled by its length.
    rows: SparseRows,
    columns: SparseRows,
    /// `n_columns x width`: `C`.
    pub(super) parts: Vec<f32>,
    /// Precision of the parts, for each coordinate.
    precision: Vec<f64>,
}

impl SideLink {
    /// A link of zeros.
    pub(super) fn new(ratings: SparseView<'_>, width: usize, precision: f64) -> Self {
        let rows = scaled_rows(ratings, LENGTH_EXPONENT, |_| true);
        Self {
            columns: rows.view().transposed(),
            parts: vec![0.0; ratings.n_columns() * width],
            precision: vec![precision; width],
            rows,
        }
    }

    /// Everything that changes: the parts and their precisions.
    pub(super) fn state(&mut self) -> (&mut [f32], &mut [f64]) {
        (&mut self.parts, &mut self.precision)
    }

    /// What the link adds to the mean of each row.
    pub(super) fn linked(&self, width: usize) -> Vec<f32> {
        spread(self.rows.view(), &self.parts, width)
    }

    /// The most probable link given the vectors.
    pub(super) fn fit(&mut self, vectors: &[f32], prior: &Prior) {
        let targets = self.targets(vectors, prior, |_| 0.0);
        let right = spread(self.columns.view(), &targets, prior.mean.len());
        self.solve(&right, prior);
    }

    /// Draws the link and its precisions from what they may be given the vectors: the regression of the
    /// most probable link, with noise in its targets and its right-hand side.
    pub(super) fn draw(&mut self, vectors: &[f32], prior: &Prior, seed: u64) {
        let width = prior.mean.len();
        let mut draw = Draw::new(seed, 1);
        let targets = self.targets(vectors, prior, |own| draw.normal() / own.sqrt());
        let mut right = spread(self.columns.view(), &targets, width);
        for (at, value) in right.iter_mut().enumerate() {
            let k = at % width;
            *value += narrow(draw.normal() * self.precision[k].sqrt() / prior.precision[k]);
        }
        self.solve(&right, prior);
        let n = self.parts.len() / width;
        let mut squares = vec![0.0; width];
        for (at, &part) in self.parts.iter().enumerate() {
            squares[at % width] += f64::from(part).powi(2);
        }
        for (precision, square) in self.precision.iter_mut().zip(squares) {
            *precision = draw_precision(square, n, &mut draw);
        }
    }

    /// Vectors without their mean, with `noise` of each coordinate's precision added.
    fn targets(
        &self,
        vectors: &[f32],
        prior: &Prior,
        mut noise: impl FnMut(f64) -> f64,
    ) -> Vec<f32> {
        let width = prior.mean.len();
        let values = vectors.iter().enumerate();
        let rest = values.map(|(at, &value)| {
            let k = at % width;
            value - narrow(prior.mean[k]) + narrow(noise(prior.precision[k]))
        });
        rest.collect()
    }

    fn solve(&mut self, right: &[f32], prior: &Prior) {
        let pairs = self.precision.iter().zip(&prior.precision);
        let regularization: Vec<f32> = pairs.map(|(own, row)| narrow(own / row)).collect();
        let link = Link {
            histories: self.rows.view(),
            by_item: self.columns.view(),
            regularization: &regularization,
            steps: STEPS,
        };
        link.solve(right, regularization.len(), &mut self.parts);
    }
}
