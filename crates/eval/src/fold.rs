//! One split of the data: what to train on, and the cases to be judged by.

use marquee_core::{Dataset, ItemIdx, Row, SparseRows, UserIdx};

/// One split: training data, validation cases and test cases.
///
/// Memory: a history that is just the user's training row is not copied.
#[derive(Debug, Clone, PartialEq)]
pub struct Fold {
    pub(crate) train: Dataset,
    pub(crate) validation: Cases,
    pub(crate) test: Cases,
}

impl Fold {
    /// What to train on. Its items are those of the data that was split.
    pub fn train(&self) -> &Dataset {
        &self.train
    }

    /// The cases for choosing hyper-parameters and for stopping early; empty where the protocol sets
    /// none aside.
    pub fn validation(&self) -> CaseList<'_> {
        CaseList {
            train: &self.train,
            cases: &self.validation,
        }
    }

    /// The cases to report.
    pub fn test(&self) -> CaseList<'_> {
        CaseList {
            train: &self.train,
            cases: &self.test,
        }
    }
}

/// Cases without the training data that some of their histories lie in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cases {
    /// Rows of the data that was split, one a case, none falling.
    pub(crate) users: Vec<UserIdx>,
    pub(crate) histories: Histories,
    /// One row a case.
    pub(crate) relevant: SparseRows,
}

/// Where the histories of cases lie.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Histories {
    /// In the training data, in the row of the user.
    Training,
    /// Here, one row a case; the users have rows in the training data too.
    Longer(SparseRows),
    /// Here, one row a case; training never saw these users.
    HeldOut(SparseRows),
    /// As held out, but what is in them may come again.
    Sessions(SparseRows),
}

impl Cases {
    /// No case over `n_items` items.
    pub(crate) fn none(n_items: usize) -> Self {
        Self {
            users: Vec::new(),
            histories: Histories::Training,
            relevant: SparseRows {
                n_columns: n_items,
                offsets: vec![0],
                ..SparseRows::default()
            },
        }
    }
}

/// What a ranking does with items of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// They are left out.
    LeftOut,
    /// They compete like all others, as in sessions, where people come back to what they looked at.
    Ranked,
}

/// One user to be judged by: what is known of him, and what he is to be shown.
#[derive(Debug, Clone, Copy)]
pub struct TestCase<'a> {
    /// His row in the data that was split.
    pub user: UserIdx,
    /// His row in the training data; `None` if training never saw him.
    pub train_row: Option<UserIdx>,
    /// What a model may know of him, oldest first; `marquee_core::history_of` makes it a history.
    pub history: Row<'a>,
    /// What he is to be shown, oldest first, never empty. For explicit ratings the weights are the
    /// ratings to predict.
    pub relevant: Row<'a>,
    /// Whether items of the history can be shown.
    pub seen: Seen,
}

/// The cases of one part of a [`Fold`].
#[derive(Debug, Clone, Copy)]
pub struct CaseList<'a> {
    train: &'a Dataset,
    cases: &'a Cases,
}

impl<'a> CaseList<'a> {
    /// Number of cases.
    pub fn len(&self) -> usize {
        self.cases.users.len()
    }

    /// Whether there is no case.
    pub fn is_empty(&self) -> bool {
        self.cases.users.is_empty()
    }

    /// Number of items that can be ranked: those of the training data. The relevant items of a given
    /// split may lie past them.
    pub fn n_items(&self) -> usize {
        self.train.n_items()
    }

    /// The training data these cases belong to.
    pub fn train(&self) -> &'a Dataset {
        self.train
    }

    /// Users of the cases, as rows of the data that was split, none falling; a session that is judged
    /// at several events stands here once for each.
    pub fn users(&self) -> &'a [UserIdx] {
        &self.cases.users
    }

    /// Case number `case`.
    ///
    /// # Panics
    ///
    /// When there is no such case.
    pub fn get(&self, case: usize) -> TestCase<'a> {
        let user = self.cases.users[case];
        let (train_row, history) = match &self.cases.histories {
            Histories::Training => (Some(user), self.train.by_user().row(user.index())),
            Histories::Longer(rows) => (Some(user), rows.view().row(case)),
            Histories::HeldOut(rows) | Histories::Sessions(rows) => (None, rows.view().row(case)),
        };
        let seen = match &self.cases.histories {
            Histories::Sessions(_) => Seen::Ranked,
            _ => Seen::LeftOut,
        };
        TestCase {
            user,
            train_row,
            history,
            relevant: self.cases.relevant.view().row(case),
            seen,
        }
    }

    /// All cases in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = TestCase<'a>> + use<'a> {
        let this = *self;
        (0..this.len()).map(move |case| this.get(case))
    }

    /// Number of user-item pairs to find.
    pub fn n_relevant(&self) -> usize {
        self.cases.relevant.columns.len()
    }

    /// How many pairs to find have an item without a single training interaction: out of reach of a
    /// collaborative model. They count as missed, as they would be in production.
    pub fn n_unseen(&self) -> usize {
        let by_item = self.train.by_item();
        let unseen = |&&item: &&u32| {
            let item = ItemIdx(item).index();
            item >= by_item.n_rows() || by_item.row(item).is_empty()
        };
        self.cases.relevant.columns.iter().filter(unseen).count()
    }

    /// How many pairs to find stand in the history as well, and so can never be ranked, unless the case
    /// ranks what was seen. Zero for every protocol but a given split that repeats itself and sessions.
    pub fn n_repeated(&self) -> usize {
        let repeated = |case: TestCase<'_>| {
            let mut known = case.history.columns.to_vec();
            known.sort_unstable();
            let in_history = |item: &&u32| known.binary_search(item).is_ok();
            case.relevant.columns.iter().filter(in_history).count()
        };
        self.iter().map(repeated).sum()
    }
}
