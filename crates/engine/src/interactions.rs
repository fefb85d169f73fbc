//! Who there is, what there is, and who touched what: the file beside every model.
//!
//! `interactions.mqa` holds the ids behind a model's rows and the histories it was trained on, so
//! that a version directory needs nothing else to answer. It is mapped and read in place: ids are
//! found by binary search in a sorted order that the file brings along, so that opening it builds no
//! table.

use std::path::Path;

use marquee_core::{Dataset, HistoryEntry, ItemIdx, SparseRows, Timestamp, UserIdx, Vocabulary};
use marquee_store::{Artifact, ArtifactBuilder, StringsView};
use self_cell::self_cell;

use crate::{EngineError, Result};

const KIND: &str = "interactions";
const FORMAT: u32 = 1;

/// Writes the vocabularies and histories of `data` to `path`.
///
/// # Errors
///
/// [`EngineError::Store`] when the disk refuses.
///
/// # Panics
///
/// When the vocabularies are not those of `data`.
pub fn write(path: &Path, data: &Dataset, users: &Vocabulary, items: &Vocabulary) -> Result<()> {
    assert_eq!(users.len(), data.n_users(), "one id for each user");
    assert_eq!(items.len(), data.n_items(), "one id for each item");
    let rows = data.by_user();
    let popularity: Vec<f32> = data.by_item().rows().map(|row| row.len() as f32).collect();
    let mut artifact = ArtifactBuilder::new(KIND, FORMAT);
    artifact.strings("user_ids", users.ids());
    artifact.strings("item_ids", items.ids());
    let (user_order, item_order) = (sorted_order(users), sorted_order(items));
    artifact.section("user_order", &[user_order.len() as u64], &user_order);
    artifact.section("item_order", &[item_order.len() as u64], &item_order);
    artifact.section("offsets", &[rows.offsets().len() as u64], rows.offsets());
    artifact.section("columns", &[rows.n_entries() as u64], rows.columns());
    if let Some(weights) = rows.weights() {
        artifact.section("weights", &[weights.len() as u64], weights);
    }
    if let Some(times) = rows.times() {
        artifact.section("times", &[times.len() as u64], times);
    }
    artifact.section("item_counts", &[popularity.len() as u64], &popularity);
    Ok(artifact.write(path)?)
}

fn sorted_order(ids: &Vocabulary) -> Vec<u32> {
    let mut order: Vec<(&str, u32)> = ids.ids().zip(0..).collect();
    order.sort_unstable();
    order.into_iter().map(|(_, row)| row).collect()
}

self_cell!(
    struct Cell {
        owner: Artifact,

        #[covariant]
        dependent: View,
    }
);

/// An open `interactions.mqa`.
pub struct Interactions(Cell);

/// The arrays of the file.
struct View<'a> {
    users: IdTable<'a>,
    items: IdTable<'a>,
    offsets: &'a [u64],
    columns: &'a [u32],
    weights: Option<&'a [f32]>,
    times: Option<&'a [i64]>,
    item_counts: &'a [f32],
}

/// Ids by row, and their rows in the order of their bytes.
#[derive(Clone, Copy)]
struct IdTable<'a> {
    ids: StringsView<'a>,
    order: &'a [u32],
}

impl Interactions {
    /// Maps the file. Ids are checked to be text; histories are checked when they are read.
    ///
    /// # Errors
    ///
    /// [`EngineError::Store`] when it is no such file, [`EngineError::Shape`] when its arrays do not
    /// fit together.
    pub fn open(path: &Path) -> Result<Self> {
        let artifact = Artifact::open(path)?;
        artifact.expect_kind(KIND, FORMAT)?;
        Cell::try_new(artifact, |artifact| View::of(artifact)).map(Self)
    }

