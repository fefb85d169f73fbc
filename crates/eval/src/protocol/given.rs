//! A split that somebody else made: published train, validation and test files.

use marquee_core::{Dataset, Interaction, Repeats, SparseRows, Timestamp, UserIdx, history_of};

use crate::{
    Error, Fold, Result,
    fold::{Cases, Histories},
    subset::RowsWriter,
};

const NAME: &str = "given";

/// A published split of known users. All parts are over the same users, training and validation over
/// the same items; the test may have more items after those, which nothing can rank and which stay to
/// be found.
///
/// Every user with something in a part is a case of that part. Validation items are not trained on;
/// at test time they belong to the history and are left out of the ranking like the training ones.
/// An item to find that also stands in the history stays to be found, as in the public programs these
/// splits come from; [`CaseList::n_repeated`](crate::CaseList::n_repeated) tells whether there is any.
#[derive(Debug, Clone)]
pub struct GivenSplit {
    /// What to train on.
    pub train: Dataset,
    /// What to choose hyper-parameters by; `None` where the split has no such part.
    pub validation: Option<Dataset>,
    /// What is to be found; for explicit ratings its weights are the ratings to predict.
    pub test: Dataset,
}

impl GivenSplit {
    /// The one fold.
    ///
    /// Cost: one pass over the parts; the training data is moved, not copied.
    ///
    /// # Errors
    ///
    /// [`Error::Shape`] when the parts do not fit together, [`Error::NoCases`] when the test is empty.
    pub fn fold(self) -> Result<Fold> {
        check_test_shape(&self.test, &self.train)?;
        let test_histories = match &self.validation {
            Some(validation) => {
                check_shape("validation", validation, &self.train)?;
                Histories::Longer(joined(&self.train, validation, &self.test))
            }
            None => Histories::Training,
        };
        let test = cases(&self.test, test_histories)?;
        let validation = match &self.validation {
            Some(part) if part.n_interactions() > 0 => cases(part, Histories::Training)?,
            _ => Cases::none(self.train.n_items()),
        };
        Ok(Fold {
            train: self.train,
            validation,
            test,
        })
    }
}

/// The fold of a published split of unknown users: `histories` and `test` are over the same users,
/// none of whom is in `train`. All are over the same items, but `test` may have more after those, as
/// in [`GivenSplit`].
///
/// Every user with something to find is a case, its `train_row` is `None`.
///
/// # Errors
///
/// [`Error::Shape`] when the parts do not fit together, [`Error::NoCases`] when the test is empty.
pub fn given_fold_in(train: Dataset, histories: &Dataset, test: &Dataset) -> Result<Fold> {
    check_test_shape(test, histories)?;
    if train.n_items() != histories.n_items() {
        let expected = (histories.n_users(), train.n_items());
        return Err(shape_error("histories", histories, expected));
    }
    let mut rows = RowsWriter::like(histories.by_user());
    for user in users_of(test) {
        let row = histories.by_user().row(user.index());
        rows.push(row, 0..row.len());
    }
    Ok(Fold {
        validation: Cases::none(train.n_items()),
        test: cases(test, Histories::HeldOut(rows.finish()))?,
        train,
    })
}

/// Users with anything in `part`.
fn users_of(part: &Dataset) -> impl Iterator<Item = UserIdx> {
    let rows = part.by_user().rows().enumerate();
    rows.filter(|(_, row)| !row.is_empty())
        .map(|(user, _)| UserIdx::from_usize(user))
}

fn cases(part: &Dataset, histories: Histories) -> Result<Cases> {
    let users: Vec<UserIdx> = users_of(part).collect();
    if users.is_empty() {
        return Err(Error::NoCases { protocol: NAME });
    }
    let mut relevant = RowsWriter::like(part.by_user());
    for user in &users {
        let row = part.by_user().row(user.index());
        relevant.push(row, 0..row.len());
    }
    Ok(Cases {
        users,
        histories,
        relevant: relevant.finish(),
    })
}

/// Training and validation rows of the users of `test`, put in one order of time; without times in
/// both parts, validation comes after training.
fn joined(train: &Dataset, validation: &Dataset, test: &Dataset) -> SparseRows {
    let timed = train.by_user().times().is_some() && validation.by_user().times().is_some();
    let mut all = Vec::new();
    let mut n_cases = 0;
    for user in users_of(test) {
        for part in [train, validation] {
            for entry in history_of(part.by_user().row(user.index())) {
                all.push(Interaction {
                    user: UserIdx::from_usize(n_cases),
                    item: entry.item,
                    weight: entry.weight,
                    time: if timed { entry.time } else { Timestamp::EPOCH },
                });
            }
        }
        n_cases += 1;
    }
    Dataset::from_interactions(n_cases, train.n_items(), &all, Repeats::KeepLast)
        .expect("entries of datasets over these items are in range and finite")
        .by_user()
        .to_rows()
}

fn check_shape(part: &'static str, found: &Dataset, train: &Dataset) -> Result<()> {
    let expected = (train.n_users(), train.n_items());
    if (found.n_users(), found.n_items()) == expected {
        return Ok(());
    }
    Err(shape_error(part, found, expected))
}

/// As [`check_shape`], but the test may have items that training does not know.
fn check_test_shape(test: &Dataset, train: &Dataset) -> Result<()> {
    if test.n_users() == train.n_users() && test.n_items() >= train.n_items() {
        return Ok(());
    }
    Err(shape_error(
        "test",
        test,
        (train.n_users(), train.n_items()),
    ))
}

pub(super) fn shape_error(part: &'static str, found: &Dataset, expected: (usize, usize)) -> Error {
    Error::Shape {
        part,
        found_users: found.n_users(),
        found_items: found.n_items(),
        expected_users: expected.0,
        expected_items: expected.1,
    }
}
