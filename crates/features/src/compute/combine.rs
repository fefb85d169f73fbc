//! Features of what the viewer did with things that have a trait of the candidate: a number for each trait
//! that the viewer met, worked out once, and combined for each candidate.

use super::{
    pairs::{PairSums, Read, ReadTrait},
    values::Moment,
};
use crate::{
    declare::Combine,
    plan::{Op, Sum},
};

/// Which sums a feature is made of, and how those of several traits are combined.
fn parts(op: &Op) -> Option<(Sum, Combine)> {
    match *op {
        Op::Pair(of, _, combine) | Op::Share { of, combine, .. } => Some((of, combine)),
        Op::PairRate { top, combine, .. } => Some((top, combine)),
        // The last of several times is found apart.
        Op::SincePair(of, _) => Some((of, Combine::Max)),
        _ => None,
    }
}

/// The number of one trait.
fn of_trait(moment: &Moment<'_>, op: &Op, one: &ReadTrait<'_>) -> f32 {
    match *op {
        Op::Pair(sum, ..) => one.sum(sum),
        Op::PairRate {
            top, bottom, prior, ..
        } => one.rate(top, bottom, prior),
        Op::Share { of, prior, .. } => one.share(of, prior),
        Op::SincePair(sum, time) => match one.last(sum) {
            Some(last) => time.of(moment.now_ms.saturating_sub(last)),
            None => f32::NAN,
        },
        _ => f32::NAN,
    }
}

/// The number of one candidate, or of the request.
pub(super) fn number(moment: &Moment<'_>, op: &Op, read: &Read<'_>) -> f32 {
    let Some((of, combine)) = parts(op) else {
        return f32::NAN;
    };
    if let Op::SincePair(sum, time) = op {
        let last = read.last(*sum);
        return last.map_or(f32::NAN, |last| time.of(moment.now_ms.saturating_sub(last)));
    }
    scaled(
        op,
        read.combined(of, combine, |one| of_trait(moment, op, one)),
    )
}

fn scaled(op: &Op, value: f32) -> f32 {
    match op {
        Op::Pair(_, scale, _) => scale.of(value),
        _ => value,
    }
}

/// Appends the numbers of all candidates, the same as [`number`] gives for each of them.
///
/// - `of_traits`: space.
pub(super) fn column(
    moment: &Moment<'_>,
    op: &Op,
    pairs: &[PairSums],
    of_traits: &mut Vec<f32>,
    to: &mut Vec<f32>,
) {
    let Some((of, _)) = parts(op) else {
        return;
    };
    let sums = &pairs[of.pair];
    of_traits.clear();
    // The last one is that of traits that the viewer never met.
    let all = (0..=sums.n_places()).map(|place| of_trait(moment, op, &ReadTrait { sums, place }));
    of_traits.extend(all);
    to.extend(
        (0..moment.asked.items.len()).map(|row| match sums.places_of(row) {
            &[one] => scaled(op, of_traits[one]),
            _ => number(moment, op, &Read { pairs, row }),
        }),
    );
}
