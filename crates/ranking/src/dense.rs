//! How a column of numbers becomes inputs: centered and scaled, by its logarithm where its tail is
//! heavy, with a mark where it is not known.

use serde::{Deserialize, Serialize};

use crate::check::narrow;

/// How far from the mean, in standard deviations, a value counts.
const FAR: f32 = 8.0;
/// Skewness beyond which a column is taken by its logarithm.
const SKEWED: f64 = 2.0;

/// What was learned of a dense column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DenseColumn {
    /// Whether `sign(x) ln(1 + |x|)` stands for `x`.
    pub(crate) logarithm: bool,
    /// Mean of the known values.
    pub(crate) mean: f32,
    /// One through their standard deviation.
    pub(crate) scale: f32,
    /// Whether there were unknown values.
    pub(crate) missing: bool,
    /// Rising quantiles of the scaled values, between which an embedding is interpolated.
    pub(crate) knots: Vec<f32>,
}

/// Two places of a table and the share of each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Between {
    /// The lower place.
    pub(crate) place: u32,
    /// Share of the next place; the rest is the lower one's.
    pub(crate) share: f32,
}

impl DenseColumn {
    /// Learns from all values of a column, NaN for unknown. The order of values does not matter but for
    /// rounding.
    pub(crate) fn fit(values: impl Iterator<Item = f32> + Clone, n_knots: usize) -> Self {
        let known = values.clone().filter(|value| !value.is_nan());
        let raw = Moments::of(&known.clone().map(f64::from));
        let logarithm = raw.skewness.abs() > SKEWED;
        let taken = known.map(|value| f64::from(bent(value, logarithm)));
        let moments = if logarithm { Moments::of(&taken) } else { raw };
        let deviation = moments.variance.sqrt();
        let scale = if deviation > 1e-12 * moments.mean.abs().max(1e-12) {
            1.0 / deviation
        } else {
            0.0
        };
        let mut column = Self {
            logarithm,
            mean: narrow(moments.mean),
            scale: narrow(scale),
            missing: values.clone().any(f32::is_nan),
            knots: Vec::new(),
        };
        if n_knots > 0 {
            column.knots = column.quantiles(values, n_knots);
        }
        column
    }

    fn quantiles(&self, values: impl Iterator<Item = f32>, n_knots: usize) -> Vec<f32> {
        let mut scaled: Vec<f32> = values
            .filter(|value| !value.is_nan())
            .map(|value| self.scaled(value))
            .collect();
        scaled.sort_unstable_by(f32::total_cmp);
        let Some(last) = scaled.len().checked_sub(1) else {
            return vec![0.0];
        };
        let mut knots: Vec<f32> = (0..n_knots)
            .map(|knot| scaled[last * knot / (n_knots - 1).max(1)])
            .collect();
        knots.dedup_by(|later, earlier| *later <= *earlier);
        knots
    }

    /// The input that stands for a value; 0 for an unknown one.
    #[inline]
    pub(crate) fn scaled(&self, value: f32) -> f32 {
        let scaled = self.scaled_or_unknown(value);
        if scaled.is_nan() { 0.0 } else { scaled }
    }

    /// The same; NaN for an unknown value.
    #[inline]
    pub(crate) fn scaled_or_unknown(&self, value: f32) -> f32 {
        let scaled = (bent(value, self.logarithm) - self.mean) * self.scale;
        scaled.clamp(-FAR, FAR)
    }

    /// Rows of the table of the column's embeddings: one for each knot, one for unknown.
    pub(crate) fn table_rows(&self) -> usize {
        self.knots.len() + 1
    }

    /// Between which rows of the table a value lies.
    #[inline]
    pub(crate) fn between(&self, value: f32) -> Between {
        let whole = |place: usize| Between {
            place: crate::check::row(place),
            share: 0.0,
        };
        if value.is_nan() {
            return whole(self.knots.len());
        }
        let scaled = self.scaled(value);
        // Counting all of a few is quicker than halving them.
        let below = self.knots.iter().map(|&knot| u32::from(knot <= scaled));
        let above = below.sum::<u32>() as usize;
        if above == 0 {
            return whole(0);
        }
        if above == self.knots.len() {
            return whole(above - 1);
        }
        let (low, high) = (self.knots[above - 1], self.knots[above]);
        Between {
            place: crate::check::row(above - 1),
            share: (scaled - low) / (high - low),
        }
    }
}

fn bent(value: f32, logarithm: bool) -> f32 {
    if logarithm {
        narrow(f64::from(value.abs()).ln_1p()).copysign(value)
    } else {
        value
    }
}

