//! Features of each candidate.

use super::{
    Column, Rows, Scratch,
    candidates::{Candidates, time_of},
    combine,
    pairs::{Read, RowMap},
    request::bucket,
    tie::TieSums,
    values::{Moment, crossed, hashed, listed},
};
use crate::{
    declare::{Prior, Scale, Trait},
    observed::Marks,
    plan::{Entity, KeptAt, Node, Op},
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
    if let Some(at) = node.kept {
        return kept(moment, (node, at), &scratch.candidates, own);
    }
    match &node.op {
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
            let from = (&scratch.candidates, &mut scratch.seen);
            overlap(moment, (*list, *marks, *last), from, &mut own.dense);
        }
        Op::Tie { half_life_ms } => {
            let from = (&scratch.candidates, &mut scratch.ties);
            tie(moment, *half_life_ms, from, &mut own.dense);
        }
        op => {
            let space = &mut scratch.of_traits;
            combine::column(moment, op, &scratch.pairs, space, &mut own.dense);
        }
    }
}

/// Values that are kept with items and creators.
fn kept(moment: &Moment<'_>, (node, at): (&Node, KeptAt), from: &Candidates, own: &mut Column) {
    let values = from.values(at);
    match &node.op {
        Op::Hash { .. } | Op::Category { .. } => own.sparse.extend(values.map(|words| words[0])),
        Op::SinceField(_, time) => own.dense.extend(values.map(|words| {
            let since = time_of(words);
            since.map_or(f32::NAN, |since| {
                time.of(moment.now_ms.saturating_sub(since))
            })
        })),
        _ => own
            .dense
            .extend(values.map(|words| f32::from_bits(words[0]))),
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
        _ => combine::number(moment, op, sums),
    }
}

/// Whose counts a feature of a candidate reads.
pub(super) fn entity(moment: &Moment<'_>, of: Entity, item: u32) -> Option<u32> {
    let row = match of {
        Entity::Item => item,
        Entity::Creator => moment.state.entities.first_creator(item),
        // A viewer who is not known is one who has done nothing so far.
        Entity::Viewer => return Some(moment.asked.viewer),
    };
    (row != NONE).then_some(row)
}

/// A number from counts of one moment, for many entities.
pub(super) enum TileValue<'a> {
    Count(TileReader<'a>, Scale),
    Rate(TileReader<'a>, TileReader<'a>, Prior),
    Unknown,
}

impl<'a> TileValue<'a> {
    pub(super) fn of(moment: &Moment<'a>, op: &Op) -> Self {
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
    pub(super) fn get(&self, entity: Option<u32>) -> f32 {
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

/// Which share of a candidate's traits stands among those of the viewer's last items.
fn overlap(
    moment: &Moment<'_>,
    (list, marks, last): (Trait, Marks, u32),
    (candidates, seen): (&Candidates, &mut RowMap),
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
    to.extend((0..moment.asked.items.len()).map(|row| {
        let traits = candidates.traits(moment, list, row);
        let rows = traits.as_slice();
        let met = rows.iter().filter(|row| seen.get(**row).is_some()).count();
        if rows.is_empty() {
            return f32::NAN;
        }
        met as f32 / rows.len() as f32
    }));
}

fn tie(
    moment: &Moment<'_>,
    half_life_ms: i64,
    (candidates, ties): (&Candidates, &mut TieSums),
    to: &mut Vec<f32>,
) {
    ties.fill(
        moment.state,
        moment.asked.viewer,
        moment.now_ms,
        half_life_ms,
    );
    let rows = 0..moment.asked.items.len();
    to.extend(rows.map(|row| match candidates.creator(row) {
        NONE => f32::NAN,
        creator => ties.strength(creator),
    }));
}
