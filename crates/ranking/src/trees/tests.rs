use std::sync::Arc;

use marquee_features::{
    FeatureSchema, FeatureTable, LabelColumn, RequestValues, SideSchema, TrainingTable,
};
use marquee_math::rng;
use marquee_store::{Artifact, ArtifactBuilder};
use rand::RngExt as _;

use super::{bins::Column, grow::Derivatives, objective::Targets, *};
use crate::silent;

/// Rows of two columns, in requests of `per` rows, with labels.
fn table(rows: &[([f32; 2], f32)], per: usize) -> TrainingTable {
    let schema = FeatureSchema {
        request: SideSchema::default(),
        row: SideSchema {
            dense: vec!["a".into(), "b".into()],
            sparse: Vec::new(),
        },
        sequences: Vec::new(),
    };
    let mut features = FeatureTable::new(Arc::new(schema)).unwrap();
    for rows in rows.chunks(per) {
        features.push_request(RequestValues::default()).unwrap();
        for (numbers, _) in rows {
            features.push_row(numbers, &[]).unwrap();
        }
    }
    let mut table = TrainingTable::of(features);
    table.labels.push(LabelColumn {
        head: Head::Custom("grade".into()),
        values: rows.iter().map(|row| row.1).collect(),
    });
    table
}

fn grade() -> Head {
    Head::Custom("grade".into())
}

fn trained(table: &TrainingTable, config: &TreesConfig) -> TreesModel {
    let rows = table.view().unwrap();
    train((&rows, &grade()), None, config, &mut silent()).unwrap()
}

fn scores(model: &TreesModel, table: &TrainingTable) -> Vec<f32> {
    let mut values = vec![0.0; table.features.n_rows()];
    model.score(&table.features.view(), &mut values).unwrap();
    values
}

/// An outcome that depends on a product of two numbers, and grades that do.
fn drawn(n: usize, seed: u64) -> Vec<([f32; 2], f32)> {
    let mut drawn = rng(seed, 0);
    let mut number = || drawn.random_range(-1.0..1.0_f32);
    let rows = (0..n).map(|_| {
        let (a, b) = (number(), number());
        let known = number() > -0.8;
        let label = if a * b > 0.2 * number() { 1.0 } else { 0.0 };
        ([a, if known { b } else { f32::NAN }], label)
    });
    rows.collect()
}

#[test]
fn one_split_is_that_worked_by_hand() {
    let rows = [
        ([1.0, 0.0], 0.0),
        ([2.0, 0.0], 0.0),
        ([3.0, 0.0], 1.0),
        ([4.0, 0.0], 1.0),
    ];
    let config = TreesConfig {
        trees: 1,
        leaves: 2,
        leaf_rows: 1,
        learning_rate: 1.0,
        ..TreesConfig::default()
    };
    let model = trained(&table(&rows, 4), &config);
    // Half happen: slopes are ±1/2 and curvatures 1/4, so leaves are ∓1 / (1/2).
    assert_eq!(model.nodes.len(), 3);
    assert_eq!(model.nodes[0].column, 0);
    assert!((model.nodes[0].threshold - 2.5).abs() < 1e-6);
    let values = [model.nodes[1].threshold, model.nodes[2].threshold];
    assert!(
        (values[0] + 2.0).abs() < 1e-6 && (values[1] - 2.0).abs() < 1e-6,
        "{values:?}"
    );
    assert!(model.base.abs() < 1e-6);
}

#[test]
fn the_first_split_is_the_best_of_all() {
    for seed in 0..5 {
        let rows = drawn(60, seed);
        let columns = [0, 1].map(|at| {
            let values: Vec<f32> = rows.iter().map(|row| row.0[at]).collect();
            Column::of(&values, 255)
        });
        let derivatives = Derivatives {
            slopes: rows.iter().map(|row| 0.3 - row.1).collect(),
            curvatures: vec![0.21; 60],
        };
        let config = TreesConfig {
            leaves: 2,
            leaf_rows: 5,
            ..TreesConfig::default()
        };
        let mut values = vec![0.0; 60];
        let mut grower = grow::Grower::new(columns.to_vec(), rows.len(), &config);
        let nodes = grower.grow(&derivatives, &mut values);
        let gain = |left: &dyn Fn(&[f32; 2]) -> bool| -> f64 {
            let mut sums = [(0.0_f64, 0.0_f64, 0); 2];
            for (row, slope) in rows.iter().zip(&derivatives.slopes) {
                let side = &mut sums[usize::from(left(&row.0))];
                side.0 += f64::from(*slope);
                side.1 += 0.21;
                side.2 += 1;
            }
            if sums.iter().any(|side| side.2 < 5) {
                return 0.0;
            }
            sums.iter().map(|side| side.0 * side.0 / side.1).sum()
        };
        let goes = |column: usize, bound: f32, missing: bool| {
            move |row: &[f32; 2]| {
                if row[column].is_nan() {
                    missing
                } else {
                    row[column] <= bound
                }
            }
        };
        let node = nodes[0];
        let found = gain(&goes(
            node.column as usize,
            node.threshold,
            node.missing_left,
        ));
        for column in 0..2 {
            for row in &rows {
                for missing in [false, true] {
                    let other = gain(&goes(column, row.0[column], missing));
                    assert!(other <= found + 1e-6, "{seed}: {other} {found}");
                }
            }
        }
    }
}

