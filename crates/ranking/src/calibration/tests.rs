use marquee_math::rng;
use marquee_store::Artifact;
use rand::RngExt as _;

use super::*;

fn point(score: f32, label: f32) -> Point {
    Point {
        score,
        label,
        weight: 1.0,
    }
}

/// Outcomes whose chance is `chance` of an evenly drawn score.
fn drawn(n: usize, seed: u64, chance: impl Fn(f32) -> f32) -> Vec<Point> {
    let mut drawn = rng(seed, 0);
    let points = (0..n).map(|_| {
        let score = drawn.random_range(-3.0..3.0_f32);
        let happened = drawn.random_range(0.0..1.0_f32) < chance(score);
        point(score, f32::from(u8::from(happened)))
    });
    points.collect()
}

#[test]
fn violators_are_pooled() {
    // 0, then 1 and 0 pooled to a half, then 1; kept a tenth of a point from 0 and 1.
    let curve = Isotonic::fit(vec![
        point(1.0, 0.0),
        point(3.0, 0.0),
        point(2.0, 1.0),
        point(4.0, 1.0),
    ]);
    let corners: Vec<(f32, f32)> = curve.corners().collect();
    assert_eq!(corners, [(1.0, 0.1), (2.0, 0.5), (3.0, 0.5), (4.0, 0.9)]);
    assert!((curve.apply(1.75) - 0.4).abs() < 1e-6);
    assert!((curve.apply(-9.0) - 0.1).abs() < 1e-6 && (curve.apply(9.0) - 0.9).abs() < 1e-6);
}

#[test]
fn pooling_finds_the_least_squares() {
    let labels = [0.2_f32, 0.6, 0.4, 0.4, 0.8, 0.1];
    let points = (0_u8..)
        .zip(labels)
        .map(|(at, label)| point(f32::from(at), label));
    let curve = Isotonic::fit(points.collect());
    // The last five come to less than the second, so they share their mean.
    let corners: Vec<(f32, f32)> = curve.corners().collect();
    let [(_, low), (first, high), (last, _)] = corners[..] else {
        panic!("one point and a pool: {corners:?}");
    };
    assert!((first - 1.0).abs() < 1e-6 && (last - 5.0).abs() < 1e-6);
    assert!(
        (low - 0.2).abs() < 1e-6 && (high - 0.46).abs() < 1e-6,
        "{corners:?}"
    );
    let cost = |value: &dyn Fn(usize) -> f32| -> f32 {
        let gaps = labels
            .iter()
            .enumerate()
            .map(|(at, label)| value(at) - label);
        gaps.map(|gap| gap * gap).sum()
    };
    let best = cost(&|at| if at == 0 { low } else { high });
    // No rising step function of a grid is closer.
    for step in 0..10_u8 {
        for rise in 0..10_u8 {
            let from = f32::from(step) * 0.1;
            let to = from + f32::from(rise) * 0.1;
            for cut in 0..6 {
                assert!(cost(&|at| if at < cut { from } else { to }) >= best - 1e-6);
            }
        }
    }
}

#[test]
fn a_distorted_logit_is_set_right() {
    let chance = |score: f32| 1.0 / (1.0 + (-(0.5 * score - 1.0)).exp());
    let points = drawn(40_000, 1, chance);
    let platt = Logistic::fit(&points);
    assert!(
        (platt.slope - 0.5).abs() < 0.02 && (platt.offset + 1.0).abs() < 0.03,
        "{platt:?}"
    );
    let straight = drawn(40_000, 2, |score| 1.0 / (1.0 + (-2.0 * score).exp()));
    let temperature = Logistic::fit_temperature(&straight);
    assert!((temperature.slope - 2.0).abs() < 0.06 && temperature.offset.abs() < 1e-9);
    // Labels that are all alike have no finite maximum; the pull keeps one.
    let alike = Logistic::fit(&[point(1.0, 1.0), point(2.0, 1.0)]);
    assert!(alike.slope.is_finite() && alike.apply(1.0) > 0.9);
}

#[test]
fn a_bent_score_becomes_a_probability() {
    let chance = |score: f32| {
        let bent = if score > 0.5 {
            1.0
        } else {
            0.2 * (score + 3.0) / 3.5
        };
        0.1 + 0.8 * bent
    };
    let curve = Curve::Isotonic(Isotonic::fit(drawn(40_000, 3, chance)));
    let fresh = drawn(40_000, 4, chance);
    let probabilities: Vec<f32> = fresh.iter().map(|point| curve.apply(point.score)).collect();
    let labels: Vec<f32> = fresh.iter().map(|point| point.label).collect();
    let found = reliability(&probabilities, &labels, 20);
    assert!(found.expected_error() < 0.012, "{}", found.expected_error());
    assert!((found.ratio().unwrap() - 1.0).abs() < 0.02);
    // The scores themselves are far off.
    let raw: Vec<f32> = fresh
        .iter()
        .map(|point| Link::Logit.mean(point.score))
        .collect();
    assert!(reliability(&raw, &labels, 20).expected_error() > 0.03);
}

