//! The dataset that models train on: who touched what, how much, and when.

use crate::{ItemIdx, SparseRows, SparseView, Timestamp, UserIdx};

/// One user touched one item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interaction {
    /// Who.
    pub user: UserIdx,
    /// What.
    pub item: ItemIdx,
    /// How much it counts, or the rating; finite.
    pub weight: f32,
    /// When; [`Timestamp::EPOCH`] where it is not known.
    pub time: Timestamp,
}

/// What becomes of several interactions of one user with one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Repeats {
    /// Weights add up; the last time stays.
    Sum,
    /// The one with the last time stays; among equal times the later in the input.
    #[default]
    KeepLast,
}

/// Why interactions do not make a dataset.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// A row lies outside its vocabulary.
    #[error("interaction {position}: user {user} of {n_users}, item {item} of {n_items}")]
    OutOfRange {
        /// Position in the input.
        position: usize,
        /// The user's row.
        user: u32,
        /// The item's row.
        item: u32,
        /// Number of users.
        n_users: usize,
        /// Number of items.
        n_items: usize,
    },
    /// A weight is not a number or infinite.
    #[error("interaction {position}: weight {weight} is not finite")]
    Weight {
        /// Position in the input.
        position: usize,
        /// The weight.
        weight: f32,
    },
}

/// Compressed sparse interactions by user and by item.
///
/// - `by_user`: `n_users x n_items`; each row in the order of time, and of the input where times are
///   equal, so that a row read as it stands is a history.
/// - `by_item`: `n_items x n_users`, rows ordered by user, without times.
///
/// Weights are left out where all are one, times where none is known.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dataset {
    by_user: SparseRows,
    by_item: SparseRows,
}

impl Dataset {
    /// Puts interactions together.
    ///
    /// Cost: a sort of each user's interactions; memory twice the input's.
    ///
    /// # Errors
    ///
    /// [`DatasetError`] when a row is out of range or a weight is not finite.
    pub fn from_interactions(
        n_users: usize,
        n_items: usize,
        interactions: &[Interaction],
        repeats: Repeats,
    ) -> Result<Self, DatasetError> {
        check(n_users, n_items, interactions)?;
        let grouped = group_by_user(n_users, interactions);
        let mut rows = Builder::with_capacity(n_users, n_items, interactions.len());
        for user in grouped.windows {
            let row = &grouped.order[user];
            rows.push_row(interactions, row, repeats);
        }
        Ok(Self::from_rows(rows.finish()))
    }

    /// Puts interactions together, each of them an entry of its own: rows are sequences, in which an
    /// item stands as often as it was touched. Only models of order make use of that; see
    /// [`without_repeats`](Self::without_repeats).
    ///
    /// Cost: as [`from_interactions`](Self::from_interactions).
    ///
    /// # Errors
    ///
    /// As [`from_interactions`](Self::from_interactions).
    ///
    /// # Example
    ///
    /// ```
    /// use marquee_core::{Dataset, Interaction, ItemIdx, Timestamp, UserIdx};
    ///
    /// let clicked = |item, seconds| Interaction {
    ///     user: UserIdx(0),
    ///     item: ItemIdx(item),
    ///     weight: 1.0,
    ///     time: Timestamp::from_seconds(seconds),
    /// };
    /// let clicks = [clicked(0, 1), clicked(1, 2), clicked(0, 3)];
    /// let data = Dataset::from_sequences(1, 2, &clicks)?;
    /// assert_eq!(data.by_user().row(0).columns, [0, 1, 0]);
    /// assert_eq!(data.without_repeats().by_user().row(0).columns, [1, 0]);
    /// # Ok::<(), marquee_core::DatasetError>(())
    /// ```
    pub fn from_sequences(
        n_users: usize,
        n_items: usize,
        interactions: &[Interaction],
    ) -> Result<Self, DatasetError> {
        check(n_users, n_items, interactions)?;
        let grouped = group_by_user(n_users, interactions);
        let mut rows = Builder::with_capacity(n_users, n_items, interactions.len());
        for user in grouped.windows {
            rows.push_sequence(interactions, &grouped.order[user]);
        }
        Ok(Self::from_rows(rows.finish()))
    }

    /// Whether an item stands twice in any row. Cost: one pass.
    pub fn has_repeats(&self) -> bool {
        let mut last_row = vec![0_usize; self.n_items()];
        self.by_user().rows().enumerate().any(|(row, entries)| {
            let mut columns = entries.columns.iter();
            columns.any(|&item| std::mem::replace(&mut last_row[item as usize], row + 1) == row + 1)
        })
    }

    /// The same data with only the last entry of each pair of user and item. Cost: a few passes.
    #[must_use]
    pub fn without_repeats(&self) -> Self {
        let by_user = self.by_user();
        let mut all = Vec::with_capacity(self.n_interactions());
        let mut rows = Builder::with_capacity(self.n_users(), self.n_items(), all.capacity());
        let mut start = 0_u32;
        for (user, row) in by_user.rows().enumerate() {
            all.extend((0..row.len()).map(|place| Interaction {
                user: UserIdx::from_usize(user),
                item: ItemIdx(row.columns[place]),
                weight: row.weight(place),
                time: row.time(place),
            }));
            let order: Vec<u32> = (start..).take(row.len()).collect();
            rows.push_row(&all, &order, Repeats::KeepLast);
            start = order.last().map_or(start, |last| last + 1);
        }
        Self::from_rows(rows.finish())
    }

