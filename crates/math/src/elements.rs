//! What layers and optimizers do number by number, compiled for what the machine has; every machine gives the
//! same bits.

use crate::simd::loops::wide;

wide! {
    /// `to = a * b + c`, number by number, as far as all of them reach.
    pub fn multiply_add(a: &[f32], b: &[f32], c: &[f32], to: &mut [f32]) {
        for ((to, a), (b, c)) in to.iter_mut().zip(a).zip(b.iter().zip(c)) {
            *to = a * b + c;
        }
    }
}

wide! {
    /// The slopes of a product `a * b` given those of its value, `slopes`: adds `b * slopes` to `d_a`, and writes
    /// `a * slopes` to `d_b`.
    pub fn product_slopes(a: &[f32], b: &[f32], slopes: &[f32], d_a: &mut [f32], d_b: &mut [f32]) {
        let numbers = a.iter().zip(b).zip(slopes);
        for ((d_a, d_b), ((a, b), slope)) in d_a.iter_mut().zip(d_b).zip(numbers) {
            *d_a += b * slope;
            *d_b = a * slope;
        }
    }
}

wide! {
    /// Replaces negative numbers by 0.
    pub fn rectify(values: &mut [f32]) {
        for value in values {
            *value = value.max(0.0);
        }
    }
}

wide! {
    /// Slopes before a rectifier, times `scale`, given what it gave.
    pub fn rectified_slopes(slopes: &mut [f32], values: &[f32], scale: f32) {
        for (slope, &value) in slopes.iter_mut().zip(values) {
            *slope = if value > 0.0 { *slope * scale } else { 0.0 };
        }
    }
}

/// Values between which vectors are known.
#[derive(Debug, Clone, Copy)]
pub struct Knots<'a> {
    /// Rising values.
    pub knots: &'a [f32],
    /// A vector for each of them, then the one of no number at all.
    pub vectors: &'a [f32],
}

wide! {
    /// Writes for each value `(1 - s) low + s high`, with the vectors of the knots below and above it and the share
    /// `s` of the way between them; beyond the first or last knot that one's vector, for NaN the last vector.
    ///
    /// - `to`: for each value as many numbers as a vector has, `stride` apart.
    ///
    /// # Panics
    ///
    /// When there is no knot, or too little room.
    pub fn interpolate(values: &[f32], known: Knots<'_>, to: &mut [f32], stride: usize) {
        let d = known.vectors.len() / (known.knots.len() + 1);
        for (block, values) in values.chunks(LANES).enumerate() {
            let between = between(values, known.knots);
            let to = &mut to[block * LANES * stride..];
            match d {
                8 => mix::<8>(known.vectors, between, (to, stride), values.len()),
                16 => mix::<16>(known.vectors, between, (to, stride), values.len()),
                32 => mix::<32>(known.vectors, between, (to, stride), values.len()),
                _ => mix_any((known.vectors, d), between, (to, stride), values.len()),
            }
        }
    }
}

/// Values that are looked up together.
const LANES: usize = 16;

/// Places of vectors below and above, and the share of the latter.
type Between = ([u32; LANES], [u32; LANES], [f32; LANES]);

#[inline(always)]
fn between(values: &[f32], knots: &[f32]) -> Between {
    let (&first, &last) = (&knots[0], &knots[knots.len() - 1]);
    let mut wanted = [f32::NAN; LANES];
    wanted[..values.len()].copy_from_slice(values);
    let mut counts = [0_u32; LANES];
    let mut lows = [first; LANES];
    for &knot in knots {
        for ((count, low), &value) in counts.iter_mut().zip(&mut lows).zip(&wanted) {
            *count += u32::from(knot <= value);
            *low = if knot <= value { knot } else { *low };
        }
    }
    let mut highs = [last; LANES];
    for &knot in knots.iter().rev() {
        for (high, &value) in highs.iter_mut().zip(&wanted) {
            *high = if knot > value { knot } else { *high };
        }
    }
    let unknown = u32::try_from(knots.len()).expect("fewer knots than numbers");
    let (mut places, mut above, mut shares) = ([0; LANES], [0; LANES], [0.0; LANES]);
    for lane in 0..LANES {
        let (value, count) = (wanted[lane], counts[lane]);
        let inside = count > 0 && count < unknown;
        let share = (value - lows[lane]) / (highs[lane] - lows[lane]);
        shares[lane] = if inside { share } else { 0.0 };
        let place = if value.is_nan() {
            unknown
        } else {
            count.max(1) - 1
        };
        places[lane] = place;
        above[lane] = place + u32::from(shares[lane] > 0.0);
    }
    (places, above, shares)
}