struct Moments {
    mean: f64,
    variance: f64,
    skewness: f64,
}

impl Moments {
    fn of(values: &(impl Iterator<Item = f64> + Clone)) -> Self {
        let n = values.clone().count().max(1) as f64;
        let mean = values.clone().sum::<f64>() / n;
        let power = |power: i32| values.clone().map(|v| (v - mean).powi(power)).sum::<f64>() / n;
        let variance = power(2);
        let skewness = if variance > 0.0 {
            power(3) / variance.powf(1.5)
        } else {
            0.0
        };
        Self {
            mean,
            variance,
            skewness,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(values: &[f32], knots: usize) -> DenseColumn {
        DenseColumn::fit(values.iter().copied(), knots)
    }

    #[test]
    fn plain_column_is_centered_and_scaled() {
        let column = fit(&[1.0, 3.0, 5.0, 7.0], 0);
        assert!(!column.logarithm && !column.missing);
        let got = [1.0, 7.0].map(|value| column.scaled(value));
        // The standard deviation is the root of 5.
        assert!((got[0] + 3.0 / 5.0_f32.sqrt()).abs() < 1e-6);
        assert!((got[1] - 3.0 / 5.0_f32.sqrt()).abs() < 1e-6);
    }

    #[test]
    fn heavy_tail_is_bent_and_what_is_far_is_cut() {
        let mut values = vec![0.0; 99];
        values.push(1e6);
        let column = fit(&values, 0);
        assert!(column.logarithm);
        assert!((column.scaled(1e6) - FAR).abs() < 1e-6);
    }

    #[test]
    fn unknown_values_are_the_mean_and_are_marked() {
        let column = fit(&[2.0, f32::NAN, 4.0], 0);
        assert!(column.missing);
        assert_eq!(column.scaled(f32::NAN).to_bits(), 0.0_f32.to_bits());
        assert!(column.scaled(3.0).abs() < 1e-7);
    }

    #[test]
    fn constant_or_empty_column_gives_nothing() {
        for values in [&[3.0, 3.0][..], &[f32::NAN], &[]] {
            let column = fit(values, 4);
            assert!(column.scaled(3.0).abs() < 1e-7, "{values:?}");
            assert!(column.between(3.0).place <= 1);
        }
    }

    #[test]
    fn vectors_of_many_values_are_those_of_each() {
        let column = fit(&[0.0, 0.5, 1.0, 2.0, 3.5, 4.0, f32::NAN], 5);
        let n = column.table_rows();
        let mut vectors = vec![0.0; n * 8];
        marquee_math::fill_normal(&mut marquee_math::rng(5, 0), 1.0, &mut vectors);
        let values: Vec<f32> = (-9..60)
            .map(|at| at as f32 * 0.1)
            .chain([f32::NAN])
            .collect();
        let scaled = values.iter().map(|&value| column.scaled_or_unknown(value));
        let known = marquee_math::elements::Knots {
            knots: &column.knots,
            vectors: &vectors,
        };
        let scaled: Vec<f32> = scaled.collect();
        let mut found = vec![0.0; values.len() * 8];
        marquee_math::elements::interpolate(&scaled, known, &mut found, 8);
        for (&value, found) in values.iter().zip(found.chunks(8)) {
            let Between { place, share } = column.between(value);
            let (low, high) = (&vectors[place as usize * 8..], share > 0.0);
            let high = &vectors[(place as usize + usize::from(high)) * 8..];
            for (found, (low, high)) in found.iter().zip(low.iter().zip(high)) {
                let wanted = (1.0 - share) * low + share * high;
                assert_eq!(found.to_bits(), wanted.to_bits(), "{value}");
            }
        }
    }

    #[test]
    fn values_lie_between_knots() {
        let column = fit(&[0.0, 1.0, 2.0, 3.0, 4.0], 3);
        assert_eq!(column.knots.len(), 3);
        let at = |value| column.between(value);
        assert_eq!(
            at(-9.0),
            Between {
                place: 0,
                share: 0.0
            }
        );
        assert_eq!(
            at(9.0),
            Between {
                place: 2,
                share: 0.0
            }
        );
        assert_eq!(
            at(f32::NAN),
            Between {
                place: 3,
                share: 0.0
            }
        );
        let middle = at(3.0);
        assert!(
            middle.place == 1 && (middle.share - 0.5).abs() < 1e-6,
            "{middle:?}"
        );
    }
}
