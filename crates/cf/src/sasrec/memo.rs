//! States of histories that were asked for lately: whoever did one thing more costs one step.
//!
//! A state is found by the events that an answer depends on, so a viewer need not be known, and the
//! answer has the bits that reading the whole history gives.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Mutex, OnceLock, PoisonError},
};

use marquee_core::HistoryEntry;

use super::step::SasrecState;

/// Bytes that states may take together.
const BYTES: usize = 64 << 20;
/// Most states, however small.
const MOST_STATES: usize = 8192;
/// Most events by which a history may be longer than one whose state is kept.
const MOST_STEPS: usize = 16;

/// States by what they stand on, one for each slot: a new one takes the place of what was there.
#[derive(Debug, Default)]
pub(super) struct Memo {
    slots: OnceLock<Vec<Mutex<Option<Kept>>>>,
}

#[derive(Debug)]
struct Kept {
    /// The latest items, as many as an answer depends on.
    items: Vec<u32>,
    state: SasrecState,
}

impl Memo {
    /// What `read` gives of the state after `history`, of which the last `reach` events count. `start`
    /// gives the state of nobody, `advance` takes one more event.
    ///
    /// Cost: a step for each event since the history was asked for last, or of those that count where
    /// it never was, or too long ago.
    pub(super) fn state<R>(
        &self,
        (history, reach): (&[HistoryEntry], usize),
        start: impl FnOnce() -> SasrecState,
        mut advance: impl FnMut(&mut SasrecState, &HistoryEntry),
        read: impl FnOnce(&SasrecState) -> R,
    ) -> R {
        let known = |end: usize| &history[end.saturating_sub(reach)..end];
        // More steps than events count are no gain.
        let most_steps = MOST_STEPS.min(reach.saturating_sub(1));
        let fewest = history.len().saturating_sub(most_steps);
        let ends = (fewest.max(1)..=history.len()).rev();
        let found = ends
            .filter_map(|end| Some((end, self.take(known(end))?)))
            .next();
        let (begin, mut state) =
            found.unwrap_or_else(|| (history.len().saturating_sub(reach), start()));
        for entry in &history[begin..] {
            advance(&mut state, entry);
        }
        let result = read(&state);
        self.put(known(history.len()), state);
        result
    }

    fn slot(&self, known: &[HistoryEntry], bytes: usize) -> &Mutex<Option<Kept>> {
        let slots = self.slots.get_or_init(|| {
            let n = (BYTES / bytes.max(1)).clamp(1, MOST_STATES);
            (0..n).map(|_| Mutex::default()).collect()
        });
        let mut hasher = DefaultHasher::new();
        for entry in known {
            entry.item.0.hash(&mut hasher);
        }
        let hash = usize::try_from(hasher.finish() >> 1).unwrap_or_default();
        &slots[hash % slots.len()]
    }

    /// The state after exactly these events, which it is then no more kept for.
    fn take(&self, known: &[HistoryEntry]) -> Option<SasrecState> {
        self.slots.get()?;
        let slot = self.slot(known, 0).lock();
        // A thread that panicked left a whole entry or none.
        let mut slot = slot.unwrap_or_else(PoisonError::into_inner);
        let is_same = |kept: &mut Kept| {
            let items = known.iter().map(|entry| entry.item.0);
            kept.items.iter().copied().eq(items)
        };
        slot.take_if(is_same).map(|kept| kept.state)
    }

    fn put(&self, known: &[HistoryEntry], state: SasrecState) {
        if known.is_empty() {
            return;
        }
        let slot = self.slot(known, state.bytes()).lock();
        let mut slot = slot.unwrap_or_else(PoisonError::into_inner);
        let items = known.iter().map(|entry| entry.item.0).collect();
        *slot = Some(Kept { items, state });
    }
}
