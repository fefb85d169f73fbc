//! The rules of a slate, as they are said from outside.

use marquee_core::{AvailabilityWindow, ItemId, Rule};
use marquee_filter::{Expr, Group};

use crate::{Error, Result};

/// Rules over a whole slate. None of a sort is the default.
///
/// They hold in this order: boosts change the order of all candidates; then places are laid out, pins
/// first, and what is best of the others in the places between as the caps allow.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SlateRules {
    /// What is lifted or lowered; at most [`MAX_BOOSTS`](Self::MAX_BOOSTS).
    pub boosts: Vec<Boost>,
    /// How often a creator, genre or series may stand; at most [`MAX_CAPS`](Self::MAX_CAPS).
    pub caps: Vec<Cap>,
    /// Items at places chosen by hand; at most [`MAX_PINS`](Self::MAX_PINS).
    pub pins: Vec<Pin>,
}

/// Lifts the items that pass an expression; with dates, a promotion.
///
/// An item is ranked by its score plus, for each boost that it passes, `weight` times the spread of the
/// candidates' scores: their standard deviation, or 1 where all are equal. So a weight means the same for
/// models whose scores are counts, probabilities or anything else, below zero or above: multiplying all
/// scores, or adding to them, changes nothing. The score itself stays what the model gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Boost {
    /// Which items.
    pub what: Expr,
    /// How far, in standard deviations; below zero lowers. Finite, not zero, from -100 to 100.
    pub weight: f32,
    /// When; [`AvailabilityWindow::ALWAYS`] without dates.
    pub during: AvailabilityWindow,
}

/// At most so many items of one creator, genre or series.
///
/// An item of several genres counts for each. An item that has none is not capped. A place that no
/// candidate may take ends the answer: a cap is never broken, except by pins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cap {
    /// What is counted.
    pub by: Group,
    /// How many at most; 1 or more.
    pub at_most: usize,
    /// In any so many places one behind the other, more than `at_most`; `None` for the whole answer.
    pub within: Option<usize>,
}

/// An item at a place chosen by hand, if filters let it pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The item.
    pub item: ItemId,
    /// The place, counted from 1. Where two pins want one place, the second takes the next that is
    /// free; behind the end of the answer it stands last.
    pub place: usize,
    /// When; [`AvailabilityWindow::ALWAYS`] without dates.
    pub during: AvailabilityWindow,
}

impl SlateRules {
    /// Most boosts.
    pub const MAX_BOOSTS: usize = 32;
    /// Most caps.
    pub const MAX_CAPS: usize = 8;
    /// Most pins.
    pub const MAX_PINS: usize = 100;
    /// Last place that a rule can speak of.
    pub const MAX_PLACE: usize = 500;
    /// Largest weight of a boost, either way.
    pub const MAX_WEIGHT: f32 = 100.0;

    /// Whether there are no rules.
    pub fn is_empty(&self) -> bool {
        self.boosts.is_empty() && self.caps.is_empty() && self.pins.is_empty()
    }

    /// Checks every number in them.
    ///
    /// # Errors
    ///
    /// The first of [`problems`](Self::problems).
    pub fn check(&self) -> Result<()> {
        self.problems().next().map_or(Ok(()), Err)
    }

    /// Every number in them that breaks a limit.
    pub fn problems(&self) -> impl Iterator<Item = Error> {
        let counts = [
            (Rule::BOOSTS, self.boosts.len(), Self::MAX_BOOSTS),
            (Rule::CAPS, self.caps.len(), Self::MAX_CAPS),
            (Rule::PINS, self.pins.len(), Self::MAX_PINS),
        ];
        let too_many = counts.into_iter().filter(|(_, found, limit)| found > limit);
        let too_many = too_many.map(|(list, found, limit)| Error::TooMany { list, limit, found });
        let boosts = self.boosts.iter().enumerate();
        let boosts = boosts.filter_map(|(number, one)| one.check(Rule::boost(number)).err());
        let caps = self.caps.iter().enumerate();
        let caps = caps.filter_map(|(number, one)| one.check(Rule::cap(number)).err());
        let pins = self.pins.iter().enumerate();
        let pins = pins.filter_map(|(number, one)| one.check(Rule::pin(number)).err());
        too_many.chain(boosts).chain(caps).chain(pins)
    }
}

impl Boost {
    fn check(&self, rule: Rule) -> Result<()> {
        let size = self.weight.abs();
        if size > 0.0 && size <= SlateRules::MAX_WEIGHT {
            return Ok(());
        }
        Err(Error::OutOfBounds {
            rule,
            field: "weight",
            expected: "a number from -100 to 100 other than zero",
            found: f64::from(self.weight),
        })
    }
}

impl Cap {
    fn check(&self, rule: Rule) -> Result<()> {
        let bounds = |field, expected, found: usize| {
            Err(Error::OutOfBounds {
                rule,
                field,
                expected,
                found: found as f64,
            })
        };
        if !(1..=SlateRules::MAX_PLACE).contains(&self.at_most) {
            return bounds("at_most", "1 to 500", self.at_most);
        }
        match self.within {
            Some(within) if within > SlateRules::MAX_PLACE => {
                bounds("within", "at most 500 places", within)
            }
            Some(within) if within <= self.at_most => {
                bounds("within", "more places than `at_most`", within)
            }
            Some(_) | None => Ok(()),
        }
    }
}

impl Pin {
    fn check(&self, rule: Rule) -> Result<()> {
        if (1..=SlateRules::MAX_PLACE).contains(&self.place) {
            return Ok(());
        }
        Err(Error::OutOfBounds {
            rule,
            field: "place",
            expected: "1 to 500",
            found: self.place as f64,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boost(weight: f32) -> SlateRules {
        SlateRules {
            boosts: vec![Boost {
                what: "available".parse().unwrap(),
                weight,
                during: AvailabilityWindow::ALWAYS,
            }],
            ..SlateRules::default()
        }
    }

    fn cap(at_most: usize, within: Option<usize>) -> SlateRules {
        SlateRules {
            caps: vec![Cap {
                by: Group::Genre,
                at_most,
                within,
            }],
            ..SlateRules::default()
        }
    }

    #[track_caller]
    fn refused(rules: &SlateRules, message: &str) {
        assert_eq!(rules.check().unwrap_err().to_string(), message);
    }

    #[test]
    fn numbers_out_of_bounds_are_named_with_their_path() {
        let weight = "boosts[0].weight: expected a number from -100 to 100 other than zero, found";
        refused(&boost(f32::NAN), &format!("{weight} NaN"));
        refused(&boost(0.0), &format!("{weight} 0"));
        refused(&boost(-101.0), &format!("{weight} -101"));
        refused(&cap(0, None), "caps[0].at_most: expected 1 to 500, found 0");
        refused(
            &cap(3, Some(3)),
            "caps[0].within: expected more places than `at_most`, found 3",
        );
        refused(
            &cap(3, Some(501)),
            "caps[0].within: expected at most 500 places, found 501",
        );
        let rules = SlateRules {
            caps: vec![cap(1, None).caps[0]; 9],
            ..SlateRules::default()
        };
        refused(&rules, "caps: expected at most 8 elements, found 9");
        assert_eq!(boost(-100.0).check(), Ok(()));
        assert_eq!(cap(1, Some(2)).check(), Ok(()));
    }
}
