//! Next item: each user's last item is to be found.

use marquee_core::Dataset;

use super::warm::{Part, Rule, split};
use crate::{Fold, Result};

pub(super) const NAME: &str = "last-out";

/// The last item of each user is the test, the one before it is validation, all earlier ones train
/// (Kang & McAuley 2018, ranking the full catalog instead of a hundred items).
///
/// Last is by time, and by the order of the input where times are equal or unknown. Users with fewer
/// than three items are trained on and are no cases. At test time the validation item belongs to the
/// history: it is the most recent thing known of the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LastOutSplit {}

impl LastOutSplit {
    /// The one fold of `data`.
    pub(super) fn fold(self, data: &Dataset) -> Result<Fold> {
        let rule = Rule {
            name: NAME,
            min_history: 1,
            validates: true,
        };
        split(data, rule, |_, _, parts| {
            if let [_, .., validation, test] = parts {
                *validation = Part::Validation;
                *test = Part::Test;
            }
        })
    }
}
