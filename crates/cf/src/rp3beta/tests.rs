use marquee_core::{Dataset, Interaction, ItemIdx, Repeats, Timestamp, UserIdx};
use marquee_testkit::conformance::Personalization;

use super::*;
use crate::{Error, SparseItemModel, conformance::Case, silent};

#[test]
fn conforms() {
    let case = Case {
        train: |data, _| train(data, &Rp3betaConfig::default(), &mut silent()),
        view: |model| Ok(Box::new(model.view())),
        save: SparseItemModel::to_artifact,
        open: |artifact| Ok(Box::new(open(artifact)?)),
    };
    case.check(Personalization::ByHistory);
}

fn dataset(weight: f32) -> Dataset {
    let pairs = [(0, 0, 1.0), (0, 1, 1.0), (1, 1, weight), (1, 2, 1.0)];
    let interactions = pairs.map(|(user, item, weight)| Interaction {
        user: UserIdx(user),
        item: ItemIdx(item),
        weight,
        time: Timestamp::EPOCH,
    });
    Dataset::from_interactions(2, 3, &interactions, Repeats::KeepLast).unwrap()
}

#[track_caller]
fn check(alpha: f64, beta: f64, source: usize, target: u32, want: f64) {
    let config = Rp3betaConfig {
        neighbors: 10,
        alpha,
        beta,
    };
    let model = train(&dataset(3.0), &config, &mut silent()).unwrap();
    let row = model.view().weights().row(source);
    let place = row.columns.binary_search(&target).unwrap();
    assert!((f64::from(row.weight(place)) - want).abs() < 1e-6);
}

#[test]
fn walk_by_hand() {
    // Item 1 has weight 1 of user 0 and 3 of user 1; user 1 has 3 on item 1 and 1 on item 2.
    check(1.0, 0.0, 0, 1, 1.0 / 2.0);
    check(1.0, 0.0, 1, 0, 1.0 / 4.0 * 1.0 / 2.0);
    check(1.0, 0.0, 1, 2, 3.0 / 4.0 * 1.0 / 4.0);
    check(1.0, 0.0, 2, 1, 3.0 / 4.0);
}

#[test]
fn exponents_by_hand() {
    check(2.0, 0.5, 2, 1, (3.0_f64 / 4.0).powi(2) / 4.0_f64.sqrt());
}

#[test]
fn weight_of_zero_is_refused() {
    let got = train(&dataset(0.0), &Rp3betaConfig::default(), &mut silent());
    assert!(matches!(got, Err(Error::Weight { item: 1, .. })));
}
