//! The first trials: points that cover a space evenly, however many of them there are.

use marquee_math::rng;
use rand::RngExt;

/// Point `number` of a sequence in the unit cube of `n_dimensions`, moved around by `seed`.
///
/// An additive recurrence with the powers of the generalized golden ratio as steps: in every
/// dimension each new point falls into a large gap that the ones before it left (Roberts 2018).
pub(super) fn point(seed: u64, number: usize, n_dimensions: usize) -> Vec<f64> {
    let mut rng = rng(seed, 0);
    let ratio = golden_ratio(n_dimensions);
    let mut step = 1.0;
    (0..n_dimensions)
        .map(|_| {
            step /= ratio;
            let shift: f64 = rng.random();
            (shift + number as f64 * step).fract()
        })
        .collect()
}

/// The root above 1 of `x^(d + 1) = x + 1`.
fn golden_ratio(n_dimensions: usize) -> f64 {
    let power = 1.0 / (n_dimensions as f64 + 1.0);
    // Each round brings it closer by a factor of at least two.
    (0..64).fold(2.0, |ratio: f64, _| (1.0 + ratio).powf(power))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratio_of_one_dimension_is_the_golden_one() {
        assert!((golden_ratio(1) - 1.618_033_988_749_895).abs() < 1e-12);
        let plastic = golden_ratio(2);
        assert!((plastic.powi(3) - plastic - 1.0).abs() < 1e-12);
    }

    #[test]
    fn every_dimension_is_covered() {
        for dimension in 0..5 {
            let mut cells = [false; 5];
            for number in 0..16 {
                let point = point(7, number, 5);
                let cell = (0..5_u32).rfind(|&cell| point[dimension] * 5.0 >= f64::from(cell));
                cells[cell.unwrap() as usize] = true;
            }
            assert_eq!(cells, [true; 5], "dimension {dimension}");
        }
    }

    #[test]
    fn another_seed_is_another_design() {
        assert_eq!(point(1, 3, 4), point(1, 3, 4));
        assert_ne!(point(1, 3, 4), point(2, 3, 4));
    }
}
