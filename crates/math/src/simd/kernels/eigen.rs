//! Double-precision loops of the eigenvalue problem, in a form that the compiler turns into the
//! vectors of the instruction set.

use crate::simd::isa::Isa;

/// Columns of a panel.
pub(crate) const PANEL: usize = 32;
/// Sums that are kept apart, so that additions need not wait for each other.
const CHAINS: usize = 16;

/// A rotation of rows `row` and `row + 1`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rotation {
    pub(crate) row: usize,
    pub(crate) sine: f64,
    pub(crate) cosine: f64,
}

/// What is taken out of a row, and what it is multiplied with then.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Update<'a> {
    pub(crate) v: &'a [f64],
    pub(crate) w: &'a [f64],
    /// The row's own elements of `v` and `w`.
    pub(crate) own: (f64, f64),
    pub(crate) next: &'a [f64],
}

#[inline(always)]
fn fused<I: Isa>(a: f64, b: f64, c: f64) -> f64 {
    // Without the instruction this would be a slow call.
    if I::FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// `row -= own.0 * w + own.1 * v`; returns the product of the row with `next`.
#[inline(always)]
pub(in crate::simd) fn update_and_dot<I: Isa>(_: I, row: &mut [f64], update: Update<'_>) -> f64 {
    let n = row.len();
    let Update {
        v,
        w,
        own: (own_v, own_w),
        next,
    } = update;
    let (v, w, next) = (&v[..n], &w[..n], &next[..n]);
    let mut sums = [0.0_f64; CHAINS];
    let whole = n / CHAINS * CHAINS;
    for start in (0..whole).step_by(CHAINS) {
        let row: &mut [f64; CHAINS] = row[start..].first_chunk_mut().expect("whole chunks");
        let v: &[f64; CHAINS] = v[start..].first_chunk().expect("whole chunks");
        let w: &[f64; CHAINS] = w[start..].first_chunk().expect("whole chunks");
        let next: &[f64; CHAINS] = next[start..].first_chunk().expect("whole chunks");
        for lane in 0..CHAINS {
            let value = fused::<I>(-own_v, w[lane], fused::<I>(-own_w, v[lane], row[lane]));
            row[lane] = value;
            sums[lane] = fused::<I>(value, next[lane], sums[lane]);
        }
    }
    let mut total: f64 = sums.iter().sum();
    for at in whole..n {
        row[at] = fused::<I>(-own_v, w[at], fused::<I>(-own_w, v[at], row[at]));
        total = fused::<I>(row[at], next[at], total);
    }
    total
}

/// Applies `I - scale v vᵀ` to the rows of a panel.
#[inline(always)]
pub(in crate::simd) fn reflect<I: Isa>(_: I, rows: &mut [[f64; PANEL]], v: &[f64], scale: f64) {
    let mut sums = [0.0_f64; PANEL];
    for (row, &v) in rows.iter().zip(v) {
        for (sum, &value) in sums.iter_mut().zip(row) {
            *sum = fused::<I>(v, value, *sum);
        }
    }
    for sum in &mut sums {
        *sum *= -scale;
    }
    for (row, &v) in rows.iter_mut().zip(v) {
        for (value, &sum) in row.iter_mut().zip(&sums) {
            *value = fused::<I>(v, sum, *value);
        }
    }
}

/// Applies rotations to the rows of a panel, in their order.
#[inline(always)]
pub(in crate::simd) fn rotate<I: Isa>(_: I, rows: &mut [[f64; PANEL]], rotations: &[Rotation]) {
    for &Rotation { row, sine, cosine } in rotations {
        let [low, high] = &mut rows[row..row + 2] else {
            unreachable!("a range of two rows");
        };
        for (low, high) in low.iter_mut().zip(high) {
            let (old_low, old_high) = (*low, *high);
            *high = fused::<I>(sine, old_low, cosine * old_high);
            *low = fused::<I>(cosine, old_low, -(sine * old_high));
        }
    }
}
