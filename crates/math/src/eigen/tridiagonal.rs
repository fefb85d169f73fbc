//! Householder reduction to tridiagonal form.

use rayon::prelude::*;

use crate::simd;

/// `A = Q T Qᵀ` with a tridiagonal `T` and `Q` the product of reflections, the first first.
#[derive(Debug)]
pub(super) struct Tridiagonal {
    /// The diagonal of `T`.
    pub(super) diagonal: Vec<f64>,
    /// Beside the diagonal: element `k` couples rows `k` and `k + 1`.
    pub(super) beside: Vec<f64>,
    /// Reflection `k` is `I - scale v vᵀ` on the rows from `k + 1` on.
    pub(super) reflections: Vec<Reflection>,
}

/// `I - scale v vᵀ`.
#[derive(Debug)]
pub(super) struct Reflection {
    pub(super) scale: f64,
    pub(super) vector: Vec<f64>,
}

/// Rows that a thread works on at a time.
const ROWS: usize = 32;
/// Fewer elements than this are not worth waking other threads for.
const SHARED: usize = 1 << 15;

/// Reduces the symmetric `a` of `n x n` numbers.
pub(super) fn reduce(mut a: Vec<f64>, n: usize) -> Tridiagonal {
    let mut reduced = Tridiagonal {
        diagonal: Vec::with_capacity(n),
        beside: Vec::with_capacity(n),
        reflections: Vec::with_capacity(n),
    };
    // What the last reflection takes out of the rest, `v wᵀ + w vᵀ`, is taken out on the way of the
    // next product with it.
    let (mut v, mut w) = (vec![0.0; n], vec![0.0; n]);
    for step in 0..n {
        let own = &mut a[step * n + step..(step + 1) * n];
        let (first, second) = (v[0], w[0]);
        for (value, (&v, &w)) in own.iter_mut().zip(v.iter().zip(&w)) {
            *value -= first * w + second * v;
        }
        reduced.diagonal.push(own[0]);
        if step + 1 == n {
            break;
        }
        let (reflection, beside) = reflection(&own[1..]);
        reduced.beside.push(beside);
        let rest = Rest {
            matrix: &mut a[(step + 1) * n..],
            n,
            start: step + 1,
        };
        let mut product = rest.update_and_multiply(&v[1..], &w[1..], &reflection.vector);
        let half = 0.5 * reflection.scale * reflection.scale * dot(&product, &reflection.vector);
        for (value, &own) in product.iter_mut().zip(&reflection.vector) {
            *value = reflection.scale * *value - half * own;
        }
        w = product;
        v.clone_from(&reflection.vector);
        reduced.reflections.push(reflection);
    }
    reduced
}

/// The reflection that maps `x` to its length times the first unit vector, up to sign, and that
/// number.
fn reflection(x: &[f64]) -> (Reflection, f64) {
    // Scaled, so that squares neither overflow nor vanish.
    let largest = x
        .iter()
        .fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let mut vector = x.to_vec();
    if largest <= 0.0 || x.len() == 1 {
        let beside = x[0];
        vector.fill(0.0);
        return (Reflection { scale: 0.0, vector }, beside);
    }
    for value in &mut vector {
        *value /= largest;
    }
    let length = dot(&vector, &vector).sqrt();
    let target = if vector[0] > 0.0 { -length } else { length };
    vector[0] -= target;
    let scale = 2.0 / dot(&vector, &vector);
    (Reflection { scale, vector }, target * largest)
}

/// The rows from `start` on of a matrix of rows of `n` numbers.
struct Rest<'a> {
    matrix: &'a mut [f64],
    n: usize,
    start: usize,
}

impl Rest<'_> {
    /// Takes `v wᵀ + w vᵀ` out and returns the product with `next`, reading each row once.
    fn update_and_multiply(self, v: &[f64], w: &[f64], next: &[f64]) -> Vec<f64> {
        let (n, start) = (self.n, self.start);
        let mut product = vec![0.0; next.len()];
        let rows = |(block, (matrix, product)): (usize, (&mut [f64], &mut [f64]))| {
            for (place, (row, product)) in matrix.chunks_exact_mut(n).zip(product).enumerate() {
                let at = block * ROWS + place;
                let update = simd::Update {
                    v,
                    w,
                    own: (v[at], w[at]),
                    next,
                };
                *product = simd::update_and_dot(&mut row[start..], update);
            }
        };
        if next.len() * next.len() < SHARED {
            let all = self
                .matrix
                .chunks_mut(ROWS * n)
                .zip(product.chunks_mut(ROWS));
            all.enumerate().for_each(rows);
        } else {
            let all = self.matrix.par_chunks_mut(ROWS * n);
            all.zip(product.par_chunks_mut(ROWS))
                .enumerate()
                .for_each(rows);
        }
        product
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
