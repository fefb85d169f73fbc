//! Published splits: a training and a test file, without a data folder.

use std::path::{Path, PathBuf};

use marquee_core::{
    Creator, Dataset, EventKind, Interaction, Item, ItemIdx, Repeats, SparseRows, User, UserIdx,
    Vocabulary,
};

use crate::{
    Error, Loaded, ReadOptions, Result, Selection, Values,
    load::lean,
    plan::plan,
    reject::Rejection,
    row::{ActorRef, EventRow, Sink},
};

/// The files of a published split: adjacency text, CSV or TSV, RecBole `.inter`, or JSON Lines of
/// events, each plain or packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitFiles {
    /// What models train on.
    pub train: PathBuf,
    /// What is to be found.
    pub test: PathBuf,
    /// What steers early stopping and tuning, and is part of the history when testing.
    pub valid: Option<PathBuf>,
    /// How to read all of them.
    pub options: ReadOptions,
    /// What ratings weigh in training.
    pub values: Values,
}

impl SplitFiles {
    /// A pair of files whose formats are found out, ratings counting as one.
    pub fn new(train: impl Into<PathBuf>, test: impl Into<PathBuf>) -> Self {
        Self {
            train: train.into(),
            test: test.into(),
            valid: None,
            options: ReadOptions::default(),
            values: Values::default(),
        }
    }
}

/// A published split that was read.
///
/// The catalog is what the training file names, and the validation file: rows `0..n_catalog` of
/// `items`. Items that only the test file names have the rows from `n_catalog` on. They can never be
/// ranked, but they stay relevant, since published figures divide by all items held out for a user;
/// the same goes for items of a user's own history, which a ranking leaves out. Users that only the
/// test file names are there with an empty history.
#[derive(Debug, Clone)]
pub struct Split {
    /// Ids of all users, in the order of training, validation and test file.
    pub users: Vocabulary,
    /// Ids of all items, in the same order.
    pub items: Vocabulary,
    /// Number of items that can be ranked.
    pub n_catalog: usize,
    /// Training interactions: all users by the catalog.
    pub train: Dataset,
    /// Validation interactions, if there is such a file.
    pub valid: Option<HeldOut>,
    /// Test interactions.
    pub test: HeldOut,
    /// What was counted.
    pub counts: SplitCounts,
}

/// Interactions held out of training: all users by all items of a [`Split`], each pair once, in the
/// order of the file within a user.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldOut {
    /// Weights are ratings, times those of the file; left out where the file has none.
    pub rows: SparseRows,
}

/// Numbers of a [`Split`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[non_exhaustive]
pub struct SplitCounts {
    /// Users of any file.
    pub users: usize,
    /// Items that can be ranked.
    pub items: usize,
    /// User-item pairs to train on.
    pub train: usize,
    /// User-item pairs of the validation file.
    pub valid: usize,
    /// User-item pairs of the test file.
    pub test: usize,
    /// Users with something to find.
    pub test_users: usize,
    /// Of these, users without any training or validation interaction.
    pub test_users_without_history: usize,
    /// Items of the test file that no other file names.
    pub unknown_test_items: usize,
    /// Test pairs with such an item: relevant, and out of reach.
    pub unreachable_test: usize,
    /// Test pairs that the training or validation file has, too: relevant, and left out of rankings.
    pub known_test: usize,
}

/// Reads a published split.
///
/// Rows that cannot be taken are errors: a figure from part of a file is not the published one.
/// Events of kinds that have no item are passed over.
///
/// # Errors
///
/// [`Error::SplitRow`] at the first bad row, [`Error::Empty`] when a file holds no interaction, and
/// what [`crate::DataFolder::import`] says of files that cannot be read.
pub fn read_split(files: &SplitFiles) -> Result<Split> {
    let mut ids = Ids::default();
    let train = read(&files.train, &files.options, &mut ids)?;
    let valid = match &files.valid {
        Some(path) => Some(read(path, &files.options, &mut ids)?),
        None => None,
    };
    let n_catalog = ids.items.len();
    let test = read(&files.test, &files.options, &mut ids)?;
    let n_users = ids.users.len();
    let train = dataset(&train, n_users, n_catalog, files.values)?;
    let valid = valid.map(|rows| held_out(&rows, n_users, n_catalog));
    let test = held_out(&test, n_users, ids.items.len());
    let counts = counts(&ids, n_catalog, &train, valid.as_ref(), &test);
    Ok(Split {
        users: ids.users,
        items: ids.items,
        n_catalog,
        train,
        valid,
        test,
        counts,
    })
}

/// Reads one file as a dataset, without a data folder; rows that cannot be taken are errors.
///
/// # Errors
///
/// As [`read_split`].
pub fn read_interactions(path: &Path, options: &ReadOptions, values: Values) -> Result<Loaded> {
    let mut ids = Ids::default();
    let rows = read(path, options, &mut ids)?;
    let dataset = dataset(&rows, ids.users.len(), ids.items.len(), values)?;
    let opposed = SparseRows {
        n_columns: ids.items.len(),
        offsets: vec![0; ids.users.len() + 1],
        columns: Vec::new(),
        weights: None,
        times: None,
    };
    Ok(Loaded {
        dataset,
        users: ids.users,
        items: ids.items,
        opposed,
        selection: Selection {
            values,
            ..Selection::default()
        },
        journal_seq: 0,
    })
}

