//! The closed form behind full-rank linear autoencoders with a zero diagonal.
//!
//! Minimizes `Σ_u d_u |x_u - x_u B|² + Σ_i l_i |B_i|²` over all `B` with a zero diagonal, `B_i` being
//! row `i`. With `P = (G + diag(l))⁻¹` and `G` the Gram matrix, `B_ij = -P_ij / P_jj` off the diagonal
//! (Steck 2019; with a penalty for each item, Steck 2020).
//!
//! Cost: `n³ / 2` multiplications and additions. Up to [`DOUBLE_UP_TO`] items the matrix is inverted in
//! double precision, 12 n² bytes; above, in single precision and in place, 4 n² bytes. Single precision
//! is enough there because penalties keep the condition far from its limit, and double would not fit.

use marquee_core::Dataset;
use marquee_math::Cholesky;
use rayon::prelude::*;

use crate::{
    DenseItemModel, Error, Progress, Result,
    check::{Checks, check_data, check_finite},
    gram::{self, Precision},
    progress::Steps,
};

/// The largest catalog that is inverted in double precision.
const DOUBLE_UP_TO: usize = 8192;

/// A regression of every item on all others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ridge {
    pub(crate) name: &'static str,
    /// Penalty of every item, above 0.
    pub(crate) regularization: f64,
    /// Penalty of an item by its own `G_ii`, 0 or more.
    pub(crate) diagonal_share: f64,
    pub(crate) user_exponent: f64,
    pub(crate) popularity_exponent: f64,
    pub(crate) max_memory_gib: f64,
}

impl Ridge {
    /// Checks what all such trainings have in common.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for the first field that is out of range.
    pub(crate) fn validate(&self) -> Result<()> {
        let checks = Checks(self.name);
        checks.positive("regularization", self.regularization)?;
        checks.not_negative("user_exponent", self.user_exponent)?;
        let exponent = self.popularity_exponent;
        checks.finite("popularity_exponent", exponent)?;
        checks.positive("max_memory_gib", self.max_memory_gib)
    }

    /// Trains; nothing is drawn at random.
    ///
    /// # Errors
    ///
    /// As the public trainings that call it.
    pub(crate) fn train(
        &self,
        data: &Dataset,
        progress: &mut Progress<'_>,
    ) -> Result<DenseItemModel> {
        self.validate()?;
        check_data(self.name, data)?;
        let n_items = data.n_items();
        let double = n_items <= DOUBLE_UP_TO;
        self.check_memory(n_items, if double { 12 } else { 4 })?;
        let mut steps = Steps::new(self.name, 3, data.n_interactions(), progress);
        let mut weights = if double {
            let inverse = self.inverse::<f64>(data, &mut steps)?;
            self.weights(inverse, data)
        } else {
            let inverse = self.inverse::<f32>(data, &mut steps)?;
            self.weights(inverse, data)
        };
        weights.shrink_to_fit();
        check_finite(self.name, 3, &weights)?;
        steps.finish("weights", None)?;
        Ok(DenseItemModel {
            name: self.name,
            n_items,
            weights,
        })
    }

    fn check_memory(&self, n_items: usize, bytes_a_pair: u64) -> Result<()> {
        let needed = (n_items as u64)
            .saturating_pow(2)
            .saturating_mul(bytes_a_pair);
        let limit = gib(self.max_memory_gib);
        if needed <= limit {
            return Ok(());
        }
        Err(Error::Memory {
            model: self.name,
            needed,
            limit,
        })
    }

    /// `(G + diag(l))⁻¹`, row after row.
    fn inverse<T: Precision>(&self, data: &Dataset, steps: &mut Steps<'_, '_>) -> Result<Vec<T>> {
        let n_items = data.n_items();
        let mut gram = gram::dense::<T>(data, self.user_exponent);
        let share = T::round(1.0 + self.diagonal_share);
        for diagonal in gram.iter_mut().step_by(n_items + 1) {
            *diagonal *= share;
            *diagonal += T::round(self.regularization);
        }
        steps.finish("gram matrix", None)?;
        let factor =
            Cholesky::factor(gram, n_items).map_err(|error| Error::NotPositiveDefinite {
                model: self.name,
                pivot: error.pivot,
            })?;
        let inverse = factor.into_inverse();
        steps.finish("inverse", None)?;
        Ok(inverse)
    }

    /// `-P_ij / P_jj`, times a power of the popularity of `j`; zero on the diagonal.
    fn weights<T: Precision>(&self, mut inverse: Vec<T>, data: &Dataset) -> Vec<f32> {
        let n_items = data.n_items();
        let popularity = popularity_factors(data, self.popularity_exponent);
        let diagonal = inverse.iter().step_by(n_items + 1);
        let scales: Vec<T> = diagonal
            .zip(popularity)
            .map(|(&diagonal, factor)| -T::round(factor) / diagonal)
            .collect();
        let rows = inverse.par_chunks_exact_mut(n_items);
        rows.enumerate().for_each(|(index, row)| {
            for (weight, &scale) in row.iter_mut().zip(&scales) {
                *weight *= scale;
            }
            row[index] = T::ZERO;
        });
        // In place for single precision: the standard library reuses the memory of a vector whose
        // elements keep their size.
        inverse.into_iter().map(Precision::kept).collect()
    }
}

/// The popularity of each item, the weight of its touches, to the power `exponent`, over its mean over
/// interactions; one for an item that nobody touched.
pub(crate) fn popularity_factors(data: &Dataset, exponent: f64) -> Vec<f64> {
    let count = |row: marquee_core::Row<'_>| row.len().max(1) as f64;
    let counts: Vec<f64> = data.by_item().rows().map(count).collect();
    let mean = data.n_interactions() as f64 / counts.len().max(1) as f64;
    let relative = counts.iter().map(|count| count / mean.max(1.0));
    relative.map(|relative| relative.powf(exponent)).collect()
}

/// Bytes of so many GiB.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and a limit is above zero"
)]
pub(crate) fn gib(gib: f64) -> u64 {
    (gib * (1_u64 << 30) as f64) as u64
}
