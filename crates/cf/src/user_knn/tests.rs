use marquee_core::{Dataset, HistoryEntry, Interaction, ItemIdx, Repeats, Timestamp, UserIdx};
use marquee_store::{Artifact, ArtifactBuilder};
use marquee_testkit::conformance::Personalization;

use super::*;
use crate::{Error, Recommender, conformance::Case, silent};

fn case(train: fn(&Dataset, u64) -> Result<UserKnnModel>) -> Case<UserKnnModel> {
    Case {
        train,
        view: |model| Ok(Box::new(model.view())),
        save: UserKnnModel::to_artifact,
        open: |artifact| Ok(Box::new(UserKnnView::open(artifact)?)),
    }
}

#[test]
fn tf_idf_conforms() {
    case(|data, _| train(data, &UserKnnConfig::default(), &mut silent()))
        .check(Personalization::ByHistory);
}

#[test]
fn bm25_with_few_neighbors_conforms() {
    let case = case(|data, _| {
        let config = UserKnnConfig {
            weighting: Weighting::Bm25,
            neighbors: 25,
            shrinkage: 1.0,
            asymmetry: 0.3,
            ..Default::default()
        };
        train(data, &config, &mut silent())
    });
    case.check(Personalization::ByHistory);
}

/// User 0: items 0 and 1; user 1: items 1 and 2 with weight 2; user 2: item 3.
fn model(neighbors: usize) -> UserKnnModel {
    let pairs = [
        (0, 0, 1.0),
        (0, 1, 1.0),
        (1, 1, 1.0),
        (1, 2, 2.0),
        (2, 3, 1.0),
    ];
    let interactions = pairs.map(|(user, item, weight)| Interaction {
        user: UserIdx(user),
        item: ItemIdx(item),
        weight,
        time: Timestamp::EPOCH,
    });
    let data = Dataset::from_interactions(3, 4, &interactions, Repeats::KeepLast).unwrap();
    let config = UserKnnConfig {
        neighbors,
        weighting: Weighting::Plain,
        ..Default::default()
    };
    train(&data, &config, &mut silent()).unwrap()
}

fn entry(item: u32) -> HistoryEntry {
    HistoryEntry {
        item: ItemIdx(item),
        weight: 1.0,
        time: Timestamp::EPOCH,
    }
}

#[track_caller]
fn check(neighbors: usize, history: &[HistoryEntry], want: [f32; 4]) {
    let mut scores = [f32::NAN; 4];
    let model = model(neighbors);
    model.view().score_all(history, &mut scores).unwrap();
    for (got, want) in scores.iter().zip(want) {
        assert!((got - want).abs() < 1e-6, "{scores:?}");
    }
}

#[test]
fn neighbors_by_hand() {
    // Item 1 alone: cosine 1/√2 with user 0 and 1/√5 with user 1.
    let (a, b) = (0.5_f32.sqrt(), 0.2_f32.sqrt());
    check(10, &[entry(1)], [a, a + b, 2.0 * b, 0.0]);
}

#[test]
fn only_the_nearest_count() {
    let a = 0.5_f32.sqrt();
    check(1, &[entry(1)], [a, a, 0.0, 0.0]);
}

#[test]
fn history_that_nobody_shares_scores_zero() {
    check(10, &[], [0.0; 4]);
}

#[track_caller]
fn check_refused(constants: &[f64], fits: impl Fn(&Error) -> bool) {
    let model = model(3);
    let mut builder = ArtifactBuilder::new(NAME, 1);
    let (taken, compared) = (model.taken.view(), model.compared.view());
    for (name, rows) in [("taken", taken), ("compared", compared)] {
        let offsets = rows.offsets();
        builder.section(&format!("{name}.offsets"), &[offsets.len() as u64], offsets);
        let entries = rows.n_entries() as u64;
        builder.section(&format!("{name}.columns"), &[entries], rows.columns());
    }
    builder.section("user_sizes", &[3], &model.user_sizes);
    builder.section("item_weights", &[4], &model.item_weights);
    builder.section("constants", &[constants.len() as u64], constants);
    let artifact = Artifact::from_bytes(&builder.to_bytes().unwrap()).unwrap();
    let error = UserKnnView::open(&artifact).unwrap_err();
    assert!(fits(&error), "{error:?}");
}

#[test]
fn constants_out_of_range_are_refused() {
    let bad_config = |error: &Error| matches!(error, Error::Config { .. });
    check_refused(&[0.0, 0.0, 0.5], bad_config);
    check_refused(&[1.5, 0.0, 0.5], bad_config);
    check_refused(&[3.0, f64::NAN, 0.5], bad_config);
    check_refused(&[3.0, 0.0, 2.0], bad_config);
    check_refused(&[3.0, 0.0], |error| {
        matches!(error, Error::SectionShape { found: 2, .. })
    });
}
