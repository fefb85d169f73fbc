//! Weak generalization: known users, a random share of each one's items is to be found.

use marquee_core::Dataset;
use marquee_math::{derive_seed, rng};

use super::{
    check_share,
    holdout::{Draw, count},
    warm::{Part, Rule, split},
};
use crate::{Fold, Result};

pub(super) const NAME: &str = "weak";

/// A random share of every user's items.
///
/// Of a user's `n` items `max(1, round(n * held_out))` are to be found, at most `n - 1`; of the others
/// `max(1, round(n * validation))` are for validation, again leaving at least one. A user with a
/// single item is trained on and is no case. At test time the validation items belong to the history.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeakSplit {
    /// Share of a user's items to find, in `(0, 1)`.
    pub held_out: f64,
    /// Share of a user's items for validation, in `[0, 1)`; 0 sets none aside. Together with
    /// `held_out` under 1.
    pub validation: f64,
}

impl Default for WeakSplit {
    /// A fifth to find, none for validation.
    fn default() -> Self {
        Self {
            held_out: 0.2,
            validation: 0.0,
        }
    }
}

impl WeakSplit {
    /// The one fold of `data` under `seed`.
    pub(super) fn fold(&self, data: &Dataset, seed: u64) -> Result<Fold> {
        check_share("held-out", self.held_out, 0.0, 1.0)?;
        if self.validation != 0.0 {
            check_share("validation", self.validation, 0.0, 1.0 - self.held_out)?;
        }
        let seed = derive_seed(seed, b"weak: items to find");
        let mut draw = Draw::default();
        let rule = Rule {
            name: NAME,
            min_history: 1,
            validates: self.validation > 0.0,
        };
        split(data, rule, |user, row, parts| {
            let n = row.len();
            let to_find = count(n, self.held_out);
            let validation = self.n_validation(n, to_find);
            let mut rng = rng(seed, u64::from(user.0));
            let drawn = draw.first(n, to_find + validation, &mut rng);
            for (at, &place) in drawn.iter().enumerate() {
                parts[place as usize] = if at < to_find {
                    Part::Test
                } else {
                    Part::Validation
                };
            }
        })
    }

    fn n_validation(&self, n: usize, to_find: usize) -> usize {
        if self.validation > 0.0 && n >= to_find + 2 {
            count(n, self.validation).min(n - to_find - 1)
        } else {
            0
        }
    }
}
