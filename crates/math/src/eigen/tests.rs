use nalgebra::{DMatrix, SymmetricEigen};
use proptest::prelude::*;
use rayon::ThreadPoolBuilder;

use super::*;

fn symmetric(n: usize, entry: impl Fn(u64, u64) -> f64) -> DMatrix<f64> {
    DMatrix::from_fn(n, n, |row, column| {
        entry(row.min(column) as u64, row.max(column) as u64)
    })
}

fn mixed(seed: u64) -> impl Fn(u64, u64) -> f64 {
    move |low, high| {
        let value = (low * 1_000_003 + high * 7919 + seed * 104_729) % 1009;
        value as f64 / 100.0 - 5.0
    }
}

#[track_caller]
fn check(a: &DMatrix<f64>) {
    let n = a.nrows();
    let eigen = symmetric_eigen(a.as_slice().to_vec(), n).unwrap();
    let size = a.amax().max(1e-300) * n as f64;
    let vectors = DMatrix::from_row_slice(n, n, &eigen.vectors);
    let values = DMatrix::from_diagonal(&eigen.values.clone().into());
    let made = &vectors * values * vectors.transpose();
    assert!((made - a).amax() < 1e-13 * size, "n = {n}");
    let gap = vectors.tr_mul(&vectors) - DMatrix::identity(n, n);
    assert!(gap.iter().all(|gap| gap.abs() < 1e-12), "n = {n}");
    assert!(eigen.values.is_sorted_by(|a, b| a >= b));
    let mut wanted = SymmetricEigen::new(a.clone())
        .eigenvalues
        .as_slice()
        .to_vec();
    wanted.sort_by(|a, b| b.total_cmp(a));
    for (found, wanted) in eigen.values.iter().zip(&wanted) {
        assert!((found - wanted).abs() < 1e-12 * size);
    }
}

#[test]
fn empty_and_single_and_diagonal_matrices() {
    assert_eq!(symmetric_eigen(Vec::new(), 0).unwrap().values, []);
    check(&DMatrix::from_element(1, 1, -3.0));
    check(&DMatrix::from_diagonal(&vec![1.0, 5.0, -2.0, 5.0].into()));
    check(&DMatrix::zeros(6, 6));
}

#[test]
fn eigenvalues_that_repeat() {
    check(&DMatrix::identity(40, 40));
    check(&DMatrix::from_element(50, 50, 1.0));
}

#[test]
fn eigenvalues_over_many_magnitudes() {
    check(&symmetric(60, |low, high| {
        10_f64.powi(-i32::try_from(low + high).unwrap() / 4)
    }));
}

#[test]
fn large_enough_for_several_threads_and_panels() {
    check(&symmetric(260, mixed(1)));
}

#[test]
fn one_thread_and_three_give_the_same_bits() {
    let a = symmetric(260, mixed(2));
    let run = |threads| {
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| symmetric_eigen(a.as_slice().to_vec(), 260).unwrap())
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn number_that_is_not_finite_is_refused() {
    assert_eq!(symmetric_eigen(vec![f64::NAN], 1), Err(NoEigen));
    assert_eq!(
        symmetric_eigen(vec![1.0, f64::INFINITY, f64::INFINITY, 1.0], 2),
        Err(NoEigen)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn vectors_and_values_make_the_matrix(n in 1_usize..70, seed in 0_u64..1000) {
        check(&symmetric(n, mixed(seed)));
    }
}
