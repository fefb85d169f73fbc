//! Where in a ranked list the relevant items stand: all that the accuracy metrics look at.

use std::{collections::HashSet, num::NonZeroUsize};

use marquee_core::ItemIdx;

/// Ranks of the relevant items of one list, so that many metrics share one look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hits {
    /// Ranks of the relevant items, counted from 1, rising.
    ranks: Vec<usize>,
    /// Number of relevant items, ranked or not.
    n_relevant: usize,
}

impl Hits {
    /// The hits among the first `k` of `ranked`.
    pub(crate) fn find(ranked: &[ItemIdx], relevant: &HashSet<ItemIdx>, k: NonZeroUsize) -> Self {
        let places = ranked.iter().take(k.get());
        Self::from_places(places.map(|item| relevant.contains(item)), relevant.len())
    }

    /// The hits of a list that is given as "relevant or not", best first.
    pub(crate) fn from_places(places: impl Iterator<Item = bool>, n_relevant: usize) -> Self {
        let ranked = (1..).zip(places).filter(|&(_, is_relevant)| is_relevant);
        Self {
            ranks: ranked.map(|(rank, _)| rank).collect(),
            n_relevant,
        }
    }

    /// Number of relevant items, unless there are none: then no metric is defined.
    pub(crate) fn n_relevant(&self) -> Option<NonZeroUsize> {
        NonZeroUsize::new(self.n_relevant)
    }

    /// Ranks of the hits among the first `k`, counted from 1, rising.
    pub(crate) fn within(&self, k: NonZeroUsize) -> &[usize] {
        let end = self.ranks.partition_point(|&rank| rank <= k.get());
        &self.ranks[..end]
    }
}
