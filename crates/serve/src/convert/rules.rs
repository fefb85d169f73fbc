//! Filter expressions, boosts, caps and pins from the wire, checked, and moves to it.

use marquee_core::{AvailabilityWindow, Timestamp};
use marquee_engine::{Boost, Cap, Expr, Group, MovedItem, Pin, SlateRules};
use marquee_proto::v1;

use super::{Fields, catalog::millis_of};

/// The filter expression of a request; none where it is empty.
pub(super) fn expression(fields: &mut Fields, text: &str) -> Option<Expr> {
    if text.is_empty() {
        return None;
    }
    parsed(fields, "filter_expression".to_owned(), text)
}

/// An expression at `path`.
fn parsed(fields: &mut Fields, path: String, text: &str) -> Option<Expr> {
    let parsed = text.parse::<Expr>();
    parsed
        .map_err(|error| fields.fail(path, format!("byte {}, {error}", error.start)))
        .ok()
}

/// Boosts, caps and pins of a request.
pub(super) fn rules(fields: &mut Fields, request: &v1::RecommendRequest) -> SlateRules {
    let counts = [
        ("boosts", request.boosts.len(), SlateRules::MAX_BOOSTS),
        ("caps", request.caps.len(), SlateRules::MAX_CAPS),
        ("pins", request.pins.len(), SlateRules::MAX_PINS),
    ];
    let short = counts.map(|(list, found, most)| fields.is_short(list, found, most));
    if short.contains(&false) {
        return SlateRules::default();
    }
    let n_refused = fields.0.len();
    let boosts = request.boosts.iter().enumerate();
    let boosts = boosts
        .filter_map(|(number, one)| boost(fields, number, one))
        .collect();
    let caps = request.caps.iter().enumerate();
    let caps = caps
        .filter_map(|(number, one)| cap(fields, number, one))
        .collect();
    let pins = request.pins.iter().enumerate();
    let pins = pins
        .filter_map(|(number, one)| pin(fields, number, one))
        .collect();
    let rules = SlateRules { boosts, caps, pins };
    // Where a rule was left out, the numbers of the others are not those of the request.
    if fields.0.len() == n_refused {
        for problem in rules.problems() {
            fields.fail(problem.path(), problem.problem());
        }
    }
    rules
}

fn boost(fields: &mut Fields, number: usize, boost: &v1::Boost) -> Option<Boost> {
    let path = |field: &str| format!("boosts[{number}].{field}");
    let what = parsed(fields, path("what"), &boost.what);
    let during = window(fields, &path, (boost.from.as_ref(), boost.until.as_ref()));
    Some(Boost {
        what: what?,
        weight: boost.weight,
        during: during?,
    })
}

fn cap(fields: &mut Fields, number: usize, cap: &v1::Cap) -> Option<Cap> {
    let by = match v1::CapBy::try_from(cap.by) {
        Ok(v1::CapBy::Creator) => Group::Creator,
        Ok(v1::CapBy::Genre) => Group::Genre,
        Ok(v1::CapBy::Series) => Group::Series,
        Ok(v1::CapBy::Unspecified) | Err(_) => {
            let found = cap.by;
            fields.fail(
                format!("caps[{number}].by"),
                format!("expected a creator, genre or series, found the number {found}"),
            );
            return None;
        }
    };
    Some(Cap {
        by,
        at_most: cap.at_most as usize,
        within: (cap.within > 0).then_some(cap.within as usize),
    })
}

fn pin(fields: &mut Fields, number: usize, pin: &v1::Pin) -> Option<Pin> {
    let path = |field: &str| format!("pins[{number}].{field}");
    let item = fields.item_id(path("item_id"), &pin.item_id);
    let during = window(fields, &path, (pin.from.as_ref(), pin.until.as_ref()));
    Some(Pin {
        item: item?,
        place: pin.place as usize,
        during: during?,
    })
}

/// From when until when a rule holds.
fn window(
    fields: &mut Fields,
    path: &dyn Fn(&str) -> String,
    (from, until): (
        Option<&prost_types::Timestamp>,
        Option<&prost_types::Timestamp>,
    ),
) -> Option<AvailabilityWindow> {
    let start = moment(fields, path("from"), from)?;
    let end = moment(fields, path("until"), until)?;
    if let (Some(start), Some(end)) = (start, end)
        && start >= end
    {
        fields.fail(path("until"), "expected a moment after `from`");
        return None;
    }
    Some(AvailabilityWindow { start, end })
}

/// A moment that may be missing; `None` when it is refused.
fn moment(
    fields: &mut Fields,
    path: String,
    found: Option<&prost_types::Timestamp>,
) -> Option<Option<Timestamp>> {
    let Some(found) = found else {
        return Some(None);
    };
    let moment = millis_of(found);
    if moment.is_none() {
        fields.fail(path, "expected a moment of the years 1 to 9999");
    }
    moment.map(Some)
}

/// A move, its places counted from 1.
pub(super) fn to_wire(moved: &MovedItem) -> v1::Move {
    let place = |at: usize| u32::try_from(at.saturating_add(1)).unwrap_or(u32::MAX);
    v1::Move {
        item_id: moved.item.as_str().to_owned(),
        rule: moved.rule.to_string(),
        from: place(moved.from),
        to: moved.to.map_or(0, place),
    }
}

#[cfg(test)]
mod tests;