#[inline(always)]
fn mix<const D: usize>(
    vectors: &[f32],
    (places, above, shares): Between,
    (to, stride): (&mut [f32], usize),
    n: usize,
) {
    let (vectors, _) = vectors.as_chunks::<D>();
    for at in 0..n {
        let (low, high) = (vectors[places[at] as usize], vectors[above[at] as usize]);
        let share = shares[at];
        let to = to[at * stride..].first_chunk_mut::<D>();
        let to = to.expect("room for a vector");
        for number in 0..D {
            to[number] = (1.0 - share) * low[number] + share * high[number];
        }
    }
}

#[inline(always)]
fn mix_any(
    (vectors, d): (&[f32], usize),
    (places, above, shares): Between,
    (to, stride): (&mut [f32], usize),
    n: usize,
) {
    for at in 0..n {
        let vector = |place: u32| &vectors[place as usize * d..][..d];
        let (low, high) = (vector(places[at]), vector(above[at]));
        let numbers = to[at * stride..][..d].iter_mut();
        for (to, (low, high)) in numbers.zip(low.iter().zip(high)) {
            *to = (1.0 - shares[at]) * low + shares[at] * high;
        }
    }
}

/// Asks memory for what `from` begins with; nothing where the machine cannot be asked.
#[inline]
pub fn prefetch<T>(from: &[T]) {
    crate::simd::prefetch(from);
}

/// A step of [`adagrad`].
#[derive(Debug, Clone, Copy)]
pub struct AdagradStep {
    /// What a step is sized with.
    pub rate: f32,
    /// What slopes are multiplied with before they count.
    pub scale: f32,
    /// For each time that a row was used, the share of its values that is added to its slopes.
    pub pull: f32,
}

/// Rows of a table that took part in a step.
#[derive(Debug, Clone, Copy)]
pub struct Used<'a> {
    /// Which rows.
    pub rows: &'a [u32],
    /// How often each was used.
    pub counts: &'a [f32],
    /// Their slopes, one row after the other.
    pub slopes: &'a [f32],
}

wide! {
    /// A step of Adagrad (Duchi, Hazan & Singer 2011) for some rows of `width` numbers: adds the square of each
    /// slope to `squares` and moves the value against it, through the root of that sum.
    ///
    /// # Panics
    ///
    /// When a row or its slopes are not there.
    pub fn adagrad(
        width: usize,
        used: Used<'_>,
        squares: &mut [f32],
        values: &mut [f32],
        step: AdagradStep,
    ) {
        let slopes = used.slopes.chunks_exact(width);
        for ((&row, &count), slopes) in used.rows.iter().zip(used.counts).zip(slopes) {
            let pull = step.pull * count;
            let squares = &mut squares[row as usize * width..][..width];
            let values = &mut values[row as usize * width..][..width];
            for ((square, value), slope) in squares.iter_mut().zip(values).zip(slopes) {
                let slope = (slope + pull * *value) * step.scale;
                *square += slope * slope;
                *value -= step.rate * slope / square.sqrt();
            }
        }
    }
}

/// A step of [`adam`].
#[derive(Debug, Clone, Copy)]
pub struct AdamStep {
    /// Size of the step, the bias of young first moments made up for.
    pub rate: f32,
    /// Share of each value that is taken off.
    pub decay: f32,
    /// What makes up for the bias of young second moments.
    pub correction: f32,
}

/// How much of the moments is kept from step to step, and what keeps a step finite.
const FIRST: f32 = 0.9;
const SECOND: f32 = 0.999;
const SMALL: f32 = 1e-8;

impl AdamStep {
    /// Step `number`, counted from 1.
    pub fn new(learning_rate: f64, weight_decay: f64, number: u64) -> Self {
        let power = |base: f32| f64::from(base).powf(number as f64);
        #[expect(clippy::cast_possible_truncation, reason = "sizes of steps")]
        let narrow = |value: f64| value as f32;
        Self {
            rate: narrow(learning_rate / (1.0 - power(FIRST))),
            decay: narrow(learning_rate * weight_decay),
            correction: narrow(1.0 / (1.0 - power(SECOND))),
        }
    }
}

