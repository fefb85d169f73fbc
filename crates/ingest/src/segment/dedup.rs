//! Finding event ids that were there before, with memory for one segment only.

/// Rows whose hash an earlier row of the same segment has; `hashed` rises.
pub(super) fn repeated_rows(hashed: &[(u128, u32)]) -> Vec<u32> {
    let pairs = hashed.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    pairs.map(|pair| pair[1].1).collect()
}

/// Appends to `repeated` the rows of `hashed` whose hash is among the `n` that `known` gives, both
/// rising.
///
/// Cost: one pass over both, or a binary search for each of `hashed` where those are few.
pub(super) fn known_rows(
    hashed: &[(u128, u32)],
    n: usize,
    known: impl Fn(usize) -> u128,
    repeated: &mut Vec<u32>,
) {
    let mut from = 0;
    for &(hash, row) in hashed {
        from = first_not_below(from, n, hash, &known);
        if from == n {
            return;
        }
        if known(from) == hash {
            repeated.push(row);
        }
    }
}

/// First place in `from..n` whose hash is not below `hash`: steps that double, then a binary search
/// in the last of them, so that neighbors are found at once and far ones in logarithmic time.
fn first_not_below(from: usize, n: usize, hash: u128, known: &impl Fn(usize) -> u128) -> usize {
    let (mut low, mut step) = (from, 1);
    while low + step <= n && known(low + step - 1) < hash {
        low += step;
        step *= 2;
    }
    let mut high = n.min(low + step);
    while low < high {
        let middle = low + (high - low) / 2;
        if known(middle) < hash {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::{any, prop, prop_assert_eq, proptest};

    use super::*;

    proptest! {
        #[test]
        fn known_and_repeated_rows_are_those_of_sets(
            new in prop::collection::vec(0_u128..40, 0..60),
            known in prop::collection::hash_set(0_u128..40, 0..30),
            spread in any::<u64>(),
        ) {
            let spread = u128::from(spread) + 1;
            let mut sorted: Vec<u128> = known.iter().map(|h| h * spread).collect();
            sorted.sort_unstable();
            let mut hashed: Vec<(u128, u32)> = new
                .iter()
                .enumerate()
                .map(|(row, h)| (h * spread, u32::try_from(row).unwrap()))
                .collect();
            hashed.sort_unstable();
            let mut got = repeated_rows(&hashed);
            known_rows(&hashed, sorted.len(), |at| sorted[at], &mut got);
            got.sort_unstable();
            got.dedup();

            let mut seen: HashSet<u128> = known;
            let want: Vec<u32> = (0..new.len())
                .filter(|&row| !seen.insert(new[row]))
                .map(|row| u32::try_from(row).unwrap())
                .collect();
            prop_assert_eq!(got, want);
        }
    }
}
