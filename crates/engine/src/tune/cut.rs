//! What trials train on and are validated with: a cut of the training data alone.

use marquee_core::Dataset;
use marquee_eval::{Fold, GivenSplit, Protocol, StrongSplit, TemporalSplit, WeakSplit};
use marquee_math::derive_seed;

use super::TuneError;
use crate::Result;

/// Folds of a protocol with held-out users that are validated on where nothing else is asked for.
const FOLDS: usize = 3;
/// Folds of a protocol that draws anew for each of them, at most.
const MOST_DRAWN: usize = 10;

/// The folds that trials are judged on; the users to find something for are in the `test` part of
/// each. Memory: the training data once for every fold.
#[derive(Debug, Clone)]
pub struct Cut {
    folds: Vec<Fold>,
}

impl Cut {
    /// Splits `data` by `protocol` as an evaluation under the same `seed` does, and cuts the training
    /// part of its first fold once more by the same protocol, with no share for validation beside.
    /// What that evaluation tests on in this fold plays no part.
    ///
    /// A moment in time, which the training part ends before, becomes the share of the data that came
    /// after it. Fold `n` is the protocol's own where it has several, or another random cut.
    ///
    /// # Errors
    ///
    /// [`TuneError::Folds`] when the protocol has no `n_folds`, [`TuneError::Cut`] when the training
    /// part cannot be cut, [`TuneError::NoUsers`] when a fold has nobody, and what the protocol says of
    /// `data`.
    pub fn nested(data: &Dataset, protocol: Protocol, seed: u64, n_folds: usize) -> Result<Self> {
        let most = most_folds(protocol);
        if !(1..=most).contains(&n_folds) {
            let protocol = protocol.name();
            return Err(TuneError::Folds {
                asked: n_folds,
                most,
                protocol,
            }
            .into());
        }
        let outer = protocol.fold(data, 0, seed)?;
        let late = outer.test().n_relevant() as f64 / data.n_interactions().max(1) as f64;
        let inner = inner_protocol(protocol, late);
        Self::by(outer.train(), inner, seed, n_folds)
    }

    /// Cuts a random fifth of each user's items off `train`.
    ///
    /// # Errors
    ///
    /// As [`nested`](Self::nested).
    pub fn random(train: &Dataset, seed: u64, n_folds: usize) -> Result<Self> {
        let protocol = Protocol::Weak(WeakSplit::default());
        let most = most_folds(protocol);
        if !(1..=most).contains(&n_folds) {
            return Err(TuneError::Folds {
                asked: n_folds,
                most,
                protocol: protocol.name(),
            }
            .into());
        }
        Self::by(train, protocol, seed, n_folds)
    }

    /// The one fold of a training and a validation part that somebody else made.
    ///
    /// # Errors
    ///
    /// [`TuneError::Cut`] when the parts do not fit together or validation is empty.
    pub fn given(train: Dataset, validation: Dataset) -> Result<Self> {
        let split = GivenSplit {
            train,
            validation: None,
            test: validation,
        };
        Self::of(vec![split.fold().map_err(TuneError::Cut)?])
    }

    /// How many folds are validated on where nothing else is asked for: 3 of a protocol with held-out
    /// users, 1 of the others.
    pub fn usual_folds(protocol: Protocol) -> usize {
        match protocol {
            Protocol::Strong(split) => split.n_folds.min(FOLDS),
            _ => 1,
        }
    }

    /// The folds.
    pub fn folds(&self) -> &[Fold] {
        &self.folds
    }

    /// Number of users that a trial is judged by when it goes through all folds.
    pub fn n_users(&self) -> usize {
        self.folds.iter().map(|fold| fold.test().len()).sum()
    }

    /// A number that changes with whatever is trained on or validated with.
    pub fn fingerprint(&self) -> u64 {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut take = |number: u64| hash = (hash ^ number).wrapping_mul(0x0100_0000_01b3);
        for fold in &self.folds {
            let train = fold.train().by_user();
            take(train.n_columns() as u64);
            for row in train.rows() {
                take(row.len() as u64);
                row.columns.iter().for_each(|&item| take(u64::from(item)));
                for at in 0..row.len() {
                    take(u64::from(row.weight(at).to_bits()));
                    take(row.time(at).as_millis().cast_unsigned());
                }
            }
            for case in fold.test().iter() {
                for part in [case.history, case.relevant] {
                    take(part.len() as u64);
                    part.columns.iter().for_each(|&item| take(u64::from(item)));
                }
            }
        }
        hash
    }

    fn by(train: &Dataset, protocol: Protocol, seed: u64, n_folds: usize) -> Result<Self> {
        let seed = derive_seed(seed, b"tune: cut");
        let fold = |number: usize| match protocol.n_folds() {
            1 => {
                let seed = derive_seed(seed, &number.to_le_bytes());
                protocol.fold(train, 0, seed)
            }
            _ => protocol.fold(train, number, seed),
        };
        let folds: std::result::Result<_, _> = (0..n_folds).map(fold).collect();
        Self::of(folds.map_err(TuneError::Cut)?)
    }

    fn of(folds: Vec<Fold>) -> Result<Self> {
        match folds.iter().position(|fold| fold.test().is_empty()) {
            Some(fold) => Err(TuneError::NoUsers { fold }.into()),
            None => Ok(Self { folds }),
        }
    }
}

fn most_folds(protocol: Protocol) -> usize {
    match protocol {
        Protocol::Strong(split) => split.n_folds,
        Protocol::Weak(_) | Protocol::Random(_) => MOST_DRAWN,
        _ => 1,
    }
}

/// The protocol that cuts a training part: nothing is set aside a second time.
fn inner_protocol(protocol: Protocol, late: f64) -> Protocol {
    match protocol {
        Protocol::Strong(split) => Protocol::Strong(StrongSplit {
            n_validation_folds: 0,
            ..split
        }),
        Protocol::Weak(split) => Protocol::Weak(WeakSplit {
            validation: 0.0,
            ..split
        }),
        Protocol::Random(mut split) => {
            split.validation = 0.0;
            Protocol::Random(split)
        }
        Protocol::Temporal(split) => Protocol::Temporal(TemporalSplit {
            test: match split.test {
                marquee_eval::Cut::At(_) => marquee_eval::Cut::LastShare(late.clamp(0.01, 0.5)),
                share @ marquee_eval::Cut::LastShare(_) => share,
            },
            validation: None,
            ..split
        }),
        other => other,
    }
}

#[cfg(test)]
mod tests;
