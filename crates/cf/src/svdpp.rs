//! SVD++: ratings from biases, vectors, and which items were rated at all.
//!
//! `rating(u, i) = m + b_u + b_i + (p_u + n_u^-½ Σ c_j)·q_i` with a vector `c_j` for each of the `n_u`
//! items the user rated (Koren 2008); the same sum may shift his bias, and items may have such a part
//! from the users who rated them. Learned by alternating least squares or, as the default, as the
//! average over draws of a Gibbs sampler, not by Koren's gradient steps ([`ratings`]
//! has the formulas and sources). For explicit ratings, which are the weights of the data. As a score
//! for ranking a model gives the predicted rating itself.
//!
//! Cost of a round: as [`biased_mf`](crate::biased_mf) and about `40 d` operations a rating. Memory:
//! `8 (d + 1)` bytes an item and draw.

use marquee_core::Dataset;
use marquee_store::Artifact;

use crate::{
    Progress, RatingModel, RatingView, Result,
    ratings::{self, Links, Plan},
};

/// Name of the model in artifacts, errors and on the command line.
pub const NAME: &str = "svdpp";

/// Which sides have an implicit part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum Implicit {
    /// Users: which items they rated, as in Koren 2008.
    Users,
    /// Users, and items: which users rated them.
    #[default]
    Both,
}

/// What [`train`] is told.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct SvdppConfig {
    /// Numbers in a vector, 1 to 1,024.
    pub factors: usize,
    /// Rounds, users then items, before any is kept; at least 1.
    pub iterations: usize,
    /// Draws that are kept after that, at most 10,000; 0 for alternating least squares, which keeps its
    /// last round.
    pub samples: usize,
    /// Rounds of alternating least squares without a better judgment, where something is given to judge
    /// by, until it ends and the best round is taken; 0 runs all. Draws are never cut short.
    pub patience: usize,
    /// Price of a factor's square, in squared errors; positive. Where draws are kept it is only where
    /// they start.
    pub regularization: f32,
    /// The same for biases.
    pub bias_regularization: f32,
    /// The same for the implicit parts.
    pub link_regularization: f32,
    /// Which sides have an implicit part.
    pub implicit: Implicit,
}

impl Default for SvdppConfig {
    fn default() -> Self {
        Self {
            factors: 6,
            iterations: 40,
            samples: 120,
            patience: 5,
            regularization: 8.0,
            bias_regularization: 4.0,
            link_regularization: 40.0,
            implicit: Implicit::Both,
        }
    }
}

impl SvdppConfig {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) for the first field that is out of range.
    pub fn validate(&self) -> Result<()> {
        self.plan().validate()
    }

    fn plan(&self) -> Plan {
        Plan {
            name: NAME,
            factors: self.factors,
            iterations: self.iterations,
            samples: self.samples,
            patience: self.patience,
            regularization: self.regularization,
            bias_regularization: self.bias_regularization,
            link_regularization: self.link_regularization,
            links: match self.implicit {
                Implicit::Users => Links::Users,
                Implicit::Both => Links::Both,
            },
        }
    }
}

/// Trains on the weights of `data` as ratings, on the current rayon pool; the same data,
/// configuration and seed give the same bits on any number of threads.
///
/// The loss reported after a round is the root of the mean squared error on the training data.
///
/// # Errors
///
/// [`Error::Config`](crate::Error::Config), [`Error::NoInteractions`](crate::Error::NoInteractions),
/// [`Error::NotFinite`](crate::Error::NotFinite), [`Error::Stopped`](crate::Error::Stopped).
pub fn train(
    data: &Dataset,
    config: &SvdppConfig,
    seed: u64,
    progress: &mut Progress<'_>,
) -> Result<RatingModel> {
    ratings::train(data, &config.plan(), seed, progress)
}

/// Opens a model that [`train`] made.
///
/// # Errors
///
/// [`Error::Store`](crate::Error::Store) when `artifact` holds something else, and what says that its
/// sections do not fit each other.
pub fn open(artifact: &Artifact) -> Result<RatingView<'_>> {
    RatingView::open(artifact, NAME)
}

#[cfg(test)]
mod tests;
