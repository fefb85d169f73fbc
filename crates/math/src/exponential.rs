//! The exponential function for many numbers at once: plain arithmetic without branches, the same
//! bits on every machine.

use crate::simd::loops::wide;

/// 1.5 · 2²³: adding it leaves the nearest whole number in the low bits.
const ROUND: f32 = 12_582_912.0;
const LOG2_E: f32 = std::f32::consts::LOG2_E;
/// ln 2 in two parts, the first with few bits, so that its multiples are exact.
const LN2_HIGH: f32 = 0.693_359_4;
const LN2_LOW: f32 = -2.121_944_4e-4;
/// Below it the result is below the smallest normal number.
const LOWEST: f32 = -87.0;

/// `e^x` for `x` up to 88, within two units in the last place; what lies under -87 counts as -87.
///
/// Source: argument reduction and polynomial after Cephes' `expf` (Moshier 1989).
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    let x = x.max(LOWEST);
    let rounded = x * LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = x - n * LN2_HIGH - n * LN2_LOW;
    let p = 1.987_569_1e-4_f32;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 5.0e-1;
    let p = p * r * r + r + 1.0;
    let exponent = rounded.to_bits().wrapping_sub(ROUND.to_bits());
    let power = f32::from_bits(exponent.wrapping_add(127) << 23);
    p * power
}

/// `1 / (1 + e^-x)`.
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp((-x).min(87.0)))
}

/// The largest of `values`; negative infinity where there is none.
pub fn largest(values: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let chunks = values.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane = if value > *lane { value } else { *lane };
        }
    }
    let all = lanes.iter().chain(rest);
    all.fold(f32::NEG_INFINITY, |most, &value| most.max(value))
}

const LANES: usize = 16;
/// Numbers whose sum is kept in single precision.
const BLOCK: usize = 4096;

/// Replaces each value by `e^(value - shift)`; gives their sum.
pub fn exp_all(values: &mut [f32], shift: f32) -> f64 {
    let mut total = 0.0;
    for block in values.chunks_mut(BLOCK) {
        let mut lanes = [0.0_f32; LANES];
        let mut chunks = block.chunks_exact_mut(LANES);
        for chunk in &mut chunks {
            for (lane, value) in lanes.iter_mut().zip(chunk) {
                *value = exp(*value - shift);
                *lane += *value;
            }
        }
        for (lane, value) in lanes.iter_mut().zip(chunks.into_remainder()) {
            *value = exp(*value - shift);
            *lane += *value;
        }
        total += f64::from(lanes.iter().sum::<f32>());
    }
    total
}

wide! {
    /// Replaces numbers by the shares of their exponentials in the sum of all of them.
    pub fn softmax(values: &mut [f32]) {
        let mut largest = [f32::NEG_INFINITY; LANES];
        let (whole, rest) = values.as_chunks_mut::<LANES>();
        // What fills up the last chunk adds less to the sum than can be seen.
        let mut last = [f32::NEG_INFINITY; LANES];
        last[..rest.len()].copy_from_slice(rest);
        for chunk in whole.iter().chain([&last]) {
            for (most, &value) in largest.iter_mut().zip(chunk) {
                *most = if value > *most { value } else { *most };
            }
        }
        let most = largest.iter().fold(f32::NEG_INFINITY, |most, &value| most.max(value));
        let mut sums = [0.0_f32; LANES];
        for chunk in whole.iter_mut().chain([&mut last]) {
            for (sum, value) in sums.iter_mut().zip(chunk) {
                *value = exp(*value - most);
                *sum += *value;
            }
        }
        let total: f32 = sums.iter().sum();
        for chunk in whole.iter_mut().chain([&mut last]) {
            for value in chunk {
                *value /= total;
            }
        }
        rest.copy_from_slice(&last[..rest.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_is_that_of_the_library() {
        for step in -8700..=880 {
            let x = f32::from(i16::try_from(step).unwrap()) / 100.0;
            let want = f64::from(x).exp();
            let gap = (f64::from(exp(x)) - want).abs() / want;
            assert!(gap < 3e-7, "{x}: {gap}");
        }
        assert_eq!(exp(0.0).to_bits(), 1.0_f32.to_bits());
        assert!(exp(f32::NEG_INFINITY) < 1e-37);
    }

    #[test]
    fn sums_and_largest_cover_every_value() {
        for n in [0_u16, 1, 15, 16, 17, 5000] {
            let mut values: Vec<f32> = (0..n).map(|i| f32::from(i % 7) - 3.0).collect();
            let want: f64 = values.iter().map(|&v| f64::from(v - 1.0).exp()).sum();
            let most = values.iter().fold(f32::NEG_INFINITY, |a, &b| a.max(b));
            assert_eq!(largest(&values).to_bits(), most.to_bits());
            let got = exp_all(&mut values, 1.0);
            assert!((got - want).abs() <= 1e-5 * want, "{got} {want}");
        }
    }

    #[test]
    fn shares_sum_to_one_and_are_in_proportion() {
        softmax(&mut []);
        for n in [1_u16, 2, 11, 16, 17, 50] {
            let mut values: Vec<f32> = (0..n).map(|i| f32::from(i % 9) * 0.5 - 60.0).collect();
            let exponentials = values.iter().map(|&v| (f64::from(v) + 60.0).exp());
            let wanted: Vec<f64> = exponentials.collect();
            let total: f64 = wanted.iter().sum();
            softmax(&mut values);
            for (found, wanted) in values.iter().zip(wanted) {
                let gap = f64::from(*found) - wanted / total;
                assert!(gap.abs() < 1e-6, "{found} of {n}");
            }
        }
    }

    #[test]
    fn sigmoid_stays_finite() {
        assert!(sigmoid(200.0) > 0.999 && sigmoid(-200.0) < 1e-30);
        assert!((sigmoid(0.0) - 0.5).abs() < 1e-7);
    }
}
