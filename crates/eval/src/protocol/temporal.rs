//! One moment for everybody: what came before it is known, what came after it is to be found.

use marquee_core::{Dataset, Timestamp};

use super::{
    check_share,
    warm::{Part, Rule, split},
};
use crate::{Error, Fold, Result};

pub(super) const NAME: &str = "temporal";

/// A moment that parts the data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cut {
    /// This moment; what happened at it comes after.
    At(Timestamp),
    /// The moment from which on this share of all interactions lies, in `(0, 1)`; a little more
    /// where several happened at that very moment.
    LastShare(f64),
}

/// A global cut in time: the only protocol under which training never sees the future.
///
/// Training has what happened before the cut (before the validation cut, if there is one), histories
/// reach up to the cut, and what a user touched from the cut on is to be found. Items first touched
/// after the cut stay among what is to be found, though no collaborative model can reach them:
/// leaving them out would flatter models that cannot cope with what is new
/// ([`CaseList::n_unseen`](crate::CaseList::n_unseen) counts them). A pair that the data holds once
/// with its last time is found at that time only.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TemporalSplit {
    /// Where the test begins.
    pub test: Cut,
    /// Where validation begins; `None` sets none aside.
    pub validation: Option<Cut>,
    /// Users with fewer items in their history are no cases; 0 takes people who were not there yet.
    pub min_history: usize,
}

impl Default for TemporalSplit {
    /// The last fifth of all interactions, no validation, users with at least one item before.
    fn default() -> Self {
        Self {
            test: Cut::LastShare(0.2),
            validation: None,
            min_history: 1,
        }
    }
}

impl TemporalSplit {
    /// The one fold of `data`.
    pub(super) fn fold(&self, data: &Dataset) -> Result<Fold> {
        let times = data.by_user().times();
        let times = times.ok_or(Error::NoTimes { protocol: NAME })?;
        let test = moment("share", self.test, times)?;
        let validation = match self.validation {
            Some(cut) => moment("validation", cut, times)?,
            None => test,
        };
        if self.validation.is_some() && validation >= test {
            return Err(Error::CutOrder {
                validation: validation.as_millis(),
                test: test.as_millis(),
            });
        }
        let rule = Rule {
            name: NAME,
            min_history: self.min_history,
            validates: self.validation.is_some(),
        };
        split(data, rule, |_, row, parts| {
            for (place, part) in parts.iter_mut().enumerate() {
                let time = row.time(place);
                if time >= test {
                    *part = Part::Test;
                } else if time >= validation {
                    *part = Part::Validation;
                }
            }
        })
    }
}

fn moment(field: &'static str, cut: Cut, times: &[i64]) -> Result<Timestamp> {
    let share = match cut {
        Cut::At(moment) => return Ok(moment),
        Cut::LastShare(share) => share,
    };
    check_share(field, share, 0.0, 1.0)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a length is not negative and at most the length"
    )]
    let before = (times.len() as f64 * (1.0 - share)) as usize;
    let mut times = times.to_vec();
    let at = before.min(times.len() - 1);
    let (_, &mut millis, _) = times.select_nth_unstable(at);
    Ok(Timestamp::from_millis(millis))
}
