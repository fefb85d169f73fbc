//! Eigenvalues and eigenvectors of symmetric matrices.
//!
//! Householder reflections make the matrix tridiagonal, implicit QL steps with Wilkinson's shift make
//! it diagonal (Golub, Van Loan, *Matrix Computations*, 8.3). What would be slow in textbook form is
//! arranged for the memory: each row of the matrix is read once a reflection, and reflections and
//! rotations are replayed on panels of columns that stay in the cache. Rows and panels are shared by
//! the threads of the current rayon pool and do not depend on each other, so the result has the same
//! bits on any number of threads.

mod panel;
mod ql;
mod tridiagonal;

/// `A = V diag(values) Vᵀ`.
#[derive(Debug, Clone, PartialEq)]
pub struct Eigen {
    /// Eigenvalues, largest first.
    pub values: Vec<f64>,
    /// `n x n` numbers, row after row; column `k` is the unit eigenvector of `values[k]`.
    pub vectors: Vec<f64>,
}

/// The matrix has a number that is not finite, or is so ill-scaled that the iteration does not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoEigen;

/// The eigenvalues and eigenvectors of the symmetric `a` of `n x n` numbers, row after row.
///
/// Error of an eigenvalue: about `1e-15` times the largest, times a small multiple of `sqrt(n)`.
/// Cost: about `5 n³` multiplications and additions; memory for two more matrices.
///
/// # Errors
///
/// [`NoEigen`] when a number is not finite.
///
/// # Panics
///
/// When `a` does not have `n * n` elements.
///
/// # Example
///
/// ```
/// let eigen = marquee_math::symmetric_eigen(vec![2.0, 1.0, 1.0, 2.0], 2).unwrap();
/// assert!((eigen.values[0] - 3.0).abs() < 1e-12);
/// assert!((eigen.values[1] - 1.0).abs() < 1e-12);
/// ```
pub fn symmetric_eigen(a: Vec<f64>, n: usize) -> Result<Eigen, NoEigen> {
    assert_eq!(a.len(), n * n, "elements of a square matrix");
    if a.iter().any(|value| !value.is_finite()) {
        return Err(NoEigen);
    }
    let reduced = tridiagonal::reduce(a, n);
    let mut panels = panel::reflected(&reduced, n);
    let values = ql::diagonalize(&reduced, &mut panels)?;
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&left, &right| values[right].total_cmp(&values[left]));
    Ok(Eigen {
        vectors: panel::gathered(&panels, &order),
        values: order.iter().map(|&from| values[from]).collect(),
    })
}

#[cfg(test)]
mod tests;
