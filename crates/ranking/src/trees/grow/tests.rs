use marquee_math::{fill_normal, rng};
use rand::RngExt as _;

use super::*;

/// Eleven columns: even ones, some of few values, one of one value, some with missing ones.
fn columns(n: usize, seed: u64) -> Vec<Vec<f32>> {
    let mut drawn = rng(seed, 0);
    let column = |at: usize, drawn: &mut marquee_math::Rng| -> f32 {
        let even = drawn.random_range(0.0..1.0_f32);
        match at {
            0..=4 => even,
            5 => (even * 3.0).floor(),
            6 => 1.0,
            7 if even < 0.9 => 0.0,
            8..=9 if even < 0.2 => f32::NAN,
            _ => even,
        }
    };
    (0..11)
        .map(|at| (0..n).map(|_| column(at, &mut drawn)).collect())
        .collect()
}

/// What a leaf gains by its best split, and the rows on the left, from nothing but the definition.
fn brute(
    columns: &[(Vec<f32>, Column)],
    rows: &[usize],
    derivatives: &Derivatives,
    config: &TreesConfig,
) -> Option<(f64, Vec<usize>)> {
    let sums = |rows: &[usize]| {
        rows.iter().fold((0.0, 0.0), |sum: (f64, f64), &row| {
            (
                sum.0 + f64::from(derivatives.slopes[row]),
                sum.1 + f64::from(derivatives.curvatures[row]),
            )
        })
    };
    let gain = |(slope, curvature): (f64, f64)| slope * slope / (curvature + config.regularization);
    let mut found: Option<(f64, Vec<usize>)> = None;
    for (values, column) in columns {
        for bound in &column.bounds {
            for missing_left in [false, true] {
                let goes = |&&row: &&usize| match values[row] {
                    value if value.is_nan() => missing_left,
                    value => value <= *bound,
                };
                let left: Vec<usize> = rows.iter().filter(goes).copied().collect();
                let right: Vec<usize> = rows.iter().filter(|row| !goes(row)).copied().collect();
                let both = [sums(&left), sums(&right)];
                let small = |rows: &[usize]| rows.len() < config.leaf_rows;
                let flat = both.iter().any(|side| side.1 < config.leaf_curvature);
                if small(&left) || small(&right) || flat {
                    continue;
                }
                let all = gain(both[0]) + gain(both[1]) - gain(sums(rows));
                if all > found.as_ref().map_or(1e-9, |found| found.0 + 1e-9) {
                    found = Some((all, left));
                }
            }
        }
    }
    found
}

#[test]
fn trees_are_those_that_are_grown_without_histograms() {
    for seed in 0..4 {
        let n = 400;
        let values = columns(n, seed);
        let known: Vec<(Vec<f32>, Column)> = values
            .into_iter()
            .map(|values| (values.clone(), Column::of(&values, 20)))
            .collect();
        let mut derivatives = Derivatives {
            slopes: vec![0.0; n],
            curvatures: vec![0.0; n],
        };
        fill_normal(&mut rng(seed, 1), 1.0, &mut derivatives.slopes);
        let mut drawn = rng(seed, 2);
        for curvature in &mut derivatives.curvatures {
            *curvature = drawn.random_range(0.01..0.3);
        }
        let config = TreesConfig {
            leaves: 12,
            leaf_rows: 10,
            leaf_curvature: 2.0,
            regularization: 0.5,
            ..TreesConfig::default()
        };
        let mut leaves: Vec<Vec<usize>> = vec![(0..n).collect()];
        while leaves.len() < config.leaves {
            let best = leaves.iter().enumerate().filter_map(|(at, rows)| {
                let (gain, left) = brute(&known, rows, &derivatives, &config)?;
                Some((gain, at, left))
            });
            let Some((_, at, left)) = best.reduce(|a, b| if b.0 > a.0 { b } else { a }) else {
                break;
            };
            let all = leaves.swap_remove(at);
            let right = all.into_iter().filter(|row| !left.contains(row)).collect();
            leaves.extend([left, right]);
        }
        let mut wanted = vec![0.0; n];
        for rows in &leaves {
            let (mut slope, mut curvature) = (0.0, config.regularization);
            for &row in rows {
                slope += f64::from(derivatives.slopes[row]);
                curvature += f64::from(derivatives.curvatures[row]);
            }
            for &row in rows {
                wanted[row] = -0.1 * slope / curvature;
            }
        }
        let columns = known.into_iter().map(|(_, column)| column).collect();
        let mut grower = Grower::new(columns, n, &config);
        for turn in 0..2 {
            let mut scores = vec![0.0; n];
            let nodes = grower.grow(&derivatives, &mut scores);
            assert_eq!(nodes.len(), 2 * leaves.len() - 1, "{seed}, turn {turn}");
            for (row, (&found, &wanted)) in scores.iter().zip(&wanted).enumerate() {
                let gap = f64::from(found) - wanted;
                assert!(
                    gap.abs() < 1e-6,
                    "{seed}, turn {turn}: row {row}, {found} {wanted}"
                );
            }
        }
    }
}
