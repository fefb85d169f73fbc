//! What one viewer did, as models read it.

use crate::{ItemIdx, Timestamp, sparse::Row};

/// One item of a viewer's history.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HistoryEntry {
    /// The item, as a row of the model's vocabulary.
    pub item: ItemIdx,
    /// How much it counts; for explicit ratings the rating itself.
    pub weight: f32,
    /// When it happened last; [`Timestamp::EPOCH`] where the data has no times.
    pub time: Timestamp,
}

/// A viewer's history: oldest first, each item at most once, save in a sequence of clicks that is
/// answered as it stands.
pub type History = [HistoryEntry];

/// The history that one row of a user-by-item matrix holds.
pub fn history_of(row: Row<'_>) -> Vec<HistoryEntry> {
    (0..row.columns.len())
        .map(|place| HistoryEntry {
            item: ItemIdx(row.columns[place]),
            weight: row.weight(place),
            time: row.time(place),
        })
        .collect()
}
