//! Gradient-boosted trees over numbers: one head, by its chance or by the order within a request.
//!
//! Each tree is fitted to the slopes of the loss at the sum of the trees before, leaf by leaf, always the leaf
//! that gains most (Friedman 2001; Ke et al. 2017). Columns are sorted into bins once, and a split is found from
//! sums over bins. Missing values go to the side where they gain more.
//!
//! Trees read the dense columns of requests and rows. Columns of ids and sequences are no part of them: what an
//! id stands for has to come as numbers, such as rates and counts.
//!
//! Cost of a tree: `rows x columns` additions for each level of halves, less for leaves split off.

mod artifact;
mod bins;
mod grow;
mod histogram;
mod objective;
mod sums;
mod train;

pub use artifact::TREES;
pub use train::train;

use marquee_features::{FeatureRows, Head};
use serde::{Deserialize, Serialize};

use crate::{Error, Link, Ranker, Result, check::Checks, ranker::check_room};

/// Name in errors.
const NAME: &str = "trees";

/// What trees are fitted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// The chance of an outcome; labels from 0 to 1.
    #[default]
    Chance,
    /// The order of the rows of each request by their grades, labels of 0 or more (LambdaMART, Burges 2010).
    Order,
}

/// What [`train`] is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TreesConfig {
    /// What trees are fitted to.
    pub objective: Objective,
    /// Trees at most.
    pub trees: usize,
    /// Leaves of a tree at most; at least 2.
    pub leaves: usize,
    /// Factor of each tree.
    pub learning_rate: f64,
    /// Rows of a leaf at least.
    pub leaf_rows: usize,
    /// Sum of second derivatives of a leaf at least.
    pub leaf_curvature: f64,
    /// Price of the square of a leaf's value.
    pub regularization: f64,
    /// Bins of a column, 2 to 255.
    pub bins: usize,
    /// Places of a list that count for [`Objective::Order`], and for judging it.
    pub places: usize,
    /// Trees without a better judgment on the validation table after which training ends.
    pub patience: usize,
}

impl Default for TreesConfig {
    fn default() -> Self {
        Self {
            objective: Objective::Chance,
            trees: 100,
            leaves: 31,
            learning_rate: 0.1,
            leaf_rows: 20,
            leaf_curvature: 1e-3,
            regularization: 0.0,
            bins: 255,
            places: 30,
            patience: 20,
        }
    }
}

impl TreesConfig {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for the first field that is out of range.
    pub fn validate(&self) -> Result<()> {
        let checks = Checks(NAME);
        checks.count("trees", self.trees)?;
        let fits = (2..=1 << 16).contains(&self.leaves);
        checks.holds("leaves", self.leaves as f64, "2 to 65536", fits)?;
        checks.positive("learning_rate", self.learning_rate)?;
        checks.count("leaf_rows", self.leaf_rows)?;
        checks.not_negative("leaf_curvature", self.leaf_curvature)?;
        checks.not_negative("regularization", self.regularization)?;
        let fits = (2..=255).contains(&self.bins);
        checks.holds("bins", self.bins as f64, "2 to 255", fits)?;
        checks.count("places", self.places)?;
        checks.count("patience", self.patience)
    }
}

/// A place of a tree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Node {
    /// Column of the request, then of the row; of a leaf [`LEAF`].
    pub(crate) column: u32,
    /// Values up to it go to the left; of a leaf its value.
    pub(crate) threshold: f32,
    /// The left place; the right one follows it.
    pub(crate) left: u32,
    /// Whether missing values go to the left.
    pub(crate) missing_left: bool,
}

/// Column of a node that has no split.
pub(crate) const LEAF: u32 = u32::MAX;

/// Trained trees; implements [`Ranker`] with one head.
#[derive(Debug, Clone, PartialEq)]
pub struct TreesModel {
    pub(crate) head: Head,
    pub(crate) objective: Objective,
    /// Fingerprint of the columns.
    pub(crate) schema: u64,
    /// What is added to all trees.
    pub(crate) base: f32,
    /// Where each tree begins among the nodes.
    pub(crate) starts: Vec<u32>,
    pub(crate) nodes: Vec<Node>,
}

impl TreesModel {
    /// Number of trees.
    pub fn n_trees(&self) -> usize {
        self.starts.len()
    }

    /// The sum of all trees for a row.
    fn score_of(&self, request: &[f32], row: &[f32]) -> f32 {
        let mut score = self.base;
        for &start in &self.starts {
            let mut node = self.nodes[start as usize];
            while node.column != LEAF {
                let column = node.column as usize;
                let value = match column.checked_sub(request.len()) {
                    Some(column) => row[column],
                    None => request[column],
                };
                let left = if value.is_nan() {
                    node.missing_left
                } else {
                    value <= node.threshold
                };
                node = self.nodes[node.left as usize + usize::from(!left)];
            }
            score += node.threshold;
        }
        score
    }
}

impl Ranker for TreesModel {
    fn name(&self) -> &'static str {
        NAME
    }

    fn heads(&self) -> &[Head] {
        std::slice::from_ref(&self.head)
    }

    fn link(&self, _head: usize) -> Link {
        match self.objective {
            Objective::Chance => Link::Logit,
            Objective::Order => Link::Identity,
        }
    }

    fn score(&self, rows: &FeatureRows<'_>, values: &mut [f32]) -> Result<()> {
        let found = rows.schema().fingerprint();
        if found != self.schema {
            return Err(Error::Schema {
                model: NAME,
                found,
                expected: self.schema,
            });
        }
        check_room(NAME, values, rows.n_rows())?;
        for request in 0..rows.n_requests() {
            let numbers = rows.request_dense_of(request);
            for row in rows.rows_of(request) {
                values[row] = self.score_of(numbers, rows.dense_of(row));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
