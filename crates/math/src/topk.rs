//! The k largest of many scores.

use std::{cmp::Ordering, collections::BinaryHeap};

/// A position and its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// Position in the scores.
    pub index: u32,
    /// The score there.
    pub score: f32,
}

/// The `k` largest of `scores`, largest first, equal scores by the smaller index.
///
/// Negative infinity and not-a-number mean "not a candidate" and are never returned, so the result
/// may be shorter than `k`. Cost: one pass with one comparison for most scores.
///
/// # Panics
///
/// When there are more than 2³² scores.
///
/// # Example
///
/// ```
/// let got = marquee_math::top_k(&[0.5, 2.0, f32::NEG_INFINITY, 2.0], 3);
/// let order: Vec<u32> = got.iter().map(|scored| scored.index).collect();
/// assert_eq!(order, [1, 3, 0]);
/// ```
pub fn top_k(scores: &[f32], k: usize) -> Vec<Scored> {
    let mut best = TopK::new(k);
    for (index, &score) in scores.iter().enumerate() {
        // Most scores fall here, without building anything.
        if score > best.threshold() || best.is_open() {
            let index = u32::try_from(index).expect("positions fit 32 bits");
            best.push(Scored { index, score });
        }
    }
    best.into_sorted()
}

/// Collects the `k` best of what is pushed, in any order of pushing.
#[derive(Debug, Clone)]
pub struct TopK {
    k: usize,
    /// The worst of the best on top.
    heap: BinaryHeap<WorstFirst>,
}

impl TopK {
    /// A collection for the `k` best.
    pub fn new(k: usize) -> Self {
        Self {
            k,
            heap: BinaryHeap::with_capacity(k.min(4096)),
        }
    }

    /// Offers one; negative infinity and not-a-number are never taken.
    pub fn push(&mut self, scored: Scored) {
        if scored.score.is_nan() || scored.score == f32::NEG_INFINITY {
            return;
        }
        if self.heap.len() < self.k {
            self.heap.push(WorstFirst(scored));
        } else if let Some(mut worst) = self.heap.peek_mut()
            && better(&scored, &worst.0) == Ordering::Less
        {
            *worst = WorstFirst(scored);
        }
    }

    /// Only a score of at least this can still get in; negative infinity while there is room.
    pub fn threshold(&self) -> f32 {
        match self.heap.peek() {
            Some(worst) if self.heap.len() == self.k => worst.0.score,
            _ => f32::NEG_INFINITY,
        }
    }

    /// Whether there is room for more.
    pub fn is_open(&self) -> bool {
        self.heap.len() < self.k
    }

    /// The best, best first.
    pub fn into_sorted(self) -> Vec<Scored> {
        let mut all: Vec<Scored> = self.heap.into_iter().map(|entry| entry.0).collect();
        all.sort_unstable_by(better);
        all
    }
}

/// Orders better before worse: the larger score, then the smaller index.
fn better(left: &Scored, right: &Scored) -> Ordering {
    right
        .score
        .total_cmp(&left.score)
        .then(left.index.cmp(&right.index))
}

#[derive(Debug, Clone, Copy)]
struct WorstFirst(Scored);

impl Ord for WorstFirst {
    fn cmp(&self, other: &Self) -> Ordering {
        better(&self.0, &other.0)
    }
}

impl PartialOrd for WorstFirst {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for WorstFirst {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for WorstFirst {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn by_sorting(scores: &[f32], k: usize) -> Vec<u32> {
        let mut order: Vec<u32> = (0..)
            .zip(scores)
            .filter(|(_, score)| !score.is_nan() && **score != f32::NEG_INFINITY)
            .map(|(index, _)| index)
            .collect();
        order.sort_by(|&a, &b| scores[b as usize].total_cmp(&scores[a as usize]));
        order.truncate(k);
        order
    }

    #[test]
    fn nothing_is_asked_for() {
        assert!(top_k(&[1.0, 2.0], 0).is_empty());
    }

    proptest! {
        #[test]
        fn equals_sorting(
            scores in prop::collection::vec(
                prop_oneof![(-3_i8..3).prop_map(f32::from), Just(f32::NAN), Just(f32::NEG_INFINITY)],
                0..40,
            ),
            k in 0_usize..50,
        ) {
            let got: Vec<u32> = top_k(&scores, k).iter().map(|s| s.index).collect();
            prop_assert_eq!(got, by_sorting(&scores, k));
        }
    }
}
