//! iALS: implicit matrix factorization by alternating least squares.
//!
//! A user `u` and an item `i` get vectors `x_u` and `y_i` of `d` numbers that minimize
//!
//! ```text
//! L =   sum over (u, i) in S of  c_ui (p_ui - x_u·y_i)²        what was seen
//!     + a0 sum over all (u, i) of  (x_u·y_i)²                  everything counts a little as "no"
//!     + r [ sum over u of  (C_u + a0 n_items)^v |x_u|²  +  sum over i of  (C_i + a0 n_users)^v |y_i|² ]
//! ```
//!
//! where `S` holds the interactions, `a0` is [`AlsConfig::unobserved_weight`], `r` and `v` are
//! [`AlsConfig::regularization`] and [`AlsConfig::regularization_exponent`], and `C_u`, `C_i` are
//! the sums of `c` over a row. `c_ui` and `p_ui` come from the weight `w` of an interaction:
//!
//! - `c = |w|^e / mean(|w|^e)` with `e` = [`AlsConfig::weight_exponent`]: one on average, so that the
//!   unit of the weights does not matter and `a0` keeps its meaning; without weights `c = 1`.
//! - `p = 1` where `w > 0`, `p = 0` where `w < 0` (a dislike is a certain "no"); `w = 0` is no
//!   interaction at all.
//!
//! Sources: Hu, Koren, Volinsky 2008 for the model and the alternation; the weighting of the
//! regularization and of the two sums after Rendle, Krichene, Zhang, Koren 2021.

mod artifact;
mod basis;
mod confidence;
mod explain;
mod model;
mod score;
mod solver;
mod train;

pub use confidence::Confidence;
pub use model::{AlsModel, AlsView};
pub use train::train;

use crate::{
    Result,
    check::{Checks, narrow},
};

/// Name of the model in artifacts, errors and on the command line.
pub const NAME: &str = "ials";

/// What the pairs of a row that nobody touched weigh together where the configuration does not say;
/// `docs/benchmarks.md` has what was measured.
const UNOBSERVED_ROW_WEIGHT: f64 = 700.0;

/// The regularization of small catalogs where the configuration does not say.
const REGULARIZATION: f64 = 0.01;
/// Root of the number of users times items up to which a catalog is small in this.
const SMALL: f64 = 1500.0;

/// How the vectors of one side are improved while the other side stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum AlsSolver {
    /// The exact minimum for each vector, by Cholesky factoring.
    #[default]
    Cholesky,
    /// A few steps of conjugate gradients from the vector so far (Takács, Pilászy, Tikk 2011).
    ConjugateGradient,
    /// The exact minimum for a block of coordinates at a time, after Rendle, Krichene, Zhang, Koren
    /// 2021 (iALS++).
    BlockCoordinate,
}

impl AlsSolver {
    /// Its name in configurations and artifacts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cholesky => "cholesky",
            Self::ConjugateGradient => "conjugate-gradient",
            Self::BlockCoordinate => "block-coordinate",
        }
    }
}

/// How precisely the outer products of vectors are summed in training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum AlsPrecision {
    /// In single precision.
    Single,
    /// Of vectors rounded to bfloat16 where the machine has matrix tiles, several times as fast and
    /// without a measured loss; elsewhere in single precision. Conjugate gradients read the rounded
    /// vectors there. Sums, right sides, systems and solutions are single in any case. Does not
    /// concern iALS++.
    #[default]
    Bfloat16,
}

impl AlsPrecision {
    /// Its name in configurations and artifacts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Bfloat16 => "bfloat16",
        }
    }
}

/// What [`train`] is told.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct AlsConfig {
    /// Numbers in a vector, 1 to 4,096.
    pub factors: usize,
    /// Full iterations, users then items; at least 1.
    pub iterations: usize,
    /// `r` in the loss; not negative. Zero stands for 0.01, and less where there are more users and
    /// items than about 1,500 each: by the third root of how many times more.
    pub regularization: f32,
    /// `v` in the loss, 0 to 2: 1 grows the regularization with the number of interactions, 0 keeps
    /// it the same for all.
    pub regularization_exponent: f32,
    /// `a0` in the loss; not negative. Zero stands for `700 / sqrt(n_users n_items)`, 1 at
    /// most: what the pairs of a row that nobody touched weigh together then stays the same, so that
    /// one regularization suits small and large catalogs.
    pub unobserved_weight: f32,
    /// `e` in the confidence, 0 to 4: 0 ignores the size of the weights.
    pub weight_exponent: f32,
    /// How vectors are improved.
    pub solver: AlsSolver,
    /// How precisely outer products are summed.
    pub precision: AlsPrecision,
    /// Steps of conjugate gradients a vector and iteration; at least 1.
    pub cg_steps: usize,
    /// Coordinates a block of iALS++; at least 1.
    pub block: usize,
    /// Standard deviation of the initial items' vectors' lengths: each number is drawn from a normal
    /// distribution with deviation `init_std / sqrt(factors)`; positive.
    pub init_std: f32,
}

impl Default for AlsConfig {
    fn default() -> Self {
        Self {
            factors: 128,
            iterations: 12,
            regularization: 0.0,
            regularization_exponent: 1.0,
            unobserved_weight: 0.0,
            weight_exponent: 0.5,
            solver: AlsSolver::Cholesky,
            precision: AlsPrecision::Bfloat16,
            cg_steps: 3,
            block: 64,
            init_std: 0.1,
        }
    }
}

impl AlsConfig {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) for the first field that is out of range.
    pub fn validate(&self) -> Result<()> {
        let checks = Checks(NAME);
        let count = |field, found: usize, expected, limit: usize| {
            checks.holds(field, found as f64, expected, (1..=limit).contains(&found))
        };
        let exponent = |field, found: f32, expected, limit: f32| {
            checks.holds(
                field,
                f64::from(found),
                expected,
                (0.0..=limit).contains(&found),
            )
        };
        count("factors", self.factors, "1 to 4096", 4096)?;
        count("iterations", self.iterations, "1 to 10000", 10_000)?;
        count("cg_steps", self.cg_steps, "1 to 1000", 1000)?;
        count("block", self.block, "1 to 4096", 4096)?;
        checks.not_negative("regularization", f64::from(self.regularization))?;
        checks.not_negative("unobserved_weight", f64::from(self.unobserved_weight))?;
        checks.positive("init_std", f64::from(self.init_std))?;
        let nu = self.regularization_exponent;
        exponent("regularization_exponent", nu, "0 to 2", 2.0)?;
        exponent("weight_exponent", self.weight_exponent, "0 to 4", 4.0)
    }

    /// The same configuration with the unobserved weight and the regularization that the size of the
    /// data asks for.
    fn for_size(&self, n_users: usize, n_items: usize) -> Self {
        let size = (n_users as f64 * n_items as f64).sqrt();
        let given = |given: f32, by_size: f64| match given > 0.0 {
            true => given,
            false => narrow(by_size),
        };
        let unobserved = (UNOBSERVED_ROW_WEIGHT / size).min(1.0);
        let regularization = REGULARIZATION * (SMALL / size).cbrt().min(1.0);
        Self {
            unobserved_weight: given(self.unobserved_weight, unobserved),
            regularization: given(self.regularization, regularization),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests;
