//! Eigenvalues and eigenvectors of symmetric matrices.

use nalgebra::{DMatrix, SymmetricEigen};

/// `A = V diag(values) Vᵀ`.
#[derive(Debug, Clone, PartialEq)]
pub struct Eigen {
    /// Eigenvalues, largest first.
    pub values: Vec<f64>,
    /// `n x n` numbers, row after row; column `k` is the unit eigenvector of `values[k]`.
    pub vectors: Vec<f64>,
}

/// The eigenvalues and eigenvectors of the symmetric `a` of `n x n` numbers. Nothing is promised
/// where a number is not finite, except to return.
///
/// Cost: about `9 n³` multiplications and additions, on one thread.
///
/// # Panics
///
/// When `a` does not have `n * n` elements.
///
/// # Example
///
/// ```
/// let eigen = marquee_math::symmetric_eigen(vec![2.0, 1.0, 1.0, 2.0], 2);
/// assert!((eigen.values[0] - 3.0).abs() < 1e-12);
/// assert!((eigen.values[1] - 1.0).abs() < 1e-12);
/// ```
pub fn symmetric_eigen(a: Vec<f64>, n: usize) -> Eigen {
    assert_eq!(a.len(), n * n, "elements of a square matrix");
    if n == 0 || a.iter().any(|value| !value.is_finite()) {
        return Eigen {
            values: vec![f64::NAN; n],
            vectors: vec![f64::NAN; n * n],
        };
    }
    let found = SymmetricEigen::new(DMatrix::from_vec(n, n, a));
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&left, &right| found.eigenvalues[right].total_cmp(&found.eigenvalues[left]));
    let mut vectors = vec![0.0; n * n];
    for (place, &from) in order.iter().enumerate() {
        for row in 0..n {
            vectors[row * n + place] = found.eigenvectors[(row, from)];
        }
    }
    Eigen {
        values: order.iter().map(|&from| found.eigenvalues[from]).collect(),
        vectors,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn vectors_and_values_make_the_matrix(n in 1_usize..30, seed in 0_u64..1000) {
            let a = DMatrix::from_fn(n, n, |row, column| {
                let (low, high) = (row.min(column) as u64, row.max(column) as u64);
                ((low * 31 + high * 17 + seed * 7) % 13) as f64 - 6.0
            });
            let eigen = symmetric_eigen(a.as_slice().to_vec(), n);
            let vectors = DMatrix::from_row_slice(n, n, &eigen.vectors);
            let values = DMatrix::from_diagonal(&eigen.values.clone().into());
            let made = &vectors * values * vectors.transpose();
            prop_assert!((made - a).amax() < 1e-9 * n as f64);
            let gap = vectors.tr_mul(&vectors) - DMatrix::identity(n, n);
            prop_assert!(gap.amax() < 1e-10);
            prop_assert!(eigen.values.is_sorted_by(|a, b| a >= b));
        }
    }

    #[test]
    fn matrix_that_is_not_finite_returns() {
        assert!(symmetric_eigen(vec![f64::NAN], 1).values[0].is_nan());
    }
}
