//! The same features worked out from the raw list of events, with no state at all.

use proptest::prelude::*;

use super::*;
use crate::observed::Marks;

const FEATURES: &str = include_str!("twin.toml");

/// Who did what to which item, when, watched how long.
#[derive(Debug, Clone)]
struct Past {
    viewer: usize,
    item: usize,
    ago_s: i64,
    action: usize,
}

const NAMES: [&str; 7] = [
    "impression",
    "open",
    "play",
    "like",
    "hide",
    "share",
    "impression",
];

fn action(past: &Past) -> Action {
    let item = id(["a", "b", "c", "d"][past.item]);
    match past.action {
        1 => Action::Open { item },
        2 => Action::Play {
            item,
            watched: Seconds(past.ago_s as f64 % 400.0),
            duration: None,
        },
        3 => Action::Like { item },
        4 => Action::Hide { item },
        5 => Action::Share { item },
        _ => Action::Impression { item },
    }
}

fn to_event(past: &Past) -> Event {
    Event {
        actor: Actor::User(UserId::new(["v", "w"][past.viewer]).unwrap()),
        ..event(past.ago_s, action(past))
    }
}

fn some_past() -> impl Strategy<Value = Past> {
    (0..2_usize, 0..4_usize, 0..3 * DAY, 0..7_usize).prop_map(|(viewer, item, ago_s, action)| {
        Past {
            viewer,
            item,
            ago_s,
            action,
        }
    })
}

/// Weight of an event in a window of whole tiles.
fn in_tiles(ago_s: i64, window_s: i64) -> f64 {
    let width = window_s / 32;
    let age = NOW / width - (NOW - ago_s).div_euclid(width);
    f64::from(u8::from(age < 32))
}

fn fading_tiles(ago_s: i64, half_life_s: i64) -> f64 {
    let width = half_life_s / 4;
    let age = NOW / width - (NOW - ago_s).div_euclid(width);
    if age < 32 {
        0.5_f64.powf(age as f64 / 4.0)
    } else {
        0.0
    }
}

fn fading(ago_s: i64, half_life_s: i64) -> f64 {
    0.5_f64.powf(ago_s as f64 / half_life_s as f64)
}

/// Sums `weight` over what viewer 0 or anybody did.
fn sum(all: &[Past], fits: impl Fn(&Past) -> bool, weight: impl Fn(&Past) -> f64) -> f64 {
    all.iter().filter(|past| fits(past)).map(weight).sum()
}

fn is(past: &Past, names: &[&str]) -> bool {
    names.contains(&NAMES[past.action])
}

fn watched_s(past: &Past) -> f64 {
    past.ago_s as f64 % 400.0
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// What an event is worth to a tie.
fn tie_points(past: &Past) -> f64 {
    match NAMES[past.action] {
        "share" => 0.5,
        "like" => 0.25,
        "play" => 0.125,
        "open" => 0.0625,
        "hide" => -0.5,
        _ => 0.0,
    }
}

/// Every column of `twin.toml` for one candidate.
fn row(all: &[Past], item: usize) -> Vec<f64> {
    let items = items();
    let mine = |past: &Past| past.viewer == 0;
    let genres = |item: usize| items[item].genres.clone();
    let opens_of = |item: usize| {
        sum(
            all,
            |p| p.item == item && is(p, &["open"]),
            |p| fading_tiles(p.ago_s, DAY),
        )
    };
    let shown_of = |item: usize| {
        sum(
            all,
            |p| p.item == item && is(p, &["impression"]),
            |p| fading_tiles(p.ago_s, DAY),
        )
    };
    let by = items[item].creators.first();
    let creator_watched = sum(
        all,
        |p| items[p.item].creators.first() == by && is(p, &["play"]),
        |p| in_tiles(p.ago_s, 2 * DAY) * watched_s(p).round(),
    );
    let liked_genres: Vec<f64> = genres(item)
        .iter()
        .map(|genre| {
            let weight = |p: &Past| fading(p.ago_s, DAY);
            let likes = |p: &Past| mine(p) && is(p, &["like", "share"]);
            let top = sum(all, |p| likes(p) && genres(p.item).contains(genre), weight);
            let total = sum(all, |p| likes(p) && !genres(p.item).is_empty(), weight);
            (top + 0.1 * 2.0) / (total + 2.0)
        })
        .collect();
    let with_item = |p: &Past| mine(p) && p.item == item;
    let last_shown = all
        .iter()
        .filter(|p| with_item(p) && is(p, &["impression"]));
    let last_shown = last_shown.map(|p| p.ago_s).min();
    let points = sum(
        all,
        |p| mine(p) && items[p.item].creators.first() == by,
        |p| tie_points(p) * fading(p.ago_s, DAY),
    );
    let unknown_without = |value: f64| if by.is_some() { value } else { f64::NAN };
    vec![
        sum(
            all,
            |p| p.item == item && is(p, &["open"]),
            |p| in_tiles(p.ago_s, DAY),
        ),
        (opens_of(item) + 0.2 * 5.0) / (shown_of(item) + 5.0),
        unknown_without(creator_watched),
        sum(
            all,
            |p| with_item(p) && is(p, &["play"]),
            |p| f64::from(u8::from(p.ago_s < DAY)) * watched_s(p),
        ),
        if liked_genres.is_empty() {
            f64::NAN
        } else {
            mean(&liked_genres)
        },
        last_shown.map_or(f64::NAN, |ago| ago as f64 / 3600.0),
        unknown_without(1.0 - 0.5_f64.powf(points.max(0.0))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever happened in whatever order it was told, features are what the list of events says.
    #[test]
    fn features_are_what_the_list_of_events_says(
        all in prop::collection::vec(some_past(), 0..120),
    ) {
        let events: Vec<Event> = all.iter().map(to_event).collect();
        let table = table_of(Plan::parse(FEATURES).unwrap(), &VectorSet::default(), &events);
        for item in 0..4 {
            close(table.view().dense_of(item), &row(&all, item));
        }
        let opens = sum(&all, |p| p.viewer == 0 && is(p, &["open"]), |p| fading_tiles(p.ago_s, DAY));
        close(table.view().request_dense(), &[opens]);
    }
}

#[test]
fn names_of_the_twin_are_names_of_marks() {
    for name in NAMES {
        assert!(Marks::from_name(name).is_some());
    }
}
