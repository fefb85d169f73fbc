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
            halves: None,
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

/// The same problem over rows that are rounded before, for a machine without tiles.
fn rounded(case: &Case) -> Case {
    let d = case.scales.len();
    let halves = HalfRows::of(&case.matrix, d);
    let rows = case.matrix.len() / d;
    Case {
        matrix: (0..rows).flat_map(|row| halves.row(row)).collect(),
        rows: case.rows.clone(),
        weights: case.weights.clone(),
        targets: case.targets.clone(),
        scales: case.scales.clone(),
    }
}

/// Compares a solution and its minimum with the oracle's.
#[track_caller]
fn check_near(case: &Case, (x, minimum): (&[f32], f64), tolerance: f64) {
    let (wanted, wanted_minimum) = case.oracle();
    let size = wanted.amax().max(1e-3);
    for (found, wanted) in x.iter().zip(wanted.iter()) {
        assert!(
            (f64::from(*found) - wanted).abs() < tolerance * size,
            "{found} {wanted}"
        );
    }
    assert!((minimum - wanted_minimum).abs() < tolerance * (1.0 + wanted_minimum));
}

/// Solves in halves, exactly and by many steps, and compares with the oracle of the rounded rows.
#[track_caller]
fn check_halves(case: &Case, tolerance: f64) {
    let d = case.scales.len();
    let halves = HalfRows::of(&case.matrix, d);
    let case = rounded(case);
    let problem = RidgeProblem {
        halves: Some(&halves),
        ..case.problem()
    };
    let mut x = vec![f32::NAN; d];
    let minimum = Ridge::new().solve(&problem, &mut x).unwrap();
    check_near(&case, (&x, minimum), tolerance);
    x.fill(0.1);
    let minimum = Ridge::new().descend(&problem, 60, &mut x);
    check_near(&case, (&x, minimum), 2e-3);
}

#[test]
fn halves_give_the_solution_for_the_rounded_rows() {
    for (n, d) in [
        (24, 32),
        (47, 40),
        (48, 64),
        (63, 64),
        (300, 64),
        (700, 50),
        (129, 128),
        (900, 130),
    ] {
        let mut plain = case(n, d, 7);
        plain.weights.fill(1.0);
        check_halves(&plain, 2e-3);
        check_halves(&case(n, d, 8), 2e-2);
    }
}

#[test]
fn many_steps_lead_to_the_solution() {
    for (n, d) in [
        (0, 5),
        (1, 3),
        (7, 48),
        (16, 16),
        (17, 50),
        (40, 33),
        (300, 20),
    ] {
        let case = case(n, d, 11);
        let mut x = vec![0.1; d];
        let minimum = Ridge::new().descend(&case.problem(), 100, &mut x);
        check_near(&case, (&x, minimum), 1e-3);
    }
}

#[test]
fn every_step_lowers_the_sum() {
    let case = case(30, 40, 12);
    let after = |steps| Ridge::new().descend(&case.problem(), steps, &mut [0.2; 40]);
    let sums: Vec<f64> = (0..6).map(after).collect();
    assert!(
        sums.is_sorted_by(|before, after| after < before),
        "{sums:?}"
    );
}

#[test]
fn no_step_leaves_the_vector_and_measures_it() {
    let case = case(9, 20, 13);
    let mut x = vec![0.3; 20];
    let found = Ridge::new().descend(&case.problem(), 0, &mut x);
    assert_eq!(x, [0.3; 20]);
    let rows = case.rows.iter().zip(case.weights.iter().zip(&case.targets));
    let misses = rows.map(|(&row, (weight, target))| {
        let row = &case.matrix[row as usize * 20..][..20];
        let sum: f32 = row.iter().map(|y| 0.3 * y).sum();
        f64::from(weight * sum - target).powi(2)
    });
    let penalty = case.scales.iter().map(|s| f64::from(0.3 / s).powi(2));
    let wanted = misses.sum::<f64>() + penalty.sum::<f64>();
    assert!((found - wanted).abs() < 1e-4 * wanted, "{found} {wanted}");
}

#[test]
fn steps_of_a_number_that_is_not_finite_are_not_finite() {
    let mut case = case(3, 8, 1);
    case.matrix[1] = f32::NAN;
    for steps in [0, 3] {
        let sum = Ridge::new().descend(&case.problem(), steps, &mut [0.0; 8]);
        assert!(!sum.is_finite(), "{sum}");
    }
}
