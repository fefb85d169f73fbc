use marquee_core::{Dataset, Interaction, ItemIdx, Repeats, Timestamp, UserIdx};
use marquee_testkit::conformance::{BlockWorld, Personalization};
use nalgebra::DMatrix;

use super::*;
use crate::{DenseItemModel, Error, conformance::Case, silent};

fn case(train: fn(&Dataset, u64) -> Result<DenseItemModel>) -> Case<DenseItemModel> {
    Case {
        train,
        view: |model| Ok(Box::new(model.view())),
        save: DenseItemModel::to_artifact,
        open: |artifact| Ok(Box::new(open(artifact)?)),
    }
}

#[test]
fn conforms() {
    case(|data, _| {
        let config = EaseConfig {
            regularization: 20.0,
            ..Default::default()
        };
        train(data, &config, &mut silent())
    })
    .check(Personalization::ByHistory);
}

#[test]
fn normalized_conforms() {
    case(|data, _| {
        let config = EaseConfig {
            regularization: 20.0,
            user_exponent: 0.5,
            popularity_exponent: 0.1,
            ..Default::default()
        };
        train(data, &config, &mut silent())
    })
    .check(Personalization::ByHistory);
}

fn weighted(pairs: &[(u32, u32, f32)], n_items: usize) -> Dataset {
    let interactions: Vec<Interaction> = pairs
        .iter()
        .map(|&(user, item, weight)| Interaction {
            user: UserIdx(user),
            item: ItemIdx(item),
            weight,
            time: Timestamp::EPOCH,
        })
        .collect();
    Dataset::from_interactions(100, n_items, &interactions, Repeats::KeepLast).unwrap()
}

#[test]
fn two_items_by_hand() {
    // G = [[5, 2], [2, 1]]: item 0 by user 0 with weight 2 and user 1 with 1, item 1 by user 0.
    // For item 1 alone on item 0: 2 / (5 + 3); for item 0 on item 1: 2 / (1 + 3).
    let data = weighted(&[(0, 0, 2.0), (1, 0, 1.0), (0, 1, 1.0)], 2);
    let config = EaseConfig {
        regularization: 3.0,
        ..Default::default()
    };
    let model = train(&data, &config, &mut silent()).unwrap();
    let want = [0.0, 0.25, 0.5, 0.0];
    for (got, want) in model.view().weights().iter().zip(want) {
        assert!((got - want).abs() < 1e-6, "{got} is not {want}");
    }
}

/// Each column solved on its own as the regression it stands for: no inverse, no division.
#[test]
fn every_column_solves_its_own_regression() {
    let data = BlockWorld::skewed(9).data;
    let n = data.n_items();
    let config = EaseConfig {
        regularization: 30.0,
        ..Default::default()
    };
    let model = train(&data, &config, &mut silent()).unwrap();
    let mut x = DMatrix::<f64>::zeros(data.n_users(), n);
    for (user, row) in data.by_user().rows().enumerate() {
        for &item in row.columns {
            x[(user, item as usize)] = 1.0;
        }
    }
    for target in [0, 7, n - 1] {
        let others = x.clone().remove_column(target);
        let mut gram = others.transpose() * &others;
        for index in 0..n - 1 {
            gram[(index, index)] += config.regularization;
        }
        let right = others.transpose() * x.column(target);
        let solution = gram.lu().solve(&right).unwrap();
        for (place, want) in solution.iter().enumerate() {
            let source = if place < target { place } else { place + 1 };
            let got = f64::from(model.view().weights()[source * n + target]);
            assert!((got - want).abs() < 1e-6, "{source} to {target}");
        }
    }
}

#[test]
fn catalog_too_large_for_memory_is_refused_before_anything_is_allocated() {
    let data = weighted(&[(0, 0, 1.0)], 60_000);
    let got = train(&data, &EaseConfig::default(), &mut silent());
    let Err(Error::Memory { needed, limit, .. }) = got else {
        panic!("{got:?}");
    };
    assert_eq!(needed, 4 * 60_000 * 60_000);
    assert_eq!(limit, 8 << 30);
}

#[test]
fn items_that_nobody_touched_score_zero() {
    let data = weighted(&[(0, 0, 1.0), (0, 1, 1.0)], 3);
    let model = train(&data, &EaseConfig::default(), &mut silent()).unwrap();
    for source in 0..3 {
        assert!(model.view().row(source)[2].abs() < 1e-12);
    }
}

#[test]
fn fields_out_of_range_are_named() {
    let data = weighted(&[(0, 0, 1.0)], 2);
    for regularization in [0.0, -1.0, f64::INFINITY, f64::NAN] {
        let config = EaseConfig {
            regularization,
            ..Default::default()
        };
        let got = train(&data, &config, &mut silent());
        let field = "regularization";
        assert!(matches!(got, Err(Error::Config { field: found, .. }) if found == field));
    }
}
