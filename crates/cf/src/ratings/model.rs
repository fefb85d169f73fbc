//! What is kept: the items of one or several draws, and what viewers are expected to be.

use crate::passes::Numbers;

/// A trained model of ratings that owns its numbers.
///
/// There are no users in it: a viewer's vectors are folded in from what he rated.
#[derive(Debug, Clone, PartialEq)]
pub struct RatingModel {
    /// Name of the training that made it.
    pub(super) name: &'static str,
    /// Configuration values, for people to read.
    pub(super) metas: Vec<(&'static str, String)>,
    pub(super) shape: Shape,
    /// Draws kept so far.
    pub(super) kept: usize,
    /// Smallest and largest rating.
    pub(super) scale: [f32; 2],
    /// `n_items x row`: for each draw a one and the item's factors.
    pub(super) designs: Vec<f32>,
    /// `n_items x n_samples`: the mean rating and the item's bias.
    pub(super) biases: Vec<f32>,
    /// `n_items x row`: what the item's presence adds to a viewer's vector; empty without a link.
    pub(super) links: Vec<f32>,
    /// `row`: what a viewer's vector is expected to be.
    pub(super) means: Vec<f32>,
    /// `row`: the scales of the regression that folds a viewer in.
    pub(super) scales: Vec<f32>,
    /// `row`: mean rating and bias, and the factors, of an item about which nothing is known.
    pub(super) unknown: Vec<f32>,
}

impl RatingModel {
    /// Every array, for a training that keeps it between two rounds.
    pub(super) fn state(&mut self) -> Vec<(&'static str, Numbers<'_>)> {
        vec![
            ("designs", Numbers::F32(&mut self.designs)),
            ("biases", Numbers::F32(&mut self.biases)),
            ("links", Numbers::F32(&mut self.links)),
            ("expected", Numbers::F32(&mut self.means)),
            ("scales", Numbers::F32(&mut self.scales)),
            ("unknown", Numbers::F32(&mut self.unknown)),
        ]
    }
}

/// Sizes of the arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) n_items: usize,
    /// Numbers of a vector of one draw: the bias and the factors.
    pub(super) width: usize,
    /// Draws.
    pub(super) n_samples: usize,
}

impl Shape {
    /// Numbers of the vectors of all draws.
    pub(super) fn row(self) -> usize {
        self.width * self.n_samples
    }
}

/// A model of ratings that borrows its numbers, from memory or a mapped file.
#[derive(Debug, Clone, Copy)]
pub struct RatingView<'a> {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) scale: [f32; 2],
    pub(super) designs: &'a [f32],
    pub(super) biases: &'a [f32],
    pub(super) links: &'a [f32],
    pub(super) means: &'a [f32],
    pub(super) scales: &'a [f32],
    pub(super) unknown: &'a [f32],
}

impl RatingModel {
    /// Borrows the numbers.
    pub fn view(&self) -> RatingView<'_> {
        RatingView {
            name: self.name,
            shape: self.shape,
            scale: self.scale,
            designs: &self.designs,
            biases: &self.biases,
            links: &self.links,
            means: &self.means,
            scales: &self.scales,
            unknown: &self.unknown,
        }
    }
}

impl<'a> RatingView<'a> {
    /// The designs of an item, draw after draw.
    pub(super) fn design(&self, item: usize) -> &'a [f32] {
        &self.designs[item * self.shape.row()..][..self.shape.row()]
    }

    /// The mean over the draws of the mean rating and the item's bias.
    pub(super) fn bias(&self, item: usize) -> f32 {
        let n = self.shape.n_samples;
        let sum: f32 = self.biases[item * n..][..n].iter().sum();
        sum / n as f32
    }
}