#[test]
fn reliability_is_that_worked_by_hand() {
    let found = reliability(
        &[0.2, 0.2, 0.6, 1.0, 0.5],
        &[0.0, 1.0, 1.0, 1.0, f32::NAN],
        2,
    );
    let bin = |n_rows, predicted, observed| (n_rows, predicted, observed);
    let bins: Vec<_> = found
        .bins
        .iter()
        .map(|b| bin(b.n_rows, b.predicted, b.observed))
        .collect();
    assert_eq!(bins.len(), 2);
    assert!((bins[0].1 - 0.2).abs() < 1e-6 && (bins[0].2 - 0.5).abs() < 1e-9);
    assert!((bins[1].1 - 0.8).abs() < 1e-6 && (bins[1].2 - 1.0).abs() < 1e-9);
    assert!((found.expected_error() - 0.25).abs() < 1e-6);
    assert!((found.largest_error() - 0.3).abs() < 1e-6);
    assert_eq!(reliability(&[], &[], 3).n_rows(), 0);
}

#[test]
fn chance_alone_strays_as_far_as_it_says() {
    // Outcomes of exactly the told chances; the mean over draws is what one should expect.
    let (mut found, mut expected) = (0.0, 0.0);
    for seed in 0..40 {
        let points = drawn(4_000, seed, |score| 0.1 + (score + 3.0) / 12.0);
        let (told, happened): (Vec<f32>, Vec<f32>) = points
            .iter()
            .map(|point| (0.1 + (point.score + 3.0) / 12.0, point.label))
            .unzip();
        let of = reliability(&told, &happened, 20);
        found += of.expected_error() / 40.0;
        expected += of.chance_error() / 40.0;
    }
    assert!(
        (found / expected - 1.0).abs() < 0.1,
        "{found} for {expected}"
    );
    // One bin of 100 rows at even odds: sqrt(2 / π · 0.25 / 100).
    let even = reliability(&[0.5; 100], &[1.0; 100], 1);
    assert!((even.chance_error() - 0.039_894).abs() < 1e-6);
    assert!((even.predicted() - 0.5).abs() < 1e-9 && (even.observed() - 1.0).abs() < 1e-9);
}

#[test]
fn slices_are_judged_apart() {
    let probabilities = [0.5; 4];
    let labels = [1.0, 1.0, 0.0, 0.0];
    let found = reliability_by_slice(&probabilities, &labels, &["tv", "tv", "phone", "phone"], 4);
    assert!((found["tv"].expected_error() - 0.5).abs() < 1e-9);
    assert!((found["phone"].expected_error() - 0.5).abs() < 1e-9);
    assert!(reliability(&probabilities, &labels, 4).expected_error() < 1e-9);
}

#[test]
fn saved_curves_give_the_same_bits() {
    let calibration = Calibration {
        heads: vec![
            (
                Head::Open,
                Curve::Isotonic(Isotonic::fit(drawn(500, 1, |score| 0.5 + score / 6.0))),
            ),
            (
                Head::Like,
                Curve::Logistic(Logistic {
                    slope: 1.5,
                    offset: -0.5,
                }),
            ),
        ],
    };
    let bytes = calibration.to_artifact().to_bytes().unwrap();
    let opened = Calibration::open(&Artifact::from_bytes(&bytes).unwrap()).unwrap();
    assert_eq!(opened, calibration);
    let mut values = [0.1, -2.0, 0.3, 0.0];
    opened.apply(2, &mut values).unwrap();
    assert!((values[3] - 1.0 / (1.0 + 0.5_f32.exp())).abs() < 1e-6);
    assert!(matches!(
        opened.apply(3, &mut values),
        Err(Error::Room { expected: 6, .. })
    ));
}

#[test]
fn curves_that_fall_are_refused() {
    let calibration = Calibration {
        heads: vec![(
            Head::Open,
            Curve::Isotonic(Isotonic {
                scores: vec![0.0, 1.0],
                values: vec![0.5, 0.4],
            }),
        )],
    };
    let bytes = calibration.to_artifact().to_bytes().unwrap();
    let got = Calibration::open(&Artifact::from_bytes(&bytes).unwrap());
    assert!(
        matches!(got, Err(Error::Curve { head: Head::Open })),
        "{got:?}"
    );
}

#[test]
fn what_did_not_happen_among_few_rows_keeps_a_chance() {
    let point = |place: u16| Point {
        score: -5.0 - f32::from(place % 7) * 0.1,
        label: 0.0,
        weight: 1.0,
    };
    let points: Vec<Point> = (0..2000).map(point).collect();
    let chance = Logistic::fit(&points).apply(-5.3);
    assert!(chance > 5e-6, "{chance}");
    assert!(chance < 0.005, "{chance}");
}
