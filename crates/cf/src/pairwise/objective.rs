//! What a pair teaches: the size of a step.

use crate::check::narrow;

/// How the order of a touched and an untouched item is judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Objective {
    /// `ln(1 + exp(-m))` of the margin `m = x(u, i) - x(u, j)` (Rendle et al. 2009).
    Logistic,
    /// `L(rank) max(0, 1 - m)`, where negatives are drawn until one comes within the margin, at most
    /// `trials` times, and the rank is estimated from how long that took (Weston et al. 2011).
    Hinge {
        /// Draws at most.
        trials: u32,
    },
}

/// What one pair asks for.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Pull {
    /// The factor `g` of the step: minus the slope of the loss by the margin.
    pub(super) slope: f32,
    /// The loss.
    pub(super) loss: f32,
}

impl Objective {
    /// Draws of a negative at most.
    pub(super) fn trials(self) -> u32 {
        match self {
            Self::Logistic => 1,
            Self::Hinge { trials } => trials,
        }
    }

    /// What the negative of draw number `trial`, counted from 1, with `margin` asks for among `n_items`
    /// items; `None` where another is to be drawn.
    pub(super) fn pull(self, margin: f32, trial: u32, n_items: usize) -> Option<Pull> {
        match self {
            Self::Logistic => Some(Pull {
                slope: 1.0 / (1.0 + margin.exp()),
                loss: softplus(-margin),
            }),
            Self::Hinge { .. } if margin < 1.0 => {
                let rank = n_items.saturating_sub(1) / trial.max(1) as usize;
                let weight = rank_weight(rank) / rank_weight(n_items.saturating_sub(1));
                Some(Pull {
                    slope: weight,
                    loss: weight * (1.0 - margin),
                })
            }
            Self::Hinge { .. } => None,
        }
    }
}

/// `1 + 1/2 + … + 1/rank`, by its expansion, and never zero.
fn rank_weight(rank: usize) -> f32 {
    let n = rank.max(1) as f64;
    // The first terms after Euler's constant; within 1e-2 for one and 1e-5 from five on.
    narrow(n.ln() + 0.577_215_664_9 + 0.5 / n - 1.0 / (12.0 * n * n))
}

fn softplus(x: f32) -> f32 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slope_is_minus_the_derivative_of_the_loss() {
        for margin in [-3.0_f32, -0.5, 0.0, 0.7, 4.0] {
            let at = |m| Objective::Logistic.pull(m, 1, 10).unwrap();
            let numeric = (at(margin + 1e-2).loss - at(margin - 1e-2).loss) / 2e-2;
            assert!((at(margin).slope + numeric).abs() < 1e-3);
        }
    }

    #[test]
    fn negative_found_late_counts_less() {
        let objective = Objective::Hinge { trials: 10 };
        let at = |trial| objective.pull(0.0, trial, 101).unwrap().slope;
        assert!((at(1) - 1.0).abs() < 1e-6 && at(2) < at(1) && at(10) < at(2));
        // 100 / 10 = 10: the harmonic sums of 10 and of 100.
        assert!((at(10) - 2.928_968 / 5.187_378).abs() < 1e-4);
    }

    #[test]
    fn margin_of_one_needs_another_draw() {
        assert_eq!(Objective::Hinge { trials: 3 }.pull(1.0, 1, 9), None);
    }
}
