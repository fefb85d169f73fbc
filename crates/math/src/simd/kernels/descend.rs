//! Steps of conjugate gradients on the normal equations of some rows of a matrix, which are read where
//! they stand: a step reads each of them once.

use crate::simd::{
    gather::LINE,
    isa::{BLOCK, Isa, Rows},
};

/// Rows that are multiplied and added together.
const GROUP: usize = BLOCK;
/// Rows whose sums leave room in the registers of every instruction set.
const HALF: usize = GROUP / 2;

/// The problem of one vector, see [`crate::ridge`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Descent<'a, S> {
    /// The matrix.
    pub(crate) matrix: S,
    /// Which rows, at least one.
    pub(crate) rows: &'a [u32],
    /// Factor of each of `rows`.
    pub(crate) weights: &'a [f32],
    /// What each of `rows` is to give.
    pub(crate) targets: &'a [f32],
    /// Scale of each coordinate.
    pub(crate) scales: &'a [f32],
    /// Steps to take.
    pub(crate) steps: usize,
}

/// A matrix whose rows come in units of [`LINE`] numbers, and some rest.
pub(crate) trait Source: Copy {
    /// A row.
    type Row: Copy;

    /// The row at a place.
    fn row(self, place: u32) -> Self::Row;

    /// Numbers of a row that stand in whole units, of `d` in all.
    fn whole(d: usize) -> usize;

    /// Asks for the memory of a row.
    fn prefetch<I: Isa>(isa: I, row: Self::Row);

    /// The numbers from column `at + lane` on, `at` being where a whole unit begins.
    fn load<I: Isa>(isa: I, row: Self::Row, at: usize, lane: usize) -> I::Vector;

    /// The numbers from column `at` on, after the whole units, and zeros.
    fn load_some<I: Isa>(isa: I, row: Self::Row, at: usize) -> I::Vector;
}

/// Rows in single precision.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Singles<'a> {
    /// The numbers.
    pub(crate) from: Rows<&'a [f32]>,
    /// How many make a row.
    pub(crate) d: usize,
}

impl<'a> Source for Singles<'a> {
    type Row = &'a [f32];

    #[inline(always)]
    fn row(self, place: u32) -> &'a [f32] {
        &self.from.data[place as usize * self.from.stride..][..self.d]
    }

    #[inline(always)]
    fn whole(d: usize) -> usize {
        d / LINE * LINE
    }

    #[inline(always)]
    fn prefetch<I: Isa>(isa: I, row: &[f32]) {
        for line in row.chunks(BLOCK) {
            isa.prefetch(line);
        }
    }

    #[inline(always)]
    fn load<I: Isa>(isa: I, row: &[f32], at: usize, lane: usize) -> I::Vector {
        isa.load(&row[at + lane..])
    }

    #[inline(always)]
    fn load_some<I: Isa>(isa: I, row: &[f32], at: usize) -> I::Vector {
        let rest = row.get(at..).unwrap_or_default();
        isa.load_some(&rest[..rest.len().min(I::LANES)])
    }
}

/// Rows in bfloat16, of whole lines.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Halves<'a> {
    /// The lines of all rows.
    pub(crate) lines: &'a [[u16; LINE]],
    /// How many make a row.
    pub(crate) a_row: usize,
}

impl<'a> Source for Halves<'a> {
    type Row = &'a [[u16; LINE]];

    #[inline(always)]
    fn row(self, place: u32) -> Self::Row {
        &self.lines[place as usize * self.a_row..][..self.a_row]
    }

    #[inline(always)]
    fn whole(d: usize) -> usize {
        d.next_multiple_of(LINE)
    }

    #[inline(always)]
    fn prefetch<I: Isa>(isa: I, row: Self::Row) {
        for line in row {
            isa.prefetch_halves(line);
        }
    }

    #[inline(always)]
    fn load<I: Isa>(isa: I, row: Self::Row, at: usize, lane: usize) -> I::Vector {
        isa.load_halves(&row[at / LINE], lane)
    }

