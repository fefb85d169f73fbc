//! One viewer's history brought up to date by what the viewer did since.

use std::collections::HashMap;

use marquee_core::{EventKind, HistoryEntry, ItemIdx, Timestamp};

use super::{
    Selection,
    fold::{Effect, Touch, fold},
    weights::effect,
};

/// Stands for no kind of event: what a history holds is no event of any one kind any more.
const NO_KIND: u8 = 31;

/// One thing that a viewer did with an item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Signal {
    /// The item, as a row of any vocabulary.
    pub item: ItemIdx,
    /// When.
    pub time: Timestamp,
    /// What.
    pub kind: EventKind,
    /// The rating of a rating; below zero for a thumb down, 1 for a thumb up, 2 for two.
    pub value: f32,
}

/// What a viewer's history and the events after it come to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ViewerFold {
    /// Oldest first, each item once.
    pub history: Vec<HistoryEntry>,
    /// What the viewer spoke against last, by rising row.
    pub opposed: Vec<ItemIdx>,
}

/// Goes through `signals` in the order of time, after `history`, by the rules of
/// [`load_interactions`](crate::DataFolder::load_interactions).
///
/// `history` and `opposed` are what came of the viewer's events before. An entry of `history` stands
/// for a rating or thumb where a signal rates or thumbs the same item, which the signal then replaces,
/// and for something else where none does. Where `history` is empty the result is what a load of the
/// signals gives.
///
/// Cost: in the length of both, with a sort of `signals` by time.
pub fn fold_viewer(
    history: &[HistoryEntry],
    opposed: &[ItemIdx],
    signals: &[Signal],
    selection: &Selection,
) -> ViewerFold {
    if signals.is_empty() {
        let mut opposed = opposed.to_vec();
        opposed.sort_unstable();
        return ViewerFold {
            history: history.to_vec(),
            opposed,
        };
    }
    let mut rows = Rows::default();
    let mut touches = Vec::with_capacity(history.len() + opposed.len() + signals.len());
    for &item in opposed {
        touches.push(touch(rows.of(item), i64::MIN, Effect::Cancel, 0.0));
    }
    let stands_for = |item| {
        let effects = signals.iter().filter(|signal| signal.item == item);
        let mut effects = effects.map(|signal| effect(signal.kind, signal.value, selection).0);
        let replaced = effects.find(|effect| matches!(effect, Effect::Rate | Effect::Thumb));
        replaced.unwrap_or(Effect::Add)
    };
    // A history is in the order of its times as far as they are known; that order must stay.
    let mut latest = i64::MIN;
    for entry in history {
        latest = latest.max(entry.time.as_millis());
        let effect = stands_for(entry.item);
        touches.push(touch(rows.of(entry.item), latest, effect, entry.weight));
    }
    for signal in signals {
        let (effect, weight) = effect(signal.kind, signal.value, selection);
        if effect == Effect::Nothing {
            continue;
        }
        let time = signal.time.as_millis();
        let mut touch = touch(rows.of(signal.item), time, effect, weight);
        touch.kind = signal.kind.number();
        touches.push(touch);
    }
    let folded = fold(1, rows.items.len(), &touches, selection.repeats);
    let row = folded.rows.view().row(0);
    let entry = |(place, &item): (usize, &u32)| HistoryEntry {
        item: rows.items[item as usize],
        weight: row.weight(place),
        time: row.time(place),
    };
    let spoken_against = folded.opposed.columns.iter();
    let mut opposed: Vec<ItemIdx> = spoken_against
        .map(|&item| rows.items[item as usize])
        .collect();
    opposed.sort_unstable();
    ViewerFold {
        history: row.columns.iter().enumerate().map(entry).collect(),
        opposed,
    }
}

fn touch(item: u32, time: i64, effect: Effect, weight: f32) -> Touch {
    Touch {
        user: 0,
        item,
        time,
        weight,
        effect,
        kind: NO_KIND,
    }
}

/// Items of one viewer, numbered as they come.
#[derive(Default)]
struct Rows {
    items: Vec<ItemIdx>,
    of: HashMap<ItemIdx, u32>,
}

impl Rows {
    fn of(&mut self, item: ItemIdx) -> u32 {
        let next = u32::try_from(self.items.len()).expect("a viewer has fewer items than rows");
        *self.of.entry(item).or_insert_with(|| {
            self.items.push(item);
            next
        })
    }
}

#[cfg(test)]
mod tests;
