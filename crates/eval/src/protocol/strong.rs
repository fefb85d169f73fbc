//! Strong generalization: the people to be judged by are people that training never saw.

use marquee_core::{Dataset, SparseView, UserIdx};
use marquee_math::{derive_seed, rng};

use super::{
    check_count, check_share,
    holdout::{Draw, count},
};
use crate::{
    Error, Fold, Result,
    fold::{Cases, Histories},
    subset::RowsWriter,
};

pub(super) const NAME: &str = "strong";

/// Folds of users: each user is a test case in exactly one fold (Liang et al. 2018).
///
/// Users with at least two items are put in a random order and dealt out to `n_folds` parts; the
/// others can be no cases, and are trained on in every fold. Fold `f` tests on the users of part `f`,
/// validates on those of the next `n_validation_folds` parts, and trains on all others. Of a held-out
/// user's items a random share is to be found, `max(1, round(n * held_out))` of `n` and at most
/// `n - 1`; the others are his history. Which ones depends on the seed and the user, not on the fold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StrongSplit {
    /// Number of folds, at least 2 and at most as many as users with two items.
    pub n_folds: usize,
    /// Share of a held-out user's items to find, in `(0, 1)`.
    pub held_out: f64,
    /// How many parts are validation users in each fold; at least one part has to be left to train.
    pub n_validation_folds: usize,
}

impl Default for StrongSplit {
    /// Ten folds, a fifth of the items to find, one part for validation.
    fn default() -> Self {
        Self {
            n_folds: 10,
            held_out: 0.2,
            n_validation_folds: 1,
        }
    }
}

/// What a user is in one fold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Train,
    Validation,
    Test,
}

impl StrongSplit {
    /// Fold `number` of `data`. The training data has the training users only, in their order.
    pub(super) fn fold(&self, data: &Dataset, number: usize, seed: u64) -> Result<Fold> {
        let by_user = data.by_user();
        let lengths = by_user
            .rows()
            .enumerate()
            .map(|(user, row)| (user, row.len()));
        let judged: Vec<usize> = lengths
            .filter(|&(_, n)| n >= 2)
            .map(|(user, _)| user)
            .collect();
        if judged.len() < 2 {
            return Err(Error::NoCases { protocol: NAME });
        }
        check_count("folds", self.n_folds, 2, judged.len())?;
        check_share("held-out", self.held_out, 0.0, 1.0)?;
        let most = self.n_folds - 2;
        check_count("validation", self.n_validation_folds, 0, most)?;
        let mut roles = vec![Role::Train; data.n_users()];
        self.assign(&judged, number, seed, &mut roles);
        let mut train = RowsWriter::like(by_user);
        for (row, _) in rows_of(by_user, &roles, Role::Train) {
            let row = by_user.row(row.index());
            train.push(row, 0..row.len());
        }
        let seed = derive_seed(seed, b"strong: items to find");
        let held_out = |role| self.cases(by_user, rows_of(by_user, &roles, role), seed);
        Ok(Fold {
            train: Dataset::from_rows(train.finish()),
            validation: held_out(Role::Validation),
            test: held_out(Role::Test),
        })
    }

    /// Deals the users that can be judged out, and says what each of them is in fold `number`.
    fn assign(&self, judged: &[usize], number: usize, seed: u64, roles: &mut [Role]) {
        let mut rng = rng(derive_seed(seed, b"strong: folds"), 0);
        let mut draw = Draw::default();
        for (at, &which) in draw.order(judged.len(), &mut rng).iter().enumerate() {
            // How many parts after the tested one this user's part comes, going round.
            let after = (at + self.n_folds - number) % self.n_folds;
            roles[judged[which as usize]] = match after {
                0 => Role::Test,
                _ if after <= self.n_validation_folds => Role::Validation,
                _ => Role::Train,
            };
        }
    }

    fn cases(
        &self,
        by_user: SparseView<'_>,
        users: impl Iterator<Item = (UserIdx, usize)>,
        seed: u64,
    ) -> Cases {
        let mut kept = Vec::new();
        let mut history = RowsWriter::like(by_user);
        let mut relevant = RowsWriter::like(by_user);
        let mut draw = Draw::default();
        let mut to_find = Vec::new();
        for (user, n) in users {
            let mut rng = rng(seed, u64::from(user.0));
            to_find.clear();
            to_find.resize(n, false);
            for &place in draw.first(n, count(n, self.held_out), &mut rng) {
                to_find[place as usize] = true;
            }
            let row = by_user.row(user.index());
            history.push(row, (0..n).filter(|&place| !to_find[place]));
            relevant.push(row, (0..n).filter(|&place| to_find[place]));
            kept.push(user);
        }
        Cases {
            users: kept,
            histories: Histories::HeldOut(history.finish()),
            relevant: relevant.finish(),
        }
    }
}

/// Users of one role and the lengths of their rows.
fn rows_of(
    by_user: SparseView<'_>,
    roles: &[Role],
    wanted: Role,
) -> impl Iterator<Item = (UserIdx, usize)> {
    let all = by_user.rows().zip(roles).enumerate();
    all.filter(move |(_, (_, role))| **role == wanted)
        .map(|(user, (row, _))| (UserIdx::from_usize(user), row.len()))
}
