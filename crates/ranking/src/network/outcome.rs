//! What a head is about: how its outputs become a value, and what they cost where a label is known.

use marquee_features::Head;
use marquee_math::exponential::{sigmoid, softmax};
use serde::{Deserialize, Serialize};

use super::PositionBias;

/// The kind of label of a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// Happens or not; one output, its logit.
    Chance,
    /// A share of a whole; an output for each of so many evenly spaced values.
    Share(usize),
    /// Any number; one output.
    Number,
}

impl Outcome {
    /// That of a head with these labels.
    pub(crate) fn of(head: &Head, labels: &[f32], bins: usize) -> Self {
        if *head == Head::WatchFraction {
            return Self::Share(bins);
        }
        let known = labels.iter().filter(|label| !label.is_nan());
        if head.is_share() || known.clone().all(|label| (0.0..=1.0).contains(label)) {
            Self::Chance
        } else {
            Self::Number
        }
    }

    pub(crate) const fn n_outputs(self) -> usize {
        match self {
            Self::Chance | Self::Number => 1,
            Self::Share(bins) => bins,
        }
    }

    /// The value that outputs stand for: a logit, an expected share, a number. `outputs` are used up.
    pub(crate) fn value(self, outputs: &mut [f32]) -> f32 {
        match self {
            Self::Chance | Self::Number => outputs[0],
            Self::Share(_) => {
                softmax(outputs);
                mean_share(outputs)
            }
        }
    }

    /// The loss of `outputs` for `label`; puts its slopes in their place.
    pub(crate) fn loss(self, outputs: &mut [f32], label: f32) -> f64 {
        match self {
            Self::Chance => {
                let logit = outputs[0];
                outputs[0] = sigmoid(logit) - label;
                surprise(logit, label)
            }
            Self::Number => {
                let gap = outputs[0] - label;
                outputs[0] = gap;
                0.5 * f64::from(gap) * f64::from(gap)
            }
            Self::Share(_) => share_loss(outputs, label),
        }
    }
}

/// What the number kept for a position is multiplied with: numbers of positions have far to go, and steps of
/// weights are short.
pub(crate) const POSITION_SCALE: f32 = 20.0;

/// A position at which a label was seen, for heads that know about positions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) bias: PositionBias,
    /// The number kept for the position.
    pub(crate) kept: f32,
    /// Whether it is the first, whose effect is fixed.
    pub(crate) first: bool,
}

impl Seen {
    /// The loss of `outputs` for `label`; puts the slopes in their place and gives that of the kept number, too.
    pub(crate) fn loss(self, outcome: Outcome, outputs: &mut [f32], label: f32) -> (f64, f32) {
        let examined = self.bias == PositionBias::Examination && !self.first;
        match outcome {
            Outcome::Chance => self.chance_loss(outputs, label),
            Outcome::Share(_) if examined => self.share_loss(outputs, label),
            Outcome::Share(_) | Outcome::Number => (outcome.loss(outputs, label), 0.0),
        }
    }

    /// The share is that of a distribution where one looked, and nothing where one did not: `look s + (1 - look)
    /// [0]`.
    fn share_loss(self, outputs: &mut [f32], label: f32) -> (f64, f32) {
        let (below, above_share) = between(label, outputs.len());
        let look = sigmoid(POSITION_SCALE * self.kept);
        softmax(outputs);
        let labels = [(below, 1.0 - above_share), (below + 1, above_share)];
        let (mut loss, mut d_look, mut all) = (0.0, 0.0, 0.0);
        let mut pulls = [0.0; 2];
        for (&(at, label), pull) in labels.iter().zip(&mut pulls) {
            let nothing = if at == 0 { 1.0 } else { 0.0 };
            let chance = (look * outputs[at] + (1.0 - look) * nothing).max(1e-30);
            loss -= f64::from(label) * f64::from(chance).ln();
            d_look -= label * (outputs[at] - nothing) / chance;
            // How much of the label the distribution answers for.
            *pull = label * look * outputs[at] / chance;
            all += *pull;
        }
        for output in &mut *outputs {
            *output *= all;
        }
        for (&(at, _), pull) in labels.iter().zip(pulls) {
            outputs[at] -= pull;
        }
        (loss, POSITION_SCALE * d_look * look * (1.0 - look))
    }

    /// The same of a chance whose logit is `output`.
    fn chance_loss(self, output: &mut [f32], label: f32) -> (f64, f32) {
        if self.first || self.bias == PositionBias::None {
            return (Outcome::Chance.loss(output, label), 0.0);
        }
        let learned = POSITION_SCALE * self.kept;
        if self.bias == PositionBias::Shift {
            output[0] += learned;
            let loss = Outcome::Chance.loss(output, label);
            return (loss, POSITION_SCALE * output[0]);
        }
        let (look, act) = (sigmoid(learned), sigmoid(output[0]));
        let chance = (look * act).clamp(1e-7, 1.0 - 1e-7);
        // What follows from d/dp of -y ln p - (1 - y) ln(1 - p), for p a product of two chances.
        let slope = (chance - label) / (1.0 - chance);
        output[0] = slope * (1.0 - act);
        let (chance, label) = (f64::from(chance), f64::from(label));
        let loss = -label * chance.ln() - (1.0 - label) * (1.0 - chance).ln();
        (loss, POSITION_SCALE * slope * (1.0 - look))
    }
}

/// `-y ln p - (1 - y) ln(1 - p)` for `p` the chance of a logit.
pub(crate) fn surprise(logit: f32, label: f32) -> f64 {
    let (logit, label) = (f64::from(logit), f64::from(label));
    logit.max(0.0) - logit * label + (-logit.abs()).exp().ln_1p()
}

/// The mean of evenly spaced values from 0 to 1 with these shares.
fn mean_share(shares: &[f32]) -> f32 {
    let steps = (shares.len() - 1) as f32;
    let weighted = shares
        .iter()
        .enumerate()
        .map(|(at, share)| at as f32 * share);
    weighted.sum::<f32>() / steps
}

/// Between which of `n` evenly spaced values a label lies, and the share of the upper one.
pub(crate) fn between(label: f32, n: usize) -> (usize, f32) {
    let steps = (n - 1) as f32;
    let place = label.clamp(0.0, 1.0) * steps;
    let below = place.floor().min(steps - 1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number between 0 and the number of outputs"
    )]
    let at = below as usize;
    (at, place - below)
}

/// Cross entropy with a label that is shared out between the two values beside it, so that the mean
/// of a distribution that fits is the mean of the labels.
fn share_loss(outputs: &mut [f32], label: f32) -> f64 {
    let (below, above_share) = between(label, outputs.len());
    softmax(outputs);
    let surprise = |share: f32| -f64::from(share.max(1e-30)).ln();
    let loss = f64::from(1.0 - above_share) * surprise(outputs[below])
        + f64::from(above_share) * surprise(outputs[below + 1]);
    outputs[below] -= 1.0 - above_share;
    outputs[below + 1] -= above_share;
    loss
}

#[cfg(test)]
mod tests;