    #[inline(always)]
    fn load_some<I: Isa>(isa: I, _: Self::Row, _: usize) -> I::Vector {
        isa.splat(0.0)
    }
}

/// What a row is added with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Factor {
    /// By how much it misses its target.
    Miss,
    /// Its product alone.
    Product,
}

/// Improves `x` in the coordinates `u = x / s`; returns the sum that is minimized where `x` then is.
/// `memory` has room for four vectors, each padded to whole lines.
#[inline(always)]
pub(in crate::simd) fn descend<I: Isa, S: Source>(
    isa: I,
    all: Descent<'_, S>,
    x: &mut [f32],
    memory: &mut [f32],
) -> f64 {
    let d = x.len();
    let width = d.next_multiple_of(LINE);
    let scales = &all.scales[..d];
    memory[..4 * width].fill(0.0);
    let (along, rest) = memory[..4 * width].split_at_mut(width);
    let (image, rest) = rest.split_at_mut(width);
    let (residual, direction) = rest.split_at_mut(width);
    along[..d].copy_from_slice(x);
    let mut sum = pass(isa, &all, Factor::Miss, along, image);
    // The negative gradient by `u`, halved.
    for k in 0..d {
        direction[k] = x[k] / scales[k];
        residual[k] = image[k] * scales[k] - direction[k];
    }
    sum += square_of(direction);
    direction.copy_from_slice(residual);
    let mut square = square_of(residual);
    for _ in 0..all.steps {
        for k in 0..d {
            along[k] = direction[k] * scales[k];
        }
        pass(isa, &all, Factor::Product, along, image);
        for k in 0..d {
            image[k] = image[k] * scales[k] + direction[k];
        }
        let curvature = product_of(direction, image);
        // Exactly at the minimum there is nowhere to go.
        if square <= 0.0 || curvature <= 0.0 {
            break;
        }
        let step = narrow(square / curvature);
        for k in 0..d {
            x[k] += step * along[k];
            residual[k] -= step * image[k];
        }
        sum -= square * square / curvature;
        let next = square_of(residual);
        let turn = narrow(next / square);
        for (direction, residual) in direction.iter_mut().zip(&*residual) {
            *direction = residual + turn * *direction;
        }
        square = next;
    }
    // Not `max`, which would hide what is no number.
    if sum < 0.0 { 0.0 } else { sum }
}

/// Writes the sum of the rows, each times its factor, to `image`; returns the sum of the squared misses,
/// or nothing where they are not asked for.
#[inline(always)]
fn pass<I: Isa, S: Source>(
    isa: I,
    all: &Descent<'_, S>,
    factor: Factor,
    along: &[f32],
    image: &mut [f32],
) -> f64 {
    image.fill(0.0);
    let mut squares = 0.0;
    let n = all.rows.len();
    for start in (0..n).step_by(GROUP) {
        let end = (start + GROUP).min(n);
        if factor == Factor::Miss {
            for &next in &all.rows[end..(end + GROUP).min(n)] {
                S::prefetch(isa, all.matrix.row(next));
            }
        }
        // What is missing to a whole group is its first row with a factor of zero.
        let mut rows = [all.matrix.row(all.rows[start]); GROUP];
        for (row, &place) in rows.iter_mut().zip(&all.rows[start..end]) {
            *row = all.matrix.row(place);
        }
        let products = products_of::<I, S>(isa, &rows, end - start, (all.scales.len(), along));
        let mut factors = [0.0; GROUP];
        for (place, (found, product)) in (start..end).zip(factors.iter_mut().zip(products)) {
            let weight = all.weights[place];
            *found = match factor {
                Factor::Product => weight * weight * product,
                Factor::Miss => {
                    let miss = all.targets[place] - weight * product;
                    squares += f64::from(miss) * f64::from(miss);
                    weight * miss
                }
            };
        }
        let (first, second) = factors.split_at(HALF);
        add::<I, S>(isa, &rows[..HALF], first, (all.scales.len(), image));
        if end - start > HALF {
            add::<I, S>(isa, &rows[HALF..], second, (all.scales.len(), image));
        }
    }
    squares
}

