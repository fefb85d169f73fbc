use marquee_core::{ItemId, Rule};

use super::*;

/// The problems of `request`, each as path and text.
fn problems(request: &v1::RecommendRequest) -> Vec<(String, String)> {
    let mut fields = Fields::default();
    expression(&mut fields, &request.filter_expression);
    rules(&mut fields, request);
    let violations = fields.0.into_iter();
    violations.map(|one| (one.field, one.problem)).collect()
}

fn time(seconds: i64) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds, nanos: 0 })
}

#[track_caller]
fn refused(request: &v1::RecommendRequest, path: &str, problem: &str) {
    let found = problems(request);
    assert_eq!(found, [(path.to_owned(), problem.to_owned())]);
}

fn boost(what: &str, weight: f32) -> v1::RecommendRequest {
    v1::RecommendRequest {
        boosts: vec![v1::Boost {
            what: what.to_owned(),
            weight,
            ..v1::Boost::default()
        }],
        ..v1::RecommendRequest::default()
    }
}

fn cap(by: v1::CapBy, at_most: u32, within: u32) -> v1::RecommendRequest {
    v1::RecommendRequest {
        caps: vec![v1::Cap {
            by: by.into(),
            at_most,
            within,
        }],
        ..v1::RecommendRequest::default()
    }
}

#[test]
fn a_wrong_expression_is_refused_with_its_field_and_place() {
    let request = v1::RecommendRequest {
        filter_expression: "genres = \"a\"".to_owned(),
        ..v1::RecommendRequest::default()
    };
    let problem = "byte 0, line 1, column 1: there is no field `genres`; did you mean `genre`?";
    refused(&request, "filter_expression", problem);
    let end = "byte 5, line 1, column 6: expected `=`, `!=`, `in` or `not in` after `kind`, found the end";
    refused(&boost("kind ", 1.0), "boosts[0].what", end);
}

#[test]
fn numbers_of_rules_are_refused_with_their_paths() {
    let weight = "expected a number from -100 to 100 other than zero, found 0";
    refused(&boost("available", 0.0), "boosts[0].weight", weight);
    refused(
        &cap(v1::CapBy::Genre, 0, 0),
        "caps[0].at_most",
        "expected 1 to 500, found 0",
    );
    let within = "expected more places than `at_most`, found 2";
    refused(&cap(v1::CapBy::Genre, 2, 2), "caps[0].within", within);
    let by = "expected a creator, genre or series, found the number 0";
    refused(&cap(v1::CapBy::Unspecified, 2, 3), "caps[0].by", by);
    let pin = |item_id: &str, place| v1::RecommendRequest {
        pins: vec![v1::Pin {
            item_id: item_id.to_owned(),
            place,
            from: time(5),
            until: time(6),
        }],
        ..v1::RecommendRequest::default()
    };
    refused(&pin("a", 0), "pins[0].place", "expected 1 to 500, found 0");
    refused(
        &pin("", 1),
        "pins[0].item_id",
        "an id has 1 to 256 bytes, found none",
    );
    assert_eq!(problems(&pin("a", 1)), []);
}

#[test]
fn a_window_that_ends_before_it_begins_is_refused() {
    let mut request = boost("available", 1.0);
    request.boosts[0].from = time(10);
    request.boosts[0].until = time(10);
    refused(
        &request,
        "boosts[0].until",
        "expected a moment after `from`",
    );
    request.boosts[0].until = time(i64::MAX);
    refused(
        &request,
        "boosts[0].until",
        "expected a moment of the years 1 to 9999",
    );
}

#[test]
fn too_many_rules_are_not_looked_into() {
    let mut request = boost("no such field", 0.0);
    request.boosts = vec![request.boosts[0].clone(); 33];
    refused(&request, "boosts", "expected at most 32 elements, found 33");
}

#[test]
fn what_is_right_arrives_whole() {
    let mut request = boost("genre = 'a'", -1.5);
    request.boosts[0].from = time(10);
    request.caps = cap(v1::CapBy::Series, 1, 0).caps;
    let mut fields = Fields::default();
    let got = rules(&mut fields, &request);
    assert!(fields.0.is_empty());
    assert_eq!(got.boosts[0].weight.to_bits(), (-1.5_f32).to_bits());
    assert_eq!(
        got.boosts[0].during.start,
        Some(Timestamp::from_seconds(10))
    );
    assert_eq!((got.caps[0].by, got.caps[0].within), (Group::Series, None));
}

#[test]
fn places_on_the_wire_are_counted_from_one() {
    let moved = MovedItem {
        item: ItemId::new("a").unwrap(),
        rule: Rule::cap(3),
        from: 0,
        to: None,
    };
    let wire = to_wire(&moved);
    assert_eq!((wire.rule.as_str(), wire.from, wire.to), ("caps[3]", 1, 0));
}
