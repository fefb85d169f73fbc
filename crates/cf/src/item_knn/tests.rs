use marquee_core::{Dataset, Interaction, ItemIdx, Repeats, Timestamp, UserIdx};
use marquee_testkit::conformance::{BlockWorld, Personalization};

use super::*;
use crate::{Error, SparseItemModel, conformance::Case, silent};

fn case(train: fn(&Dataset, u64) -> Result<SparseItemModel>) -> Case<SparseItemModel> {
    Case {
        train,
        view: |model| Ok(Box::new(model.view())),
        save: SparseItemModel::to_artifact,
        open: |artifact| Ok(Box::new(open(artifact)?)),
    }
}

#[test]
fn plain_conforms() {
    let case = case(|data, _| {
        let config = ItemKnnConfig {
            weighting: Weighting::Plain,
            ..Default::default()
        };
        train(data, &config, &mut silent())
    });
    case.check(Personalization::ByHistory);
}

#[test]
fn bm25_conforms() {
    let case = case(|data, _| {
        let config = ItemKnnConfig {
            weighting: Weighting::Bm25,
            neighbors: 20,
            ..Default::default()
        };
        train(data, &config, &mut silent())
    });
    case.check(Personalization::ByHistory);
}

#[test]
fn tf_idf_conforms() {
    let case = case(|data, _| {
        let config = ItemKnnConfig {
            weighting: Weighting::TfIdf,
            asymmetry: 0.3,
            ..Default::default()
        };
        train(data, &config, &mut silent())
    });
    case.check(Personalization::ByHistory);
}

/// Three users, three items: item 0 by users 0 and 1, item 1 by all, item 2 by user 2.
fn by_hand() -> Dataset {
    let pairs = [
        (0, 0, 1.0),
        (0, 1, 2.0),
        (1, 0, 1.0),
        (1, 1, 1.0),
        (2, 1, 1.0),
        (2, 2, 3.0),
    ];
    let interactions = pairs.map(|(user, item, weight)| Interaction {
        user: UserIdx(user),
        item: ItemIdx(item),
        weight,
        time: Timestamp::EPOCH,
    });
    Dataset::from_interactions(3, 3, &interactions, Repeats::KeepLast).unwrap()
}

/// Weights of the whole matrix, row by row.
#[track_caller]
fn check(config: &ItemKnnConfig, want: [f32; 9]) {
    let model = train(&by_hand(), config, &mut silent()).unwrap();
    let weights = model.view().weights();
    for (at, want) in want.iter().enumerate() {
        let row = weights.row(at / 3);
        let place = row.columns.iter().position(|&c| c as usize == at % 3);
        let got = place.map_or(0.0, |place| row.weight(place));
        assert!((got - want).abs() < 1e-6, "{at}: {got} is not {want}");
    }
}

#[test]
fn cosine_by_hand() {
    // |x0|² = 2, |x1|² = 6, |x2|² = 9; x0·x1 = 3, x1·x2 = 3, x0·x2 = 0.
    let (a, b) = (3.0 / 12.0_f32.sqrt(), 3.0 / 54.0_f32.sqrt());
    let config = ItemKnnConfig {
        weighting: Weighting::Plain,
        shrinkage: 0.0,
        ..Default::default()
    };
    check(&config, [0.0, a, 0.0, a, 0.0, b, 0.0, b, 0.0]);
}

#[test]
fn shrinkage_is_added_to_the_denominator() {
    let (a, b) = (3.0 / (12.0_f32.sqrt() + 2.0), 3.0 / (54.0_f32.sqrt() + 2.0));
    let config = ItemKnnConfig {
        weighting: Weighting::Plain,
        shrinkage: 2.0,
        ..Default::default()
    };
    check(&config, [0.0, a, 0.0, a, 0.0, b, 0.0, b, 0.0]);
}

#[test]
fn asymmetry_divides_by_the_item_of_the_history() {
    let config = ItemKnnConfig {
        weighting: Weighting::Plain,
        shrinkage: 0.0,
        asymmetry: 1.0,
        ..Default::default()
    };
    let row = [
        0.0,
        3.0 / 2.0,
        0.0,
        3.0 / 6.0,
        0.0,
        3.0 / 6.0,
        0.0,
        3.0 / 9.0,
        0.0,
    ];
    check(&config, row);
}

#[test]
fn only_the_nearest_stay_for_each_scored_item() {
    let (a, b) = (3.0 / 12.0_f32.sqrt(), 3.0 / 54.0_f32.sqrt());
    let config = ItemKnnConfig {
        weighting: Weighting::Plain,
        shrinkage: 0.0,
        neighbors: 1,
        ..Default::default()
    };
    // Item 1 keeps item 0 and loses item 2; items 0 and 2 keep item 1.
    check(&config, [0.0, a, 0.0, a, 0.0, b, 0.0, 0.0, 0.0]);
}

#[test]
fn likeness_equals_all_pairs_compared_one_by_one() {
    let data = BlockWorld::skewed(3).data;
    let config = ItemKnnConfig {
        weighting: Weighting::Plain,
        neighbors: usize::MAX,
        ..Default::default()
    };
    let model = train(&data, &config, &mut silent()).unwrap();
    let columns: Vec<Vec<u32>> = data.by_item().rows().map(|r| r.columns.to_vec()).collect();
    for (source, row) in model.view().weights().rows().enumerate() {
        let mut want = Vec::new();
        for (target, others) in columns.iter().enumerate() {
            let shared = others
                .iter()
                .filter(|u| columns[source].contains(u))
                .count() as f64;
            let size = (columns[source].len() as f64 * others.len() as f64).sqrt();
            if source != target && shared > 0.0 {
                want.push((target, shared / (size + config.shrinkage)));
            }
        }
        assert_eq!(row.len(), want.len());
        for (place, (target, similarity)) in want.into_iter().enumerate() {
            assert_eq!(row.columns[place] as usize, target);
            assert!((f64::from(row.weight(place)) - similarity).abs() < 1e-6);
        }
    }
}

#[test]
fn fields_out_of_range_are_named() {
    let bad = ItemKnnConfig {
        asymmetry: 1.5,
        ..Default::default()
    };
    let got = train(&by_hand(), &bad, &mut silent());
    let field = "asymmetry";
    assert!(matches!(got, Err(Error::Config { field: found, .. }) if found == field));
}
