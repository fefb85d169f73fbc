//! Sums of derivatives in whole units: exact, so that their order does not matter and what is left of a leaf when a
//! part is taken away has no error.

use super::grow::Derivatives;

/// Slopes, curvatures and number of some rows: the number in the upper bits of `rest`, curvatures below it.
///
/// Two words are added with one instruction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sums {
    slope: u64,
    pub(super) rest: u64,
}

impl Sums {
    #[inline(always)]
    pub(super) fn add(&mut self, other: Self) {
        self.slope = self.slope.wrapping_add(other.slope);
        self.rest = self.rest.wrapping_add(other.rest);
    }

    #[inline(always)]
    pub(super) fn without(self, other: Self) -> Self {
        Self {
            slope: self.slope.wrapping_sub(other.slope),
            rest: self.rest.wrapping_sub(other.rest),
        }
    }
}

/// What a unit of each sum is worth.
#[derive(Debug, Clone, Copy)]
pub(super) struct Units {
    slope: f64,
    curvature: f64,
    /// Bits below the number of rows.
    below: u32,
}

/// Bits of a slope at most: more than it has.
const MOST: u32 = 40;

impl Units {
    /// Units in which the derivatives of all rows fit, and each row in them.
    pub(super) fn of(derivatives: &Derivatives, to: &mut Vec<Sums>) -> Self {
        let Derivatives { slopes, curvatures } = derivatives;
        let count = usize::BITS - slopes.len().leading_zeros();
        let below = u64::BITS - count;
        let (fine_slope, slope) = unit(slopes, (62 - count).min(MOST));
        // Of more than 67 million rows less than 12 bits of each curvature count.
        let bits = (below - count.min(below)).min(MOST);
        let (fine_curvature, curvature) = unit(curvatures, bits);
        to.clear();
        let rows = slopes.iter().zip(curvatures);
        to.extend(rows.map(|(&slope, &curvature)| Sums {
            slope: whole(slope, fine_slope),
            rest: (1 << below) + whole(curvature.max(0.0), fine_curvature),
        }));
        Self {
            slope,
            curvature,
            below,
        }
    }

    #[inline(always)]
    pub(super) fn rows(self, sums: Sums) -> u64 {
        sums.rest >> self.below
    }

    #[inline(always)]
    pub(super) fn slope(self, sums: Sums) -> f64 {
        sums.slope.cast_signed() as f64 * self.slope
    }

    #[inline(always)]
    pub(super) fn curvature(self, sums: Sums) -> f64 {
        let curvature = sums.rest & ((1 << self.below) - 1);
        curvature.cast_signed() as f64 * self.curvature
    }
}

/// A power of two that takes the largest number below `2^bits`, and its inverse.
fn unit(numbers: &[f32], bits: u32) -> (f64, f64) {
    let sizes = numbers.iter().map(|number| number.abs());
    let largest = f64::from(sizes.fold(0.0, f32::max));
    if !largest.is_normal() {
        return (1.0, 1.0);
    }
    // The exponent of a normal number is its second field.
    let exponent = (largest.to_bits() >> 52 & 0x7ff).cast_signed() - 1023;
    let shift = i64::from(bits) - 1 - exponent;
    let power = |n: i64| f64::from_bits((n + 1023).cast_unsigned() << 52);
    (power(shift), power(-shift))
}

/// 1.5 · 2⁵²: adding it leaves the nearest whole number in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// The nearest whole number of units.
#[inline(always)]
fn whole(number: f32, fine: f64) -> u64 {
    let near = f64::from(number) * fine + ROUND;
    near.to_bits().wrapping_sub(ROUND.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_in_units_are_those_of_the_numbers() {
        let derivatives = Derivatives {
            slopes: (0_u16..1000).map(|n| f32::from(n) * 1e-3 - 0.4).collect(),
            curvatures: (0_u16..1000).map(|n| f32::from(n) * 1e-7).collect(),
        };
        let mut rows = Vec::new();
        let units = Units::of(&derivatives, &mut rows);
        let mut all = Sums::default();
        let (mut slope, mut curvature) = (0.0_f64, 0.0_f64);
        for (row, &own) in rows.iter().enumerate() {
            all.add(own);
            slope += f64::from(derivatives.slopes[row]);
            curvature += f64::from(derivatives.curvatures[row]);
        }
        assert_eq!(units.rows(all), 1000);
        assert!((units.slope(all) - slope).abs() < 1e-6);
        assert!((units.curvature(all) - curvature).abs() < 1e-9);
        let rest = all.without(rows[999]);
        assert_eq!(units.rows(rest), 999);
        assert!((units.slope(rest) - slope + 0.599).abs() < 1e-6);
    }
}
