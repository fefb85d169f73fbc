//! Which of a user's items are set aside.

use marquee_math::Rng;
use rand::RngExt;

/// How many of `n` items a share stands for: `max(1, round(n * share))` and at most `n - 1`, so that
/// something is to be found and something is known; none where `n < 2`. Halves go to the even number.
pub(super) fn count(n: usize, share: f64) -> usize {
    if n < 2 {
        return 0;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a length is not negative and at most the length"
    )]
    let rounded = (n as f64 * share).round_ties_even() as usize;
    rounded.clamp(1, n - 1)
}

/// Draws from the places of a row without putting back; keeps its memory from row to row.
#[derive(Debug, Default)]
pub(super) struct Draw {
    places: Vec<u32>,
}

impl Draw {
    /// The first `count` places of a random order of `0..n`, every subset as likely as any other.
    pub(super) fn first(&mut self, n: usize, count: usize, rng: &mut Rng) -> &[u32] {
        let n =
            u32::try_from(n).expect("columns are 32 bits wide, and a row has each at most once");
        self.places.clear();
        self.places.extend(0..n);
        for at in 0..count {
            // Drawn as 32 bits, since the width decides which numbers come out.
            let here = u32::try_from(at).expect("at is below n");
            let other = rng.random_range(here..n);
            self.places.swap(at, other as usize);
        }
        &self.places[..count]
    }

    /// A random order of `0..n`.
    pub(super) fn order(&mut self, n: usize, rng: &mut Rng) -> &[u32] {
        self.first(n, n, rng)
    }
}
