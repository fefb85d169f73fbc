use super::*;

#[test]
fn mean_and_standard_error_worked_by_hand() {
    // Deviations -1.5, -0.5, 0.5, 1.5: squares 5, by 3 gives the variance, by 4 that of the mean.
    let got = Mean::of(&[1.0, 2.0, 3.0, 4.0]).unwrap();
    assert!((got.mean - 2.5).abs() < 1e-12);
    assert!((got.se.unwrap() - (5.0_f64 / 12.0).sqrt()).abs() < 1e-12);
    assert_eq!(got.n, 4);
}

#[test]
fn one_user_has_no_standard_error() {
    let want = Mean {
        mean: 0.5,
        se: None,
        n: 1,
    };
    assert_eq!(Mean::of(&[0.5]), Some(want));
}

#[test]
fn nobody_has_no_mean() {
    assert_eq!(Mean::of(&[]), None);
    let mut summary = Summary::default();
    summary.push("ndcg@10".parse().unwrap(), None);
    assert!(summary.metrics().is_empty());
}

#[cfg(feature = "serde")]
#[test]
fn summary_is_an_object_in_order() {
    let mut summary = Summary::default();
    summary.push("recall@20".parse().unwrap(), Mean::of(&[0.5, 0.5]));
    summary.push("coverage@20".parse().unwrap(), Some(Mean::of_all(0.25, 2)));
    let text = serde_json::to_string(&summary).unwrap();
    let want =
        r#"{"recall@20":{"mean":0.5,"se":0.0,"n":2},"coverage@20":{"mean":0.25,"se":null,"n":2}}"#;
    assert_eq!(text, want);
}
