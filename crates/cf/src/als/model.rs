//! What iALS keeps: the items' vectors and what folding a history in takes.

use marquee_ann::{ByteTable, IndexView};

use super::{AlsConfig, confidence::Confidence};

/// A trained iALS model that owns its numbers.
///
/// There are no users in it: a viewer's vector is folded in from his history, by the same solver
/// that training used.
#[derive(Debug, Clone, PartialEq)]
pub struct AlsModel {
    /// What it was trained with.
    pub config: AlsConfig,
    /// The unit of confidence in the training data.
    pub confidence: Confidence,
    /// `n_items x d`, in a basis in which the items' Gram matrix is diagonal.
    pub item_factors: Vec<f32>,
    /// Length of each item's vector.
    pub item_norms: Vec<f32>,
    /// The diagonal of the items' Gram matrix: `d` numbers, largest first.
    pub spectrum: Vec<f32>,
    /// The Gram matrix of the users' vectors as they were in the last iteration, `d x d`: what folding
    /// a new item in takes.
    pub user_gram: Vec<f32>,
    /// Number of users.
    pub n_users: usize,
}

/// An iALS model that borrows its numbers, from memory or a mapped file.
#[derive(Debug, Clone)]
pub struct AlsView<'a> {
    /// What folding in takes of the configuration.
    pub(super) penalty: Penalty,
    /// The unit of confidence in the training data.
    pub(super) confidence: Confidence,
    /// `n_items x d`.
    pub(super) item_factors: &'a [f32],
    /// Length of each item's vector.
    pub(super) item_norms: &'a [f32],
    /// `d` numbers, largest first.
    pub(super) spectrum: &'a [f32],
    /// What folding a new item in takes, where the file has it.
    pub(super) user_side: Option<UserSide<'a>>,
    /// The items' vectors a byte a number, where the file has them.
    pub(super) codes: Option<ByteTable<'a>>,
    /// An index of the items' vectors, where the file has one.
    pub(super) index: Option<IndexView<'a>>,
}

/// The users as a new item meets them.
#[derive(Debug, Clone, Copy)]
pub(super) struct UserSide<'a> {
    /// `d x d`, symmetric.
    pub(super) gram: &'a [f32],
    pub(super) n_users: usize,
}

/// The quadratic penalty of a vector: its regularization, and what everything unseen adds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Penalty {
    pub(super) regularization: f64,
    pub(super) exponent: f64,
    pub(super) unobserved_weight: f64,
    /// Rows on the other side: items where the vector is a user's.
    pub(super) n_others: usize,
}

impl Penalty {
    pub(super) fn new(config: &AlsConfig, n_others: usize) -> Self {
        Self {
            regularization: f64::from(config.regularization),
            exponent: f64::from(config.regularization_exponent),
            unobserved_weight: f64::from(config.unobserved_weight),
            n_others,
        }
    }

    /// `r (C + a0 n)^v` for a row whose confidences sum to `total`.
    pub(super) fn regularization(&self, total: f64) -> f64 {
        let support = total + self.unobserved_weight * self.n_others as f64;
        self.regularization * support.powf(self.exponent)
    }

    /// Writes `1 / sqrt(D_k)`, where the penalty of a vector `x` is `sum over k of D_k x_k²` in the
    /// basis of `spectrum`.
    pub(super) fn scales(&self, regularization: f64, spectrum: &[f32], scales: &mut [f32]) {
        // The sums fit: regularization is what keeps the smallest of them from zero.
        let (own, weight) = (narrow(regularization), narrow(self.unobserved_weight));
        for (scale, &value) in scales.iter_mut().zip(spectrum) {
            *scale = 1.0 / (weight * value + own).sqrt();
        }
    }
}

/// Rounds; what does not fit becomes infinite and stops training.
pub(super) fn narrow(value: f64) -> f32 {
    crate::check::narrow(value)
}

impl AlsModel {
    /// Borrows the numbers.
    pub fn view(&self) -> AlsView<'_> {
        AlsView {
            penalty: Penalty::new(&self.config, self.item_norms.len()),
            confidence: self.confidence,
            item_factors: &self.item_factors,
            item_norms: &self.item_norms,
            spectrum: &self.spectrum,
            user_side: Some(UserSide {
                gram: &self.user_gram,
                n_users: self.n_users,
            }),
            codes: None,
            index: None,
        }
    }
}

impl<'a> AlsView<'a> {
    /// Numbers in a vector.
    pub fn n_factors(&self) -> usize {
        self.spectrum.len()
    }

    /// All items' vectors, `n_items x n_factors`.
    pub fn item_factors(&self) -> &'a [f32] {
        self.item_factors
    }

    /// The vector of the item in row `item`.
    ///
    /// # Panics
    ///
    /// When there is no such row.
    pub fn item_vector(&self, item: usize) -> &'a [f32] {
        let d = self.n_factors();
        &self.item_factors[item * d..(item + 1) * d]
    }
}
