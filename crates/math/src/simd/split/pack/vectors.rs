//! Rows split by vectors that round to bfloat16.

use std::arch::x86_64::{
    __m256i, __m512, __m512bh, __m512i, _mm512_castsi512_ps, _mm512_castsi512_si256,
    _mm512_cvtepu16_epi32, _mm512_cvtne2ps_pbh, _mm512_extracti64x4_epi64, _mm512_loadu_ps,
    _mm512_slli_epi32, _mm512_storeu_si512, _mm512_sub_ps,
};

use super::{DEPTH, SIDE, TILE};
use crate::simd::isa::Rows;

/// See [`rows`](super::rows).
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
pub(super) fn rows(
    from: Rows<&[f32]>,
    (n_rows, width): (usize, usize),
    parts: usize,
    (to, stride): (&mut [u16], usize),
) {
    for row in 0..n_rows {
        let from = &from.data[row * from.stride..][..width];
        let to = &mut to[row / SIDE * stride + row % SIDE * DEPTH..];
        let (blocks, rest) = from.as_chunks::<DEPTH>();
        for (at, block) in blocks.iter().enumerate() {
            split(block, &mut to[at * parts * TILE..], parts);
        }
        if !rest.is_empty() {
            let mut block = [0.0; DEPTH];
            block[..rest.len()].copy_from_slice(rest);
            split(&block, &mut to[blocks.len() * parts * TILE..], parts);
        }
    }
}

/// Splits numbers in two, whose places are a tile apart.
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
fn split(from: &[f32; DEPTH], to: &mut [u16], parts: usize) {
    let first = load(from[..16].first_chunk().expect("half a block"));
    let last = load(from[16..].first_chunk().expect("half a block"));
    let high = bits(_mm512_cvtne2ps_pbh(last, first));
    store(high, to.first_chunk_mut().expect("room for a block"));
    if parts == 1 {
        return;
    }
    let first = _mm512_sub_ps(first, widened(_mm512_castsi512_si256(high)));
    let last = _mm512_sub_ps(last, widened(_mm512_extracti64x4_epi64::<1>(high)));
    let low = bits(_mm512_cvtne2ps_pbh(last, first));
    store(low, to[TILE..].first_chunk_mut().expect("room for a block"));
}

#[target_feature(enable = "avx512f")]
fn widened(halves: __m256i) -> __m512 {
    _mm512_castsi512_ps(_mm512_slli_epi32::<16>(_mm512_cvtepu16_epi32(halves)))
}

#[target_feature(enable = "avx512f,avx512bf16")]
fn bits(halves: __m512bh) -> __m512i {
    // SAFETY: both are 512 bits, and any bits are a vector of whole numbers.
    #[expect(unsafe_code, reason = "a cast without a safe form")]
    unsafe {
        std::mem::transmute(halves)
    }
}

#[target_feature(enable = "avx512f")]
fn load(from: &[f32; 16]) -> __m512 {
    // SAFETY: the array has all that is read.
    #[expect(unsafe_code, reason = "a vector is loaded by a pointer")]
    unsafe {
        _mm512_loadu_ps(from.as_ptr())
    }
}

#[target_feature(enable = "avx512f")]
fn store(halves: __m512i, to: &mut [u16; DEPTH]) {
    // SAFETY: the array has room for all that is written.
    #[expect(unsafe_code, reason = "a vector is stored by a pointer")]
    unsafe {
        _mm512_storeu_si512(to.as_mut_ptr().cast(), halves);
    }
}
