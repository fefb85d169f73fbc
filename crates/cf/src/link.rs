//! The link from histories to vectors: which part each item of a history has in a viewer's vector.
//!
//! Given the vectors `t_u` of the users seen in training and a matrix `F` with a row for each history,
//! the link `C` (`n_items x d`) minimizes
//!
//! ```text
//! Σ_u |t_u - Σ_i F[u, i] c_i|²  +  r Σ_i |c_i|²
//! ```
//!
//! so that a viewer who was not there gets the vector `Σ_i F[i] c_i`. The normal equations are solved
//! by conjugate gradients, each of the `d` columns with steps of its own, without ever forming
//! `Fᵀ F`.

use marquee_core::{Dataset, SparseRows, SparseView};
use rayon::prelude::*;

use crate::{
    check::narrow,
    spread::{spread, spread_into},
};

/// Rows whose products are added before their sum joins the total; fixed for the same bits on any
/// number of threads.
const ROWS: usize = 1024;

/// How much a history of `length` items counts by: `length^-exponent`, zero for an empty one.
pub(crate) fn history_scale(length: usize, exponent: f64) -> f32 {
    if length == 0 {
        return 0.0;
    }
    narrow((length as f64).powf(-exponent))
}

/// The histories of `data` as rows: each entry that `counts` has the [`history_scale`] of how many do.
pub(crate) fn scaled_histories(
    data: &Dataset,
    exponent: f64,
    counts: impl Fn(f32) -> bool,
) -> SparseRows {
    scaled_rows(data.by_user(), exponent, counts)
}

/// As [`scaled_histories`], for the rows of either side.
pub(crate) fn scaled_rows(
    from: SparseView<'_>,
    exponent: f64,
    counts: impl Fn(f32) -> bool,
) -> SparseRows {
    let mut rows = SparseRows {
        n_columns: from.n_columns(),
        offsets: vec![0],
        ..SparseRows::default()
    };
    let mut weights = Vec::with_capacity(from.n_entries());
    for row in from.rows() {
        let start = rows.columns.len();
        let places = row.columns.iter().enumerate();
        let counted = places.filter(|&(place, _)| counts(row.weight(place)));
        rows.columns.extend(counted.map(|(_, &column)| column));
        let n = rows.columns.len() - start;
        weights.extend(std::iter::repeat_n(history_scale(n, exponent), n));
        rows.offsets.push(rows.columns.len() as u64);
    }
    rows.weights = Some(weights);
    rows
}

/// The system `(Fᵀ F + r I) C = B`, with an `r` for each column of `C`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link<'a> {
    /// `F`.
    pub(crate) histories: SparseView<'a>,
    /// `Fᵀ`.
    pub(crate) by_item: SparseView<'a>,
    /// `r` of each column of the link, positive.
    pub(crate) regularization: &'a [f32],
    /// Steps at most.
    pub(crate) steps: usize,
}

impl Link<'_> {
    /// The link to `targets` (`F.n_rows() x d`): `B = Fᵀ T`, from zero.
    pub(crate) fn fit(&self, targets: &[f32], d: usize) -> Vec<f32> {
        let right = spread(self.by_item, targets, d);
        let mut link = vec![0.0; right.len()];
        self.solve(&right, d, &mut link);
        link
    }

    /// Improves `x` towards the solution for the right-hand sides `b`, both `n_columns x d`.
    ///
    /// Ends after `steps`, or once every column's residual is a thousandth of what it was for zero.
    pub(crate) fn solve(&self, b: &[f32], d: usize, x: &mut [f32]) {
        let n = x.len();
        let mut scratch = vec![0.0; self.histories.n_rows() * d];
        let mut product = vec![0.0; n];
        self.apply(x, d, &mut scratch, &mut product);
        let mut rest: Vec<f32> = b.iter().zip(&product).map(|(b, p)| b - p).collect();
        let mut direction = rest.clone();
        let goal: Vec<f64> = squares(b, b, d)
            .iter()
            .map(|square| square * 1e-6)
            .collect();
        let mut size = squares(&rest, &rest, d);
        for _ in 0..self.steps {
            if size.iter().zip(&goal).all(|(size, goal)| size <= goal) {
                return;
            }
            self.apply(&direction, d, &mut scratch, &mut product);
            let curvature = squares(&direction, &product, d);
            let step = ratios(&size, &curvature);
            let back: Vec<f32> = step.iter().map(|step| -step).collect();
            add_scaled(x, &step, &direction);
            add_scaled(&mut rest, &back, &product);
            let next = squares(&rest, &rest, d);
            let keep = ratios(&next, &size);
            turn(&mut direction, &keep, &rest);
            size = next;
        }
    }

    /// `product = (Fᵀ F + r I) x`.
    fn apply(&self, x: &[f32], d: usize, scratch: &mut [f32], product: &mut [f32]) {
        spread_into(self.histories, x, d, scratch);
        spread_into(self.by_item, scratch, d, product);
        add_scaled(product, self.regularization, x);
    }
}

