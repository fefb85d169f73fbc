//! How popular the items of the training data are, for metrics that look at it.

use marquee_core::{Dataset, ItemIdx};

/// For each item, the share of training users who have it and how surprising that makes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Popularity {
    share: Vec<f64>,
    surprise: Vec<f64>,
}

impl Popularity {
    /// Counts users in `train`. Cost: one pass over the items.
    pub fn of(train: &Dataset) -> Self {
        let n_users = train.n_users().max(1) as f64;
        let users_of = |row: marquee_core::Row<'_>| row.len() as f64;
        let rows = || train.by_item().rows();
        Self {
            share: rows().map(|row| users_of(row) / n_users).collect(),
            surprise: rows()
                .map(|row| (n_users / users_of(row).max(1.0)).log2())
                .collect(),
        }
    }

    /// Share of the training users who have `item`, in `[0, 1]`.
    ///
    /// # Panics
    ///
    /// When there is no such item.
    pub fn share(&self, item: ItemIdx) -> f64 {
        self.share[item.index()]
    }

    /// Self-information of `item` in bits: `log2(users / users who have it)`, not negative. An item
    /// nobody has counts as one that a single user has, since none would be infinitely surprising.
    ///
    /// # Panics
    ///
    /// When there is no such item.
    pub fn surprise(&self, item: ItemIdx) -> f64 {
        self.surprise[item.index()]
    }
}
