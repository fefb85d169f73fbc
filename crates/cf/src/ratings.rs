//! Predicted ratings: biases and vectors, with the uncertainty of the items' carried along.
//!
//! ```text
//! rating(u, i) = m + b_u + b_i + p_u·q_i
//! x_u = (b_u, p_u) ~ N(mean + F_u C, 1 / λ)      y_i = (b_i, q_i) ~ N(mean + G_i D, 1 / λ')
//! ```
//!
//! `m` is the mean rating, `λ` has a number for each coordinate. `F_u` says which items the user rated,
//! whatever the ratings, each with `n_u^-½`; with a link `C` this is the implicit part of SVD++ (Koren
//! 2008): `p_u + n_u^-½ Σ c_j`. `G_i`, likewise, says who rated the item. Without links it is biased
//! matrix factorization (Koren, Bell, Volinsky 2009).
//!
//! Two ways to learn it share all code, as both solve one ridge regression for each row
//! ([`marquee_math::ridge`]):
//!
//! - *Alternating least squares*: each row's most probable vector, with fixed `λ`.
//! - *Gibbs sampling* (Salakhutdinov, Mnih 2008, here with diagonal precisions): each row's vector is
//!   drawn from what it may be, by solving the same regression for targets and a mean with noise added
//!   (Papandreou, Yuille 2010), and so are means, precisions and links (Simm et al. 2017). The
//!   model keeps the items of several draws and averages what each predicts. Nothing has to be tuned but
//!   the number of coordinates, and what is uncertain counts less.
//!
//! **Viewers are histories.** Given the items of a draw, a viewer's vector is the exact solution of the
//! same regression over what he rated; known and new viewers take one path. A predicted rating is cut
//! to the scale of the ratings in training where ratings are asked for ([`RatingPredictor`]); as a
//! score for ranking it is not, since what stands above the scale is still in an order.

mod artifact;
mod explain;
mod links;
mod model;
mod prior;
mod score;
mod side;
mod train;

pub use model::{RatingModel, RatingView};
pub(crate) use train::{Links, Plan, train};

use marquee_core::{History, ItemIdx};

use crate::Result;

/// What models that predict ratings answer, besides scores.
pub trait RatingPredictor {
    /// The smallest and the largest rating of the training data.
    fn scale(&self) -> (f32, f32);

    /// Writes the rating that the viewer would give to each of `items`, within [`scale`](Self::scale).
    /// `None` stands for an item that training never saw: one about which nothing is known.
    ///
    /// # Errors
    ///
    /// As [`Recommender::score`](crate::Recommender::score).
    fn predict(
        &self,
        history: &History,
        items: &[Option<ItemIdx>],
        ratings: &mut [f32],
    ) -> Result<()>;
}

#[cfg(test)]
mod tests;
