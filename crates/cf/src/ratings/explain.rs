//! What each rating adds to a predicted one.
//!
//! With the notation of [`marquee_math::ridge`], `a = diag(s) y` for the item's design `y`: what the
//! ratings add in one draw is `a·(I + Zᵀ Z)⁻¹ Zᵀ q = Σ_j q_j g_j` with `g = Z (I + Zᵀ Z)⁻¹ a`, a sum over
//! the ratings `j`, computed here in double precision.

use marquee_core::{History, HistoryEntry};
use marquee_math::{Cholesky, dot};

use super::{RatingView, links::LENGTH_EXPONENT};
use crate::{Attribution, Contribution, Error, Result, link::history_scale};

/// What a history says in one draw, in the form that the regression takes.
pub(super) struct Evidence {
    pub(super) rows: Vec<u32>,
    pub(super) weights: Vec<f32>,
    /// Ratings without what is expected of them.
    pub(super) targets: Vec<f32>,
}

impl Evidence {
    /// Reads `history` for draw `sample`, given the `expected` vectors of all draws.
    pub(super) fn of(
        view: &RatingView<'_>,
        history: &History,
        sample: usize,
        expected: &[f32],
    ) -> Self {
        let width = view.shape.width;
        let window = sample * width..(sample + 1) * width;
        let target = |entry: &HistoryEntry| {
            let item = entry.item.index();
            let design = &view.design(item)[window.clone()];
            let bias = view.biases[item * view.shape.n_samples + sample];
            entry.weight - bias - dot(design, &expected[window.clone()])
        };
        Self {
            rows: history.iter().map(|entry| entry.item.0).collect(),
            weights: vec![1.0; history.len()],
            targets: history.iter().map(target).collect(),
        }
    }
}

impl RatingView<'_> {
    /// Takes the `score` of `item` apart.
    pub(super) fn attribution(
        &self,
        history: &History,
        item: usize,
        score: f32,
    ) -> Result<Attribution> {
        let share = 1.0 / self.shape.n_samples as f64;
        let design = self.design(item);
        let product = |a: &[f32], b: &[f32]| -> f64 {
            a.iter()
                .zip(b)
                .map(|(&a, &b)| f64::from(a) * f64::from(b))
                .sum()
        };
        let base = f64::from(self.bias(item)) + share * product(design, self.means);
        let mut parts = vec![0.0; history.len()];
        if !self.links.is_empty() {
            let scale = share * f64::from(history_scale(history.len(), LENGTH_EXPONENT));
            for (part, entry) in parts.iter_mut().zip(history) {
                *part += scale * product(design, self.link(entry.item.index()));
            }
        }
        let expected = self.expected(history);
        for sample in 0..self.shape.n_samples {
            let evidence = Evidence::of(self, history, sample, &expected);
            let gains = self.gains(&evidence.rows, item, sample)?;
            for ((part, gain), &target) in parts.iter_mut().zip(gains).zip(&evidence.targets) {
                *part += share * gain * f64::from(target);
            }
        }
        let contributions = history
            .iter()
            .zip(parts)
            .map(|(entry, value)| Contribution {
                item: entry.item,
                value,
            });
        Ok(Attribution {
            score,
            base,
            contributions: contributions.collect(),
        })
    }

    /// `g` of each of `rows` for `item` in draw `sample`.
    fn gains(&self, rows: &[u32], item: usize, sample: usize) -> Result<Vec<f64>> {
        let width = self.shape.width;
        let scaled = |row: usize| -> Vec<f64> {
            let design = &self.design(row)[sample * width..][..width];
            let pairs = design.iter().zip(self.scales(sample));
            pairs
                .map(|(&value, &scale)| f64::from(value) * f64::from(scale))
                .collect()
        };
        let z: Vec<Vec<f64>> = rows.iter().map(|&row| scaled(row as usize)).collect();
        let mut system = vec![0.0; width * width];
        for k in 0..width {
            for l in 0..width {
                let sum: f64 = z.iter().map(|row| row[k] * row[l]).sum();
                system[k * width + l] = sum + f64::from(u8::from(k == l));
            }
        }
        let factor =
            Cholesky::factor(system, width).map_err(|error| Error::NotPositiveDefinite {
                model: self.name,
                pivot: error.pivot,
            })?;
        let mut solution = scaled(item);
        factor.solve(&mut solution, 1);
        let gain = |row: &Vec<f64>| row.iter().zip(&solution).map(|(z, x)| z * x).sum();
        Ok(z.iter().map(gain).collect())
    }
}
