//! What each interaction adds to a score (Hu, Koren, Volinsky 2008, section 5), in double precision.
//!
//! With `Z` and `q` as in [`marquee_math::ridge`] and `a = diag(s) y` for the item's vector `y`,
//!
//! ```text
//! score = a·(I + Zᵀ Z)⁻¹ Zᵀ q = sum over j of q_j g_j,   g = Z (I + Zᵀ Z)⁻¹ a = (I + Z Zᵀ)⁻¹ Z a
//! ```
//!
//! and the smaller of the two systems is solved.

use marquee_math::{Cholesky, MatrixView, MatrixViewMut, Scale, gemm};

use super::{AlsView, NAME, confidence::Evidence};
use crate::{Error, Result};

/// The part of each piece of evidence in the score of the item in row `item`.
pub(super) fn contributions(
    view: &AlsView<'_>,
    evidence: &Evidence,
    item: usize,
) -> Result<Vec<f64>> {
    let scales: Vec<f64> = view.scales(evidence).into_iter().map(f64::from).collect();
    let (n, d) = (evidence.rows.len(), scales.len());
    let scaled = |row: usize, weight: f64| {
        let vector = view.item_vector(row).iter().zip(&scales);
        vector.map(move |(&value, scale)| f64::from(value) * scale * weight)
    };
    let rows = evidence.rows.iter().zip(&evidence.weights);
    let z: Vec<f64> = rows
        .flat_map(|(&row, &weight)| scaled(row as usize, f64::from(weight)))
        .collect();
    let z = MatrixView::new(&z, n, d);
    let a: Vec<f64> = scaled(item, 1.0).collect();
    let a = MatrixView::new(&a, d, 1);
    let gains = if n < d {
        let mut right = product(z, a);
        solve(product(z, z.transposed()), &mut right)?;
        right
    } else {
        let mut right: Vec<f64> = (0..d).map(|row| a.at(row, 0)).collect();
        solve(product(z.transposed(), z), &mut right)?;
        product(z, MatrixView::new(&right, d, 1))
    };
    let targets = evidence.targets.iter().map(|&target| f64::from(target));
    Ok(gains
        .iter()
        .zip(targets)
        .map(|(gain, target)| gain * target)
        .collect())
}

fn product(a: MatrixView<'_, f64>, b: MatrixView<'_, f64>) -> Vec<f64> {
    let (n_rows, n_columns) = (a.n_rows(), b.n_columns());
    let mut result = vec![0.0; n_rows * n_columns];
    let mut view = MatrixViewMut::new(&mut result, n_rows, n_columns);
    gemm(Scale::SET, a, b, &mut view);
    result
}

/// Solves `(I + system) x = right` in place of `right`.
fn solve(mut system: Vec<f64>, right: &mut [f64]) -> Result<()> {
    let n = right.len();
    for row in 0..n {
        system[row * n + row] += 1.0;
    }
    let factor = Cholesky::factor(system, n).map_err(|error| Error::NotPositiveDefinite {
        model: NAME,
        pivot: error.pivot,
    })?;
    factor.solve(right, 1);
    Ok(())
}
