//! Random pairs, whoever they belong to: the usual split of explicit ratings.

use marquee_core::Dataset;
use marquee_math::{derive_seed, rng};

use super::{
    check_share,
    holdout::{Draw, count},
    warm::{Part, Rule, split},
};
use crate::{Fold, Result};

pub(super) const NAME: &str = "random";

/// A random share of all interactions, drawn from all users together.
///
/// The 90/10 split of work on rating prediction. Of `n` interactions `max(1, round(n * held_out))` are
/// to be found, and as many as `validation` says of the others are for validation; at test time these
/// belong to the history. A user may have nothing left to train on: his cases stay, with an empty
/// history, since his ratings have to be predicted all the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RandomSplit {
    /// Share of the interactions to find, in `(0, 1)`.
    pub held_out: f64,
    /// Share of the interactions for validation, in `[0, 1)`; 0 sets none aside. Together with
    /// `held_out` under 1.
    pub validation: f64,
}

impl Default for RandomSplit {
    /// A tenth to find, none for validation.
    fn default() -> Self {
        Self {
            held_out: 0.1,
            validation: 0.0,
        }
    }
}

impl RandomSplit {
    /// The one fold of `data` under `seed`.
    pub(super) fn fold(&self, data: &Dataset, seed: u64) -> Result<Fold> {
        check_share("held-out", self.held_out, 0.0, 1.0)?;
        if self.validation != 0.0 {
            check_share("validation", self.validation, 0.0, 1.0 - self.held_out)?;
        }
        let parts = self.parts(data.n_interactions(), seed);
        let rule = Rule {
            name: NAME,
            min_history: 0,
            validates: self.validation > 0.0,
        };
        let mut rest = parts.as_slice();
        split(data, rule, |_, row, of_row| {
            let (these, others) = rest.split_at(row.len());
            of_row.copy_from_slice(these);
            rest = others;
        })
    }

    /// Where each of `n` interactions goes.
    fn parts(&self, n: usize, seed: u64) -> Vec<Part> {
        let to_find = count(n, self.held_out);
        let validation = if self.validation > 0.0 {
            count(n, self.validation).min(n.saturating_sub(to_find + 1))
        } else {
            0
        };
        let mut rng = rng(derive_seed(seed, b"random: pairs to find"), 0);
        let mut parts = vec![Part::Train; n];
        let mut draw = Draw::default();
        let drawn = draw.first(n, to_find + validation, &mut rng);
        for (at, &place) in drawn.iter().enumerate() {
            parts[place as usize] = if at < to_find {
                Part::Test
            } else {
                Part::Validation
            };
        }
        parts
    }
}