/// The inner product of each pair of columns of two matrices with `d` columns.
fn squares(a: &[f32], b: &[f32], d: usize) -> Vec<f64> {
    let chunks = a.par_chunks(ROWS * d).zip(b.par_chunks(ROWS * d));
    let parts: Vec<Vec<f64>> = chunks
        .map(|(a, b)| {
            let mut sums = vec![0.0; d];
            for (a, b) in a.chunks_exact(d).zip(b.chunks_exact(d)) {
                for ((sum, &a), &b) in sums.iter_mut().zip(a).zip(b) {
                    *sum += f64::from(a) * f64::from(b);
                }
            }
            sums
        })
        .collect();
    parts.into_iter().fold(vec![0.0; d], |mut total, part| {
        total
            .iter_mut()
            .zip(part)
            .for_each(|(total, part)| *total += part);
        total
    })
}

/// Ratios of non-negative numbers; zero where the lower one is.
fn ratios(upper: &[f64], lower: &[f64]) -> Vec<f32> {
    let pairs = upper.iter().zip(lower);
    pairs
        .map(|(&upper, &lower)| {
            if lower > 0.0 {
                narrow(upper / lower)
            } else {
                0.0
            }
        })
        .collect()
}

/// `to += factor * from`, with a factor for each column.
fn add_scaled(to: &mut [f32], factors: &[f32], from: &[f32]) {
    let d = factors.len();
    let rows = to.par_chunks_exact_mut(d).zip(from.par_chunks_exact(d));
    rows.for_each(|(to, from)| {
        for ((to, factor), from) in to.iter_mut().zip(factors).zip(from) {
            *to += factor * from;
        }
    });
}

/// `direction = rest + keep * direction`, with a factor for each column.
fn turn(direction: &mut [f32], keep: &[f32], rest: &[f32]) {
    let d = keep.len();
    let rows = direction
        .par_chunks_exact_mut(d)
        .zip(rest.par_chunks_exact(d));
    rows.for_each(|(direction, rest)| {
        for ((to, keep), rest) in direction.iter_mut().zip(keep).zip(rest) {
            *to = rest + keep * *to;
        }
    });
}

#[cfg(test)]
mod tests {
    use marquee_testkit::conformance::BlockWorld;
    use nalgebra::DMatrix;

    use super::*;

    #[test]
    fn link_solves_the_normal_equations() {
        let data = BlockWorld::small(3).data;
        let rows = scaled_histories(&data, 0.5, |weight| weight > 0.0);
        let by_item = rows.view().transposed();
        let (n_users, n_items, d) = (data.n_users(), data.n_items(), 2);
        let targets: Vec<f32> = (0..n_users * d).map(|at| (at % 7) as f32 - 3.0).collect();
        let link = Link {
            histories: rows.view(),
            by_item: by_item.view(),
            regularization: &[0.5; 2],
            steps: 100,
        };
        let got = link.fit(&targets, d);
        let mut f = DMatrix::<f64>::zeros(n_users, n_items);
        for (user, row) in rows.view().rows().enumerate() {
            for (place, &item) in row.columns.iter().enumerate() {
                f[(user, item as usize)] = f64::from(row.weight(place));
            }
        }
        let t = DMatrix::from_row_iterator(n_users, d, targets.iter().map(|&t| f64::from(t)));
        let system = f.tr_mul(&f) + DMatrix::identity(n_items, n_items) * 0.5;
        let want = system.cholesky().unwrap().solve(&f.tr_mul(&t));
        for item in 0..n_items {
            for k in 0..d {
                let gap = (f64::from(got[item * d + k]) - want[(item, k)]).abs();
                assert!(gap < 1e-2, "item {item}: {gap}");
            }
        }
    }

    #[test]
    fn empty_history_counts_nothing() {
        assert!(history_scale(0, 0.5).abs() < f32::EPSILON);
        assert!((history_scale(4, 0.5) - 0.5).abs() < 1e-6);
    }
}
