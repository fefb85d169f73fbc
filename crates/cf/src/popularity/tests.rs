use marquee_core::{Dataset, Interaction, ItemIdx, Repeats, Timestamp, UserIdx};
use marquee_testkit::conformance::Personalization;

use super::*;
use crate::{Error, Recommender, conformance::Case, silent};

const DAY: i64 = 86_400;

#[test]
fn conforms() {
    let case = Case {
        train: |data, _seed| train(data, &PopularityConfig::default(), &mut silent()),
        view: |model| Ok(Box::new(model.view())),
        save: PopularityModel::to_artifact,
        open: |artifact| Ok(Box::new(PopularityView::open(artifact)?)),
    };
    case.check(Personalization::None);
}

/// Users, items, weights, days; and the scores of three items that follow.
#[track_caller]
fn check(half_life_days: f64, interactions: &[(u32, u32, f32, i64)], want: [f32; 3]) {
    let interactions: Vec<Interaction> = interactions
        .iter()
        .map(|&(user, item, weight, day)| Interaction {
            user: UserIdx(user),
            item: ItemIdx(item),
            weight,
            time: Timestamp::from_seconds(day * DAY),
        })
        .collect();
    let data = Dataset::from_interactions(3, 3, &interactions, Repeats::KeepLast).unwrap();
    let config = PopularityConfig { half_life_days };
    let model = train(&data, &config, &mut silent()).unwrap();
    assert_eq!(model.scores, want);
}

#[test]
fn counts_without_decay() {
    let all = [(0, 1, 1.0, 1), (1, 1, 1.0, 900), (2, 0, 1.0, 5)];
    check(f64::INFINITY, &all, [1.0, 2.0, 0.0]);
}

#[test]
fn weights_count() {
    check(
        f64::INFINITY,
        &[(0, 1, 2.5, 1), (1, 1, -1.0, 1)],
        [0.0, 1.5, 0.0],
    );
}

#[test]
fn an_interaction_one_half_life_old_counts_half() {
    let all = [(0, 0, 1.0, 30), (1, 1, 1.0, 20), (2, 1, 4.0, 10)];
    check(10.0, &all, [1.0, 1.5, 0.0]);
}

#[test]
fn data_without_times_does_not_decay() {
    check(10.0, &[(0, 2, 1.0, 0), (1, 2, 1.0, 0)], [0.0, 0.0, 2.0]);
}

#[test]
fn half_life_has_to_be_above_zero() {
    let data = Dataset::from_interactions(1, 1, &[], Repeats::Sum).unwrap();
    for half_life_days in [0.0, -1.0, f64::NAN] {
        let got = train(&data, &PopularityConfig { half_life_days }, &mut silent());
        let field = "half_life_days";
        assert!(matches!(got, Err(Error::Config { field: found, .. }) if found == field));
    }
}

#[test]
fn nothing_to_count_is_an_error() {
    let data = Dataset::from_interactions(2, 2, &[], Repeats::Sum).unwrap();
    let got = train(&data, &PopularityConfig::default(), &mut silent());
    assert!(matches!(got, Err(Error::NoInteractions { .. })));
}

#[test]
fn nothing_is_like_anything() {
    let model = PopularityModel {
        scores: vec![1.0, 2.0],
    };
    assert!(
        model
            .view()
            .similar_items(ItemIdx(0), 5)
            .unwrap()
            .is_empty()
    );
}
