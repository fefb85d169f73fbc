//! The Gram matrix of the items: how often two items were touched by the same user.
//!
//! `G = Xᵀ D X` with `X` the users by items and `D` a weight for each user, `n_u^-e` over its mean, so
//! that a user with a long history does not speak for everybody and the unit of `G` stays that of the
//! interactions (`e` = 0 counts every interaction alike; user normalization as in Park, Yoon, Kim, Lee
//! 2025).
//!
//! Cost: the sum over users of the square of their history.

use marquee_core::{Dataset, Row, SparseRows, SparseView};
use marquee_math::Scored;
use rayon::prelude::*;

use crate::{Error, Result, check::narrow, product::RowSums, sparse_items::build_rows};

/// A number that a Gram matrix may be made of.
pub(crate) trait Precision: marquee_math::Real {
    /// Rounds to this precision.
    fn round(value: f64) -> Self;
    /// Rounds to what models are kept in.
    fn kept(self) -> f32;
}

impl Precision for f32 {
    fn round(value: f64) -> Self {
        narrow(value)
    }

    fn kept(self) -> f32 {
        self
    }
}

impl Precision for f64 {
    fn round(value: f64) -> Self {
        value
    }

    fn kept(self) -> f32 {
        narrow(self)
    }
}

/// The items by users, each weight times the weight of its user.
pub(crate) fn weighted_by_user(data: &Dataset, exponent: f64) -> SparseRows {
    let mut rows = data.by_item().to_rows();
    if exponent > 0.0 {
        let factors = user_factors(data, exponent);
        let entries = data.by_item().rows().flat_map(|row| {
            let factors = &factors;
            (0..row.len()).map(move |place| {
                let factor = factors[row.columns[place] as usize];
                narrow(f64::from(row.weight(place)) * factor)
            })
        });
        rows.weights = Some(entries.collect());
    }
    rows
}

/// `n_u^-exponent` over its mean over interactions.
fn user_factors(data: &Dataset, exponent: f64) -> Vec<f64> {
    let lengths = || data.by_user().rows().map(|row| row.len() as f64);
    let factor = |length: f64| length.max(1.0).powf(-exponent);
    let total: f64 = lengths().map(|length| length * factor(length)).sum();
    let scale = data.n_interactions() as f64 / total;
    lengths().map(|length| scale * factor(length)).collect()
}

/// All of `G`, row after row.
///
/// Memory: `n_items²` numbers, and 9 bytes an item for each thread.
pub(crate) fn dense<T: Precision>(data: &Dataset, user_exponent: f64) -> Vec<T> {
    let n_items = data.n_items();
    let left = weighted_by_user(data, user_exponent);
    let left = left.view();
    let mut gram = vec![T::ZERO; n_items * n_items];
    // Some rows a task, so that the sums are not allocated anew for each.
    let tasks = gram.par_chunks_mut(n_items.max(1) * 16);
    tasks.enumerate().for_each(|(task, rows)| {
        let mut sums = RowSums::new(n_items);
        for (index, row) in rows.chunks_exact_mut(n_items).enumerate() {
            sums.clear();
            sums.add_product(left.row(task * 16 + index), data.by_user());
            for (column, sum) in sums.entries() {
                row[column as usize] = T::round(sum);
            }
        }
    });
    gram
}

/// The entries of `G` that are not zero, rows with rising columns.
///
/// Memory: 8 bytes an entry, twice that while it is made.
///
/// # Errors
///
/// [`Error::Memory`] when it would need more than `limit_bytes`.
pub(crate) fn sparse(
    model: &'static str,
    data: &Dataset,
    user_exponent: f64,
    limit_bytes: u64,
) -> Result<SparseRows> {
    let needed = 16 * entries_at_most(data);
    if needed > limit_bytes {
        return Err(Error::Memory {
            model,
            needed,
            limit: limit_bytes,
        });
    }
    let left = weighted_by_user(data, user_exponent);
    let left = left.view();
    let n_items = data.n_items();
    Ok(build_rows(
        n_items,
        n_items,
        || RowSums::new(n_items),
        |sums, item, entries| {
            sums.clear();
            sums.add_product(left.row(item), data.by_user());
            entries.extend(sums.entries().map(|(index, sum)| Scored {
                index,
                score: narrow(sum),
            }));
        },
    ))
}

/// The diagonal of sparse rows that are square.
pub(crate) fn diagonal(rows: SparseView<'_>) -> Vec<f32> {
    let own = |(row, entries): (usize, Row<'_>)| {
        let place = entries.columns.iter().position(|&c| c as usize == row);
        place.map_or(0.0, |place| entries.weight(place))
    };
    rows.rows().enumerate().map(own).collect()
}

/// A bound on the entries of `G` that are not zero: each pair counted for each user, but no row longer
/// than there are items.
fn entries_at_most(data: &Dataset) -> u64 {
    let by_user = data.by_user();
    let pairs = |row: Row<'_>| -> u64 {
        let users = row.columns.iter();
        let lengths = users.map(|&user| by_user.row(user as usize).len() as u64);
        lengths.sum::<u64>().min(data.n_items() as u64)
    };
    data.by_item().rows().map(pairs).sum()
}

#[cfg(test)]
mod tests {
    use marquee_testkit::conformance::BlockWorld;

    use super::*;

    /// `Σ_u factor(u) x_ui x_uj`, straight from the definition.
    fn by_definition(data: &Dataset, exponent: f64) -> Vec<f64> {
        let n = data.n_items();
        let factors = user_factors(data, exponent);
        let mut gram = vec![0.0; n * n];
        for (row, factor) in data.by_user().rows().zip(factors) {
            for (a, &left) in row.columns.iter().enumerate() {
                for (b, &right) in row.columns.iter().enumerate() {
                    let product = f64::from(row.weight(a)) * f64::from(row.weight(b));
                    gram[left as usize * n + right as usize] += factor * product;
                }
            }
        }
        gram
    }

    #[test]
    fn dense_and_sparse_equal_the_definition() {
        let data = BlockWorld::small(5).data;
        let n = data.n_items();
        for exponent in [0.0, 0.5] {
            let want = by_definition(&data, exponent);
            let dense = dense::<f64>(&data, exponent);
            let sparse = sparse("m", &data, exponent, u64::MAX).unwrap();
            let mut found = vec![0.0_f32; n * n];
            for (item, row) in sparse.view().rows().enumerate() {
                for (place, &column) in row.columns.iter().enumerate() {
                    found[item * n + column as usize] = row.weight(place);
                }
            }
            for at in 0..n * n {
                assert!((dense[at] - want[at]).abs() < 1e-5, "{at}");
                assert!((f64::from(found[at]) - want[at]).abs() < 1e-5, "{at}");
            }
        }
    }

    #[test]
    fn user_weights_keep_the_unit() {
        let data = BlockWorld::small(5).data;
        let lengths = data.by_user().rows().map(|row| row.len() as f64);
        let factors = user_factors(&data, 0.5);
        let total: f64 = lengths.zip(&factors).map(|(n, factor)| n * factor).sum();
        assert!((total - data.n_interactions() as f64).abs() < 1e-6 * total);
    }

    #[test]
    fn too_little_memory_is_refused() {
        let data = BlockWorld::small(5).data;
        let got = sparse("m", &data, 0.0, 1000);
        assert!(matches!(got, Err(Error::Memory { limit: 1000, .. })));
    }
}
