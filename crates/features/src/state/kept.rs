//! What features say of an item or a creator whoever asks, kept until something happens to it.
//!
//! Most of what a request reads of its hundreds of candidates is the same for the next request: ids, words
//! of the record, counts of the present tile. Each item and creator has an entry with those values side by
//! side, written when a request first needs it and void as soon as an event or a record changes the item, or
//! as time comes to another tile. So they are always what they would be if worked out anew.
//!
//! Requests that share a state fill entries at the same time. All of them would write the same numbers,
//! since the state stands still meanwhile, and an entry counts only once its stamp is written last.

use std::{
    ops::Range,
    sync::{
        PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicU32, Ordering},
    },
};

use crate::plan::KeptLayout;

/// Entries of all items and creators.
#[derive(Debug)]
pub(crate) struct Kept {
    entries: RwLock<Entries>,
}

/// Entries that hold at some time.
#[derive(Debug)]
pub(crate) struct Entries {
    /// Times, in milliseconds, at which they hold.
    holds: Range<i64>,
    /// Stamp of those that hold; never 0.
    stamp: u32,
    pub(crate) items: Shelf,
    pub(crate) creators: Shelf,
}

/// Entries side by side: a stamp, then values.
#[derive(Debug)]
pub(crate) struct Shelf {
    stride: usize,
    words: Vec<AtomicU32>,
}

/// Words of an entry are a multiple of it: a line of a cache.
const LINE: usize = 16;

impl Kept {
    /// Nothing is kept yet.
    pub(super) fn new(layout: &KeptLayout) -> Self {
        let shelf = |n: usize| Shelf {
            stride: (1 + n).next_multiple_of(LINE),
            words: Vec::new(),
        };
        Self {
            entries: RwLock::new(Entries {
                holds: 0..0,
                stamp: 1,
                items: shelf(layout.item_words()),
                creators: shelf(layout.creators.len()),
            }),
        }
    }

    /// The entries that hold at `now`; none while others are asked for another time.
    ///
    /// - `sizes`: how many items and creators there are.
    /// - `holds`: until when, in both directions, values of now stay what they are.
    pub(crate) fn at(
        &self,
        now: i64,
        sizes: [usize; 2],
        holds: impl Fn() -> Range<i64>,
    ) -> Option<RwLockReadGuard<'_, Entries>> {
        let read = || self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let entries = read();
        if entries.holds.contains(&now) && entries.have_room(sizes) {
            return Some(entries);
        }
        drop(entries);
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        entries.grow(sizes);
        if !entries.holds.contains(&now) {
            entries.clear();
            entries.holds = holds();
        }
        drop(entries);
        Some(read()).filter(|entries| entries.holds.contains(&now))
    }

    fn own(&mut self) -> &mut Entries {
        let entries = self.entries.get_mut();
        entries.unwrap_or_else(PoisonError::into_inner)
    }

    /// What was kept of an item holds no more.
    pub(super) fn forget_item(&mut self, row: u32) {
        self.own().items.forget(row);
    }

    /// What was kept of a creator holds no more.
    pub(super) fn forget_creator(&mut self, row: u32) {
        self.own().creators.forget(row);
    }

    /// Nothing that was kept holds any more.
    pub(super) fn clear(&mut self) {
        self.own().clear();
    }

    /// Bytes of the entries.
    pub(super) fn bytes(&self) -> usize {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        (entries.items.words.len() + entries.creators.words.len()) * size_of::<u32>()
    }
}

impl Entries {
    fn have_room(&self, [n_items, n_creators]: [usize; 2]) -> bool {
        self.items.has_room(n_items) && self.creators.has_room(n_creators)
    }

    fn grow(&mut self, [n_items, n_creators]: [usize; 2]) {
        self.items.grow(n_items);
        self.creators.grow(n_creators);
    }

    fn clear(&mut self) {
        self.stamp = self.stamp.wrapping_add(1);
        if self.stamp == 0 {
            self.stamp = 1;
            for shelf in [&mut self.items, &mut self.creators] {
                shelf.words.fill_with(AtomicU32::default);
            }
        }
    }

    pub(crate) const fn stamp(&self) -> u32 {
        self.stamp
    }
}

impl Shelf {
    fn has_room(&self, n: usize) -> bool {
        n * self.stride <= self.words.len()
    }

    fn grow(&mut self, n: usize) {
        if !self.has_room(n) {
            self.words.resize_with(n * self.stride, AtomicU32::default);
        }
    }

    fn forget(&mut self, row: u32) {
        if let Some(stamp) = self.words.get_mut(row as usize * self.stride) {
            *stamp.get_mut() = 0;
        }
    }

    /// Asks memory for an entry that is read soon.
    pub(crate) fn prefetch(&self, row: u32) {
        let start = row as usize * self.stride;
        if let Some(entry) = self.words.get(start..start + self.stride) {
            entry
                .chunks(LINE)
                .for_each(marquee_math::elements::prefetch);
        }
    }

    /// Copies the values of an entry to `to`, after `make` wrote them where it was void or is not there.
    pub(crate) fn read(
        &self,
        (row, stamp): (u32, u32),
        to: &mut [u32],
        make: impl FnOnce(&mut [u32]),
    ) {
        let start = row as usize * self.stride;
        let Some(entry) = self.words.get(start..start + self.stride) else {
            return make(to);
        };
        let (own, values) = entry.split_at(1);
        if own[0].load(Ordering::Acquire) == stamp {
            for (to, value) in to.iter_mut().zip(values) {
                *to = value.load(Ordering::Relaxed);
            }
            return;
        }
        make(to);
        for (&mut value, kept) in to.iter_mut().zip(values) {
            kept.store(value, Ordering::Relaxed);
        }
        own[0].store(stamp, Ordering::Release);
    }
}
