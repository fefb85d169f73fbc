//! The sequences of a dataset, and how they are dealt out in batches.

use marquee_core::Dataset;
use marquee_math::Rng;
use rand::RngExt;

use super::network::Batch;

/// Sequences to train on, and what is set aside of some.
#[derive(Debug, Default)]
pub(super) struct Sequences<'a> {
    /// Each has at least two items: every item but the first is to be predicted.
    pub(super) train: Vec<&'a [u32]>,
    /// Sequences that were shortened by one, with their last item.
    pub(super) judged: Vec<(&'a [u32], u32)>,
}

impl<'a> Sequences<'a> {
    /// The last `max_length + 1` items of each row; of `validation` of those with at least three, as
    /// `rng` draws, the last item is set aside.
    pub(super) fn of(
        data: &'a Dataset,
        max_length: usize,
        validation: usize,
        rng: &mut Rng,
    ) -> Self {
        let mut order: Vec<usize> = (0..data.n_users()).collect();
        shuffle(&mut order, rng);
        let by_user = data.by_user();
        let mut judged: Vec<usize> = order
            .into_iter()
            .filter(|&user| by_user.row(user).len() >= 3)
            .take(validation)
            .collect();
        judged.sort_unstable();
        let mut all = Self::default();
        for (user, row) in by_user.rows().enumerate() {
            let first = row.len().saturating_sub(max_length + 1);
            let mut items = &row.columns[first..];
            if judged.binary_search(&user).is_ok()
                && let Some((&last, known)) = items.split_last()
            {
                items = known;
                all.judged.push((known, last));
            }
            if items.len() >= 2 {
                all.train.push(items);
            }
        }
        all
    }

    /// Number of events to predict in one pass.
    pub(super) fn n_events(&self) -> usize {
        self.train.iter().map(|items| items.len() - 1).sum()
    }

    /// All sequences in a random order, as batches of at least `batch_events` events to predict, the
    /// last one perhaps less.
    pub(super) fn batches(&self, batch_events: usize, rng: &mut Rng) -> Vec<(Batch, Vec<u32>)> {
        let mut order: Vec<usize> = (0..self.train.len()).collect();
        shuffle(&mut order, rng);
        let mut batches = Vec::new();
        let (mut batch, mut targets) = (Batch::default(), Vec::new());
        for number in order {
            let items = self.train[number];
            batch.items.extend_from_slice(&items[..items.len() - 1]);
            batch.lengths.push(items.len() - 1);
            targets.extend_from_slice(&items[1..]);
            if targets.len() >= batch_events {
                batches.push((std::mem::take(&mut batch), std::mem::take(&mut targets)));
            }
        }
        if !targets.is_empty() {
            batches.push((batch, targets));
        }
        batches
    }
}

/// A random order, every one as likely as any other.
fn shuffle(values: &mut [usize], rng: &mut Rng) {
    for at in (1..values.len()).rev() {
        // Drawn as 64 bits, since the width decides which numbers come out.
        let other = rng.random_range(0..=at as u64);
        let other = usize::try_from(other).expect("at most a place of a slice");
        values.swap(at, other);
    }
}

/// `n` different items below `n_items`, rising; all where there are no more.
pub(super) fn draw_items(n: usize, n_items: usize, rng: &mut Rng) -> Vec<u32> {
    let limit = u32::try_from(n_items).expect("rows are 32 bits wide");
    if n >= n_items {
        return (0..limit).collect();
    }
    // Floyd's: each set of n is as likely as any other.
    let mut drawn = std::collections::BTreeSet::new();
    for most in limit - u32::try_from(n).expect("less than the items")..limit {
        let item = rng.random_range(0..=most);
        if !drawn.insert(item) {
            drawn.insert(most);
        }
    }
    drawn.into_iter().collect()
}
