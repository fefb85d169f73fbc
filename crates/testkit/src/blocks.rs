//! Interactions that fall into blocks: the simplest structure that any recommender has to find.

use marquee_core::{Dataset, SparseRows};
use marquee_math::derive_seed;

use crate::draw::{Draw, row};

/// Every user touches about 60 % of the items of their own block, and nothing else.
///
/// User `u` is of block `u / users_per_block`, item `i` of block `i / items_per_block`. Each user
/// has at least one item, and where a block has two or more, lacks at least one, so that there is
/// something to recommend. Weights are one; items stand in random order; there are no times.
///
/// ```
/// use marquee_testkit::blocks::block_dataset;
///
/// let data = block_dataset(3, 10, 8, 42);
/// assert_eq!((data.n_users(), data.n_items()), (30, 24));
/// assert!(data.by_user().row(25).columns.iter().all(|&item| item / 8 == 2));
/// ```
///
/// # Panics
///
/// When a number is zero, or there are 2³² users or items.
pub fn block_dataset(
    n_blocks: usize,
    users_per_block: usize,
    items_per_block: usize,
    seed: u64,
) -> Dataset {
    let all = [n_blocks, users_per_block, items_per_block];
    assert!(!all.contains(&0), "blocks, users and items are at least 1");
    let seed = derive_seed(seed, b"blocks");
    let mut offsets = vec![0];
    let mut columns: Vec<u32> = Vec::new();
    for user in 0..n_blocks * users_per_block {
        let mut draw = Draw::new(seed, user as u64);
        let first = user / users_per_block * items_per_block;
        let mut block: Vec<u32> = (first..first + items_per_block).map(row).collect();
        draw.shuffle(&mut block);
        let kept = block.iter().filter(|_| draw.chance(0.6)).count();
        let kept = kept.clamp(1, (items_per_block - 1).max(1));
        columns.extend(&block[..kept]);
        offsets.push(columns.len() as u64);
    }
    Dataset::from_rows(SparseRows {
        n_columns: n_blocks * items_per_block,
        offsets,
        columns,
        weights: None,
        times: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(n_blocks: usize, users: usize, items: usize) {
        let data = block_dataset(n_blocks, users, items, 7);
        assert_eq!(data.n_users(), n_blocks * users);
        assert_eq!(data.n_items(), n_blocks * items);
        for (user, row) in data.by_user().rows().enumerate() {
            let mut had = row.columns.to_vec();
            had.sort_unstable();
            had.dedup();
            assert_eq!(had.len(), row.len(), "no item twice");
            assert!(!had.is_empty() && (had.len() < items || items == 1));
            assert!(
                had.iter()
                    .all(|&item| item as usize / items == user / users)
            );
        }
    }

    #[test]
    fn users_stay_in_their_block_and_lack_something() {
        check(4, 25, 12);
        check(2, 3, 1);
        check(1, 40, 2);
    }

    #[test]
    fn about_three_fifths_are_touched_and_the_seed_decides_which() {
        let data = block_dataset(3, 100, 50, 1);
        let share = data.n_interactions() as f64 / (300.0 * 50.0);
        assert!((share - 0.6).abs() < 0.02, "{share}");
        assert_eq!(data, block_dataset(3, 100, 50, 1));
        assert_ne!(data, block_dataset(3, 100, 50, 2));
    }
}
