use proptest::prelude::*;

use super::*;

#[test]
fn a_model_against_itself_shows_nothing() {
    let values = [0.1, 0.9, 0.4];
    let got = paired_bootstrap(&values, &values, 1, 200).unwrap();
    assert_eq!((got.mean, got.low, got.high), (0.0, 0.0, 0.0));
    assert_eq!((got.p_value, got.n), (1.0, 3));
}

/// Of the 27 ways to draw three users of differences 0, 0 and 3, 8 have mean 0, 12 mean 1, 6 mean 2
/// and 1 mean 3; as far from the observed mean 1 as 0 is are all but the 12.
#[test]
fn p_value_and_interval_approach_those_of_all_resamples() {
    let got = paired_bootstrap(&[1.0, 2.0, 5.0], &[1.0, 2.0, 2.0], 7, 20_000).unwrap();
    assert!((got.mean - 1.0).abs() < 1e-12);
    assert!((got.p_value - 15.0 / 27.0).abs() < 0.015, "{got:?}");
    // 3 has a chance of 1/27, more than the 2.5 % above the interval.
    assert_eq!((got.low, got.high), (0.0, 3.0));
}

#[test]
fn interval_is_close_to_that_of_the_normal_for_many_users() {
    // Differences 0..1000 in steps of 1: mean 499.5, deviation 288.8, standard error 9.13.
    let first: Vec<f64> = (0..1000).map(f64::from).collect();
    let got = paired_bootstrap(&first, &[0.0; 1000], 3, 4_000).unwrap();
    assert!((got.low - (499.5 - 1.96 * 9.13)).abs() < 1.5, "{got:?}");
    assert!((got.high - (499.5 + 1.96 * 9.13)).abs() < 1.5, "{got:?}");
}

#[test]
fn same_bytes_on_any_number_of_threads() {
    let first: Vec<f64> = (0..500).map(|n| f64::from(n % 17) / 17.0).collect();
    let second: Vec<f64> = (0..500).map(|n| f64::from(n % 13) / 13.0).collect();
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let pool = pool.build().unwrap();
        pool.install(|| paired_bootstrap(&first, &second, 5, 300).unwrap())
    };
    assert_eq!(on(1), on(4));
    assert_ne!(on(1), paired_bootstrap(&first, &second, 6, 300).unwrap());
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let unlike = paired_bootstrap(&[1.0], &[], 1, 10);
    assert!(matches!(
        unlike,
        Err(Error::Unlike {
            left: 1,
            right: 0,
            ..
        })
    ));
    assert!(paired_bootstrap(&[], &[], 1, 10).is_err());
    let nan = paired_bootstrap(&[0.0, f64::NAN], &[0.0, 0.0], 1, 10);
    assert_eq!(nan, Err(Error::Undefined { user: 1 }));
    assert!(matches!(
        paired_bootstrap(&[1.0], &[0.0], 1, 0),
        Err(Error::Count { found: 0, .. })
    ));
}

proptest! {
    #[test]
    fn interval_holds_the_middle_and_turning_round_turns_it_round(
        pairs in prop::collection::vec((0.0..1.0_f64, 0.0..1.0_f64), 1..30),
        seed in any::<u64>(),
    ) {
        let (first, second): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let got = paired_bootstrap(&first, &second, seed, 99).unwrap();
        let turned = paired_bootstrap(&second, &first, seed, 99).unwrap();
        prop_assert!(got.low <= got.high);
        prop_assert!(got.p_value > 0.0 && got.p_value <= 1.0);
        prop_assert!((got.mean + turned.mean).abs() < 1e-12);
        prop_assert!((got.low + turned.high).abs() < 1e-12);
        prop_assert_eq!(got.p_value.to_bits(), turned.p_value.to_bits());
    }
}
