//! One diagonal block of a factor, by plain loops.

use std::ops::Range;

use super::Side;
use crate::{MatrixView, Real};

/// Factors the diagonal block at `columns` of `rows`, each `n` long. On failure gives the row, counted
/// within the block.
pub(super) fn factor_block<T: Real>(
    rows: &mut [T],
    n: usize,
    columns: Range<usize>,
) -> Result<(), usize> {
    let size = columns.len();
    for pivot in 0..size {
        let (done, below) = rows.split_at_mut((pivot + 1) * n);
        let own = &mut done[pivot * n..][columns.clone()];
        let square = own[pivot];
        if !(square > T::ZERO && square.is_finite()) {
            return Err(pivot);
        }
        let inverse = T::ONE / square.sqrt();
        for value in &mut own[pivot..] {
            *value *= inverse;
        }
        for (row, target) in (pivot + 1..size).zip(below.chunks_exact_mut(n)) {
            subtract_multiple(&mut target[columns.clone()][row..], own[row], &own[row..]);
        }
    }
    Ok(())
}

/// The inverse of the upper triangular `factor`, row after row, zeros below the diagonal.
pub(super) fn invert_block<T: Real>(factor: MatrixView<'_, T>) -> Vec<T> {
    let size = factor.n_rows();
    let mut inverse = vec![T::ZERO; size * size];
    for row in (0..size).rev() {
        let (before, below) = inverse.split_at_mut((row + 1) * size);
        let own = &mut before[row * size..];
        for (other, from) in (row + 1..size).zip(below.chunks_exact(size)) {
            subtract_multiple(&mut own[other..], factor.at(row, other), &from[other..]);
        }
        let scale = T::ONE / factor.at(row, row);
        own[row] = T::ONE;
        for value in &mut own[row..] {
            *value *= scale;
        }
    }
    inverse
}

/// Solves the triangular system of one block for the rows of `b`, each `n_columns` long.
pub(super) fn solve_block<T: Real>(
    factor: MatrixView<'_, T>,
    b: &mut [T],
    n_columns: usize,
    side: Side,
) {
    let size = factor.n_rows();
    if n_columns == 0 {
        return;
    }
    for step in 0..size {
        let (row, others) = match side {
            Side::Forward => (step, 0..step),
            Side::Backward => (size - 1 - step, size - step..size),
        };
        let (before, rest) = b.split_at_mut(row * n_columns);
        let (own, after) = rest.split_at_mut(n_columns);
        for other in others {
            let (coupling, from) = match side {
                Side::Forward => (factor.at(other, row), &before[other * n_columns..]),
                Side::Backward => (
                    factor.at(row, other),
                    &after[(other - row - 1) * n_columns..],
                ),
            };
            subtract_multiple(own, coupling, &from[..n_columns]);
        }
        let scale = T::ONE / factor.at(row, row);
        for value in own {
            *value *= scale;
        }
    }
}

/// `target -= factor * from`, element by element.
fn subtract_multiple<T: Real>(target: &mut [T], factor: T, from: &[T]) {
    for (value, &other) in target.iter_mut().zip(from) {
        *value -= factor * other;
    }
}
