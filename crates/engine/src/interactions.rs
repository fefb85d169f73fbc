//! Who there is, what there is, and who touched what: the file beside every model.
//!
//! `interactions.mqa` holds the ids behind a model's rows, the histories it was trained on and what
//! each viewer spoke against, so that a version directory needs nothing else to answer. It is mapped and read in place: ids are
//! found by binary search in a sorted order that the file brings along, so that opening it builds no
//! table.

use std::path::Path;

use marquee_core::{Dataset, HistoryEntry, ItemIdx, SparseRows, Timestamp, UserIdx, Vocabulary};
use marquee_ingest::{Loaded, Selection};
use marquee_store::{Artifact, ArtifactBuilder, StringsView};
use self_cell::self_cell;

mod forget;

pub(crate) use forget::forget;

use crate::{EngineError, Result};

const KIND: &str = "interactions";
const FORMAT: u32 = 1;
/// By which rules the histories were put together.
const SELECTION: &str = "selection";
/// Number of the last event of the journal that is in them.
const JOURNAL_SEQ: &str = "journal_seq";

/// Writes the ids, the histories and what was spoken against to `path`.
///
/// # Errors
///
/// [`EngineError::Store`] when the disk refuses.
///
/// # Panics
///
/// When the vocabularies are not those of the dataset.
pub fn write(path: &Path, loaded: &Loaded) -> Result<()> {
    let Loaded {
        dataset: data,
        users,
        items,
        opposed,
        selection,
        journal_seq,
    } = loaded;
    assert_eq!(users.len(), data.n_users(), "one id for each user");
    assert_eq!(items.len(), data.n_items(), "one id for each item");
    let rows = data.by_user();
    let popularity: Vec<f32> = data.by_item().rows().map(|row| row.len() as f32).collect();
    let mut artifact = ArtifactBuilder::new(KIND, FORMAT);
    let rules = serde_json::to_string(selection).expect("plain fields always make JSON");
    artifact.meta(SELECTION, rules);
    artifact.meta(JOURNAL_SEQ, journal_seq);
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
    let (offsets, columns) = (&opposed.offsets, &opposed.columns);
    if !columns.is_empty() {
        artifact.section("opposed_offsets", &[offsets.len() as u64], offsets);
        artifact.section("opposed_columns", &[columns.len() as u64], columns);
    }
    Ok(artifact.write(path)?)
}

fn sorted_order(ids: &Vocabulary) -> Vec<u32> {
    in_order(ids.ids())
}

/// Rows in the order of the bytes of their ids.
fn in_order<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<u32> {
    let mut order: Vec<(&str, u32)> = ids.zip(0..).collect();
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
    /// Offsets and columns of what was spoken against, if anything was.
    opposed: Option<(&'a [u64], &'a [u32])>,
    selection: Selection,
    journal_seq: u64,
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

    /// The id of a user.
    pub fn user_id(&self, user: UserIdx) -> Option<&str> {
        self.view().users.ids.get(user.index())
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

    /// What `user` spoke against last, in the order of the rows; empty for a row that is not there.
    ///
    /// # Errors
    ///
    /// [`EngineError::Shape`] when the row is damaged.
    pub fn opposed(&self, user: UserIdx) -> Result<&[u32]> {
        self.view().opposed(user.index())
    }

    /// The rules by which events became these histories; later events follow the same.
    pub fn selection(&self) -> &Selection {
        &self.view().selection
    }

    /// Number of the last event of the journal that is in the histories; zero when none is.
    pub fn journal_seq(&self) -> u64 {
        self.view().journal_seq
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
            opposed: match artifact.has("opposed_columns") {
                true => Some((
                    artifact.section("opposed_offsets")?.data,
                    artifact.section("opposed_columns")?.data,
                )),
                false => None,
            },
            selection: match artifact.meta(SELECTION) {
                Some(rules) => serde_json::from_str(rules).map_err(|_| shape(SELECTION))?,
                None => Selection::default(),
            },
            journal_seq: match artifact.meta(JOURNAL_SEQ) {
                Some(number) => number.parse().map_err(|_| shape(JOURNAL_SEQ))?,
                None => 0,
            },
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
            (
                "opposed_offsets",
                self.opposed
                    .is_none_or(|(offsets, _)| offsets.len() == self.offsets.len()),
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
        let range = bounds(self.offsets, user).ok_or(shape("offsets"))?;
        let start = range.start;
        let columns = self.columns.get(range).ok_or(shape("offsets"))?;
        if !self.are_items(columns) {
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

    fn opposed(&self, user: usize) -> Result<&'a [u32]> {
        let Some((offsets, columns)) = self.opposed.filter(|_| user < self.users.ids.len()) else {
            return Ok(&[]);
        };
        let row = bounds(offsets, user).and_then(|range| columns.get(range));
        let row = row.ok_or(shape("opposed_offsets"))?;
        match self.are_items(row) {
            true => Ok(row),
            false => Err(shape("opposed_columns")),
        }
    }

    fn are_items(&self, columns: &[u32]) -> bool {
        let n_items = self.items.ids.len();
        columns.iter().all(|&item| (item as usize) < n_items)
    }
}

/// Where the entries of `row` lie; `None` where the offsets are no places.
fn bounds(offsets: &[u64], row: usize) -> Option<std::ops::Range<usize>> {
    let place = |at: usize| usize::try_from(offsets[at]).ok();
    Some(place(row)?..place(row + 1)?)
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
