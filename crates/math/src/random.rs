//! Randomness as an input: a generator made of a seed and a stream, the same on every machine.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng as _, SeedableRng},
};

/// The generator used everywhere: ChaCha with 8 rounds, seekable and portable.
pub type Rng = ChaCha8Rng;

/// The generator of `stream` under `seed`: streams of one seed are independent of each other, so
/// that each row, block or user may draw from its own, in any order and on any thread.
pub fn rng(seed: u64, stream: u64) -> Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}

/// A seed of its own for whatever `key` names, under `seed`.
pub fn derive_seed(seed: u64, key: &[u8]) -> u64 {
    // FNV-1a: the key only has to be spread, the generator behind it does the mixing.
    let hash = key.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    rng(seed, hash).next_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_and_seeds_differ_and_repeat() {
        let first = |seed, stream| rng(seed, stream).next_u64();
        assert_eq!(first(1, 2), first(1, 2));
        assert_ne!(first(1, 2), first(1, 3));
        assert_ne!(first(1, 2), first(2, 2));
        assert_ne!(derive_seed(1, b"ann"), derive_seed(1, b"bob"));
    }
}
