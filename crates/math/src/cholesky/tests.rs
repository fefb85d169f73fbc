use nalgebra::DMatrix;
use proptest::prelude::*;

use super::*;
use crate::rng;

/// A symmetric positive definite matrix with eigenvalues of at least `least`.
fn definite(n: usize, least: f64, seed: u64) -> DMatrix<f64> {
    let mut rng = rng(seed, 0);
    let a = DMatrix::from_fn(n, n, |_, _| rng.random_range(-1.0..1.0));
    &a * a.transpose() / n as f64 + DMatrix::identity(n, n) * least
}

fn to_f32(a: &DMatrix<f64>) -> Vec<f32> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "single precision is the point"
    )]
    a.iter().map(|&value| value as f32).collect()
}

#[test]
fn inverse_times_matrix_is_the_identity() {
    for n in [0, 1, 2, 127, 128, 129, 300] {
        let a = definite(n, 0.1, 1);
        let factor = Cholesky::factor(a.as_slice().to_vec(), n).unwrap();
        let inverse = DMatrix::from_row_slice(n, n, &factor.into_inverse());
        let gap = (&a * inverse - DMatrix::identity(n, n)).abs();
        assert!(gap.iter().all(|&gap| gap < 1e-10), "n = {n}");
    }
}

#[test]
fn single_precision_inverse_is_close() {
    let n = 260;
    let a = definite(n, 0.1, 2);
    let inverse = Cholesky::factor(to_f32(&a), n).unwrap().into_inverse();
    let wanted = a.try_inverse().unwrap();
    for (found, wanted) in inverse.iter().zip(wanted.iter()) {
        assert!((f64::from(*found) - wanted).abs() < 1e-4);
    }
}

#[test]
fn indefinite_matrix_names_its_first_bad_pivot() {
    let n = 200;
    for bad in [0, 5, 127, 128, 199] {
        let mut a = DMatrix::<f64>::identity(n, n);
        a[(bad, bad)] = -1.0;
        let got = Cholesky::factor(a.as_slice().to_vec(), n);
        assert_eq!(got, Err(NotPositiveDefinite { pivot: bad }));
    }
}

#[test]
fn not_a_number_is_not_positive_definite() {
    let got = Cholesky::factor(vec![f32::NAN], 1);
    assert_eq!(got, Err(NotPositiveDefinite { pivot: 0 }));
}

#[test]
fn one_thread_and_three_give_the_same_bits() {
    let n = 400;
    let a = to_f32(&definite(n, 0.1, 3));
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap()
            .install(|| Cholesky::factor(a.clone(), n).unwrap().into_inverse())
    };
    assert_eq!(run(1), run(3));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn factor_equals_nalgebra(n in 1_usize..200, seed in 0_u64..1000) {
        let a = definite(n, 0.1, seed);
        let got = Cholesky::factor(a.as_slice().to_vec(), n).unwrap();
        let wanted = a.cholesky().unwrap().l();
        for row in 0..n {
            for column in row..n {
                prop_assert!((got.upper()[row * n + column] - wanted[(column, row)]).abs() < 1e-10);
            }
        }
    }

    #[test]
    fn solution_fulfills_the_system(n in 1_usize..300, n_columns in 0_usize..4, seed in 0_u64..1000) {
        let a = definite(n, 0.1, seed);
        let b = DMatrix::from_fn(n, n_columns, |row, column| (row * 7 + column * 3 % 11) as f64 - 5.0);
        let mut x: Vec<f64> = b.transpose().as_slice().to_vec();
        Cholesky::factor(a.as_slice().to_vec(), n).unwrap().solve(&mut x, n_columns);
        let x = DMatrix::from_row_slice(n, n_columns, &x);
        let size = b.abs().max().max(1.0);
        prop_assert!((&a * x - b).abs().iter().all(|&gap| gap < 1e-9 * size));
    }
}
