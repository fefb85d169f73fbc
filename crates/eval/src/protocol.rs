//! Protocols: rules that split data into what is trained on and what is to be found.
//!
//! Results compare only under one protocol. Whichever it is, the whole catalog is ranked: drawing a
//! few negatives and ranking against those inflates every figure (Krichene & Rendle 2020).

mod given;
mod holdout;
mod last_out;
mod next_item;
mod parse;
mod random;
mod strong;
mod temporal;
mod warm;
mod weak;

use marquee_core::Dataset;

use crate::{Error, Fold, Result};

use given::shape_error;
pub use given::{GivenSplit, given_fold_in};
pub use last_out::LastOutSplit;
pub use next_item::{NextItem, next_item_fold};
pub use random::RandomSplit;
pub use strong::StrongSplit;
pub use temporal::{Cut, TemporalSplit};
pub use weak::WeakSplit;

/// A rule that splits data, with its settings.
///
/// Reads from text as a name with settings that differ from the defaults, and is written with all of
/// them: `strong`, `strong:folds=5,held-out=0.2,validation=0`, `weak:held-out=0.1,validation=0.1`,
/// `random:held-out=0.1`, `temporal:share=0.1`, `temporal:cut-ms=1577836800000`, `last-out`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Protocol {
    /// Users that training never saw.
    Strong(StrongSplit),
    /// Known users, a random share of each one's items.
    Weak(WeakSplit),
    /// A random share of all pairs, for predicting ratings.
    Random(RandomSplit),
    /// Everything after a moment.
    Temporal(TemporalSplit),
    /// The last item of each user.
    LastOut(LastOutSplit),
}

impl Protocol {
    /// The name: `strong`, `weak`, `random`, `temporal` or `last-out`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Strong(_) => strong::NAME,
            Self::Weak(_) => weak::NAME,
            Self::Random(_) => random::NAME,
            Self::Temporal(_) => temporal::NAME,
            Self::LastOut(_) => last_out::NAME,
        }
    }

    /// Number of folds: how many models one evaluation trains.
    pub fn n_folds(&self) -> usize {
        match self {
            Self::Strong(split) => split.n_folds,
            Self::Weak(_) | Self::Random(_) | Self::Temporal(_) | Self::LastOut(_) => 1,
        }
    }

    /// Fold `number` of `data`; the same for the same seed. Folds are made one at a time, so that
    /// only one copy of the data is in memory.
    ///
    /// Cost: one pass over the interactions; for a cut by share also a selection among the times.
    ///
    /// # Errors
    ///
    /// [`Error`] when a setting is out of range, the data lacks times that the rule needs, there is
    /// no such fold, or no user is left with anything to find.
    pub fn fold(&self, data: &Dataset, number: usize, seed: u64) -> Result<Fold> {
        check_count("fold", number, 0, self.n_folds().saturating_sub(1))?;
        match self {
            Self::Strong(split) => split.fold(data, number, seed),
            Self::Weak(split) => split.fold(data, seed),
            Self::Random(split) => split.fold(data, seed),
            Self::Temporal(split) => split.fold(data),
            Self::LastOut(split) => split.fold(data),
        }
    }
}

/// Checks that `above < found < below`.
fn check_share(field: &'static str, found: f64, above: f64, below: f64) -> Result<()> {
    if above < found && found < below {
        return Ok(());
    }
    Err(Error::Share {
        field,
        found,
        above,
        below,
    })
}

/// Checks that `least <= found <= most`.
fn check_count(field: &'static str, found: usize, least: usize, most: usize) -> Result<()> {
    if (least..=most).contains(&found) {
        return Ok(());
    }
    Err(Error::Count {
        field,
        found,
        least,
        most,
    })
}

#[cfg(test)]
mod tests;
