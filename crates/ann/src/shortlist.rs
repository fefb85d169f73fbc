//! The best of many scores, taken in without sorting.

/// Keeps the `n` best of what is pushed: the larger score, then the smaller id. Holds up to about twice
/// as many and cuts back when full, which costs less for each than a heap.
#[derive(Debug, Clone)]
pub(crate) struct Shortlist {
    n: usize,
    /// Scores and ids as numbers of which the smaller is the better.
    keys: Vec<u64>,
    threshold: f32,
}

impl Shortlist {
    pub(crate) fn new(n: usize) -> Self {
        let mut list = Self {
            n,
            keys: Vec::new(),
            threshold: f32::NEG_INFINITY,
        };
        list.reset(n);
        list
    }

    /// Empties the list and makes it one of the `n` best.
    pub(crate) fn reset(&mut self, n: usize) {
        self.n = n;
        self.keys.clear();
        // Nothing reaches a score that is not a number.
        self.threshold = if n == 0 { f32::NAN } else { f32::NEG_INFINITY };
    }

    /// A score below this cannot be among the best.
    #[inline]
    pub(crate) fn threshold(&self) -> f32 {
        self.threshold
    }

    /// Offers one; below the threshold, or not a number, it is not taken.
    #[inline]
    pub(crate) fn push(&mut self, score: f32, id: u32) {
        if score >= self.threshold {
            self.keys.push(key_of(score, id));
            if self.keys.len() >= 2 * self.n + 32 {
                self.cut();
            }
        }
    }

    /// The best, in no order.
    pub(crate) fn best(&mut self) -> impl Iterator<Item = u32> {
        self.cut();
        self.keys.iter().map(|&key| id_of(key))
    }

    /// The best, best first.
    pub(crate) fn sorted(&mut self) -> impl Iterator<Item = u32> {
        self.cut();
        self.keys.sort_unstable();
        self.keys.iter().map(|&key| id_of(key))
    }

    fn cut(&mut self) {
        if self.n > 0 && self.keys.len() >= self.n {
            let (_, &mut worst, _) = self.keys.select_nth_unstable(self.n - 1);
            self.threshold = score_of(worst);
        }
        self.keys.truncate(self.n);
    }
}

/// A number that is the smaller the better score and id are.
#[inline]
fn key_of(score: f32, id: u32) -> u64 {
    let bits = score.to_bits();
    // As whole numbers, positive fractions rise with their bits and negative ones fall.
    let rising = if bits >> 31 == 1 {
        !bits
    } else {
        bits | 1 << 31
    };
    u64::from(!rising) << 32 | u64::from(id)
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half")]
fn id_of(key: u64) -> u32 {
    key as u32
}

fn score_of(key: u64) -> f32 {
    let rising = !((key >> 32) as u32);
    f32::from_bits(if rising >> 31 == 1 {
        rising & !(1 << 31)
    } else {
        !rising
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_keep_scores() {
        for score in [
            0.0,
            -0.0,
            1.5,
            -1.5,
            f32::MAX,
            f32::MIN,
            f32::INFINITY,
            f32::NEG_INFINITY,
        ] {
            assert_eq!(score_of(key_of(score, 7)).to_bits(), score.to_bits());
            assert_eq!(id_of(key_of(score, 7)), 7);
        }
    }

    proptest! {
        #[test]
        fn equals_sorting(scores in prop::collection::vec(-9_i8..9, 0..200), n in 0_usize..30) {
            let mut list = Shortlist::new(n);
            let scored = || (0_u32..).zip(scores.iter().map(|&score| f32::from(score)));
            for (id, score) in scored() {
                list.push(score, id);
            }
            let mut wanted: Vec<(u32, f32)> = scored().collect();
            wanted.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            wanted.truncate(n);
            let wanted: Vec<u32> = wanted.into_iter().map(|pair| pair.0).collect();
            prop_assert_eq!(list.sorted().collect::<Vec<_>>(), wanted);
        }
    }
}
