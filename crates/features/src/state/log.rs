//! The latest events of one viewer.

use marquee_core::EventKind;

use super::SPARE;
use crate::{declare::Limits, observed::Marks, observed::Observed};

/// One event of a viewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) time_ms: i64,
    pub(crate) seq: u64,
    pub(crate) id: u64,
    pub(crate) item: u32,
    pub(crate) creator: u32,
    pub(crate) marks: Marks,
    pub(crate) watched_ms: u32,
}

impl Entry {
    pub(crate) const fn of(observed: &Observed) -> Self {
        Self {
            time_ms: observed.time.as_millis(),
            seq: observed.seq,
            id: observed.id,
            item: observed.item,
            creator: observed.creator,
            marks: observed.marks,
            watched_ms: observed.watched_ms,
        }
    }

    const fn order(&self) -> (i64, u64) {
        (self.time_ms, self.seq)
    }

    const fn is_impression(&self) -> bool {
        self.marks.meets(Marks::of(EventKind::Impression))
    }
}

/// Impressions, other events, and what was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ViewerLog {
    /// By time, then number.
    pub(super) shown: Vec<Entry>,
    /// Likewise.
    pub(super) deeds: Vec<Entry>,
    /// In the order in which they came.
    pub(super) undone: Vec<Undone>,
}

/// An event that was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Undone {
    /// Id of the retraction.
    pub(super) by: u64,
    pub(super) entry: Entry,
}

/// What a retraction did.
pub(super) enum TakenBack {
    /// It took this event out.
    Deed(Entry),
    /// It took a retraction out, whose event is back unless another one stands against it.
    Retraction(Option<Entry>),
    /// What it names is not here.
    Unknown,
}

impl ViewerLog {
    pub(super) fn insert(&mut self, entry: Entry, limits: Limits) {
        let (list, limit) = if entry.is_impression() {
            (&mut self.shown, limits.shown)
        } else {
            (&mut self.deeds, limits.deeds)
        };
        let in_order = list.last().is_none_or(|last| last.order() <= entry.order());
        if in_order {
            list.push(entry);
        } else {
            let at = list.partition_point(|other| other.order() <= entry.order());
            list.insert(at, entry);
        }
        // Now and then many at once, since each time all others move.
        if list.len() > limit as usize + 2 * SPARE {
            list.drain(..SPARE);
        }
    }

    pub(super) fn remove(&mut self, entry: &Entry) {
        for list in [&mut self.shown, &mut self.deeds] {
            list.retain(|other| other != entry);
        }
    }

    /// Takes back the event, or the retraction, with the id `target`.
    ///
    /// - `by`: id of the retraction.
    pub(super) fn take_back(&mut self, target: u64, by: u64, limits: Limits) -> TakenBack {
        let lists = [&mut self.deeds, &mut self.shown];
        let taken = lists.into_iter().find_map(|list| {
            let at = list.iter().rposition(|entry| entry.id == target)?;
            Some(list.remove(at))
        });
        if let Some(entry) = taken {
            self.undo(Undone { by, entry });
            return TakenBack::Deed(entry);
        }
        if let Some(at) = self.undone.iter().position(|undone| undone.by == target) {
            let entry = self.undone.remove(at).entry;
            if self.undone.iter().any(|other| other.entry.id == entry.id) {
                return TakenBack::Retraction(None);
            }
            self.insert(entry, limits);
            return TakenBack::Retraction(Some(entry));
        }
        // Taken back a second time: both retractions have to go before it counts again.
        let again = self.undone.iter().find(|undone| undone.entry.id == target);
        if let Some(&Undone { entry, .. }) = again {
            self.undo(Undone { by, entry });
            return TakenBack::Retraction(None);
        }
        TakenBack::Unknown
    }

    /// Takes in what was kept of another viewer.
    pub(super) fn merge(&mut self, other: Self, limits: Limits) {
        for entry in other.shown.into_iter().chain(other.deeds) {
            self.insert(entry, limits);
        }
        other
            .undone
            .into_iter()
            .for_each(|undone| self.undo(undone));
    }

    /// Time of the last event that is kept.
    pub(super) fn last_ms(&self) -> Option<i64> {
        let last = [self.shown.last(), self.deeds.last()].into_iter().flatten();
        last.map(|entry| entry.time_ms).max()
    }

    fn undo(&mut self, undone: Undone) {
        if self.undone.len() == SPARE {
            self.undone.remove(0);
        }
        self.undone.push(undone);
    }

    /// The latest impressions, oldest first.
    pub(crate) fn shown(&self, limits: Limits) -> &[Entry] {
        latest(&self.shown, limits.shown)
    }

    /// The latest other events, oldest first.
    pub(crate) fn deeds(&self, limits: Limits) -> &[Entry] {
        latest(&self.deeds, limits.deeds)
    }

    /// Events with one of `marks`, newest first.
    pub(crate) fn newest(&self, marks: Marks, limits: Limits) -> impl Iterator<Item = &Entry> {
        let wanted = marks.meets(Marks::of(EventKind::Impression));
        let shown: &[Entry] = if wanted { self.shown(limits) } else { &[] };
        let (mut shown, mut deeds) = (shown, self.deeds(limits));
        std::iter::from_fn(move || {
            let list = match (shown.last(), deeds.last()) {
                (Some(a), Some(b)) if a.order() > b.order() => &mut shown,
                (Some(_), None) => &mut shown,
                _ => &mut deeds,
            };
            let (last, rest) = list.split_last()?;
            *list = rest;
            Some(last)
        })
        .filter(move |entry| entry.marks.meets(marks))
    }

    pub(super) fn bytes(&self) -> usize {
        let entries = self.shown.capacity() + self.deeds.capacity();
        size_of::<Self>()
            + entries * size_of::<Entry>()
            + self.undone.capacity() * size_of::<Undone>()
    }
}

fn latest(list: &[Entry], limit: u32) -> &[Entry] {
    &list[list.len().saturating_sub(limit as usize)..]
}