    /// Takes rows by user that are in the order of time already.
    pub fn from_rows(by_user: SparseRows) -> Self {
        let by_item = by_user.view().transposed();
        Self { by_user, by_item }
    }

    /// Number of users.
    pub fn n_users(&self) -> usize {
        self.by_user.offsets.len().saturating_sub(1)
    }

    /// Number of items.
    pub fn n_items(&self) -> usize {
        self.by_user.n_columns
    }

    /// Number of user-item pairs.
    pub fn n_interactions(&self) -> usize {
        self.by_user.columns.len()
    }

    /// Users by items, rows in the order of time.
    pub fn by_user(&self) -> SparseView<'_> {
        self.by_user.view()
    }

    /// Items by users, rows in the order of users.
    pub fn by_item(&self) -> SparseView<'_> {
        self.by_item.view()
    }
}

fn check(n_users: usize, n_items: usize, all: &[Interaction]) -> Result<(), DatasetError> {
    for (position, one) in all.iter().enumerate() {
        if one.user.index() >= n_users || one.item.index() >= n_items {
            return Err(DatasetError::OutOfRange {
                position,
                user: one.user.0,
                item: one.item.0,
                n_users,
                n_items,
            });
        }
        if !one.weight.is_finite() {
            return Err(DatasetError::Weight {
                position,
                weight: one.weight,
            });
        }
    }
    Ok(())
}

/// Positions in the input, user after user, each user's in the order of time.
struct Grouped {
    order: Vec<u32>,
    windows: Vec<std::ops::Range<usize>>,
}

fn group_by_user(n_users: usize, all: &[Interaction]) -> Grouped {
    let mut starts = vec![0_usize; n_users + 1];
    for one in all {
        starts[one.user.index() + 1] += 1;
    }
    for user in 0..n_users {
        starts[user + 1] += starts[user];
    }
    let mut next = starts.clone();
    let mut order = vec![0_u32; all.len()];
    for (position, one) in all.iter().enumerate() {
        let to = &mut next[one.user.index()];
        order[*to] = u32::try_from(position).expect("interactions fit 32 bits");
        *to += 1;
    }
    let windows: Vec<_> = starts.windows(2).map(|pair| pair[0]..pair[1]).collect();
    for window in &windows {
        order[window.clone()].sort_by_key(|&position| all[position as usize].time);
    }
    Grouped { order, windows }
}

/// Rows under construction, with every array; [`finish`](Self::finish) drops what says nothing.
struct Builder {
    rows: SparseRows,
    weights: Vec<f32>,
    times: Vec<i64>,
    /// Where in the current row an item stands, as `row start + place + 1`; 0 for nowhere.
    place_of: Vec<usize>,
}

impl Builder {
    fn with_capacity(n_users: usize, n_items: usize, entries: usize) -> Self {
        let mut offsets = Vec::with_capacity(n_users + 1);
        offsets.push(0);
        Self {
            rows: SparseRows {
                n_columns: n_items,
                offsets,
                columns: Vec::with_capacity(entries),
                weights: None,
                times: None,
            },
            weights: Vec::with_capacity(entries),
            times: Vec::with_capacity(entries),
            place_of: vec![0; n_items],
        }
    }

    /// Adds one user's interactions; walks back from the last so that the last of an item is kept.
    fn push_row(&mut self, all: &[Interaction], order: &[u32], repeats: Repeats) {
        let start = self.rows.columns.len();
        for &position in order.iter().rev() {
            let one = &all[position as usize];
            let place = self.place_of[one.item.index()];
            if place > start {
                if repeats == Repeats::Sum {
                    self.weights[place - 1] += one.weight;
                }
                continue;
            }
            self.rows.columns.push(one.item.0);
            self.weights.push(one.weight);
            self.times.push(one.time.as_millis());
            self.place_of[one.item.index()] = self.rows.columns.len();
        }
        self.rows.columns[start..].reverse();
        self.weights[start..].reverse();
        self.times[start..].reverse();
        // Entries of this row would otherwise be taken for entries of the next one.
        for &item in &self.rows.columns[start..] {
            self.place_of[item as usize] = 0;
        }
        self.rows.offsets.push(self.rows.columns.len() as u64);
    }

    /// Adds one user's interactions, all of them.
    fn push_sequence(&mut self, all: &[Interaction], order: &[u32]) {
        for &position in order {
            let one = &all[position as usize];
            self.rows.columns.push(one.item.0);
            self.weights.push(one.weight);
            self.times.push(one.time.as_millis());
        }
        self.rows.offsets.push(self.rows.columns.len() as u64);
    }

    fn finish(mut self) -> SparseRows {
        #[expect(
            clippy::float_cmp,
            reason = "only weights that are exactly one may be left out"
        )]
        let weighted = self.weights.iter().any(|&weight| weight != 1.0);
        let timed = self.times.iter().any(|&time| time != 0);
        self.rows.weights = weighted.then_some(self.weights);
        self.rows.times = timed.then_some(self.times);
        self.rows
    }
}

#[cfg(test)]
mod tests;
