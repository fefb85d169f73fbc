//! AVX-512 with its products of bytes: one instruction multiplies and adds a group.

use std::arch::x86_64::{
    __m512, __m512i, _CMP_GE_OQ, _mm512_add_ps, _mm512_castsi512_ps, _mm512_cmp_ps_mask,
    _mm512_cvtepi32_ps, _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_mul_ps, _mm512_set1_epi32,
    _mm512_set1_ps, _mm512_storeu_ps,
};

use super::{Blocks, GROUP_BYTES, Query, ROWS, Scores};

/// Blocks and queries of a tile that leave room in the registers.
const TALL: usize = 4;
const WIDE: usize = 2;

/// Scores and marks, and how many blocks there are for each query.
struct Found<'a> {
    scores: &'a mut [[f32; ROWS]],
    marks: &'a mut [u16],
    n_blocks: usize,
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn score(blocks: Blocks<'_>, queries: &[Query<'_>], found: Scores<'_>) {
    let Scores { scores, marks } = found;
    let mut found = Found {
        n_blocks: marks.len() / queries.len().max(1),
        scores: scores.as_chunks_mut().0,
        marks,
    };
    let (fours, rest) = queries.as_chunks::<TALL>();
    for (index, queries) in fours.iter().enumerate() {
        all_blocks::<TALL, WIDE>(blocks, queries, &mut found, index * TALL);
    }
    let done = fours.len() * TALL;
    for (index, query) in rest.iter().enumerate() {
        all_blocks::<1, TALL>(blocks, &[*query], &mut found, done + index);
    }
}

/// All blocks with queries `first..first + Q`.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
fn all_blocks<const Q: usize, const B: usize>(
    blocks: Blocks<'_>,
    queries: &[Query<'_>; Q],
    found: &mut Found<'_>,
    first: usize,
) {
    let whole = found.n_blocks / B * B;
    for index in (0..whole).step_by(B) {
        tile::<Q, B>(blocks, queries, found, (first, index));
    }
    for index in whole..found.n_blocks {
        tile::<Q, 1>(blocks, queries, found, (first, index));
    }
}

/// Blocks `index..index + B` with queries `first..first + Q`.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
fn tile<const Q: usize, const B: usize>(
    blocks: Blocks<'_>,
    queries: &[Query<'_>; Q],
    found: &mut Found<'_>,
    (first, index): (usize, usize),
) {
    let n_groups = blocks.n_groups;
    let mut groups: [&[[u8; GROUP_BYTES]]; B] = [&[]; B];
    let mut columns = groups;
    for block in 0..B {
        (groups[block], columns[block]) = blocks.block(index + block);
        groups[block] = &groups[block][..n_groups];
    }
    let mut codes: [&[i32]; Q] = [&[]; Q];
    let mut sums = [[_mm512_set1_epi32(0); B]; Q];
    for query in 0..Q {
        codes[query] = &queries[query].codes[..n_groups];
        sums[query] = [_mm512_set1_epi32(queries[query].start); B];
    }
    for group in 0..n_groups {
        let mut bytes = [_mm512_set1_epi32(0); B];
        for block in 0..B {
            bytes[block] = load(&groups[block][group]);
        }
        for query in 0..Q {
            let four = _mm512_set1_epi32(codes[query][group]);
            for block in 0..B {
                sums[query][block] = _mm512_dpbusd_epi32(sums[query][block], bytes[block], four);
            }
        }
    }
    for (query, sums) in sums.into_iter().enumerate() {
        let place = (first + query) * found.n_blocks + index;
        for (block, sums) in sums.into_iter().enumerate() {
            let (scores, marks) = finish(sums, columns[block], &queries[query]);
            store(scores, &mut found.scores[place + block]);
            found.marks[place + block] = marks;
        }
    }
}

/// Scores of sums of products, and which of them reach the threshold.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
fn finish(sums: __m512i, columns: &[[u8; GROUP_BYTES]], query: &Query<'_>) -> (__m512, u16) {
    let [product, rest @ ..] = query.factors;
    let scales = _mm512_castsi512_ps(load(&columns[0]));
    let products = _mm512_mul_ps(_mm512_cvtepi32_ps(sums), scales);
    let mut scores = _mm512_mul_ps(products, _mm512_set1_ps(product));
    for (column, factor) in columns[1..].iter().zip(rest) {
        let addends = _mm512_castsi512_ps(load(column));
        // Not fused: the same bits as on every other machine.
        scores = _mm512_add_ps(scores, _mm512_mul_ps(addends, _mm512_set1_ps(factor)));
    }
    let marks = _mm512_cmp_ps_mask::<_CMP_GE_OQ>(scores, _mm512_set1_ps(query.threshold));
    (scores, marks)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn load(from: &[u8; GROUP_BYTES]) -> __m512i {
    // SAFETY: `from` has 64 bytes; no alignment is needed.
    #[expect(unsafe_code, reason = "loads take pointers")]
    unsafe {
        _mm512_loadu_si512(from.as_ptr().cast())
    }
}

#[target_feature(enable = "avx512f")]
#[inline]
fn store(value: __m512, to: &mut [f32; ROWS]) {
    // SAFETY: `to` has room for 16 numbers; no alignment is needed.
    #[expect(unsafe_code, reason = "stores take pointers")]
    unsafe {
        _mm512_storeu_ps(to.as_mut_ptr(), value);
    }
}
