//! Plain code: the reference, and the way on machines that have nothing better.

use super::{Blocks, GROUP_BYTES, Query, ROWS, Scores};

pub(super) fn score(blocks: Blocks<'_>, queries: &[Query<'_>], found: Scores<'_>) {
    let n_blocks = found.marks.len() / queries.len().max(1);
    let mut places = found.scores.as_chunks_mut().0.iter_mut().zip(found.marks);
    for query in queries {
        for (index, (scores, marks)) in places.by_ref().take(n_blocks).enumerate() {
            let (groups, columns) = blocks.block(index);
            let mut sums = [query.start; ROWS];
            for (group, &four) in groups.iter().zip(query.codes) {
                let [a, b, c, d] = four.to_le_bytes().map(|code| i32::from(code.cast_signed()));
                for (sum, codes) in sums.iter_mut().zip(group.as_chunks::<4>().0) {
                    let [e, f, g, h] = codes.map(i32::from);
                    *sum = sum.wrapping_add(a * e + b * f + c * g + d * h);
                }
            }
            (*scores, *marks) = finish(&sums, columns, query);
        }
    }
}

/// Scores of sums of products, and which of them reach the threshold.
#[inline(always)]
pub(super) fn finish(
    sums: &[i32; ROWS],
    columns: &[[u8; GROUP_BYTES]],
    query: &Query<'_>,
) -> ([f32; ROWS], u16) {
    let [product, rest @ ..] = query.factors;
    let scales = numbers(&columns[0]);
    let mut scores: [f32; ROWS] =
        std::array::from_fn(|row| sums[row] as f32 * scales[row] * product);
    for (column, factor) in columns[1..].iter().zip(rest) {
        let addends = numbers(column);
        for (score, addend) in scores.iter_mut().zip(addends) {
            *score += addend * factor;
        }
    }
    let mut marks = 0;
    for (row, score) in scores.iter().enumerate() {
        marks |= u16::from(*score >= query.threshold) << row;
    }
    (scores, marks)
}

/// A column.
#[inline(always)]
fn numbers(column: &[u8; GROUP_BYTES]) -> [f32; ROWS] {
    let bytes = column.as_chunks::<4>().0;
    std::array::from_fn(|row| f32::from_le_bytes(bytes[row]))
}
