use marquee_core::{Dataset, HistoryEntry, ItemIdx, SparseRows, Timestamp};
use marquee_store::{Artifact, ArtifactBuilder};
use marquee_testkit::conformance::Personalization;

use super::*;
use crate::{Error, Recommender, conformance::Case, silent};

#[test]
fn transitions_conform() {
    let case = Case {
        train: |data, _| train(data, &TransitionsConfig::default(), &mut silent()),
        view: |model| Ok(Box::new(model.view())),
        save: TransitionsModel::to_artifact,
        open: |artifact| Ok(Box::new(TransitionsView::open(artifact)?)),
    };
    case.check(Personalization::ByHistory);
}

fn sequences(n_items: usize, rows: &[&[u32]]) -> Dataset {
    let mut all = SparseRows {
        n_columns: n_items,
        offsets: vec![0],
        ..SparseRows::default()
    };
    for row in rows {
        all.columns.extend_from_slice(row);
        all.offsets.push(all.columns.len() as u64);
    }
    Dataset::from_rows(all)
}

fn entry(item: u32) -> HistoryEntry {
    HistoryEntry {
        item: ItemIdx(item),
        weight: 1.0,
        time: Timestamp::EPOCH,
    }
}

#[track_caller]
fn check(config: &TransitionsConfig, data: &Dataset, history: &[u32], want: &[f32]) {
    let model = train(data, config, &mut silent()).unwrap();
    let history: Vec<_> = history.iter().map(|&item| entry(item)).collect();
    let mut scores = vec![f32::NAN; data.n_items()];
    model.view().score_all(&history, &mut scores).unwrap();
    for (got, want) in scores.iter().zip(want) {
        assert!((got - want).abs() < 1e-6, "{scores:?}, not {want:?}");
    }
}

fn counts() -> TransitionsConfig {
    TransitionsConfig {
        window: 2,
        decay: 0.5,
        backward: 0.0,
        source_power: 0.0,
        target_power: 0.0,
        ..TransitionsConfig::default()
    }
}

#[test]
fn pairs_by_hand() {
    let data = sequences(4, &[&[0, 1, 2, 3], &[0, 0, 2]]);
    // After 0: once 1 and once 0 at distance 1; 2 at distance 2, at 1 and at 2; 3 is too far.
    check(&counts(), &data, &[0], &[1.0, 1.0, 2.0, 0.0]);
    let both = TransitionsConfig {
        backward: 0.25,
        ..counts()
    };
    // After 1: 2, then 3 at distance 2; before it 0.
    check(&both, &data, &[1], &[0.25, 0.0, 1.0, 0.5]);
}

#[test]
fn latest_event_counts_most() {
    let data = sequences(3, &[&[0, 2], &[1, 2], &[1, 0]]);
    let config = TransitionsConfig {
        position_decay: 1.0 / std::f64::consts::LN_2,
        ..counts()
    };
    check(&config, &data, &[1, 0], &[0.5, 0.0, 1.5]);
    check(&config, &data, &[0, 1], &[1.0, 0.0, 1.5]);
}

#[test]
fn powers_divide_by_rows_and_columns() {
    let data = sequences(3, &[&[0, 1], &[0, 2], &[1, 2]]);
    let config = TransitionsConfig {
        source_power: 1.0,
        target_power: 0.5,
        ..counts()
    };
    let half = 0.5_f32;
    check(&config, &data, &[0], &[0.0, half, half / 2.0_f32.sqrt()]);
}

/// Every pair of places, one after the other.
fn brute_force(data: &Dataset, config: &TransitionsConfig) -> Vec<f64> {
    let n = data.n_items();
    let mut counts = vec![0.0; n * n];
    for row in data.by_user().rows() {
        for (a, &i) in row.columns.iter().enumerate() {
            for (b, &j) in row.columns.iter().enumerate() {
                let distance = a.abs_diff(b);
                if distance == 0 || distance > config.window {
                    continue;
                }
                let side = if b > a { 1.0 } else { config.backward };
                let decay = config.decay.powi(i32::try_from(distance).unwrap() - 1);
                counts[i as usize * n + j as usize] += side * decay;
            }
        }
    }
    counts
}

#[test]
fn weights_are_those_of_the_brute_force() {
    let world = marquee_testkit::conformance::BlockWorld::small(3);
    let config = TransitionsConfig {
        neighbors: 1000,
        window: 4,
        decay: 0.7,
        backward: 0.3,
        source_power: 0.0,
        target_power: 0.0,
        ..TransitionsConfig::default()
    };
    let model = train(&world.data, &config, &mut silent()).unwrap();
    let want = brute_force(&world.data, &config);
    let n = world.data.n_items();
    let mut got = vec![0.0_f64; n * n];
    for (item, row) in model.weights.view().rows().enumerate() {
        for (place, &other) in row.columns.iter().enumerate() {
            got[item * n + other as usize] = f64::from(row.weight(place));
        }
    }
    for (got, want) in got.iter().zip(&want) {
        assert!((got - want).abs() < 1e-5, "{got} {want}");
    }
    assert!(want.iter().sum::<f64>() > 100.0);
}

#[test]
fn constants_out_of_range_are_refused() {
    let data = sequences(2, &[&[0, 1]]);
    let model = train(&data, &counts(), &mut silent()).unwrap();
    for constants in [vec![0.0], vec![f64::NAN], vec![], vec![1.0, 1.0]] {
        let mut builder = ArtifactBuilder::new(NAME, 1);
        let rows = model.weights.view();
        builder.section("weights.offsets", &[3], rows.offsets());
        let entries = rows.n_entries() as u64;
        builder.section("weights.columns", &[entries], rows.columns());
        builder.section("weights.values", &[entries], rows.weights().unwrap());
        builder.section("constants", &[constants.len() as u64], &constants);
        let artifact = Artifact::from_bytes(&builder.to_bytes().unwrap()).unwrap();
        let error = TransitionsView::open(&artifact).unwrap_err();
        let fits = matches!(error, Error::Config { .. } | Error::SectionShape { .. });
        assert!(fits, "{error:?}");
    }
}
