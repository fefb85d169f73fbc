//! What trees are fitted to: slopes and curvatures of a loss, and how good scores are.

use std::ops::Range;

use super::{Objective, grow::Derivatives};

/// Labels with their weights, rows of a request together.
#[derive(Debug, Clone)]
pub(super) struct Targets {
    /// NaN for unknown, which counts nothing.
    pub(super) labels: Vec<f32>,
    pub(super) weights: Vec<f32>,
    pub(super) requests: Vec<Range<usize>>,
    /// Places of a list that count.
    pub(super) places: usize,
    /// What a place takes off, from the first on.
    discounts: Vec<f64>,
    /// What each row's label is worth.
    gains: Vec<f64>,
}

impl Targets {
    pub(super) fn new(
        labels: &[f32],
        weights: &[f32],
        requests: Vec<Range<usize>>,
        places: usize,
    ) -> Self {
        let longest = requests.iter().map(ExactSizeIterator::len).max();
        Self {
            labels: labels.to_vec(),
            weights: weights.to_vec(),
            requests,
            places,
            discounts: (0..longest.unwrap_or(0)).map(discount).collect(),
            gains: labels.iter().map(|&label| gain(label)).collect(),
        }
    }

    /// Rows that count.
    fn known(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.labels.len()).filter(|&row| !self.labels[row].is_nan())
    }

    /// The logit of the mean label.
    pub(super) fn base_chance(&self) -> f64 {
        let total: f64 = self.known().map(|row| f64::from(self.weights[row])).sum();
        let happened = self
            .known()
            .map(|row| f64::from(self.weights[row] * self.labels[row]));
        let mean = (happened.sum::<f64>() / total.max(1e-12)).clamp(1e-6, 1.0 - 1e-6);
        (mean / (1.0 - mean)).ln()
    }

    /// Derivatives of the objective's loss; gives the loss.
    pub(super) fn derive(&self, objective: Objective, scores: &[f32], to: &mut Derivatives) -> f64 {
        match objective {
            Objective::Chance => self.chance(scores, to),
            Objective::Order => self.order(scores, to),
        }
    }

    /// Derivatives of `-y ln p - (1 - y) ln(1 - p)`; gives the mean loss.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "derivatives are kept as f32"
    )]
    pub(super) fn chance(&self, scores: &[f32], to: &mut Derivatives) -> f64 {
        to.slopes.fill(0.0);
        to.curvatures.fill(0.0);
        let (mut total, mut weights) = (0.0, 0.0);
        // The logarithm of a product is the sum of the logarithms: rows of weight 1 need one for many.
        let (mut product, mut taken) = (1.0_f64, 0);
        for row in self.known() {
            let (score, label) = (f64::from(scores[row]), f64::from(self.labels[row]));
            let weight = f64::from(self.weights[row]);
            let small = (-score.abs()).exp();
            let chance = if score >= 0.0 { 1.0 } else { small } / (1.0 + small);
            to.slopes[row] = (weight * (chance - label)) as f32;
            to.curvatures[row] = (weight * chance * (1.0 - chance)) as f32;
            total += weight * (score.max(0.0) - score * label);
            weights += weight;
            if weight.total_cmp(&1.0).is_eq() {
                product *= 1.0 + small;
                taken += 1;
            } else {
                total += weight * small.ln_1p();
            }
            // Factors are at most 2.
            if taken == 512 {
                total += product.ln();
                (product, taken) = (1.0, 0);
            }
        }
        (total + product.ln()) / f64::max(weights, 1e-12)
    }

    /// Derivatives that push rows of a request past each other by how much that would change its nDCG; gives
    /// one minus the mean nDCG.
    pub(super) fn order(&self, scores: &[f32], to: &mut Derivatives) -> f64 {
        to.slopes.fill(0.0);
        to.curvatures.fill(0.0);
        for request in &self.requests {
            self.order_of(request.clone(), scores, to);
        }
        1.0 - self.ndcg(scores, self.places)
    }

    /// As LightGBM: pairs with one row among the first places, their change of nDCG through the distance of
    /// their scores, and the sum of a request on a logarithmic scale. A row beyond the first places still counts by
    /// where it stands: moving it up from far below is worth more than from close by.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "derivatives are kept as f32"
    )]
    fn order_of(&self, request: Range<usize>, scores: &[f32], to: &mut Derivatives) {
        let order = self.sorted(request.clone(), scores);
        let ideal = self.ideal(request, self.places);
        let (Some(&first), Some(&last)) = (order.first(), order.last()) else {
            return;
        };
        if ideal <= 0.0 {
            return;
        }
        let spread = scores[first] > scores[last];
        let mut total = 0.0;
        let mut slopes = vec![(0.0_f64, 0.0_f64); order.len()];
        for one in 0..order.len().min(self.places) {
            for other in one + 1..order.len() {
                let labels = [order[one], order[other]].map(|row| self.labels[row]);
                if labels[0].total_cmp(&labels[1]).is_eq() {
                    continue;
                }
                let (high, low) = if labels[0] > labels[1] {
                    (one, other)
                } else {
                    (other, one)
                };
                let gap = f64::from(scores[order[high]]) - f64::from(scores[order[low]]);
                let gains = self.gains[order[one]] - self.gains[order[other]];
                let discounts = self.discounts[one] - self.discounts[other];
                let mut change = (gains * discounts).abs() / ideal;
                if spread {
                    change /= 0.01 + gap.abs();
                }
                let wrong = 1.0 / (1.0 + gap.exp());
                let (slope, curvature) = (change * wrong, change * wrong * (1.0 - wrong));
                slopes[high].0 -= slope;
                slopes[low].0 += slope;
                slopes[high].1 += curvature;
                slopes[low].1 += curvature;
                total += 2.0 * slope;
            }
        }
        let scale = if total > 0.0 {
            (1.0 + total).log2() / total
        } else {
            1.0
        };
        for (row, (slope, curvature)) in order.into_iter().zip(slopes) {
            let weight = f64::from(self.weights[row]);
            to.slopes[row] = (weight * scale * slope) as f32;
            to.curvatures[row] = (weight * scale * curvature) as f32;
        }
    }

    /// The mean nDCG of the first places of all requests; those without a grade above 0 count as 1, as is
    /// usual for graded judgments.
    pub(super) fn ndcg(&self, scores: &[f32], places: usize) -> f64 {
        let of = |request: &Range<usize>| {
            let ideal = self.ideal(request.clone(), places);
            if ideal <= 0.0 {
                return 1.0;
            }
            let order = self.sorted(request.clone(), scores);
            let gains = order.iter().take(places).enumerate();
            gains
                .map(|(at, &row)| self.gains[row] * self.discounts[at])
                .sum::<f64>()
                / ideal
        };
        self.requests.iter().map(of).sum::<f64>() / self.requests.len().max(1) as f64
    }

    /// Known rows of a request, best score first; equal ones in their order.
    fn sorted(&self, request: Range<usize>, scores: &[f32]) -> Vec<usize> {
        let mut order: Vec<usize> = request.filter(|&row| !self.labels[row].is_nan()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        order
    }

    fn ideal(&self, request: Range<usize>, places: usize) -> f64 {
        let known = request.filter(|&row| !self.labels[row].is_nan());
        let mut gains: Vec<f64> = known.map(|row| self.gains[row]).collect();
        gains.sort_unstable_by(|a, b| b.total_cmp(a));
        let gains = gains.into_iter().take(places).zip(&self.discounts);
        gains.map(|(gain, discount)| gain * discount).sum()
    }
}

fn gain(label: f32) -> f64 {
    f64::from(label).exp2() - 1.0
}

fn discount(place: usize) -> f64 {
    1.0 / (place as f64 + 2.0).log2()
}