#[test]
fn products_of_numbers_are_learned_and_missing_ones_go_somewhere() {
    let (train, test) = (table(&drawn(4000, 1), 1), table(&drawn(2000, 2), 1));
    let config = TreesConfig {
        trees: 40,
        leaves: 8,
        ..TreesConfig::default()
    };
    let model = trained(&train, &config);
    let happened: Vec<bool> = test.labels[0]
        .values
        .iter()
        .map(|&label| label > 0.5)
        .collect();
    let area = marquee_eval::auc(&scores(&model, &test), &happened).unwrap();
    assert!(area > 0.88, "{area}");
}

#[test]
fn trees_have_the_same_bits_on_any_number_of_threads_and_saved() {
    let rows = table(&drawn(1500, 1), 10);
    for objective in [Objective::Chance, Objective::Order] {
        let config = TreesConfig {
            objective,
            trees: 8,
            ..TreesConfig::default()
        };
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build().unwrap().install(|| trained(&rows, &config))
        };
        let model = on(1);
        assert!(model == on(3));
        assert!(model.nodes.len() > 20);
        let bytes = model.to_artifact().to_bytes().unwrap();
        let artifact = Artifact::from_bytes(&bytes).unwrap();
        assert!(TreesModel::open(&artifact, 2).unwrap() == model);
        let got = TreesModel::open(&artifact, 1);
        assert!(matches!(got, Err(Error::Contradiction { .. })), "{got:?}");
    }
}

#[test]
fn walks_that_never_end_are_refused() {
    let mut artifact = ArtifactBuilder::new(TREES, 1);
    artifact.strings("head", ["open"]);
    artifact.section("shape", &[2], &[0_u64, 0]);
    artifact.section("base", &[1], &[0.0_f32]);
    artifact.section("starts", &[1], &[0_u32]);
    artifact.section("columns", &[3], &[0_u32, 0, LEAF]);
    artifact.section("thresholds", &[3], &[0.0_f32; 3]);
    artifact.section("lefts", &[3], &[1_u32, 0, 0]);
    let artifact = Artifact::from_bytes(&artifact.to_bytes().unwrap()).unwrap();
    let got = TreesModel::open(&artifact, 2);
    assert!(
        matches!(got, Err(Error::Contradiction { found: 1, .. })),
        "{got:?}"
    );
}

fn targets(labels: &[f32]) -> Targets {
    let requests = std::iter::once(0..labels.len()).collect();
    Targets::new(labels, &vec![1.0; labels.len()], requests, 10)
}

#[test]
fn ndcg_is_that_worked_by_hand() {
    let targets = targets(&[3.0, 0.0, 1.0]);
    // Order 0, 2, 1 is ideal: 7 + 1 / log2 3. Order 1, 0, 2 has 7 / log2 3 + 1 / 2.
    let ideal = 7.0 + 1.0 / 3.0_f64.log2();
    assert!((targets.ndcg(&[3.0, 1.0, 2.0], 5) - 1.0).abs() < 1e-12);
    let found = targets.ndcg(&[2.0, 3.0, 1.0], 5);
    assert!(
        (found - (7.0 / 3.0_f64.log2() + 0.5) / ideal).abs() < 1e-12,
        "{found}"
    );
}

#[test]
fn rows_of_a_request_push_each_other() {
    let targets = targets(&[0.0, 2.0, 1.0, f32::NAN]);
    let mut derivatives = Derivatives {
        slopes: vec![9.0; 4],
        curvatures: vec![9.0; 4],
    };
    targets.order(&[0.5, 0.1, 0.2, 7.0], &mut derivatives);
    let slopes = &derivatives.slopes;
    // The best grade is pulled up most, the worst pushed down, and nothing is lost.
    assert!(slopes[1] < 0.0 && slopes[0] > 0.0, "{slopes:?}");
    assert!(slopes.iter().sum::<f32>().abs() < 1e-6);
    assert_eq!(slopes[3].to_bits(), 0.0_f32.to_bits());
    assert!(
        derivatives.curvatures[..3]
            .iter()
            .all(|&curvature| curvature > 0.0)
    );
}

#[test]
fn grades_are_learned_as_an_order_and_training_stops_when_it_gets_no_better() {
    let graded = |n, seed| -> Vec<([f32; 2], f32)> {
        let rows = drawn(n, seed).into_iter();
        rows.map(|(numbers, label)| (numbers, label + f32::from(u8::from(numbers[0] > 0.5))))
            .collect()
    };
    let (rows, judged) = (table(&graded(2000, 1), 10), table(&graded(1000, 2), 10));
    let config = TreesConfig {
        objective: Objective::Order,
        trees: 300,
        leaves: 8,
        patience: 5,
        ..TreesConfig::default()
    };
    let view = judged.view().unwrap();
    let (mut best, mut steps) = (0.0_f64, 0);
    let mut watch = |step: &crate::Step| {
        best = best.max(step.judged.unwrap());
        steps += 1;
        std::ops::ControlFlow::Continue(())
    };
    let model = train(
        (&rows.view().unwrap(), &grade()),
        Some(&view),
        &config,
        &mut watch,
    )
    .unwrap();
    assert!(
        steps < 300 && model.n_trees() == steps - 5,
        "{steps} {}",
        model.n_trees()
    );
    assert!(best > 0.85, "{best}");
}

#[test]
fn labels_and_columns_that_do_not_fit_are_refused() {
    let rows = table(&[([1.0, 2.0], 3.0)], 1);
    let view = rows.view().unwrap();
    let config = TreesConfig::default();
    let got = train((&view, &grade()), None, &config, &mut silent());
    assert!(
        matches!(got, Err(Error::Config { field: "label", .. })),
        "{got:?}"
    );
    let got = train((&view, &Head::Open), None, &config, &mut silent());
    assert!(matches!(got, Err(Error::NoSuchHead { .. })), "{got:?}");
}
