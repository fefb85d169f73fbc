//! The first viewers of a title that no model knows, and what else they watched.

use std::collections::HashMap;

use marquee_cf::NewItem;
use marquee_core::{HistoryEntry, ItemIdx};
use marquee_store::ModelVersion;

/// Most viewers that are looked at, latest first.
pub(crate) const MAX_VIEWERS: usize = 200;
/// Items that stand for a title, at most.
const MAX_ITEMS: usize = 20;

/// What the first viewers of a title have in common.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Crowd {
    /// How many viewers were looked at.
    pub(crate) n_viewers: usize,
    /// Items of the model that they watched more than others do, with shares that add up to one, by
    /// rising row.
    pub(crate) with: Vec<(ItemIdx, f32)>,
    /// The title as the model takes it in by these viewers; none where it takes in none.
    pub(crate) taken_in: Option<NewItem>,
    /// The model that rows and vector belong to.
    pub(crate) version: Option<ModelVersion>,
}

impl Crowd {
    /// Puts together what `histories` have in common; `counts` says how many viewers each item has
    /// among all.
    ///
    /// An item counts by the cosine of its viewers and these, as item neighbors do: how many of them
    /// watched it, by the square root of how many did at all.
    pub(crate) fn of(histories: &[Vec<HistoryEntry>], counts: &[f32]) -> Self {
        let mut together: HashMap<ItemIdx, f32> = HashMap::new();
        for entry in histories.iter().flatten() {
            *together.entry(entry.item).or_default() += 1.0;
        }
        let cosine = |(item, n): (ItemIdx, f32)| (item, n / counts[item.index()].max(1.0).sqrt());
        let mut with: Vec<(ItemIdx, f32)> = together.into_iter().map(cosine).collect();
        with.sort_unstable_by(|left, right| {
            let by_cosine = right.1.total_cmp(&left.1);
            by_cosine.then(left.0.cmp(&right.0))
        });
        with.truncate(MAX_ITEMS);
        with.sort_unstable_by_key(|&(item, _)| item);
        let sum: f32 = with.iter().map(|&(_, cosine)| cosine).sum();
        for (_, share) in &mut with {
            *share /= sum;
        }
        Self {
            n_viewers: histories.len(),
            with,
            taken_in: None,
            version: None,
        }
    }
}
