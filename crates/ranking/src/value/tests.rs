use super::*;

const FILE: &str = "\
[outcomes]
open = 1.0
like = 4
hide = -20.0

[watch_minutes]
weight = 1.5
curve = \"logarithm\"
scale = 10.0

[relationship]
weight = 0.5
curve = \"saturating\"
scale = 3.0

[age_hours]
weight = 1.0
curve = \"half-life\"
scale = 24.0

[type_preference]
weight = 0.3
curve = \"linear\"
scale = 2.0
";

fn bound() -> BoundValue {
    let heads = [Head::Like, Head::Open, Head::WatchFraction, Head::Hide];
    ValueModel::parse(FILE).unwrap().bind(&heads).unwrap()
}

const CHANCES: [f32; 4] = [0.1, 0.5, 0.25, 0.01];

fn signals() -> Signals {
    Signals {
        length_minutes: 40.0,
        relationship: 1.0,
        age_hours: 48.0,
        type_preference: 1.0,
    }
}

#[test]
fn value_is_that_worked_by_hand() {
    // 0.5 + 0.4 - 0.2, 1.5 ln 2, 0.5 / 4, 2^-2, 0.3 / 2.
    let wanted = 0.7 + 1.5 * std::f32::consts::LN_2 + 0.125 + 0.25 + 0.15;
    let found = bound().value(|place| CHANCES[place], &signals());
    assert!((found - wanted).abs() < 1e-5, "{found} {wanted}");
}

#[test]
fn parts_add_up_to_the_value_and_have_names() {
    let tree = bound().explain(|place| CHANCES[place], &signals());
    let value = bound().value(|place| CHANCES[place], &signals());
    assert!((tree.value - f64::from(value)).abs() < 1e-5);
    assert!(tree.largest_gap() < 1e-9);
    let labels: Vec<&str> = tree.parts.iter().map(|part| &*part.label).collect();
    assert_eq!(labels.len(), 7);
    assert!(
        labels.contains(&"open: 0.5000 x 1") && labels.contains(&"recency"),
        "{labels:?}"
    );
}

#[test]
fn what_is_not_known_counts_nothing() {
    let found = bound().value(|place| CHANCES[place], &Signals::default());
    assert!((found - 0.7).abs() < 1e-5, "{found}");
    let empty = ValueModel::parse("").unwrap().bind(&[]).unwrap();
    assert_eq!(
        empty.value(|_| 1.0, &signals()).to_bits(),
        0.0_f32.to_bits()
    );
}

#[track_caller]
fn check(text: &str, want: &str) {
    let fault = ValueModel::parse(text).unwrap_err();
    assert!(fault.to_string().starts_with(want), "{fault}");
}

#[test]
fn faults_name_their_line_and_column() {
    check(
        "[outcomes]\nopen = 1\napplause = 2\n",
        "line 3, column 1: no head is called \"applause\"",
    );
    check(
        "[outcomes]\nopen = inf\n",
        "line 2, column 8: open is inf, expected a finite number",
    );
    check("[outcomes]\nopen = \"much\"\n", "line 2, column 8: ");
    check("[recency]\nweight = 1\n", "line 1, column 2: unknown field");
    check(
        "[age_hours]\nweight = 1.0\ncurve = \"linear\"\nscale = 0.0\n",
        "line 4, column 9: age_hours.scale is 0, expected a number above 0",
    );
    check(
        "[age_hours]\nweight = 1.0\ncurve = \"wavy\"\nscale = 1.0\n",
        "line 3, column 9: unknown variant",
    );
    check("outcomes = [\n", "line ");
}

#[test]
fn an_outcome_that_is_not_predicted_is_refused() {
    let model = ValueModel::parse(FILE).unwrap();
    let fault = model
        .bind(&[Head::Open, Head::Like, Head::Hide])
        .unwrap_err();
    assert_eq!(
        fault.to_string(),
        "the ranker does not predict watch_fraction, only open, like, hide"
    );
}

#[test]
fn a_model_that_is_written_is_read_again() {
    let model = ValueModel::parse(FILE).unwrap();
    let text = toml::to_string(&model).unwrap();
    assert_eq!(ValueModel::parse(&text).unwrap(), model);
}
