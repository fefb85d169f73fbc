//! What vectors of one side are expected to be: means and precisions, fixed or drawn.

use crate::{check::narrow, draw::Draw};

/// Strength of the belief that a coordinate's mean is zero, in rows.
const MEAN_ROWS: f64 = 1.0;
/// Shape and rate of the belief about a precision: next to none.
const SHAPE: f64 = 1.0;
const RATE: f64 = 0.1;

/// A normal distribution with a mean and a precision for each coordinate.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Prior {
    pub(super) mean: Vec<f64>,
    pub(super) precision: Vec<f64>,
}

impl Prior {
    /// Draws means and precisions from what they may be, given rows of deviations from the links.
    ///
    /// `sums` and `squares` are those of each coordinate over `n` rows.
    pub(super) fn draw(&mut self, sums: &[f64], squares: &[f64], n: usize, draw: &mut Draw) {
        let n = n as f64;
        for (k, (sum, square)) in sums.iter().zip(squares).enumerate() {
            let center = sum / (n + MEAN_ROWS);
            let spread = (square - center * sum).max(0.0);
            let precision = draw.gamma(0.5 * (SHAPE + n)) / (0.5 * (RATE + spread));
            self.precision[k] = precision;
            self.mean[k] = center + draw.normal() / (precision * (n + MEAN_ROWS)).sqrt();
        }
    }

    /// `sqrt(noise precision / precision)`: the scales of a ridge regression.
    pub(super) fn scales(&self, noise_precision: f64) -> Vec<f32> {
        let ratios = self
            .precision
            .iter()
            .map(|own| (noise_precision / own).sqrt());
        ratios.map(narrow).collect()
    }
}

/// Draws a precision given the sum of `n` squared deviations.
pub(super) fn draw_precision(squares: f64, n: usize, draw: &mut Draw) -> f64 {
    draw.gamma(0.5 * (SHAPE + n as f64)) / (0.5 * (RATE + squares))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_means_and_precisions_are_those_of_many_rows() {
        // 10,000 rows with mean 2 and deviation 0.5: precision 4.
        let (n, mean, variance) = (10_000, 2.0, 0.25);
        let (sum, square) = (n as f64 * mean, n as f64 * (variance + mean * mean));
        let mut prior = Prior {
            mean: vec![0.0],
            precision: vec![1.0],
        };
        let mut draw = Draw::new(1, 0);
        for _ in 0..20 {
            prior.draw(&[sum], &[square], n, &mut draw);
            assert!((prior.mean[0] - 2.0).abs() < 0.03, "{prior:?}");
            assert!((prior.precision[0] - 4.0).abs() < 0.3, "{prior:?}");
        }
    }
}
