//! Candidates on their way to an answer: columns, removals with their reasons, and the slate.

use std::{
    collections::HashMap,
    fmt,
    hash::{BuildHasherDefault, Hasher},
};

use crate::ItemIdx;

/// An item with a score; any real number, higher is better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoredItem {
    /// The item.
    pub item: ItemIdx,
    /// Its score.
    pub score: f32,
}

/// Which candidate sources proposed an item: bit `n` for source `n` of the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SourceSet(pub u32);

impl SourceSet {
    /// Only source `number`, counted from zero.
    ///
    /// # Panics
    ///
    /// When `number` is 32 or more: a pipeline has at most 32 sources.
    pub fn only(number: usize) -> Self {
        assert!(number < 32, "a pipeline has at most 32 sources");
        Self(1 << number)
    }

    /// Whether source `number` proposed the item.
    pub fn contains(self, number: usize) -> bool {
        number < 32 && self.0 & (1 << number) != 0
    }
}

/// Why a candidate is not in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removal {
    /// The candidate.
    pub item: ItemIdx,
    /// Which component removed it: `seen`.
    pub stage: &'static str,
    /// By which of its rules: `in_history`.
    pub rule: &'static str,
}

/// A rule of a slate by its place among those of its sort. Prints as `boosts[2]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rule {
    /// The list it stands in: `boosts`.
    pub list: &'static str,
    /// Its number there, from 0.
    pub number: usize,
}

impl Rule {
    /// The list of boosts.
    pub const BOOSTS: &'static str = "boosts";
    /// The list of caps.
    pub const CAPS: &'static str = "caps";
    /// The list of pins.
    pub const PINS: &'static str = "pins";

    /// A boost.
    pub fn boost(number: usize) -> Self {
        let list = Self::BOOSTS;
        Self { list, number }
    }

    /// A cap.
    pub fn cap(number: usize) -> Self {
        let list = Self::CAPS;
        Self { list, number }
    }

    /// A pin.
    pub fn pin(number: usize) -> Self {
        let list = Self::PINS;
        Self { list, number }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]", self.list, self.number)
    }
}

/// That a re-ranker put an item elsewhere, and by which rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// The item.
    pub item: ItemIdx,
    /// The rule that speaks of it.
    pub rule: Rule,
    /// Its place before that re-ranker, from 0.
    pub from: usize,
    /// Its place after it, from 0; `None` if it was dropped.
    pub to: Option<usize>,
}

/// A batch of candidates as a structure of arrays. Each item stands at most once.
#[derive(Debug, Clone, Default)]
pub struct Candidates {
    items: Vec<ItemIdx>,
    sources: Vec<SourceSet>,
    scores: Vec<f32>,
    kept: Vec<bool>,
    removals: Vec<Removal>,
    place_of: HashMap<ItemIdx, u32, BuildHasherDefault<RowHasher>>,
}

impl Candidates {
    /// Adds an item that `source` proposed; a second proposal only adds the source.
    ///
    /// # Panics
    ///
    /// When there are more than 2³² candidates.
    pub fn propose(&mut self, item: ItemIdx, source: SourceSet) {
        let next = u32::try_from(self.items.len()).expect("candidates fit 32 bits");
        let place = *self.place_of.entry(item).or_insert(next);
        if place == next {
            self.items.push(item);
            self.sources.push(source);
            self.scores.push(0.0);
            self.kept.push(true);
        } else {
            self.sources[place as usize].0 |= source.0;
        }
    }

    /// The items, kept or not, in the order of their first proposal.
    pub fn items(&self) -> &[ItemIdx] {
        &self.items
    }

    /// Who proposed each item.
    pub fn sources(&self) -> &[SourceSet] {
        &self.sources
    }

    /// The score of each item; zero before scoring.
    pub fn scores(&self) -> &[f32] {
        &self.scores
    }

    /// Items and the score column, for a scorer to fill.
    pub fn items_and_scores_mut(&mut self) -> (&[ItemIdx], &mut [f32]) {
        (&self.items, &mut self.scores)
    }

    /// Whether the candidate at `place` is still in the race.
    ///
    /// # Panics
    ///
    /// When there is no such place.
    pub fn is_kept(&self, place: usize) -> bool {
        self.kept[place]
    }

    /// Takes the candidate at `place` out and keeps the reason. The first reason stays.
    ///
    /// # Panics
    ///
    /// When there is no such place.
    pub fn remove(&mut self, place: usize, stage: &'static str, rule: &'static str) {
        if std::mem::replace(&mut self.kept[place], false) {
            let item = self.items[place];
            self.removals.push(Removal { item, stage, rule });
        }
    }

    /// What was removed so far, in the order of removal.
    pub fn removals(&self) -> &[Removal] {
        &self.removals
    }

    /// Number of candidates still in the race.
    pub fn n_kept(&self) -> usize {
        self.kept.iter().filter(|&&kept| kept).count()
    }

    /// Drops what was removed from the columns, once, before scoring; removals stay on record.
    pub fn compact(&mut self) {
        let kept = std::mem::take(&mut self.kept);
        retain_where(&mut self.items, &kept);
        retain_where(&mut self.sources, &kept);
        retain_where(&mut self.scores, &kept);
        self.kept = vec![true; self.items.len()];
        self.place_of.clear();
        self.place_of
            .extend((0..).zip(&self.items).map(|(place, &item)| (item, place)));
    }

    /// The place of `item` among the candidates, if it is one.
    pub fn place(&self, item: ItemIdx) -> Option<usize> {
        self.place_of.get(&item).map(|&place| place as usize)
    }
}

/// Spreads a row over 64 bits by one multiplication: rows come from a vocabulary, not from outside,
/// so nobody can choose them to collide.
#[derive(Debug, Clone, Copy, Default)]
struct RowHasher(u64);

impl Hasher for RowHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u32(u32::from(byte));
        }
    }

    fn write_u32(&mut self, row: u32) {
        self.0 = (self.0 ^ u64::from(row)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 ^= self.0 >> 32;
    }
}

fn retain_where<T>(column: &mut Vec<T>, kept: &[bool]) {
    let mut flags = kept.iter();
    column.retain(|_| *flags.next().expect("columns are equally long"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_proposal_only_adds_its_source() {
        let mut batch = Candidates::default();
        batch.propose(ItemIdx(4), SourceSet::only(0));
        batch.propose(ItemIdx(9), SourceSet::only(1));
        batch.propose(ItemIdx(4), SourceSet::only(1));
        assert_eq!(batch.items(), [ItemIdx(4), ItemIdx(9)]);
        assert_eq!(batch.sources(), [SourceSet(0b11), SourceSet(0b10)]);
    }

    #[test]
    fn removal_keeps_its_first_reason_and_outlives_compaction() {
        let mut batch = Candidates::default();
        batch.propose(ItemIdx(4), SourceSet::only(0));
        batch.propose(ItemIdx(9), SourceSet::only(0));
        batch.remove(0, "seen", "in_history");
        batch.remove(0, "request", "excluded");
        batch.compact();
        assert_eq!(batch.items(), [ItemIdx(9)]);
        assert_eq!(batch.place(ItemIdx(9)), Some(0));
        assert_eq!(batch.place(ItemIdx(4)), None);
        assert_eq!(batch.removals().len(), 1);
        assert_eq!(batch.removals()[0].stage, "seen");
    }
}
