//! What each event counts.

use marquee_core::EventKind;
use serde::{Deserialize, Serialize};

use super::{Opposition, Selection, fold::Effect};
use crate::{Error, Result};

/// What one event of each kind counts as an interaction; zero leaves the kind out.
///
/// An open, a play and a rating are the unit; what takes more of a decision counts double. A pause, a
/// search and a follow say nothing about an item that they would not say again as a play; a hide, a
/// report and a thumb down speak against it, so none of these has a weight.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EventWeights {
    /// Shown on a screen: 0, since being shown is our doing and not the viewer's.
    pub impression: f32,
    /// Opened: 1.
    pub open: f32,
    /// Played, however long: 1.
    pub play: f32,
    /// Played again: 1, on top of the play.
    pub rewatch: f32,
    /// Rated: 1 (see [`Values`]).
    pub rate: f32,
    /// Thumb up: 2.
    pub thumb_up: f32,
    /// Two thumbs up: 3.
    pub thumb_double_up: f32,
    /// Liked: 2.
    pub like: f32,
    /// Commented on: 1, since comments also complain.
    pub comment: f32,
    /// Passed on: 2.
    pub share: f32,
    /// Put on a list: 2.
    pub save: f32,
}

impl Default for EventWeights {
    fn default() -> Self {
        Self {
            impression: 0.0,
            open: 1.0,
            play: 1.0,
            rewatch: 1.0,
            rate: 1.0,
            thumb_up: 2.0,
            thumb_double_up: 3.0,
            like: 2.0,
            comment: 1.0,
            share: 2.0,
            save: 2.0,
        }
    }
}

impl EventWeights {
    /// All kinds out.
    pub const NONE: Self = Self {
        impression: 0.0,
        open: 0.0,
        play: 0.0,
        rewatch: 0.0,
        rate: 0.0,
        thumb_up: 0.0,
        thumb_double_up: 0.0,
        like: 0.0,
        comment: 0.0,
        share: 0.0,
        save: 0.0,
    };

    /// # Errors
    ///
    /// [`Error::Weight`] when one is negative or not finite.
    pub(super) fn check(&self) -> Result<()> {
        let all = [
            ("impression", self.impression),
            ("open", self.open),
            ("play", self.play),
            ("rewatch", self.rewatch),
            ("rate", self.rate),
            ("thumb_up", self.thumb_up),
            ("thumb_double_up", self.thumb_double_up),
            ("like", self.like),
            ("comment", self.comment),
            ("share", self.share),
            ("save", self.save),
        ];
        match all
            .into_iter()
            .find(|(_, weight)| !weight.is_finite() || *weight < 0.0)
        {
            None => Ok(()),
            Some((kind, weight)) => Err(Error::Weight { kind, weight }),
        }
    }
}

/// What the weight of a rating is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Values {
    /// The weight of its kind: that somebody rated is what counts.
    #[default]
    KindWeight,
    /// The rating itself, for models of explicit ratings; other kinds keep the weight of theirs.
    Rating,
}

/// What an event of this kind does, and its weight.
///
/// `value` is the rating of a rating, below zero for a thumb down, 1 for a thumb up and more for two;
/// the others do not look at it.
#[inline]
pub(super) fn effect(kind: EventKind, value: f32, selection: &Selection) -> (Effect, f32) {
    let weights = &selection.weights;
    let against = match selection.opposition {
        Opposition::Cancels => (Effect::Cancel, 0.0),
        Opposition::Ignored => (Effect::Nothing, 0.0),
    };
    let (effect, weight) = match kind {
        EventKind::Impression => (Effect::Add, weights.impression),
        EventKind::Open => (Effect::Add, weights.open),
        EventKind::Play => (Effect::Add, weights.play),
        EventKind::Rewatch => (Effect::Add, weights.rewatch),
        EventKind::Like => (Effect::Add, weights.like),
        EventKind::Comment => (Effect::Add, weights.comment),
        EventKind::Share => (Effect::Add, weights.share),
        EventKind::Save => (Effect::Add, weights.save),
        EventKind::Rate if selection.min_rating.is_some_and(|least| value < least) => against,
        EventKind::Rate => (Effect::Rate, weights.rate),
        EventKind::Thumb if value < 0.0 => against,
        EventKind::Thumb if value > 1.0 => (Effect::Thumb, weights.thumb_double_up),
        EventKind::Thumb => (Effect::Thumb, weights.thumb_up),
        EventKind::Hide | EventKind::Report => against,
        EventKind::Pause | EventKind::Follow | EventKind::Search | EventKind::Retract => {
            (Effect::Nothing, 0.0)
        }
    };
    match effect {
        Effect::Cancel => (effect, weight),
        _ if weight <= 0.0 => (Effect::Nothing, 0.0),
        Effect::Rate if selection.values == Values::Rating => (effect, value),
        _ => (effect, weight),
    }
}
