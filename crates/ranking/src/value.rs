//! What a row is worth: a sum that an operator can read, of calibrated chances times weights and a few terms
//! with stated curves.
//!
//! ```toml
//! # Worth of each outcome, times its chance (or, for watch_fraction, the share watched).
//! [outcomes]
//! open = 1.0
//! finish = 2.0
//! like = 4.0
//! hide = -20.0
//! report = -200.0
//!
//! # Terms: weight times curve(x / scale).
//! [watch_minutes]
//! weight = 1.5
//! curve = "logarithm"        # ln(1 + x / scale)
//! scale = 10.0
//!
//! [relationship]
//! weight = 0.5
//! curve = "saturating"       # x / (x + scale)
//! scale = 3.0
//!
//! [age_hours]
//! weight = 1.0
//! curve = "half-life"        # 2^(-x / scale)
//! scale = 24.0
//!
//! [type_preference]
//! weight = 0.3
//! curve = "linear"           # x / scale
//! scale = 1.0
//! ```
//!
//! Changing it needs no training. A term that is not named counts nothing, and what is not known of a row
//! counts nothing.

mod parse;

pub use parse::ValueFault;

use std::collections::BTreeMap;

use marquee_core::Explanation;
use marquee_features::Head;
use serde::{Deserialize, Serialize};

/// How a quantity counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TermCurve {
    /// `x / scale`.
    Linear,
    /// `ln(1 + x / scale)`; negative `x` counts as 0.
    Logarithm,
    /// `x / (x + scale)`; negative `x` counts as 0.
    Saturating,
    /// `2^(-x / scale)`; negative `x` counts as 0.
    HalfLife,
}

impl TermCurve {
    fn at(self, x: f64, scale: f64) -> f64 {
        match self {
            Self::Linear => x / scale,
            Self::Logarithm => (x.max(0.0) / scale).ln_1p(),
            Self::Saturating => x.max(0.0) / (x.max(0.0) + scale),
            Self::HalfLife => (-x.max(0.0) / scale).exp2(),
        }
    }
}

/// `weight · curve(x)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Term {
    /// What the curve's value is multiplied with.
    pub weight: f64,
    /// How the quantity counts.
    pub curve: TermCurve,
    /// What it is measured in; above 0.
    pub scale: f64,
}

impl Term {
    /// What a quantity adds; nothing if it is not known (NaN).
    pub fn of(&self, x: f32) -> f64 {
        if x.is_nan() {
            return 0.0;
        }
        self.weight * self.curve.at(f64::from(x), self.scale)
    }
}

/// The weights of a [`ValueModel`] file.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ValueModel {
    /// Worth of each outcome, by head.
    #[serde(serialize_with = "parse::by_name")]
    pub outcomes: BTreeMap<Head, f64>,
    /// Of the minutes that are expected to be watched.
    pub watch_minutes: Option<Term>,
    /// Of how close viewer and maker are.
    pub relationship: Option<Term>,
    /// Of the hours since a row's item came out.
    pub age_hours: Option<Term>,
    /// Of how much the viewer likes items of its type.
    pub type_preference: Option<Term>,
}

/// What is known of a row besides its chances; NaN for unknown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Signals {
    /// Length of the item, in minutes; times the share that is expected to be watched.
    pub length_minutes: f32,
    /// How close viewer and maker are, 0 for strangers.
    pub relationship: f32,
    /// Hours since it came out.
    pub age_hours: f32,
    /// How much the viewer likes items of its type, in whatever unit the file's scale is.
    pub type_preference: f32,
}

impl Default for Signals {
    fn default() -> Self {
        Self {
            length_minutes: f32::NAN,
            relationship: f32::NAN,
            age_hours: f32::NAN,
            type_preference: f32::NAN,
        }
    }
}

/// A [`ValueModel`] for the heads of one ranker.
#[derive(Debug, Clone, PartialEq)]
pub struct BoundValue {
    /// For each weighted head its place, and its worth.
    outcomes: Vec<(usize, Head, f64)>,
    watched: Option<usize>,
    model: ValueModel,
}

impl ValueModel {
    /// The model for values in the order of `heads`.
    ///
    /// # Errors
    ///
    /// [`ValueFault::NotPredicted`] for an outcome, or for minutes watched, that no head predicts.
    pub fn bind(&self, heads: &[Head]) -> Result<BoundValue, ValueFault> {
        let place = |head: &Head| {
            let place = heads.iter().position(|other| other == head);
            place.ok_or_else(|| ValueFault::NotPredicted {
                head: head.to_string(),
                heads: heads.iter().map(Head::to_string).collect(),
            })
        };
        let outcomes = self.outcomes.iter().map(|(head, &worth)| {
            let place = place(head)?;
            Ok((place, head.clone(), worth))
        });
        let watched = self.watch_minutes.map(|_| place(&Head::WatchFraction));
        Ok(BoundValue {
            outcomes: outcomes.collect::<Result<_, ValueFault>>()?,
            watched: watched.transpose()?,
            model: self.clone(),
        })
    }
}

impl BoundValue {
    /// What a row is worth.
    ///
    /// - `chance`: the calibrated chance or expected value of the head at a place.
    pub fn value(&self, chance: impl Fn(usize) -> f32, signals: &Signals) -> f32 {
        let outcomes = self.outcomes.iter();
        let outcomes = outcomes.map(|&(place, _, worth)| worth * f64::from(chance(place)));
        let terms = self.terms(&chance, signals);
        let total = outcomes.sum::<f64>() + terms.map(|(_, value)| value).sum::<f64>();
        // An empty sum is -0.
        crate::check::narrow(total + 0.0)
    }

    /// The same taken apart: parts with names that add up to it.
    pub fn explain(&self, chance: impl Fn(usize) -> f32, signals: &Signals) -> Explanation {
        let outcomes = self.outcomes.iter().map(|(place, head, worth)| {
            let chance = f64::from(chance(*place));
            Explanation::leaf(format!("{head}: {chance:.4} x {worth}"), worth * chance)
        });
        let mut parts: Vec<Explanation> = outcomes.collect();
        for (name, value) in self.terms(&chance, signals) {
            parts.push(Explanation::leaf(name, value));
        }
        Explanation::sum("value", parts)
    }

    /// Terms that are part of the model, and what they add.
    fn terms(
        &self,
        chance: &impl Fn(usize) -> f32,
        signals: &Signals,
    ) -> impl Iterator<Item = (&'static str, f64)> {
        let model = &self.model;
        let length = signals.length_minutes;
        let minutes = self
            .watched
            .map_or(f32::NAN, |place| chance(place) * length);
        let terms = [
            ("minutes watched", model.watch_minutes, minutes),
            ("relationship", model.relationship, signals.relationship),
            ("recency", model.age_hours, signals.age_hours),
            (
                "type preference",
                model.type_preference,
                signals.type_preference,
            ),
        ];
        terms
            .into_iter()
            .filter_map(|(name, term, x)| Some((name, term?.of(x))))
    }
}

#[cfg(test)]
mod tests;
