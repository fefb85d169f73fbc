//! Features that are the same for all candidates.

use super::{
    Rows, Scratch,
    pairs::Read,
    row,
    values::{Moment, crossed, hashed, listed},
};
use crate::{entities::NONE, plan::Op};

/// Computes one feature of the request into its column, or into the table where it is no single
/// value.
pub(super) fn fill(moment: &Moment<'_>, place: usize, scratch: &mut Scratch, to: &mut Rows<'_>) {
    let node = moment.state.plan.node(place);
    match &node.op {
        // Lists are filled one after the other, see `sequence`.
        Op::Sequence { .. } => return,
        Op::ViewerVector { table } => {
            if let Some(column) = node.column {
                moment
                    .vectors
                    .copy(table, moment.asked.viewer, &mut to.request_dense[column..]);
            }
            return;
        }
        _ => {}
    }
    let (before, rest) = scratch.columns.split_at_mut(place);
    let own = &mut rest[0];
    own.dense.clear();
    own.sparse.clear();
    let sums = Read {
        pairs: &scratch.pairs,
        row: 0,
    };
    match &node.op {
        Op::Bucket { input, borders } => {
            let value = before[*input].dense.first().copied().unwrap_or(f32::NAN);
            own.sparse.push(bucket(value, borders));
        }
        Op::Hash { field, size, nth } => {
            own.sparse
                .push(hashed(moment.text(*field, *nth, None), *size));
        }
        Op::Category { field, values } => {
            own.sparse
                .push(listed(moment.text(*field, 0, None), values));
        }
        Op::Cross { inputs, size } => {
            let ids = inputs
                .iter()
                .map(|&input| before[input].sparse.first().copied());
            own.sparse
                .push(crossed(ids.map(Option::unwrap_or_default), *size));
        }
        // No item has this row, so what is left is what the viewer and the moment say.
        op => own.dense.push(row::number(moment, op, NONE, &sums)),
    }
}

/// The class of a number: 1 and the number of borders at or below it, 0 where it is unknown.
pub(super) fn bucket(value: f32, borders: &[f32]) -> u32 {
    if value.is_nan() {
        return 0;
    }
    let below = borders.partition_point(|border| *border <= value);
    u32::try_from(below + 1).unwrap_or(NONE)
}

/// The last items, oldest first; one that follows itself stands once. Lists come in the order of their
/// columns, since each begins where the one before it ends.
pub(super) fn sequence(
    moment: &Moment<'_>,
    place: usize,
    scratch: &mut Scratch,
    to: &mut Rows<'_>,
) {
    let node = moment.state.plan.node(place);
    let (Op::Sequence { marks, last, ids }, Some(column)) = (&node.op, node.column) else {
        return;
    };
    scratch.ids.clear();
    let mut before = NONE;
    let limits = moment.state.plan.limits;
    for entry in moment
        .log
        .into_iter()
        .flat_map(|log| log.newest(*marks, limits))
    {
        if entry.item == NONE || entry.item == before || entry.time_ms > moment.now_ms {
            continue;
        }
        if scratch.ids.len() == *last as usize {
            break;
        }
        before = entry.item;
        scratch.ids.push(row::id_of(moment, *ids, entry.item));
    }
    to.sequence_ids.extend(scratch.ids.iter().rev());
    to.sequence_starts[column] = to.sequence_ids.len() as u64;
}
