use marquee_testkit::conformance::{BlockWorld, Personalization};
use nalgebra::DMatrix;

use super::*;
use crate::{DenseItemModel, EaseConfig, Error, conformance::Case, ease, silent};

#[test]
fn conforms() {
    let case = Case {
        train: |data, _| {
            let config = EdlaeConfig {
                regularization: 10.0,
                ..Default::default()
            };
            train(data, &config, &mut silent())
        },
        view: |model| Ok(Box::new(model.view())),
        save: DenseItemModel::to_artifact,
        open: |artifact| Ok(Box::new(open(artifact)?)),
    };
    case.check(Personalization::ByHistory);
}

#[test]
fn without_dropout_it_is_ease() {
    let data = BlockWorld::small(2).data;
    let config = EdlaeConfig {
        regularization: 10.0,
        dropout: 0.0,
        ..Default::default()
    };
    let edlae = train(&data, &config, &mut silent()).unwrap();
    let config = EaseConfig {
        regularization: 10.0,
        ..Default::default()
    };
    let ease = ease::train(&data, &config, &mut silent()).unwrap();
    assert_eq!(edlae.view().weights(), ease.view().weights());
}

/// The weights of one column against the regression with the penalty of each item written out.
#[test]
fn penalty_grows_with_popularity() {
    let data = BlockWorld::skewed(4).data;
    let n = data.n_items();
    let config = EdlaeConfig {
        regularization: 5.0,
        dropout: 0.25,
        ..Default::default()
    };
    let model = train(&data, &config, &mut silent()).unwrap();
    let mut x = DMatrix::<f64>::zeros(data.n_users(), n);
    for (user, row) in data.by_user().rows().enumerate() {
        for &item in row.columns {
            x[(user, item as usize)] = 1.0;
        }
    }
    let others = x.clone().remove_column(3);
    let mut gram = others.transpose() * &others;
    for index in 0..n - 1 {
        gram[(index, index)] += 5.0 + gram[(index, index)] / 3.0;
    }
    let solution = gram
        .lu()
        .solve(&(others.transpose() * x.column(3)))
        .unwrap();
    for (place, want) in solution.iter().enumerate() {
        let source = if place < 3 { place } else { place + 1 };
        let got = f64::from(model.view().weights()[source * n + 3]);
        assert!((got - want).abs() < 1e-6, "{source}");
    }
}

#[test]
fn dropout_of_one_is_refused() {
    let data = BlockWorld::small(2).data;
    let config = EdlaeConfig {
        dropout: 1.0,
        ..Default::default()
    };
    let got = train(&data, &config, &mut silent());
    assert!(matches!(
        got,
        Err(Error::Config {
            field: "dropout",
            ..
        })
    ));
}