/// The products of a group's rows with a padded vector.
#[inline(always)]
fn products_of<I: Isa, S: Source>(
    isa: I,
    rows: &[S::Row; GROUP],
    n_rows: usize,
    vector: (usize, &[f32]),
) -> [f32; GROUP] {
    let mut sums = [isa.splat(0.0); GROUP];
    let (first, second) = sums.split_at_mut(HALF);
    multiply::<I, S>(isa, &rows[..HALF], vector, first);
    if n_rows > HALF {
        multiply::<I, S>(isa, &rows[HALF..], vector, second);
    }
    isa.sums(&sums)
}

#[inline(always)]
fn multiply<I: Isa, S: Source>(
    isa: I,
    rows: &[S::Row],
    (d, vector): (usize, &[f32]),
    sums: &mut [I::Vector],
) {
    let rows: &[S::Row; HALF] = rows.first_chunk().expect("half a group");
    let mut own = [isa.splat(0.0); HALF];
    let whole = S::whole(d);
    for at in (0..whole).step_by(LINE) {
        for lane in (0..LINE).step_by(I::LANES) {
            let number = isa.load(&vector[at + lane..]);
            for (sum, &row) in own.iter_mut().zip(rows) {
                *sum = isa.mul_add(S::load(isa, row, at, lane), number, *sum);
            }
        }
    }
    for at in (whole..d).step_by(I::LANES) {
        let number = isa.load(&vector[at..]);
        for (sum, &row) in own.iter_mut().zip(rows) {
            *sum = isa.mul_add(S::load_some(isa, row, at), number, *sum);
        }
    }
    sums.copy_from_slice(&own);
}

/// Adds half a group of rows, each times its factor, to a padded vector.
#[inline(always)]
fn add<I: Isa, S: Source>(
    isa: I,
    rows: &[S::Row],
    factors: &[f32],
    (d, target): (usize, &mut [f32]),
) {
    let rows: &[S::Row; HALF] = rows.first_chunk().expect("half a group");
    let mut own = [isa.splat(0.0); HALF];
    for (own, &factor) in own.iter_mut().zip(factors) {
        *own = isa.splat(factor);
    }
    let whole = S::whole(d);
    for at in (0..whole).step_by(LINE) {
        for lane in (0..LINE).step_by(I::LANES) {
            let target = &mut target[at + lane..];
            let mut sum = isa.load(target);
            for (&factor, &row) in own.iter().zip(rows) {
                sum = isa.mul_add(S::load(isa, row, at, lane), factor, sum);
            }
            isa.store(sum, target);
        }
    }
    for at in (whole..d).step_by(I::LANES) {
        let target = &mut target[at..];
        let mut sum = isa.load(target);
        for (&factor, &row) in own.iter().zip(rows) {
            sum = isa.mul_add(S::load_some(isa, row, at), factor, sum);
        }
        isa.store(sum, target);
    }
}

#[inline(always)]
fn square_of(vector: &[f32]) -> f64 {
    product_of(vector, vector)
}

/// The product of two vectors of whole lines; its sums take turns, so that an addition does not wait for
/// the one before.
#[inline(always)]
fn product_of(a: &[f32], b: &[f32]) -> f64 {
    let mut sums = [0.0; BLOCK];
    let pairs = a.as_chunks::<BLOCK>().0.iter();
    for (a, b) in pairs.zip(b.as_chunks::<BLOCK>().0) {
        for k in 0..BLOCK {
            sums[k] += f64::from(a[k]) * f64::from(b[k]);
        }
    }
    sums.iter().sum()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "vectors are in single precision"
)]
#[inline(always)]
fn narrow(value: f64) -> f32 {
    value as f32
}
