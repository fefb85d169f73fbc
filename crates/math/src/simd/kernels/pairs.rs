//! Sums over pairs of vectors, `sum over g > h of w[h][g] (v[h] ⊙ v[g])`, and their slopes.
//!
//! Each number of a sum is one chain of additions in a fixed order, and rows do not meet: a row has the
//! same bits in any company, and whether the part of its first fields is worked out beforehand or not.

mod slopes;

use crate::simd::isa::{Isa, Rows};

pub(in crate::simd) use slopes::{pairs_vectors, pairs_weights};

/// Fields whose sums are worked out together; rows of weights are padded to a multiple of it.
pub(crate) const FIELDS: usize = 4;
/// Rows worked on together.
const ROWS: usize = 4;

/// Vectors of the fields of some rows, and the weights of their pairs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pairs<'a> {
    pub(crate) x: Rows<&'a [f32]>,
    pub(crate) n_rows: usize,
    /// Where each field's vector begins in a row.
    pub(crate) columns: &'a [usize],
    /// Numbers of a vector.
    pub(crate) width: usize,
    /// A row for each field, a number for each field, padded to a multiple of [`FIELDS`].
    pub(crate) weights: &'a [f32],
}

/// What the first fields, the same in all rows, give.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Begun<'a> {
    /// How many.
    pub(crate) shared: usize,
    /// What sums of the other fields start from, a vector for each field, then what the whole sum starts
    /// from.
    pub(crate) start: &'a [f32],
}

impl<'a> Pairs<'a> {
    #[inline(always)]
    fn stride(&self) -> usize {
        self.columns.len().next_multiple_of(FIELDS)
    }

    #[inline(always)]
    fn vector(&self, row: usize, field: usize, part: Part) -> &'a [f32] {
        &self.x.data[row * self.x.stride + self.columns[field] + part.first..][..part.n]
    }

    #[inline(always)]
    fn weights_of(&self, field: usize, first: usize) -> &'a [f32; FIELDS] {
        self.weights[field * self.stride() + first..]
            .first_chunk()
            .expect("weights are padded")
    }
}

/// Some numbers of a vector, at most as many as fit a register.
#[derive(Debug, Clone, Copy)]
struct Part {
    first: usize,
    n: usize,
}

#[inline(always)]
fn parts<I: Isa>(width: usize) -> impl Iterator<Item = Part> {
    let firsts = (0..width).step_by(I::LANES);
    firsts.map(move |first| Part {
        first,
        n: I::LANES.min(width - first),
    })
}

/// Rows worked on together where registers are few.
const FEW: usize = 2;

#[inline(always)]
fn load<I: Isa, const WHOLE: bool>(isa: I, from: &[f32]) -> I::Vector {
    if WHOLE {
        isa.load(from)
    } else {
        isa.load_some(from)
    }
}

#[inline(always)]
fn store<I: Isa, const WHOLE: bool>(isa: I, value: I::Vector, to: &mut [f32]) {
    if WHOLE {
        isa.store(value, to);
    } else {
        isa.store_some(value, to);
    }
}

#[inline(always)]
fn load_any<I: Isa>(isa: I, from: &[f32]) -> I::Vector {
    if from.len() == I::LANES {
        isa.load(from)
    } else {
        isa.load_some(from)
    }
}

#[inline(always)]
fn store_any<I: Isa>(isa: I, value: I::Vector, to: &mut [f32]) {
    if to.len() == I::LANES {
        isa.store(value, to);
    } else {
        isa.store_some(value, to);
    }
}

/// Writes what the first `shared` fields of a row give, in the form of [`Begun::start`].
#[inline(always)]
pub(in crate::simd) fn pairs_begin<I: Isa>(
    isa: I,
    pairs: Pairs<'_>,
    shared: usize,
    start: &mut [f32],
) {
    let (n, width) = (pairs.columns.len(), pairs.width);
    for part in parts::<I>(width) {
        let mut total = isa.splat(0.0);
        for field in 0..n {
            let mut sum = isa.splat(0.0);
            for before in 0..field.min(shared) {
                let weight = isa.splat(pairs.weights[before * pairs.stride() + field]);
                let vector = load_any(isa, pairs.vector(0, before, part));
                sum = isa.mul_add(weight, vector, sum);
            }
            if field < shared {
                let vector = load_any(isa, pairs.vector(0, field, part));
                total = isa.mul_add(sum, vector, total);
            }
            let to = &mut start[field * width + part.first..][..part.n];
            store_any(isa, sum, to);
        }
        let to = &mut start[n * width + part.first..][..part.n];
        store_any(isa, total, to);
    }
}

