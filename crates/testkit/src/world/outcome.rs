//! What follows an impression, and how likely each outcome is.
//!
//! Every chance is a logistic function of the *affinity* of viewer and item,
//!
//! ```text
//! affinity = 3.5 agreement(taste, item) + quality + 0.6 [creator is followed] - 0.5
//! ```
//!
//! given that the step before it happened: the place is examined (by position alone), an examined
//! item is opened or hidden, an opened one played or saved, a played one finished, liked and so on.
//! [`Truth`] multiplies along that chain.

use crate::draw::narrow;

use super::taste::{Latent, agreement};

/// What is true of one impression: the probability of every outcome at the moment it is shown.
///
/// Each is the chance that an event of that kind follows this impression, examination included;
/// divide by [`examination`](Self::examination) for the chance free of position.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "the outcomes are named like the events")]
pub struct Truth {
    /// Probability with which the logging policy put this item here, given the places before.
    pub propensity: f32,
    /// Chance that the place is looked at.
    pub examination: f32,
    /// How well the item suits the viewer; any real.
    pub affinity: f32,
    pub open: f32,
    pub play: f32,
    /// Played to 90 % at least.
    pub finish: f32,
    pub like: f32,
    pub comment: f32,
    pub share: f32,
    pub save: f32,
    pub hide: f32,
    /// Up or double up.
    pub thumb_up: f32,
    pub thumb_down: f32,
    pub rate: f32,
    pub follow: f32,
}

impl Truth {
    /// Names of the outcomes, in the order of [`outcomes`](Self::outcomes).
    pub const OUTCOMES: [&'static str; 12] = [
        "open",
        "play",
        "finish",
        "like",
        "comment",
        "share",
        "save",
        "hide",
        "thumb_up",
        "thumb_down",
        "rate",
        "follow",
    ];

    /// The probability of each outcome.
    pub const fn outcomes(&self) -> [f32; 12] {
        [
            self.open,
            self.play,
            self.finish,
            self.like,
            self.comment,
            self.share,
            self.save,
            self.hide,
            self.thumb_up,
            self.thumb_down,
            self.rate,
            self.follow,
        ]
    }

    /// Share of its length that is watched, in the mean over everything that may happen.
    pub fn watched(&self) -> f32 {
        let stopped = f64::from(self.play - self.finish);
        let stay = self.stay();
        let finished = f64::from(self.finish) * (FINISHED + 1.0) / 2.0;
        narrow(finished + stopped * FINISHED * stay / (stay + 1.0))
    }

    /// How long those stay who stop early: they watch `FINISHED * u^(1 / stay)` of the length, with `u`
    /// uniform in `[0, 1)`.
    pub fn stay(&self) -> f64 {
        stay(f64::from(self.affinity))
    }
}

/// Watched share of the duration from which on an item counts as finished.
pub const FINISHED: f64 = 0.9;

/// Share of thumbs up that are double.
pub(super) const DOUBLE_THUMB: f64 = 0.2;

/// Share of likes, saves, thumbs and hides that are taken back within ten minutes.
pub const RETRACTION: f64 = 0.02;

/// Whether a viewer follows the creator of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tie {
    Follows,
    None,
}

/// How well an item suits a viewer.
pub(super) fn affinity(taste: &Latent, latent: &Latent, quality: f32, tie: Tie) -> f64 {
    let bonus = match tie {
        Tie::Follows => 0.6,
        Tie::None => 0.0,
    };
    3.5 * agreement(taste, latent) + f64::from(quality) + bonus - 0.5
}

/// The chance of each step, given the one before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chances {
    pub(super) affinity: f64,
    /// Given examined.
    pub(super) open: f64,
    /// Given examined and not opened.
    pub(super) hide: f64,
    /// Given opened.
    pub(super) play: f64,
    /// Given opened.
    pub(super) save: f64,
    /// Given played, as all below.
    pub(super) finish: f64,
    pub(super) like: f64,
    pub(super) comment: f64,
    pub(super) share: f64,
    pub(super) thumb_up: f64,
    /// Given no thumb up.
    pub(super) thumb_down: f64,
    pub(super) rate: f64,
    pub(super) follow: f64,
}

impl Chances {
    /// Chances at `affinity`; a longer item is finished less often.
    pub(super) fn new(affinity: f64, duration_s: f64, tie: Tie) -> Self {
        let at = |base: f64, slope: f64| logistic(base + slope * affinity);
        let length = 0.25 * (duration_s / 300.0).ln();
        Self {
            affinity,
            open: at(-1.4, 1.3),
            hide: at(-4.6, -1.0),
            play: at(1.2, 0.5),
            save: at(-3.0, 0.6),
            finish: at(-0.3 - length, 0.9),
            like: at(-2.0, 1.2),
            comment: at(-3.2, 0.3),
            share: at(-3.8, 0.8),
            thumb_up: at(-2.8, 1.0),
            thumb_down: at(-3.4, -1.0),
            rate: at(-2.6, 0.2),
            follow: match tie {
                Tie::Follows => 0.0,
                Tie::None => at(-4.0, 0.8),
            },
        }
    }

    /// The probability of each outcome of an impression.
    pub(super) fn truth(&self, examination: f64, propensity: f64) -> Truth {
        let open = examination * self.open;
        let play = open * self.play;
        let hide = examination * (1.0 - self.open) * self.hide;
        let after_play = |chance: f64| narrow(play * chance);
        Truth {
            propensity: narrow(propensity),
            examination: narrow(examination),
            affinity: narrow(self.affinity),
            open: narrow(open),
            play: narrow(play),
            finish: after_play(self.finish),
            like: after_play(self.like),
            comment: after_play(self.comment),
            share: after_play(self.share),
            save: narrow(open * self.save),
            hide: narrow(hide),
            thumb_up: after_play(self.thumb_up),
            thumb_down: after_play((1.0 - self.thumb_up) * self.thumb_down),
            rate: after_play(self.rate),
            follow: after_play(self.follow),
        }
    }
}

/// How much somebody likes what they have played, in `(0, 1)`: steers the words of comments.
pub(super) fn liking(affinity: f64) -> f64 {
    logistic(1.6 * affinity)
}

/// See [`Truth::stay`].
pub(super) fn stay(affinity: f64) -> f64 {
    0.5 + liking(affinity)
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}
