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

/// Fills `values` with draws from a normal distribution of mean zero.
///
/// Box and Muller's transformation in double precision: two draws for each two uniform ones.
pub fn fill_normal(rng: &mut Rng, deviation: f64, values: &mut [f32]) {
    // 53 bits of a draw make a number in [0, 1).
    let mut uniform = || (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
    for pair in values.chunks_mut(2) {
        let radius = deviation * (-2.0 * (1.0 - uniform()).ln()).sqrt();
        let (sine, cosine) = (std::f64::consts::TAU * uniform()).sin_cos();
        for (value, part) in pair.iter_mut().zip([cosine, sine]) {
            #[expect(clippy::cast_possible_truncation, reason = "draws are stored as f32")]
            let draw = (radius * part) as f32;
            *value = draw;
        }
    }
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

    #[test]
    fn normal_draws_have_the_moments_of_the_distribution() {
        let mut values = vec![0.0; 20_001];
        fill_normal(&mut rng(3, 0), 2.0, &mut values);
        let mean = |power: i32| {
            let powers = values
                .iter()
                .map(|&value| (f64::from(value) / 2.0).powi(power));
            powers.sum::<f64>() / values.len() as f64
        };
        // Six standard errors each.
        assert!(mean(1).abs() < 0.043);
        assert!((mean(2) - 1.0).abs() < 0.06);
        assert!(mean(3).abs() < 0.17);
        assert!((mean(4) - 3.0).abs() < 0.42);
    }
}