/// Writes the sum of each row.
#[inline(always)]
pub(in crate::simd) fn pairs<I: Isa>(
    isa: I,
    pairs: Pairs<'_>,
    begun: Begun<'_>,
    mut sums: Rows<&mut [f32]>,
) {
    for part in parts::<I>(pairs.width) {
        if part.n == I::LANES {
            sum_part::<I, true>(isa, &pairs, begun, part, &mut sums);
        } else {
            sum_part::<I, false>(isa, &pairs, begun, part, &mut sums);
        }
    }
}

#[inline(always)]
fn sum_part<I: Isa, const WHOLE: bool>(
    isa: I,
    pairs: &Pairs<'_>,
    begun: Begun<'_>,
    part: Part,
    sums: &mut Rows<&mut [f32]>,
) {
    let mut row = 0;
    if I::TALL {
        while row + ROWS <= pairs.n_rows {
            sum_rows::<I, ROWS, WHOLE>(isa, pairs, begun, (row, part), sums);
            row += ROWS;
        }
    }
    while row + FEW <= pairs.n_rows {
        sum_rows::<I, FEW, WHOLE>(isa, pairs, begun, (row, part), sums);
        row += FEW;
    }
    while row < pairs.n_rows {
        sum_rows::<I, 1, WHOLE>(isa, pairs, begun, (row, part), sums);
        row += 1;
    }
}

#[inline(always)]
fn sum_rows<I: Isa, const N: usize, const WHOLE: bool>(
    isa: I,
    pairs: &Pairs<'_>,
    Begun { shared, start }: Begun<'_>,
    (row, part): (usize, Part),
    sums: &mut Rows<&mut [f32]>,
) {
    let n = pairs.columns.len();
    let from = |field: usize| &start[field * pairs.width + part.first..][..part.n];
    let rows: [&[f32]; N] =
        std::array::from_fn(|at| &pairs.x.data[(row + at) * pairs.x.stride + part.first..]);
    let mut totals = [load::<I, WHOLE>(isa, from(n)); N];
    for first in (shared / FIELDS * FIELDS..n).step_by(FIELDS) {
        let end = (first + FIELDS).min(n);
        let mut own = [[isa.splat(0.0); N]; FIELDS];
        // Loops of a fixed length: what they go through stays in registers.
        for (place, own) in own.iter_mut().enumerate() {
            // Beyond the last field any other will do: its sum is thrown away.
            let start = load::<I, WHOLE>(isa, from((first + place).min(n)));
            *own = [start; N];
        }
        // Weights of a field with itself and with earlier ones are zero.
        for before in shared..end - 1 {
            let vectors = vectors::<I, N, WHOLE>(isa, &rows, pairs.columns[before], part.n);
            let weights = pairs.weights_of(before, first);
            own = add_products(isa, own, weights, vectors);
        }
        for (place, own) in own.iter().enumerate() {
            let field = first + place;
            if field < shared || field >= n {
                continue;
            }
            let vectors = vectors::<I, N, WHOLE>(isa, &rows, pairs.columns[field], part.n);
            for ((total, &own), &vector) in totals.iter_mut().zip(own).zip(&vectors) {
                *total = isa.mul_add(own, vector, *total);
            }
        }
    }
    for (at, &total) in totals.iter().enumerate() {
        let to = &mut sums.data[(row + at) * sums.stride + part.first..][..part.n];
        store::<I, WHOLE>(isa, total, to);
    }
}

/// The vectors of a field in some rows.
#[inline(always)]
fn vectors<I: Isa, const N: usize, const WHOLE: bool>(
    isa: I,
    rows: &[&[f32]; N],
    column: usize,
    n: usize,
) -> [I::Vector; N] {
    let mut vectors = [isa.splat(0.0); N];
    for (vector, row) in vectors.iter_mut().zip(rows) {
        *vector = load::<I, WHOLE>(isa, &row[column..][..n]);
    }
    vectors
}

/// Adds each weight's multiple of the vectors.
#[inline(always)]
fn add_products<I: Isa, const N: usize>(
    isa: I,
    mut sums: [[I::Vector; N]; FIELDS],
    weights: &[f32; FIELDS],
    vectors: [I::Vector; N],
) -> [[I::Vector; N]; FIELDS] {
    for (sums, &weight) in sums.iter_mut().zip(weights) {
        let weight = isa.splat(weight);
        for (sum, &vector) in sums.iter_mut().zip(&vectors) {
            *sum = isa.mul_add(weight, vector, *sum);
        }
    }
    sums
}