    fn view(&self) -> &View<'_> {
        self.0.borrow_dependent()
    }

    /// Checks every byte of the file.
    ///
    /// # Errors
    ///
    /// [`EngineError::Store`] naming the part that is damaged.
    pub fn verify(&self) -> Result<()> {
        Ok(self.0.borrow_owner().verify()?)
    }

    /// Number of users.
    pub fn n_users(&self) -> usize {
        self.view().users.ids.len()
    }

    /// Number of items.
    pub fn n_items(&self) -> usize {
        self.view().items.ids.len()
    }

    /// Number of user-item pairs.
    pub fn n_interactions(&self) -> usize {
        self.view().columns.len()
    }

    /// The row of a user, by binary search.
    pub fn user(&self, id: &str) -> Option<UserIdx> {
        self.view().users.row(id).map(UserIdx)
    }

    /// The row of an item, by binary search.
    pub fn item(&self, id: &str) -> Option<ItemIdx> {
        self.view().items.row(id).map(ItemIdx)
    }

    /// The id of an item.
    pub fn item_id(&self, item: ItemIdx) -> Option<&str> {
        self.view().items.ids.get(item.index())
    }

    /// Ids of all items in the order of their rows.
    pub fn item_ids(&self) -> impl ExactSizeIterator<Item = &str> {
        self.view().items.ids.iter()
    }

    /// How many users each item has.
    pub fn item_counts(&self) -> &[f32] {
        self.view().item_counts
    }

    /// What `user` did, oldest first; empty for a row that is not there.
    ///
    /// # Errors
    ///
    /// [`EngineError::Shape`] when the row is damaged.
    pub fn history(&self, user: UserIdx) -> Result<Vec<HistoryEntry>> {
        self.view().history(user.index())
    }

    /// All histories as a dataset, for a training that goes on from them.
    ///
    /// # Errors
    ///
    /// [`EngineError::Shape`] when a row is damaged.
    pub fn dataset(&self) -> Result<Dataset> {
        let view = self.view();
        let n_items = view.items.ids.len();
        marquee_core::SparseView::new(
            n_items,
            view.offsets,
            view.columns,
            view.weights,
            view.times,
        )
        .map_err(|_| shape("columns"))?;
        Ok(Dataset::from_rows(SparseRows {
            n_columns: n_items,
            offsets: view.offsets.to_vec(),
            columns: view.columns.to_vec(),
            weights: view.weights.map(<[f32]>::to_vec),
            times: view.times.map(<[i64]>::to_vec),
        }))
    }
}

impl std::fmt::Debug for Interactions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Interactions")
            .field("users", &self.n_users())
            .field("items", &self.n_items())
            .field("interactions", &self.n_interactions())
            .finish_non_exhaustive()
    }
}

impl<'a> View<'a> {
    fn of(artifact: &'a Artifact) -> Result<Self> {
        let optional = |name| artifact.has(name).then_some(name);
        let weights = optional("weights").map(|name| artifact.section::<f32>(name));
        let times = optional("times").map(|name| artifact.section::<i64>(name));
        let this = Self {
            users: IdTable {
                ids: artifact.strings("user_ids")?,
                order: artifact.section("user_order")?.data,
            },
            items: IdTable {
                ids: artifact.strings("item_ids")?,
                order: artifact.section("item_order")?.data,
            },
            offsets: artifact.section("offsets")?.data,
            columns: artifact.section("columns")?.data,
            weights: weights.transpose()?.map(|section| section.data),
            times: times.transpose()?.map(|section| section.data),
            item_counts: artifact.section("item_counts")?.data,
        };
        this.check_lengths()?;
        Ok(this)
    }

    fn check_lengths(&self) -> Result<()> {
        let entries = self.columns.len();
        let fits = [
            ("user_order", self.users.order.len() == self.users.ids.len()),
            ("item_order", self.items.order.len() == self.items.ids.len()),
            ("offsets", self.offsets.len() == self.users.ids.len() + 1),
            (
                "weights",
                self.weights.is_none_or(|all| all.len() == entries),
            ),
            ("times", self.times.is_none_or(|all| all.len() == entries)),
            (
                "item_counts",
                self.item_counts.len() == self.items.ids.len(),
            ),
        ];
        match fits.into_iter().find(|(_, fits)| !fits) {
            Some((section, _)) => Err(shape(section)),
            None => Ok(()),
        }
    }

    fn history(&self, user: usize) -> Result<Vec<HistoryEntry>> {
        if user >= self.users.ids.len() {
            return Ok(Vec::new());
        }
        let bounds = [self.offsets[user], self.offsets[user + 1]].map(usize::try_from);
        let [Ok(start), Ok(end)] = bounds else {
            return Err(shape("offsets"));
        };
        let columns = self.columns.get(start..end).ok_or(shape("offsets"))?;
        if columns
            .iter()
            .any(|&item| item as usize >= self.items.ids.len())
        {
            return Err(shape("columns"));
        }
        let entry = |(place, &item): (usize, &u32)| HistoryEntry {
            item: ItemIdx(item),
            weight: self.weights.map_or(1.0, |all| all[start + place]),
            time: self.times.map_or(Timestamp::EPOCH, |all| {
                Timestamp::from_millis(all[start + place])
            }),
        };
        Ok(columns.iter().enumerate().map(entry).collect())
    }
}

impl IdTable<'_> {
    fn row(&self, id: &str) -> Option<u32> {
        let id_of = |row: u32| self.ids.get(row as usize).unwrap_or_default();
        let found = self.order.binary_search_by(|&row| id_of(row).cmp(id));
        found.ok().map(|place| self.order[place])
    }
}

fn shape(section: &'static str) -> EngineError {
    EngineError::Shape {
        file: "interactions.mqa",
        section,
    }
}

#[cfg(test)]
mod tests;
