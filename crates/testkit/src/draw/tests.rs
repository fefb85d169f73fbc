use super::*;

const N: u32 = 40_000;

fn mean_and_variance(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let all: Vec<f64> = values.collect();
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    let variance = all.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / all.len() as f64;
    (mean, variance)
}

#[track_caller]
fn check_moments(values: impl Iterator<Item = f64>, mean: f64, variance: f64) {
    let got = mean_and_variance(values);
    assert!((got.0 - mean).abs() < 0.03 * (1.0 + mean), "{got:?}");
    assert!(
        (got.1 - variance).abs() < 0.06 * (1.0 + variance),
        "{got:?}"
    );
}

#[test]
fn distributions_have_their_mean_and_variance() {
    let mut draw = Draw::new(1, 0);
    check_moments((0..N).map(|_| draw.unit()), 0.5, 1.0 / 12.0);
    check_moments((0..N).map(|_| draw.normal()), 0.0, 1.0);
    check_moments((0..N).map(|_| draw.normal_pair().1), 0.0, 1.0);
    check_moments((0..N).map(|_| f64::from(draw.poisson(2.5))), 2.5, 2.5);
    check_moments((0..N).map(|_| draw.gamma(3.0)), 3.0, 3.0);
    check_moments((0..N).map(|_| draw.gamma(0.5)), 0.5, 0.5);
    check_moments((0..N).map(|_| f64::from(draw.below(7))), 3.0, 4.0);
}

#[test]
fn alias_draws_in_proportion_to_weights() {
    let weights = [0.0, 1.0, 5.0, 0.5, 3.5];
    let alias = Alias::new(&weights).unwrap();
    let mut draw = Draw::new(2, 0);
    let mut counts = [0.0; 5];
    for _ in 0..N {
        counts[alias.draw(&mut draw) as usize] += 1.0;
    }
    for (count, weight) in counts.iter().zip(weights) {
        let share = count / f64::from(N);
        assert!((share - weight / 10.0).abs() < 0.01, "{share} for {weight}");
    }
    assert!(counts[0] < 0.5, "weight zero is never drawn");
}

#[test]
fn alias_without_weight_is_none() {
    assert!(Alias::new(&[]).is_none());
    assert!(Alias::new(&[0.0, 0.0]).is_none());
}

#[test]
fn shuffling_keeps_every_value() {
    let mut values: Vec<u32> = (0..100).collect();
    Draw::new(3, 0).shuffle(&mut values);
    assert_ne!(values, (0..100).collect::<Vec<_>>());
    values.sort_unstable();
    assert_eq!(values, (0..100).collect::<Vec<_>>());
}
