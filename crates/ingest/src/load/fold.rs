//! From events to one entry for each user and item.

use marquee_core::{Repeats, SparseRows};

/// What an event does to its user's entry for its item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing.
    Nothing,
    /// Adds its weight.
    Add,
    /// Puts its weight in place of that of an earlier rating.
    Rate,
    /// Puts its weight in place of that of an earlier thumb.
    Thumb,
    /// Takes the entry away.
    Cancel,
}

/// One event by rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Touch {
    pub(super) user: u32,
    pub(super) item: u32,
    pub(super) time: i64,
    pub(super) weight: f32,
    pub(super) effect: Effect,
    /// Number of the event's kind.
    pub(super) kind: u8,
}

/// One user's entry for one item while that user's events are gone through.
#[derive(Debug, Clone, Copy)]
struct Entry {
    item: u32,
    time: i64,
    added: f32,
    rating: f32,
    thumb: f32,
    /// Weight of the last event.
    last: f32,
    /// A bit for each kind of event that added something at `time`.
    kinds: u32,
    /// Whether it still counts, and was not moved behind a later one.
    is_live: bool,
}

/// What is left of all events.
pub(super) struct Folded {
    /// What counts for each user.
    pub(super) rows: SparseRows,
    /// What each user spoke against last, by row: no weights, no times.
    pub(super) opposed: SparseRows,
}

/// Goes through each user's events in the order of time, and of the input where times are equal.
///
/// An entry stands where its last event stands. With [`Repeats::Sum`] its weight is the sum of what
/// was added, the last rating and the last thumb; with [`Repeats::KeepLast`] that of the last event.
/// Two events of one kind at the same known time are one: an export that overlaps an earlier one
/// counts nothing twice.
///
/// Cost: a counting sort by user and a sort of each user's events by time.
pub(super) fn fold(n_users: usize, n_items: usize, touches: &[Touch], repeats: Repeats) -> Folded {
    let (order, starts) = by_user(n_users, touches);
    let mut rows = Rows::with_capacity(n_users, touches.len());
    let mut opposed = Opposed::with_capacity(n_users);
    let mut entries: Vec<Entry> = Vec::new();
    // Place of an item in `entries` plus one; zero where it has none.
    let mut place_of = vec![0_usize; n_items];
    let mut order = order;
    for user in 0..n_users {
        let mine = &mut order[starts[user]..starts[user + 1]];
        mine.sort_by_key(|&at| touches[at as usize].time);
        for &at in mine.iter() {
            let touch = &touches[at as usize];
            apply(touch, &mut entries, &mut place_of);
            opposed.note(touch);
        }
        opposed.end_user();
        for entry in &entries {
            place_of[entry.item as usize] = 0;
        }
        rows.push(&entries, repeats);
        entries.clear();
    }
    Folded {
        rows: rows.finish(n_items),
        opposed: opposed.finish(n_items),
    }
}

fn apply(touch: &Touch, entries: &mut Vec<Entry>, place_of: &mut [usize]) {
    let place = &mut place_of[touch.item as usize];
    let old = place
        .checked_sub(1)
        .map(|at| &mut entries[at])
        .filter(|entry| entry.is_live);
    let kind = 1_u32 << (touch.kind % 32);
    let mut entry = Entry {
        item: touch.item,
        time: touch.time,
        added: 0.0,
        rating: 0.0,
        thumb: 0.0,
        last: touch.weight,
        kinds: kind,
        is_live: true,
    };
    if let Some(old) = old {
        if old.time == touch.time {
            let is_known = touch.time != 0 && old.kinds & kind != 0;
            if touch.effect == Effect::Add && is_known {
                return;
            }
            entry.kinds |= old.kinds;
        }
        old.is_live = false;
        (entry.added, entry.rating, entry.thumb) = (old.added, old.rating, old.thumb);
    }
    match touch.effect {
        Effect::Nothing | Effect::Cancel => return,
        Effect::Add => entry.added += touch.weight,
        Effect::Rate => entry.rating = touch.weight,
        Effect::Thumb => entry.thumb = touch.weight,
    }
    entries.push(entry);
    *place = entries.len();
}

/// Positions of touches, user after user, and where each user's start.
fn by_user(n_users: usize, touches: &[Touch]) -> (Vec<u32>, Vec<usize>) {
    let mut starts = vec![0_usize; n_users + 1];
    for touch in touches {
        starts[touch.user as usize + 1] += 1;
    }
    for user in 0..n_users {
        starts[user + 1] += starts[user];
    }
    let mut next = starts.clone();
    let mut order = vec![0_u32; touches.len()];
    for (at, touch) in touches.iter().enumerate() {
        let to = &mut next[touch.user as usize];
        order[*to] = u32::try_from(at).expect("the number of touches was checked");
        *to += 1;
    }
    (order, starts)
}

/// Rows under construction.
struct Rows {
    offsets: Vec<u64>,
    columns: Vec<u32>,
    weights: Vec<f32>,
    times: Vec<i64>,
}

impl Rows {
    fn with_capacity(n_users: usize, entries: usize) -> Self {
        let mut offsets = Vec::with_capacity(n_users + 1);
        offsets.push(0);
        Self {
            offsets,
            columns: Vec::with_capacity(entries),
            weights: Vec::with_capacity(entries),
            times: Vec::with_capacity(entries),
        }
    }

    fn push(&mut self, entries: &[Entry], repeats: Repeats) {
        for entry in entries.iter().filter(|entry| entry.is_live) {
            self.columns.push(entry.item);
            self.times.push(entry.time);
            self.weights.push(match repeats {
                Repeats::Sum => entry.added + entry.rating + entry.thumb,
                Repeats::KeepLast => entry.last,
            });
        }
        self.offsets.push(self.columns.len() as u64);
    }

    fn finish(self, n_items: usize) -> SparseRows {
        SparseRows {
            n_columns: n_items,
            offsets: self.offsets,
            columns: self.columns,
            weights: Some(self.weights),
            times: Some(self.times),
        }
    }
}

/// Rows of what users spoke against, under construction.
struct Opposed {
    offsets: Vec<u64>,
    columns: Vec<u32>,
    /// Of the user at work, in the order of the events.
    mine: Vec<u32>,
}

impl Opposed {
    fn with_capacity(n_users: usize) -> Self {
        let mut offsets = Vec::with_capacity(n_users + 1);
        offsets.push(0);
        Self {
            offsets,
            columns: Vec::new(),
            mine: Vec::new(),
        }
    }

    #[inline]
    fn note(&mut self, touch: &Touch) {
        if touch.effect == Effect::Cancel {
            self.mine.push(touch.item);
        } else if !self.mine.is_empty() {
            self.mine.retain(|&item| item != touch.item);
        }
    }

    fn end_user(&mut self) {
        self.mine.sort_unstable();
        self.mine.dedup();
        self.columns.append(&mut self.mine);
        self.offsets.push(self.columns.len() as u64);
    }

    fn finish(self, n_items: usize) -> SparseRows {
        SparseRows {
            n_columns: n_items,
            offsets: self.offsets,
            columns: self.columns,
            weights: None,
            times: None,
        }
    }
}

#[cfg(test)]
mod tests;
