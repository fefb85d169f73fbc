//! Features of each candidate.

use super::{
    Column, Rows, Scratch,
    pairs::{Read, RowMap},
    request::bucket,
    tie::TieSums,
    values::{Moment, crossed, hashed, listed},
};
use crate::{
    declare::{Prior, Scale, Trait},
    observed::Marks,
    plan::{Entity, Op},
    state::TileReader,
    table::NONE,
};

/// Computes one feature of all candidates into its column, or into the table where it is a vector.
pub(super) fn fill(moment: &Moment<'_>, place: usize, scratch: &mut Scratch, to: &mut Rows<'_>) {
    let node = moment.state.plan.node(place);
    if let Op::ItemVector { table } = &node.op {
        if let Some(column) = node.column {
            let width = to.dense_width.max(1);
            for (row, &item) in to.dense.chunks_exact_mut(width).zip(moment.asked.items) {
                moment.vectors.copy(table, item, &mut row[column..]);
            }
        }
        return;
    }
    let (before, rest) = scratch.columns.split_at_mut(place);
    let own = &mut rest[0];
    own.dense.clear();
    own.sparse.clear();
    let items = moment.asked.items;
    match &node.op {
        Op::Hash { .. } | Op::Category { .. } => {
            own.sparse
                .extend(items.iter().map(|&item| id_of(moment, place, item)));
        }
        Op::Bucket { input, borders } => {
            let values = before[*input].dense.iter();
            own.sparse
                .extend(values.map(|&value| bucket(value, borders)));
        }
        Op::Cross { inputs, size } => {
            let before = &*before;
            let ids = |row: usize| inputs.iter().map(move |&input| id_at(&before[input], row));
            own.sparse
                .extend((0..items.len()).map(|row| crossed(ids(row), *size)));
        }
        Op::Position => {
            let known = moment.asked.positions.iter().map(|&at| match at {
                NONE => f32::NAN,
                _ => at as f32,
            });
            own.dense.extend(known);
            own.dense.resize(items.len(), f32::NAN);
        }
        Op::Similarity { .. } => {
            let vector = &mut scratch.vector;
            super::vectors::similarities(moment, &node.op, vector, &mut own.dense);
        }
        Op::Overlap { list, marks, last } => {
            overlap(
                moment,
                (*list, *marks, *last),
                &mut scratch.seen,
                &mut own.dense,
            );
        }
        Op::Tie { half_life_ms } => tie(moment, *half_life_ms, &mut scratch.ties, &mut own.dense),
        Op::Tile(of, ..) | Op::TileRate { of, .. } => {
            let value = TileValue::of(moment, &node.op);
            let values = items
                .iter()
                .map(|&item| value.get(entity(moment, *of, item)));
            own.dense.extend(values);
        }
        op => {
            let pairs = &scratch.pairs;
            let rows = items.iter().enumerate();
            let values = rows.map(|(row, &item)| number(moment, op, item, &Read { pairs, row }));
            own.dense.extend(values);
        }
    }
}

/// A value of a column that may belong to the request.
fn id_at(column: &Column, row: usize) -> u32 {
    let ids = &column.sparse;
    ids.get(row).or(ids.first()).copied().unwrap_or_default()
}

/// The id that a hashed or listed feature gives an item.
pub(super) fn id_of(moment: &Moment<'_>, place: usize, item: u32) -> u32 {
    let Some(record) = moment.item(item) else {
        return 0;
    };
    match &moment.state.plan.node(place).op {
        Op::Hash { field, size, nth } => hashed(moment.text(*field, *nth, Some(record)), *size),
        Op::Category { field, values } => listed(moment.text(*field, 0, Some(record)), values),
        _ => 0,
    }
}

/// A number that depends on the moment and at most one candidate.
pub(super) fn number(moment: &Moment<'_>, op: &Op, item: u32, sums: &Read<'_>) -> f32 {
    let state = moment.state;
    match op {
        Op::Number(field, scale) => scale.of(moment.number(*field, moment.item(item))),
        Op::SinceField(field, time) => match moment.time(*field, moment.item(item)) {
            Some(since) => time.of(moment.now_ms.saturating_sub(since.as_millis())),
            None => f32::NAN,
        },
        Op::SinceDeed(marks, time) => {
            let log = moment.log.map(|log| log.newest(*marks, state.plan.limits));
            let mut past = log.into_iter().flatten();
            let last = past.find(|entry| entry.time_ms <= moment.now_ms);
            last.map_or(f32::NAN, |entry| time.of(moment.now_ms - entry.time_ms))
        }
        Op::Tile(of, ..) | Op::TileRate { of, .. } => {
            TileValue::of(moment, op).get(entity(moment, *of, item))
        }
        Op::Pair(..) | Op::SincePair(..) | Op::Share { .. } | Op::PairRate { .. } => {
            pair(moment, op, sums)
        }
        _ => f32::NAN,
    }
}