wide! {
    /// A step of Adam (Kingma & Ba 2015) with decoupled weight decay (Loshchilov & Hutter 2019).
    pub fn adam(
        first: &mut [f32],
        second: &mut [f32],
        values: &mut [f32],
        slopes: &[f32],
        step: AdamStep,
    ) {
        let moments = first.iter_mut().zip(second);
        for ((first, second), (value, &slope)) in moments.zip(values.iter_mut().zip(slopes)) {
            *first = FIRST * *first + (1.0 - FIRST) * slope;
            *second = SECOND * *second + (1.0 - SECOND) * slope * slope;
            let size = (*second * step.correction).sqrt() + SMALL;
            *value -= step.rate * *first / size + step.decay * *value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: &[f32], wanted: &[f32]) {
        let close = |(found, wanted): (&f32, &f32)| (found - wanted).abs() < 1e-6;
        assert!(found.iter().zip(wanted).all(close), "{found:?} {wanted:?}");
    }

    #[test]
    fn numbers_are_worked_by_hand() {
        let mut to = [0.0; 3];
        multiply_add(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0], &[0.5; 3], &mut to);
        near(&to, &[4.5, 10.5, 18.5]);
        let mut d_a = [1.0; 3];
        product_slopes(
            &[1.0, 2.0, 3.0],
            &[4.0, 5.0, 6.0],
            &[2.0; 3],
            &mut d_a,
            &mut to,
        );
        near(&d_a, &[9.0, 11.0, 13.0]);
        near(&to, &[2.0, 4.0, 6.0]);
        let mut values = [-1.0, 0.0, 2.0];
        rectify(&mut values);
        near(&values, &[0.0, 0.0, 2.0]);
        let mut slopes = [3.0; 3];
        rectified_slopes(&mut slopes, &values, 2.0);
        near(&slopes, &[0.0, 0.0, 6.0]);
    }

    #[test]
    fn vectors_are_mixed_between_knots() {
        let knots = [-1.0, 1.0, 3.0];
        for d in [2_u8, 8, 16, 20, 32] {
            let vector = |start: u8| (0..d).map(move |number| f32::from(start + number));
            let vectors: Vec<f32> = [0, 100, 50, 7].into_iter().flat_map(vector).collect();
            let known = Knots {
                knots: &knots,
                vectors: &vectors,
            };
            let mut values = vec![-9.0, -1.0, 0.0, 1.0, 2.5, 3.0, 9.0, f32::NAN];
            values.resize(19, -0.5);
            let (d, stride) = (usize::from(d), usize::from(d) + 3);
            let mut to = vec![5.0; values.len() * stride];
            interpolate(&values, known, &mut to, stride);
            let firsts: Vec<f32> = to.chunks(stride).map(|row| row[0]).collect();
            near(
                &firsts[..9],
                &[0.0, 0.0, 50.0, 100.0, 62.5, 50.0, 50.0, 7.0, 25.0],
            );
            for (row, first) in to.chunks(stride).zip(firsts) {
                assert!((row[d - 1] - first - (d - 1) as f32).abs() < 1e-4);
                near(&row[d..], &[5.0; 3]);
            }
        }
    }

    #[test]
    fn adagrad_moves_the_rows_that_were_used() {
        let used = Used {
            rows: &[1],
            counts: &[2.0],
            slopes: &[1.0, -1.0],
        };
        let step = AdagradStep {
            rate: 0.5,
            scale: 3.0,
            pull: 0.25,
        };
        let (mut squares, mut values) = ([7.0; 4], [2.0; 4]);
        adagrad(2, used, &mut squares, &mut values, step);
        // With the pull of half of 2 slopes are 2 and 0, tripled.
        near(&squares, &[7.0, 7.0, 43.0, 7.0]);
        near(&values, &[2.0, 2.0, 2.0 - 3.0 / 43.0_f32.sqrt(), 2.0]);
    }

    #[test]
    fn first_step_of_adam_moves_by_the_rate_whatever_the_slope() {
        let mut values = [1.0, 1.0];
        let step = AdamStep::new(0.1, 0.0, 1);
        adam(
            &mut [0.0; 2],
            &mut [0.0; 2],
            &mut values,
            &[5.0, -0.01],
            step,
        );
        assert!((values[0] - 0.9).abs() < 1e-5 && (values[1] - 1.1).abs() < 1e-5);
    }

    #[test]
    fn adam_descends_a_parabola() {
        let (mut first, mut second, mut value) = ([0.0], [0.0], [3.0_f32]);
        for number in 1..=600 {
            let slope = [2.0 * (value[0] - 1.0)];
            let step = AdamStep::new(0.05, 0.0, number);
            adam(&mut first, &mut second, &mut value, &slope, step);
        }
        assert!((value[0] - 1.0).abs() < 0.02, "{value:?}");
    }
}
