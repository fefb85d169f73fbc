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

/// Solves in halves, exactly or by many steps, and compares with the oracle of the rounded rows.
#[track_caller]
fn check_halves(mut case: Case, tolerance: f64) {
    let d = case.scales.len();
    let halves = HalfRows::of(&case.matrix, d);
    case = rounded(&case);
    let problem = RidgeProblem {
        halves: Some(&halves),
        ..case.problem()
    };
    let (wanted, wanted_minimum) = case.oracle();
    let size = wanted.amax().max(1e-3);
    let mut exact = vec![f32::NAN; d];
    let minimum = Ridge::new().solve(&problem, &mut exact).unwrap();
    let mut near = vec![0.1; d];
    let descended = Ridge::new().descend(&problem, 60, &mut near);
    let both = [Some((exact, minimum)), descended.map(|value| (near, value))];
    for (x, minimum) in both.into_iter().flatten() {
        for (found, wanted) in x.iter().zip(wanted.iter()) {
            assert!(
                (f64::from(*found) - wanted).abs() < tolerance * size,
                "{found} {wanted}"
            );
        }
        assert!((minimum - wanted_minimum).abs() < tolerance * (1.0 + wanted_minimum));
    }
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
        check_halves(plain, 2e-3);
        check_halves(case(n, d, 8), 2e-2);
    }
}

#[test]
fn steps_are_not_taken_where_rows_are_few() {
    let case = case(10, 64, 9);
    let halves = HalfRows::of(&case.matrix, 64);
    let problem = RidgeProblem {
        halves: Some(&halves),
        ..case.problem()
    };
    assert_eq!(Ridge::new().descend(&problem, 3, &mut [0.0; 64]), None);
}
