//! Scores of events by a small rectified layer of the event, a candidate and their product.

use crate::simd::isa::{Isa, Rows};

/// Units whose sums stay in registers together.
const UNITS: usize = 8;

/// Some candidates that look at the same events.
///
/// Each number is one chain of additions in a fixed order: a candidate's bits do not depend on those beside
/// it, and events do not meet.
#[derive(Debug)]
pub(crate) struct Looks<'a> {
    /// Events, a row for each of their numbers.
    pub(crate) events: &'a [f32],
    /// What events alone give to the layer, a row for each unit.
    pub(crate) base: &'a [f32],
    /// A row for each number of a product, a number for each unit.
    pub(crate) weights: &'a [f32],
    /// What each unit counts.
    pub(crate) score: &'a [f32],
    /// Rows of candidates.
    pub(crate) candidates: Rows<&'a [f32]>,
    /// What each candidate alone gives to the layer, a row of units each.
    pub(crate) starts: &'a [f32],
    /// Numbers of an event, units, and events; the latter two padded to a multiple of
    /// [`BLOCK`](crate::simd::BLOCK).
    pub(crate) size: (usize, usize, usize),
    /// Space for weights times a candidate.
    pub(crate) scaled: &'a mut [f32],
    /// Units of the last candidate, a row for each unit.
    pub(crate) hidden: &'a mut [f32],
    /// A score for each event, a row for each candidate.
    pub(crate) scores: &'a mut [f32],
}

/// Carries out [`Looks`]: a sum over `k` of `(w[k] c[k]) e[k]` is that of the product of candidate and event.
#[inline(always)]
pub(in crate::simd) fn looks<I: Isa>(isa: I, all: Looks<'_>) {
    let Looks {
        events,
        base,
        weights,
        score,
        candidates,
        starts,
        size: (d, units, n_events),
        scaled,
        hidden,
        scores,
    } = all;
    let rows = starts
        .chunks_exact(units)
        .zip(scores.chunks_exact_mut(n_events));
    for (row, (start, scores)) in rows.enumerate() {
        let candidate = &candidates.data[row * candidates.stride..][..d];
        scale(isa, weights, candidate, scaled);
        for (block, scores) in scores.chunks_exact_mut(I::LANES).enumerate() {
            let first = block * I::LANES;
            let mut total = isa.splat(0.0);
            for unit in (0..units).step_by(UNITS) {
                let mut sums = [isa.splat(0.0); UNITS];
                for (at, sum) in sums.iter_mut().enumerate() {
                    let base = isa.load(&base[(unit + at) * n_events + first..]);
                    *sum = isa.add(base, isa.splat(start[unit + at]));
                }
                for number in 0..d {
                    let event = isa.load(&events[number * n_events + first..]);
                    let weights: &[f32; UNITS] = scaled[number * units + unit..]
                        .first_chunk()
                        .expect("units are padded");
                    for (sum, &weight) in sums.iter_mut().zip(weights) {
                        *sum = isa.mul_add(isa.splat(weight), event, *sum);
                    }
                }
                for (at, &sum) in sums.iter().enumerate() {
                    let kept = isa.max(sum, isa.splat(0.0));
                    isa.store(kept, &mut hidden[(unit + at) * n_events + first..]);
                    total = isa.mul_add(isa.splat(score[unit + at]), kept, total);
                }
            }
            isa.store(total, scores);
        }
    }
}

/// Multiplies each row of weights with a number of the candidate.
#[inline(always)]
fn scale<I: Isa>(isa: I, weights: &[f32], candidate: &[f32], to: &mut [f32]) {
    let units = to.len() / candidate.len();
    let rows = weights.chunks_exact(units).zip(to.chunks_exact_mut(units));
    for ((from, to), &number) in rows.zip(candidate) {
        let number = isa.splat(number);
        let vectors = from
            .chunks_exact(I::LANES)
            .zip(to.chunks_exact_mut(I::LANES));
        for (from, to) in vectors {
            isa.store(isa.mul(isa.load(from), number), to);
        }
    }
}
