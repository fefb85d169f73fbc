use marquee_core::{Dataset, Interaction, ItemIdx, Repeats, Timestamp, UserIdx};
use marquee_testkit::conformance::{BlockWorld, Personalization};

use super::*;
use crate::{SparseItemModel, conformance::Case, gram, silent};

fn config() -> SlimConfig {
    SlimConfig {
        l1: 1.0,
        l2: 10.0,
        tolerance: 1e-7,
        max_rounds: 1000,
        ..Default::default()
    }
}

#[test]
fn conforms() {
    let case = Case {
        train: |data, _| train(data, &config(), &mut silent()),
        view: |model| Ok(Box::new(model.view())),
        save: SparseItemModel::to_artifact,
        open: |artifact| Ok(Box::new(open(artifact)?)),
    };
    case.check(Personalization::ByHistory);
}

#[test]
fn two_items_by_hand() {
    // G = [[5, 2], [2, 1]]: for item 1 on item 0, (2 - 1) / (5 + 10); for item 0 on 1, (2 - 1) / 11.
    let pairs = [(0, 0, 2.0), (1, 0, 1.0), (0, 1, 1.0)];
    let interactions = pairs.map(|(user, item, weight)| Interaction {
        user: UserIdx(user),
        item: ItemIdx(item),
        weight,
        time: Timestamp::EPOCH,
    });
    let data = Dataset::from_interactions(2, 2, &interactions, Repeats::KeepLast).unwrap();
    let model = train(&data, &config(), &mut silent()).unwrap();
    let weights = model.view().weights();
    assert!((weights.row(0).weight(0) - 1.0 / 15.0).abs() < 1e-6);
    assert!((weights.row(1).weight(0) - 1.0 / 11.0).abs() < 1e-6);
}

/// At the minimum the slope is zero along every weight that is not, and points up along the others.
#[track_caller]
fn check_optimal(data: &Dataset, config: &SlimConfig) {
    let model = train(data, config, &mut silent()).unwrap();
    let n = data.n_items();
    let gram = gram::dense::<f64>(data, config.user_exponent);
    let by_target = model.view().weights().transposed();
    let mut kept = 0;
    for (target, row) in by_target.view().rows().enumerate() {
        let mut weights = vec![0.0; n];
        for (place, &source) in row.columns.iter().enumerate() {
            weights[source as usize] = f64::from(row.weight(place));
        }
        for item in (0..n).filter(|&item| item != target) {
            let fitted: f64 = (0..n).map(|k| gram[item * n + k] * weights[k]).sum();
            let pull = gram[item * n + target] - fitted;
            let slope = config.l2 * weights[item] + config.l1 - pull;
            if weights[item] > 0.0 {
                kept += 1;
                assert!(slope.abs() < 1e-3, "{item} for {target}: slope {slope}");
            } else {
                assert!(slope > -1e-3, "{item} for {target}: slope {slope}");
            }
        }
    }
    assert!(kept > n, "{kept} weights");
}

#[test]
fn weights_are_the_minimum() {
    check_optimal(&BlockWorld::skewed(3).data, &config());
}

#[test]
fn weights_are_the_minimum_with_users_weighted() {
    let config = SlimConfig {
        user_exponent: 0.5,
        ..config()
    };
    check_optimal(&BlockWorld::small(3).data, &config);
}

#[test]
fn a_larger_penalty_leaves_fewer_weights() {
    let data = BlockWorld::skewed(3).data;
    let count = |l1: f64| {
        let config = SlimConfig { l1, ..config() };
        let model = train(&data, &config, &mut silent()).unwrap();
        model.view().weights().n_entries()
    };
    assert!(count(4.0) < count(1.0));
}
