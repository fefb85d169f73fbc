//! Which hashes a segment surely does not have: a split block Bloom filter (Putze, Sanders and
//! Singler 2007; the split into words as in Parquet).
//!
//! A hash chooses one block of 32 bytes and one bit in each of its eight words, so asking costs one
//! cache line. At 12 bits a hash about one absent hash in 250 is taken for present.

/// Words of a block.
const LANES: usize = 8;
/// Bits for each hash.
const BITS: usize = 12;
/// Odd numbers that spread the low half of a hash over the words: the digits of the square roots of
/// small primes, made odd.
const SPREAD: [u32; LANES] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f373,
    0xa54f_f53b,
    0x510e_527f,
    0x9b05_688d,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// Makes the blocks of a filter over `hashes`.
pub(super) fn fill(hashes: &[u64]) -> Vec<u32> {
    let blocks = (hashes.len() * BITS).div_ceil(32 * LANES).max(1);
    let mut words = vec![0; blocks * LANES];
    for &hash in hashes {
        let start = block(hash, blocks) * LANES;
        let block = &mut words[start..start + LANES];
        for (word, bit) in block.iter_mut().zip(bits(hash)) {
            *word |= bit;
        }
    }
    words
}

/// Whether `hash` may be among those that the filter was made of.
#[inline]
pub(super) fn may_have(words: &[u32], hash: u64) -> bool {
    let blocks = words.len() / LANES;
    if blocks == 0 {
        return false;
    }
    let start = block(hash, blocks) * LANES;
    let block = &words[start..start + LANES];
    block
        .iter()
        .zip(bits(hash))
        .all(|(word, bit)| word & bit != 0)
}

/// The block of `hash`, by its high half.
fn block(hash: u64, blocks: usize) -> usize {
    (((hash >> 32) * blocks as u64) >> 32) as usize
}

/// One bit of each word, by the low half of `hash`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the low half is what is wanted"
)]
fn bits(hash: u64) -> [u32; LANES] {
    SPREAD.map(|odd| 1 << ((hash as u32).wrapping_mul(odd) >> 27))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(n: u64, from: u64) -> Vec<u64> {
        let hash = |i: u64| twox_hash::XxHash3_64::oneshot(&(from + i).to_le_bytes());
        (0..n).map(hash).collect()
    }

    #[test]
    fn what_was_put_in_is_always_found() {
        let hashes = hashes(10_000, 0);
        let words = fill(&hashes);
        assert!(hashes.iter().all(|&hash| may_have(&words, hash)));
    }

    #[test]
    fn few_others_are_taken_for_present() {
        let words = fill(&hashes(10_000, 0));
        let wrong = hashes(100_000, 1 << 32)
            .iter()
            .filter(|&&hash| may_have(&words, hash))
            .count();
        assert!((50..1_000).contains(&wrong), "{wrong} of 100,000");
    }

    #[test]
    fn empty_filter_has_nothing() {
        let words = fill(&[]);
        assert!(hashes(1_000, 0).iter().all(|&hash| !may_have(&words, hash)));
    }
}