#[derive(Default)]
pub(crate) struct Ids {
    pub(crate) users: Vocabulary,
    pub(crate) items: Vocabulary,
}

pub(crate) fn read(path: &Path, options: &ReadOptions, ids: &mut Ids) -> Result<Vec<Interaction>> {
    let mut sink = Collector {
        ids,
        rows: Vec::new(),
    };
    for input in plan(path, options)?.inputs {
        input.read(&mut sink)?;
    }
    if sink.rows.is_empty() {
        return Err(Error::Empty {
            path: path.to_owned(),
        });
    }
    Ok(sink.rows)
}

fn dataset(
    rows: &[Interaction],
    n_users: usize,
    n_items: usize,
    values: Values,
) -> Result<Dataset> {
    let made = match values {
        Values::Rating => Dataset::from_interactions(n_users, n_items, rows, Repeats::KeepLast),
        Values::KindWeight => {
            let ones: Vec<_> = rows
                .iter()
                .map(|one| Interaction {
                    weight: 1.0,
                    ..*one
                })
                .collect();
            Dataset::from_interactions(n_users, n_items, &ones, Repeats::KeepLast)
        }
    };
    Ok(made?)
}

/// Rows by user in the order of the file; of a pair that stands twice, the first.
fn held_out(all: &[Interaction], n_users: usize, n_items: usize) -> HeldOut {
    let mut by_user: Vec<Vec<&Interaction>> = vec![Vec::new(); n_users];
    for one in all {
        by_user[one.user.index()].push(one);
    }
    let mut rows = SparseRows {
        n_columns: n_items,
        offsets: vec![0],
        ..SparseRows::default()
    };
    let (mut weights, mut times) = (Vec::new(), Vec::new());
    // The last user who has the item, plus one.
    let mut taken_by = vec![0_usize; n_items];
    for (user, mine) in by_user.iter().enumerate() {
        for one in mine {
            let taken = &mut taken_by[one.item.index()];
            if *taken != user + 1 {
                *taken = user + 1;
                rows.columns.push(one.item.0);
                weights.push(one.weight);
                times.push(one.time.as_millis());
            }
        }
        rows.offsets.push(rows.columns.len() as u64);
    }
    rows.weights = Some(weights);
    rows.times = Some(times);
    HeldOut { rows: lean(rows) }
}

fn counts(
    ids: &Ids,
    n_catalog: usize,
    train: &Dataset,
    valid: Option<&HeldOut>,
    test: &HeldOut,
) -> SplitCounts {
    let mut counts = SplitCounts {
        users: ids.users.len(),
        items: n_catalog,
        train: train.n_interactions(),
        valid: valid.map_or(0, |held| held.rows.columns.len()),
        test: test.rows.columns.len(),
        unknown_test_items: ids.items.len() - n_catalog,
        ..SplitCounts::default()
    };
    let (train, test) = (train.by_user(), test.rows.view());
    let mut seen_by = vec![usize::MAX; ids.items.len()];
    for user in 0..ids.users.len() {
        let relevant = test.row(user).columns;
        if relevant.is_empty() {
            continue;
        }
        counts.test_users += 1;
        let trained = train.row(user).columns;
        let validated = valid.map_or(&[][..], |held| held.rows.view().row(user).columns);
        let history = trained.iter().chain(validated);
        counts.test_users_without_history += usize::from(history.clone().next().is_none());
        history.for_each(|&item| seen_by[item as usize] = user);
        for &item in relevant {
            let item = item as usize;
            counts.unreachable_test += usize::from(item >= n_catalog);
            counts.known_test += usize::from(seen_by[item] == user);
        }
    }
    counts
}

/// Collects interactions, and takes no bad row.
struct Collector<'a> {
    ids: &'a mut Ids,
    rows: Vec<Interaction>,
}

impl Sink for Collector<'_> {
    fn event(&mut self, row: &EventRow<'_>) -> Result<()> {
        let Some(item) = row.item else {
            return Ok(());
        };
        let (ActorRef::User(user) | ActorRef::Session(user)) = row.actor;
        self.rows.push(Interaction {
            user: UserIdx(self.ids.users.insert(user)?),
            item: ItemIdx(self.ids.items.insert(item)?),
            weight: match row.kind {
                EventKind::Rate => row.value,
                _ => 1.0,
            },
            time: row.time,
        });
        Ok(())
    }

    fn item(&mut self, _item: Item) -> Result<()> {
        Ok(())
    }

    fn user(&mut self, _user: User) -> Result<()> {
        Ok(())
    }

    fn creator(&mut self, _creator: Creator) -> Result<()> {
        Ok(())
    }

    fn reject(&mut self, rejection: Rejection) -> Result<()> {
        Err(Error::SplitRow(Box::new(rejection)))
    }

    fn progress(&mut self, _bytes: u64) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