/// Whose counts a feature of a candidate reads.
fn entity(moment: &Moment<'_>, of: Entity, item: u32) -> Option<u32> {
    let row = match of {
        Entity::Item => item,
        Entity::Creator => moment.state.entities.first_creator(item),
        // A viewer who is not known is one who has done nothing so far.
        Entity::Viewer => return Some(moment.asked.viewer),
    };
    (row != NONE).then_some(row)
}

/// A number from counts of one moment, for many entities.
enum TileValue<'a> {
    Count(TileReader<'a>, Scale),
    Rate(TileReader<'a>, TileReader<'a>, Prior),
    Unknown,
}

impl<'a> TileValue<'a> {
    fn of(moment: &Moment<'a>, op: &Op) -> Self {
        let state = moment.state;
        let reader = |of: Entity, read| state.tiles[of as usize].reader(read, moment.now_ms);
        match op {
            Op::Tile(of, read, scale) => Self::Count(reader(*of, *read), *scale),
            Op::TileRate {
                of,
                top,
                bottom,
                prior,
            } => Self::Rate(reader(*of, *top), reader(*of, *bottom), *prior),
            _ => Self::Unknown,
        }
    }

    /// NaN where there is none to count for.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a feature keeps 24 bits of any number"
    )]
    fn get(&self, entity: Option<u32>) -> f32 {
        let Some(entity) = entity else {
            return f32::NAN;
        };
        match self {
            Self::Count(count, scale) => scale.of(count.get(entity) as f32),
            Self::Rate(top, bottom, prior) => prior.share_of(top.get(entity), bottom.get(entity)),
            Self::Unknown => f32::NAN,
        }
    }
}

/// A number from the sums of some traits.
fn pair(moment: &Moment<'_>, op: &Op, read: &Read<'_>) -> f32 {
    match op {
        Op::Pair(sum, scale, combine) => scale.of(read.sum(*sum, *combine)),
        Op::PairRate {
            top,
            bottom,
            prior,
            combine,
        } => read.rate(*top, *bottom, *prior, *combine),
        Op::Share { of, prior, combine } => read.share(*of, *prior, *combine),
        Op::SincePair(sum, time) => match read.last(*sum) {
            Some(last) => time.of(moment.now_ms.saturating_sub(last)),
            None => f32::NAN,
        },
        _ => f32::NAN,
    }
}

/// Which share of a candidate's traits stands among those of the viewer's last items.
fn overlap(
    moment: &Moment<'_>,
    (list, marks, last): (Trait, Marks, u32),
    seen: &mut RowMap,
    to: &mut Vec<f32>,
) {
    let state = moment.state;
    seen.clear();
    let newest = moment.log.map(|log| log.newest(marks, state.plan.limits));
    let newest = newest.into_iter().flatten();
    let before_now = newest.filter(|entry| entry.item != NONE && entry.time_ms <= moment.now_ms);
    for entry in before_now.take(last as usize) {
        for &row in state.traits_of_item(list, entry.item).as_slice() {
            seen.insert(row);
        }
    }
    to.extend(moment.asked.items.iter().map(|&item| {
        let traits = state.traits_of_item(list, item);
        let rows = traits.as_slice();
        let met = rows.iter().filter(|row| seen.get(**row).is_some()).count();
        if rows.is_empty() {
            return f32::NAN;
        }
        met as f32 / rows.len() as f32
    }));
}

fn tie(moment: &Moment<'_>, half_life_ms: i64, ties: &mut TieSums, to: &mut Vec<f32>) {
    ties.fill(
        moment.state,
        moment.asked.viewer,
        moment.now_ms,
        half_life_ms,
    );
    to.extend(moment.asked.items.iter().map(
        |&item| match moment.state.entities.first_creator(item) {
            NONE => f32::NAN,
            creator => ties.strength(creator),
        },
    ));
}
