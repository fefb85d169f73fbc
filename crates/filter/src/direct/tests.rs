use marquee_core::{AvailabilityWindow, CreatorId, Item, ItemId, ItemKind, Seconds, Timestamp};
use proptest::prelude::*;

use crate::{Expr, ViewerFields, samples};

/// A film of two genres that says everything.
fn film() -> Item {
    let mut item = Item::new(ItemId::new("f1").unwrap());
    item.title = "The Wire".to_owned();
    item.kind = ItemKind::Movie;
    item.genres = vec!["Anime".to_owned(), "Drama".to_owned()];
    item.tags = vec!["noir".to_owned()];
    item.creators = vec![CreatorId::new("c17").unwrap()];
    item.language = Some("pt-BR".to_owned());
    item.released = Some("2020-06-15T12:00:00Z".parse::<jiff::Timestamp>().unwrap())
        .map(|moment| Timestamp::from_millis(moment.as_millisecond()));
    item.duration = Some(Seconds(1800.0));
    item.minimum_age = Some(12);
    item.series = Some(ItemId::new("s1").unwrap());
    item.episode = Some(3);
    item
}

const VIEWER: ViewerFields<'_> = ViewerFields {
    age: Some(14),
    country: Some("BR"),
    gender: None,
    joined: Some(Timestamp::from_millis(1_592_000_000_000)),
    language: Some("pt-br"),
    occupation: None,
};

/// Noon of the day after the film came out.
const NOW: Timestamp = Timestamp::from_millis(1_592_308_800_000);

#[track_caller]
fn check(text: &str, item: &Item, viewer: &ViewerFields<'_>, want: bool) {
    let expr: Expr = text.parse().expect(text);
    assert_eq!(expr.holds(item, viewer, NOW), want, "{text}");
}

#[track_caller]
fn holds(text: &str) {
    check(text, &film(), &VIEWER, true);
}

#[track_caller]
fn fails(text: &str) {
    check(text, &film(), &VIEWER, false);
}

#[test]
fn a_list_passes_with_one_of_its_texts() {
    holds(r#"genre = "Drama""#);
    holds(r#"genre in ["Horror", "Anime"]"#);
    fails(r#"genre = "drama""#);
    fails(r#"genre != "Drama""#);
    holds(r#"genre != "Horror""#);
    holds(r#"genre starts with "dra""#);
    holds(r#"creator = "c17" and tag = "noir""#);
}

#[test]
fn titles_are_found_without_regard_to_case_by_parts_only() {
    holds(r#"title starts with "the w""#);
    holds(r#"title contains "WIRE""#);
    holds(r#"title = "The Wire""#);
    fails(r#"title = "the wire""#);
    holds(r#"title starts with """#);
}

#[test]
fn languages_are_equal_without_regard_to_case() {
    holds("language = viewer.language");
    holds(r#"language in ["en", "PT-br"]"#);
    fails(r#"language = "pt""#);
    holds(r#"language starts with "pt""#);
    fails(r#"viewer.country = "br""#);
}

#[test]
fn a_date_is_all_of_its_day() {
    holds("released = 2020-06-15");
    holds("released = 2020 and released = 2020-06");
    holds("released <= 2020-06-15 and released >= 2020-06-15");
    fails("released < 2020-06-15 or released > 2020-06-15");
    fails("released != 2020-06-15");
    holds("released in [2019, 2020-06]");
    holds("released >= 2020-06-15T12:00:00Z and released <= 2020-06-15T12:00:00Z");
}

#[test]
fn moments_move_with_the_request_and_the_viewer() {
    holds("released = now - 1d");
    fails("released > now - 1d");
    holds("released > viewer.joined and released < viewer.joined + 30d");
}

#[test]
fn numbers_durations_and_kinds() {
    holds("minimum_age <= viewer.age and episode = 3 and kind = movie");
    holds("duration = 30m and duration < 30m1ms and duration >= 1800s");
    holds("episode not in [1, 2] and episode in [2, 3]");
    fails("kind != movie or kind in [series, episode]");
}

#[test]
fn the_viewer_may_stand_on_the_left() {
    holds(r#"viewer.country in ["PT", "BR"] and viewer.age >= 14"#);
    fails(r#"viewer.gender = "f" or viewer.gender != "f""#);
    holds("viewer.gender is missing and viewer.joined is set");
}

/// What is not known passes no test, so only `not` or `is missing` lets it through.
#[test]
fn a_missing_value_fails_every_test_but_not_its_negation() {
    let nothing = Item::new(ItemId::new("x").unwrap());
    let nobody = ViewerFields::default();
    for text in [
        r#"genre = "a""#,
        r#"genre != "a""#,
        r#"genre not in ["a"]"#,
        r#"title contains """#,
        "duration < 1d",
        "duration != 0s",
        "released not in [2020, 2021]",
        "minimum_age <= 100",
        "language = viewer.language",
        "language is set",
    ] {
        check(text, &nothing, &nobody, false);
        check(&format!("not {text}"), &nothing, &nobody, true);
    }
    for text in [
        "language = viewer.language",
        "language != viewer.language",
        "minimum_age <= viewer.age",
    ] {
        check(text, &film(), &nobody, false);
    }
    check(
        "genre is missing and title is missing and id is set",
        &nothing,
        &nobody,
        true,
    );
    check("available and kind = other", &nothing, &nobody, true);
}

#[test]
fn windows_are_asked_at_the_moment_of_the_request() {
    let mut item = film();
    item.availability = vec![AvailabilityWindow {
        start: Some(NOW.plus(Seconds(1.0))),
        end: None,
    }];
    check("available", &item, &VIEWER, false);
    item.availability[0].start = Some(NOW);
    check("available", &item, &VIEWER, true);
}

proptest! {
    #[test]
    fn negation_splits_any_catalog(
        expr in samples::expr(),
        items in samples::items(),
        user in samples::user(),
        now in samples::now(),
    ) {
        let viewer = ViewerFields::from(&user);
        let negated: Expr = format!("not ({expr})").parse().unwrap();
        for item in &items {
            prop_assert_ne!(expr.holds(item, &viewer, now), negated.holds(item, &viewer, now));
        }
    }
}
