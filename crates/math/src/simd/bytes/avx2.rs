//! AVX2: codes become numbers of 16 bits, whose products are added in pairs.

use std::arch::x86_64::{
    __m256i, _mm_set1_epi32, _mm256_add_epi32, _mm256_cvtepi8_epi16, _mm256_hadd_epi32,
    _mm256_loadu_si256, _mm256_madd_epi16, _mm256_set1_epi32, _mm256_setzero_si256,
    _mm256_storeu_si256, _mm256_unpackhi_epi8, _mm256_unpacklo_epi8,
};

use super::{Blocks, GROUP_BYTES, Query, ROWS, Scores, portable::finish};

#[target_feature(enable = "avx2")]
pub(super) fn score(blocks: Blocks<'_>, queries: &[Query<'_>], found: Scores<'_>) {
    let n_blocks = found.marks.len() / queries.len().max(1);
    let mut places = found.scores.as_chunks_mut().0.iter_mut().zip(found.marks);
    for query in queries {
        for (index, (scores, marks)) in places.by_ref().take(n_blocks).enumerate() {
            let (groups, columns) = blocks.block(index);
            let sums = sums(groups, query);
            (*scores, *marks) = finish(&sums, columns, query);
        }
    }
}

/// The sum of products of each row.
#[target_feature(enable = "avx2")]
#[inline]
fn sums(groups: &[[u8; GROUP_BYTES]], query: &Query<'_>) -> [i32; ROWS] {
    let zero = _mm256_setzero_si256();
    // Two sums of a row each: rows 0, 1, 4, 5, then 2, 3, 6, 7, and the same of the second half.
    let mut pairs = [zero; 4];
    for (group, &codes) in groups.iter().zip(query.codes) {
        let codes = _mm256_cvtepi8_epi16(_mm_set1_epi32(codes));
        let halves = group.as_chunks::<32>().0;
        for (half, pairs) in halves.iter().zip(pairs.as_chunks_mut::<2>().0) {
            let bytes = load(half);
            let low = _mm256_madd_epi16(_mm256_unpacklo_epi8(bytes, zero), codes);
            let high = _mm256_madd_epi16(_mm256_unpackhi_epi8(bytes, zero), codes);
            pairs[0] = _mm256_add_epi32(pairs[0], low);
            pairs[1] = _mm256_add_epi32(pairs[1], high);
        }
    }
    let start = _mm256_set1_epi32(query.start);
    let mut sums = [0; ROWS];
    let (places, _) = sums.as_chunks_mut::<8>();
    for (place, pairs) in places.iter_mut().zip(pairs.as_chunks::<2>().0) {
        store(
            _mm256_add_epi32(_mm256_hadd_epi32(pairs[0], pairs[1]), start),
            place,
        );
    }
    sums
}

#[target_feature(enable = "avx2")]
#[inline]
fn load(from: &[u8; 32]) -> __m256i {
    // SAFETY: `from` has 32 bytes; no alignment is needed.
    #[expect(unsafe_code, reason = "loads take pointers")]
    unsafe {
        _mm256_loadu_si256(from.as_ptr().cast())
    }
}

#[target_feature(enable = "avx2")]
#[inline]
fn store(value: __m256i, to: &mut [i32; 8]) {
    // SAFETY: `to` has room for 32 bytes; no alignment is needed.
    #[expect(unsafe_code, reason = "stores take pointers")]
    unsafe {
        _mm256_storeu_si256(to.as_mut_ptr().cast(), value);
    }
}
