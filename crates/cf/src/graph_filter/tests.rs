use marquee_core::{HistoryEntry, ItemIdx, Timestamp};
use marquee_store::Artifact;
use marquee_testkit::conformance::{BlockWorld, Personalization};
use nalgebra::{DMatrix, DVector};

use super::*;
use crate::{Error, Recommender, conformance::Case, silent};

fn small() -> GraphFilterConfig {
    GraphFilterConfig {
        factors: 6,
        ..GraphFilterConfig::default()
    }
}

#[test]
fn conforms() {
    let case = Case {
        train: |data, seed| train(data, &small(), seed, &mut silent()),
        view: |model| Ok(Box::new(model.view())),
        save: GraphFilterModel::to_artifact,
        open: |artifact| Ok(Box::new(GraphFilterView::open(artifact)?)),
    };
    case.check(Personalization::ByHistory);
}

fn entry(item: u32) -> HistoryEntry {
    HistoryEntry {
        item: ItemIdx(item),
        weight: 1.0,
        time: Timestamp::EPOCH,
    }
}

/// The linear filter against its matrices in double precision.
#[test]
fn linear_filter_is_that_of_the_dense_matrices() {
    let data = BlockWorld::small(5).data;
    let config = GraphFilterConfig {
        user_exponent: 0.5,
        history_exponent: 0.5,
        target_exponent: 0.5,
        sharpness: 1.0,
        low_pass_weight: 0.3,
        factors: 4,
        iterations: 20,
    };
    let model = train(&data, &config, 1, &mut silent()).unwrap();
    let (n_users, n_items) = (data.n_users(), data.n_items());
    let mut r = DMatrix::<f64>::zeros(n_users, n_items);
    for (user, row) in data.by_user().rows().enumerate() {
        for &item in row.columns {
            let lengths = row.len() * data.by_item().row(item as usize).len();
            r[(user, item as usize)] = 1.0 / (lengths as f64).sqrt();
        }
    }
    let mut eigen = (r.transpose() * &r).symmetric_eigen();
    let mut order: Vec<usize> = (0..n_items).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    let first = DMatrix::from_fn(n_items, 4, |row, k| eigen.eigenvectors[(row, order[k])]);
    let degree = |item: usize| data.by_item().row(item).len() as f64;
    let roots = DMatrix::from_diagonal(&DVector::from_fn(n_items, |item, _| degree(item).sqrt()));
    eigen.eigenvalues.fill(0.0);
    let back = roots.clone().try_inverse().unwrap();
    let filter = r.transpose() * &r + back * &first * first.transpose() * roots * 0.3;
    let history = [entry(3), entry(7), entry(11)];
    let mut scores = vec![0.0; n_items];
    model.view().score_all(&history, &mut scores).unwrap();
    for (item, score) in scores.iter().enumerate() {
        let want: f64 = [3, 7, 11].iter().map(|&from| filter[(from, item)]).sum();
        assert!(
            (f64::from(*score) - want).abs() < 1e-3 * want.abs().max(0.1),
            "{item}"
        );
    }
}

#[test]
fn sharpness_keeps_the_sum_and_favors_the_most_alike() {
    let data = BlockWorld::small(5).data;
    let run = |sharpness| {
        let config = GraphFilterConfig {
            sharpness,
            low_pass_weight: 0.0,
            target_exponent: 0.0,
            user_exponent: 0.0,
            ..small()
        };
        let model = train(&data, &config, 1, &mut silent()).unwrap();
        let history: Vec<HistoryEntry> = data
            .by_user()
            .row(0)
            .columns
            .iter()
            .map(|&item| entry(item))
            .collect();
        let mut scores = vec![0.0; data.n_items()];
        model.view().score_all(&history, &mut scores).unwrap();
        let own: f32 = history.iter().map(|entry| scores[entry.item.index()]).sum();
        (scores.iter().sum::<f32>(), own)
    };
    let (plain, sharp) = (run(1.0), run(3.0));
    // Every user has eight touches, so the same sum of voices gives the same sum of scores.
    assert!((plain.0 - sharp.0).abs() < 1e-3 * plain.0);
    assert!(sharp.1 > 1.2 * plain.1);
}

#[test]
fn each_field_is_checked() {
    type Change = fn(&mut GraphFilterConfig);
    let wrong: [(&str, Change); 7] = [
        ("user_exponent", |config| config.user_exponent = -0.1),
        ("history_exponent", |config| config.history_exponent = 1.1),
        ("target_exponent", |config| {
            config.target_exponent = f64::NAN
        }),
        ("sharpness", |config| config.sharpness = 0.5),
        ("low_pass_weight", |config| config.low_pass_weight = -1.0),
        ("factors", |config| config.factors = 0),
        ("iterations", |config| config.iterations = 0),
    ];
    for (field, spoil) in wrong {
        let mut config = GraphFilterConfig::default();
        config.validate().unwrap();
        spoil(&mut config);
        let got = config.validate();
        assert!(matches!(got, Err(Error::Config { field: found, .. }) if found == field));
    }
}

#[test]
fn graph_that_does_not_fit_is_refused() {
    let data = BlockWorld::small(5).data;
    let mut model = train(&data, &small(), 1, &mut silent()).unwrap();
    model.by_item.columns[0] = 9999;
    let artifact = Artifact::from_bytes(&model.to_artifact().to_bytes().unwrap()).unwrap();
    let got = GraphFilterView::open(&artifact);
    assert!(matches!(got, Err(Error::SparseSections { .. })));
    model.history_scales.pop();
    model.by_item.columns[0] = 0;
    let artifact = Artifact::from_bytes(&model.to_artifact().to_bytes().unwrap()).unwrap();
    let got = GraphFilterView::open(&artifact);
    let named = matches!(
        got,
        Err(Error::SectionShape {
            section: "history_scales",
            ..
        })
    );
    assert!(named, "{got:?}");
}
