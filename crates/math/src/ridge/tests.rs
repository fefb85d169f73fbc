use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;

use super::*;
use crate::rng;
use nalgebra as na;

struct Case {
    matrix: Vec<f32>,
    rows: Vec<u32>,
    weights: Vec<f32>,
    targets: Vec<f32>,
    scales: Vec<f32>,
}

/// A number in `-1 .. 1`.
fn real(rng: &mut crate::Rng) -> f32 {
    f32::from(u16::try_from(rng.next_u32() >> 16).unwrap()) / 32_768.0 - 1.0
}

fn case(n: usize, d: usize, seed: u64) -> Case {
    let mut rng = rng(seed, 0);
    let n_rows = 2 * n + 1;
    let mut many = |n: usize, map: fn(f32) -> f32| -> Vec<f32> {
        (0..n).map(|_| map(real(&mut rng))).collect()
    };
    Case {
        matrix: many(n_rows * d, |x| x),
        weights: many(n, |x| 1.5 + x),
        targets: many(n, |x| x),
        scales: many(d, |x| 0.6 + 0.5 * x),
        rows: (0..n).map(|row| u32::try_from(2 * row).unwrap()).collect(),
    }
}

impl Case {
    fn problem(&self) -> RidgeProblem<'_> {
        RidgeProblem {
            matrix: &self.matrix,
            stride: self.scales.len(),
            rows: &self.rows,
            weights: &self.weights,
            targets: &self.targets,
            scales: &self.scales,
        }
    }

    /// The solution and the minimum in double precision, from the normal equations of `x` itself.
    fn oracle(&self) -> (DVector<f64>, f64) {
        let (n, d) = (self.rows.len(), self.scales.len());
        let rows = DMatrix::from_fn(n, d, |row, column| {
            f64::from(self.matrix[self.rows[row] as usize * d + column])
                * f64::from(self.weights[row])
        });
        let targets = DVector::from_iterator(n, self.targets.iter().map(|&q| f64::from(q)));
        let scales = self.scales.iter().map(|&s| f64::from(s).powi(-2));
        let penalty = DMatrix::from_diagonal(&DVector::from_iterator(d, scales));
        let normal = rows.tr_mul(&rows) + &penalty;
        let x = na::Cholesky::new(normal)
            .unwrap()
            .solve(&rows.tr_mul(&targets));
        let minimum = (&rows * &x - targets).norm_squared() + x.dot(&(penalty * &x));
        (x, minimum)
    }
}

#[track_caller]
fn check(n: usize, d: usize, seed: u64) {
    let case = case(n, d, seed);
    let mut x = vec![f32::NAN; d];
    let minimum = Ridge::new().solve(&case.problem(), &mut x).unwrap();
    let (wanted, wanted_minimum) = case.oracle();
    let size = wanted.amax().max(1e-3);
    for (found, wanted) in x.iter().zip(wanted.iter()) {
        assert!(
            (f64::from(*found) - wanted).abs() < 1e-3 * size,
            "{n} x {d}"
        );
    }
    assert!((minimum - wanted_minimum).abs() < 1e-4 * (1.0 + wanted_minimum));
}

#[test]
fn no_rows_give_the_zero_vector() {
    check(0, 5, 1);
}

#[test]
fn both_sizes_and_their_border_agree_with_the_oracle() {
    for n in [1, 15, 16, 17, 47, 48, 49, 130, 300] {
        check(n, 48, 2);
        check(n, 50, 3);
    }
    check(90, 256, 4);
    check(300, 256, 5);
}

#[test]
fn some_columns_of_a_wider_matrix_are_a_matrix() {
    let mut wide = case(20, 10, 6);
    wide.scales.truncate(4);
    let narrow: Vec<f32> = wide
        .matrix
        .chunks(10)
        .flat_map(|row| row[3..7].to_vec())
        .collect();
    let mut found = [0.0; 4];
    let problem = RidgeProblem {
        matrix: &wide.matrix[3..],
        stride: 10,
        ..wide.problem()
    };
    Ridge::new().solve(&problem, &mut found).unwrap();
    let mut wanted = [0.0; 4];
    wide.matrix = narrow;
    Ridge::new().solve(&wide.problem(), &mut wanted).unwrap();
    assert_eq!(found.map(f32::to_bits), wanted.map(f32::to_bits));
}

#[test]
fn memory_of_an_earlier_problem_leaves_no_trace() {
    let mut ridge = Ridge::new();
    let (large, small) = (case(100, 40, 1), case(7, 9, 2));
    let mut x = [0.0; 9];
    ridge.solve(&large.problem(), &mut [0.0; 40]).unwrap();
    ridge.solve(&small.problem(), &mut x).unwrap();
    let mut fresh = [0.0; 9];
    Ridge::new().solve(&small.problem(), &mut fresh).unwrap();
    assert_eq!(x.map(f32::to_bits), fresh.map(f32::to_bits));
}

#[test]
fn number_that_is_not_finite_is_refused() {
    for n in [3, 30] {
        let mut case = case(n, 8, 1);
        case.matrix[1] = f32::NAN;
        let got = Ridge::new().solve(&case.problem(), &mut [0.0; 8]);
        assert_eq!(got, Err(NotFinite));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn solution_agrees_with_the_oracle(n in 0_usize..100, d in 1_usize..70, seed in 0_u64..1000) {
        check(n, d, seed);
    }
}
