//! Embeddings as they are kept: whole, or rounded to fewer bits when a model is written.

use marquee_math::halves::{from_half, to_half};

/// How exactly an artifact keeps embeddings, by far the most numbers of a model with many ids. Layers are
/// always kept whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// As they were trained, 32 bits each.
    #[default]
    Whole,
    /// The upper 16 bits, rounded (bfloat16).
    Half,
    /// 8 bits each, and a scale for each embedding.
    Byte,
}

/// Embeddings of all tables, in memory or mapped.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Tables<'a> {
    Whole(&'a [f32]),
    Half(&'a [u16]),
    Byte { codes: &'a [i8], scales: &'a [f32] },
}

/// Codes of a byte on either side of zero.
const LARGEST: f32 = 127.0;

impl<'a> Tables<'a> {
    /// The numbers, where they were not rounded.
    pub(crate) fn whole(self) -> Option<&'a [f32]> {
        match self {
            Self::Whole(numbers) => Some(numbers),
            Self::Half(_) | Self::Byte { .. } => None,
        }
    }

    /// How many numbers there are.
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Whole(numbers) => numbers.len(),
            Self::Half(numbers) => numbers.len(),
            Self::Byte { codes, .. } => codes.len(),
        }
    }

    /// Writes an embedding, as long as `to`.
    #[inline]
    pub(crate) fn read(self, row: usize, to: &mut [f32]) {
        let range = row * to.len()..(row + 1) * to.len();
        match self {
            Self::Whole(numbers) => to.copy_from_slice(&numbers[range]),
            Self::Half(numbers) => {
                for (to, &half) in to.iter_mut().zip(&numbers[range]) {
                    *to = from_half(half);
                }
            }
            Self::Byte { codes, scales } => {
                let scale = scales[row];
                for (to, &code) in to.iter_mut().zip(&codes[range]) {
                    *to = f32::from(code) * scale;
                }
            }
        }
    }

    /// Adds `factor` times an embedding, as long as `to`.
    #[inline]
    pub(crate) fn add(self, row: usize, factor: f32, to: &mut [f32]) {
        let range = row * to.len()..(row + 1) * to.len();
        match self {
            Self::Whole(numbers) => super::layout::add(to, factor, &numbers[range]),
            Self::Half(numbers) => {
                for (to, &half) in to.iter_mut().zip(&numbers[range]) {
                    *to += factor * from_half(half);
                }
            }
            Self::Byte { codes, scales } => {
                let factor = factor * scales[row];
                for (to, &code) in to.iter_mut().zip(&codes[range]) {
                    *to += factor * f32::from(code);
                }
            }
        }
    }
}

/// Numbers in 16 bits.
pub(crate) fn halved(numbers: &[f32]) -> Vec<u16> {
    numbers.iter().map(|&number| to_half(number)).collect()
}

/// Rows of `d` numbers in bytes, and what each row's codes are multiplied with.
pub(crate) fn coded(numbers: &[f32], d: usize) -> (Vec<i8>, Vec<f32>) {
    let mut codes = Vec::with_capacity(numbers.len());
    let scales = numbers.chunks_exact(d).map(|row| {
        let most = row
            .iter()
            .fold(0.0_f32, |most, number| most.max(number.abs()));
        let scale = most / LARGEST;
        let inverse = if most > 0.0 { LARGEST / most } else { 0.0 };
        codes.extend(row.iter().map(|number| code(number * inverse)));
        scale
    });
    let scales = scales.collect();
    (codes, scales)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a whole number from -127 to 127"
)]
fn code(value: f32) -> i8 {
    value.round().clamp(-LARGEST, LARGEST) as i8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_embeddings_are_close_and_read_as_they_are_added() {
        let mut numbers = vec![0.0; 12 * 5];
        marquee_math::fill_normal(&mut marquee_math::rng(3, 0), 0.7, &mut numbers);
        numbers[10..15].fill(0.0);
        let halves = halved(&numbers);
        let (codes, scales) = coded(&numbers, 5);
        let bytes = Tables::Byte {
            codes: &codes,
            scales: &scales,
        };
        for (tables, bound) in [
            (Tables::Whole(&numbers), 0.0),
            (Tables::Half(&halves), 1.0 / 256.0),
            (bytes, 1.0 / 254.0),
        ] {
            assert_eq!(tables.len(), 60);
            for (row, wanted) in numbers.chunks_exact(5).enumerate() {
                let most = wanted.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
                let (mut found, mut sum) = ([9.0; 5], [0.0; 5]);
                tables.read(row, &mut found);
                tables.add(row, 2.0, &mut sum);
                for ((found, sum), wanted) in found.iter().zip(sum).zip(wanted) {
                    assert!(
                        (found - wanted).abs() <= most * bound * 1.001,
                        "{found} {wanted}"
                    );
                    assert!((sum - 2.0 * found).abs() <= 1e-6 * most);
                }
            }
        }
    }
}
