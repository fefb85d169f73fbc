//! What is known of a viewer at the moment of a request: what the model was trained on, and every
//! event since.

use std::collections::{HashMap, HashSet};

use marquee_core::{EventKind, HistoryEntry, ItemIdx, Timestamp};
use marquee_ingest::{Selection, Signal, ViewerFold, fold_viewer};

use super::{
    deed::{Deed, retracted, taken_back},
    viewers::Faded,
};

/// What is known of a viewer, in rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Past {
    /// Oldest first; only rows that the model knows.
    pub(crate) history: Vec<HistoryEntry>,
    /// What else the viewer has seen: rows that the model does not know, and what the viewer touched so
    /// long ago that it is no part of the history.
    pub(crate) also_seen: Vec<ItemIdx>,
    /// What the viewer spoke against last.
    pub(crate) opposed: Vec<ItemIdx>,
    /// What of it the viewer said not to want, oldest first.
    pub(crate) disliked: Vec<Dislike>,
}

/// Something that a viewer does not want any more of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Dislike {
    /// What.
    pub(crate) item: ItemIdx,
    /// Since when.
    pub(crate) since: Timestamp,
}

impl Past {
    /// Whether nothing is known that a model could rank by.
    pub(crate) fn is_blank(&self) -> bool {
        self.history.is_empty()
    }
}

/// What the model was trained on, for one viewer.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Base<'a> {
    /// Oldest first.
    pub(crate) history: &'a [HistoryEntry],
    /// What the viewer had spoken against.
    pub(crate) opposed: &'a [u32],
    /// Number of the last event of the journal that is in it.
    pub(crate) seq: u64,
}

/// How rows are found, and which of them the model knows.
pub(crate) struct Rows<'a> {
    /// The row of an id.
    pub(crate) of: &'a dyn Fn(&str) -> Option<ItemIdx>,
    /// Rows below it are the model's.
    pub(crate) n_known: usize,
}

/// The base brought up to date by `deeds`, which are in the order of their numbers.
///
/// A function of its arguments alone: the same deeds, less those that were taken back, give the same
/// past. A retraction of an event that the model was trained on takes the item out of the base, unless
/// another event that stands speaks for it.
pub(crate) fn past(base: Base<'_>, deeds: &[Deed], rows: &Rows<'_>, selection: &Selection) -> Past {
    let split = deeds.partition_point(|deed| deed.seq <= base.seq);
    let marks = taken_back(deeds);
    let marked_then = taken_back(&deeds[..split]);
    let row_of = |deed: &Deed| (rows.of)(deed.item.as_ref()?.as_str());
    let mut gone = HashSet::new();
    let mut supported = HashSet::new();
    let mut signals = Vec::new();
    for (place, deed) in deeds.iter().enumerate() {
        let Some(item) = row_of(deed) else { continue };
        let counted = place < split && !marked_then[place];
        match (counted, marks[place]) {
            (true, true) => drop(gone.insert(item)),
            (true, false) => drop(supported.insert(item)),
            (false, false) => signals.push(signal(item, deed)),
            (false, true) => {}
        }
    }
    let stays = |item: &ItemIdx| !gone.contains(item) || supported.contains(item);
    let history = base.history.iter().copied();
    let history: Vec<HistoryEntry> = history.filter(|entry| stays(&entry.item)).collect();
    let opposed = base.opposed.iter().copied().map(ItemIdx);
    let opposed: Vec<ItemIdx> = opposed.filter(stays).collect();
    let ViewerFold { history, opposed } = fold_viewer(&history, &opposed, &signals, selection);
    let (history, fresh): (Vec<_>, Vec<_>) = history
        .into_iter()
        .partition(|entry| entry.item.index() < rows.n_known);
    let stood = deeds.iter().zip(&marks).filter(|(_, taken)| !**taken);
    let disliked = dislikes(stood.map(|(deed, _)| deed), &row_of, &opposed);
    Past {
        history,
        also_seen: fresh.into_iter().map(|entry| entry.item).collect(),
        opposed,
        disliked,
    }
}

/// Adds the items of faded deeds that were not taken back.
pub(crate) fn remember(past: &mut Past, faded: &[Faded], deeds: &[Deed], rows: &Rows<'_>) {
    if faded.is_empty() {
        return;
    }
    let gone = retracted(deeds);
    let stood = faded.iter().filter(|one| !gone.contains(&one.id));
    let seen = stood.filter_map(|one| (rows.of)(one.item.as_str()));
    past.also_seen.extend(seen);
}

fn signal(item: ItemIdx, deed: &Deed) -> Signal {
    Signal {
        item,
        time: deed.time,
        kind: deed.kind,
        value: deed.value,
    }
}

/// Thumbs down and hides that still hold, each item once, by the time of its last.
fn dislikes<'a>(
    deeds: impl Iterator<Item = &'a Deed>,
    row_of: &dyn Fn(&Deed) -> Option<ItemIdx>,
    opposed: &[ItemIdx],
) -> Vec<Dislike> {
    let mut latest: HashMap<ItemIdx, Timestamp> = HashMap::new();
    for deed in deeds {
        let speaks = match deed.kind {
            EventKind::Hide => true,
            EventKind::Thumb => deed.value < 0.0,
            _ => false,
        };
        if let Some(item) = row_of(deed).filter(|_| speaks) {
            let since = latest.entry(item).or_insert(deed.time);
            *since = deed.time.max(*since);
        }
    }
    let mut all: Vec<Dislike> = latest
        .into_iter()
        .filter(|(item, _)| opposed.binary_search(item).is_ok())
        .map(|(item, since)| Dislike { item, since })
        .collect();
    all.sort_unstable_by_key(|dislike| (dislike.since, dislike.item));
    all
}

/// Share of all weight that the running session has at the least, by how many items it touched: a
/// third after one, half after two, six tenths after three, never more than three quarters.
fn session_share(n_items: usize) -> f32 {
    let n_items = n_items as f32;
    (n_items / (n_items + 2.0)).min(0.75)
}

/// Lets what happened in the session of this hash count more than what is long past.
///
/// The weights of items that `deeds` touched in the session are raised together until they make up
/// [`session_share`] of the whole.
pub(crate) fn emphasize_session(past: &mut Past, deeds: &[Deed], session: u128, rows: &Rows<'_>) {
    let marks = taken_back(deeds);
    let mine = deeds.iter().zip(&marks);
    let mine = mine.filter(|(deed, taken)| deed.session == session && !**taken);
    let touched: HashSet<ItemIdx> = mine
        .filter_map(|(deed, _)| (rows.of)(deed.item.as_ref()?.as_str()))
        .collect();
    let (mut inside, mut outside, mut count) = (0.0_f32, 0.0_f32, 0);
    for entry in &past.history {
        if touched.contains(&entry.item) {
            inside += entry.weight;
            count += 1;
        } else {
            outside += entry.weight;
        }
    }
    if inside <= 0.0 || outside <= 0.0 {
        return;
    }
    let share = session_share(count);
    let factor = (share / (1.0 - share) * outside / inside).max(1.0);
    for entry in &mut past.history {
        if touched.contains(&entry.item) {
            entry.weight *= factor;
        }
    }
}

#[cfg(test)]
mod tests;
