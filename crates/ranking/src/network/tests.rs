use marquee_features::{FeatureTable, Head, LabelColumn, RequestValues, TrainingTable};
use marquee_store::{Artifact, ArtifactBuilder};
use std::ops::ControlFlow;

use super::{
    train::{requests_of, tests::whole},
    *,
};
use crate::{Error, Ranker, Step, Watch, samples, silent};

fn trained(table: &TrainingTable, config: &NetworkConfig) -> NetworkModel {
    let rows = [table.view().unwrap()];
    let set = TrainingSet {
        passes: &rows,
        validation: None,
    };
    train(set, config, 5, &mut silent()).unwrap()
}

fn scores(view: &NetworkView<'_>, table: &FeatureTable) -> Vec<u32> {
    let mut values = vec![0.0; table.n_rows() * view.heads().len()];
    view.score(&table.view(), &mut values).unwrap();
    assert!(values.iter().all(|value| value.is_finite()));
    values.iter().map(|value| value.to_bits()).collect()
}

/// The rows of `table` in `order`, each with its request: a request of its own for every run of rows
/// that stood in one and are cut nowhere.
fn rearranged(table: &TrainingTable, order: &[usize], cut: impl Fn(usize) -> bool) -> FeatureTable {
    let rows = table.view().unwrap();
    let requests = requests_of(&rows);
    let rows = rows.features();
    let mut to = FeatureTable::new(samples::schema()).unwrap();
    let mut last = None;
    for (at, &row) in order.iter().enumerate() {
        let request = requests[row] as usize;
        if last != Some(request) || cut(at) {
            let lists: Vec<&[u32]> = (0..3).map(|field| rows.sequence(request, field)).collect();
            let values = RequestValues {
                dense: rows.request_dense_of(request),
                sparse: rows.request_sparse_of(request),
                sequences: &lists,
            };
            to.push_request(values).unwrap();
        }
        last = Some(request);
        to.push_row(rows.dense_of(row), rows.sparse_of(row))
            .unwrap();
    }
    to
}

#[test]
fn a_row_scores_the_same_bits_in_any_company() {
    // Embeddings of these lengths go ways of their own.
    for embedding in [3, 8, 16] {
        let config = NetworkConfig {
            embedding,
            ..whole()
        };
        check_company(&config);
    }
}

#[track_caller]
fn check_company(config: &NetworkConfig) {
    let table = samples::table(9, 40, 2);
    let model = trained(&table, config);
    let view = model.view();
    let n = table.features.n_rows();
    let all = scores(&view, &table.features);
    // Backwards, in one piece and in pieces of one to a few rows.
    let order: Vec<usize> = (0..n).rev().collect();
    for cut in [1, 2, 5, 7, 64, 1000] {
        let other = rearranged(&table, &order, |at| at % cut == 0);
        let found = scores(&view, &other);
        for (at, &row) in order.iter().enumerate() {
            for head in 0..view.heads().len() {
                assert_eq!(found[head * n + at], all[head * n + row], "{cut} {row}");
            }
        }
    }
}

#[test]
fn a_saved_network_scores_the_same_bits() {
    let table = samples::table(30, 8, 2);
    let model = trained(&table, &whole());
    let bytes = model.to_artifact().to_bytes().unwrap();
    let artifact = Artifact::from_bytes(&bytes).unwrap();
    let view = NetworkView::open(&artifact).unwrap();
    assert_eq!(view.heads(), model.view().heads());
    assert_eq!(
        scores(&view, &table.features),
        scores(&model.view(), &table.features)
    );
}

#[test]
fn a_network_saved_in_fewer_bits_scores_nearly_the_same() {
    let table = samples::table(30, 8, 2);
    let model = trained(&table, &whole());
    let exact = scores(&model.view(), &table.features);
    for (precision, bound) in [(Precision::Half, 0.05), (Precision::Byte, 0.05)] {
        let bytes = model.to_artifact_as(precision).to_bytes().unwrap();
        assert!(bytes.len() < model.to_artifact().to_bytes().unwrap().len());
        let artifact = Artifact::from_bytes(&bytes).unwrap();
        let found = scores(&NetworkView::open(&artifact).unwrap(), &table.features);
        assert_ne!(found, exact);
        for (found, exact) in found.iter().zip(&exact) {
            let (found, exact) = (f32::from_bits(*found), f32::from_bits(*exact));
            assert!(
                (found - exact).abs() < bound * (1.0 + exact.abs()),
                "{found} {exact}"
            );
        }
    }
}

#[test]
fn a_network_refuses_other_columns_and_buffers() {
    let table = samples::table(30, 2, 2);
    let model = trained(&table, &whole());
    let other = FeatureTable::new(std::sync::Arc::default()).unwrap();
    let got = model.view().score(&other.view(), &mut []);
    assert!(matches!(got, Err(Error::Schema { .. })), "{got:?}");
    let got = model.view().score(&table.features.view(), &mut [0.0]);
    assert!(
        matches!(got, Err(Error::Room { expected: 240, .. })),
        "{got:?}"
    );
    let empty = FeatureTable::new(samples::schema()).unwrap();
    model.view().score(&empty.view(), &mut []).unwrap();
}

#[test]
fn artifacts_whose_parts_do_not_fit_are_refused() {
    let table = samples::table(30, 2, 2);
    let model = trained(&table, &whole());
    let description = model.description.to_json();
    let cases: [(&[u8], usize, usize); 4] = [
        (&description, model.tables.len(), model.weights.len() - 1),
        (&description, model.tables.len() - 3, model.weights.len()),
        (&description[1..], model.tables.len(), model.weights.len()),
        (b"{}", 0, 0),
    ];
    for (description, n_tables, n_weights) in cases {
        let mut artifact = ArtifactBuilder::new(NAME, 1);
        artifact.section("description", &[description.len() as u64], description);
        artifact.section("embeddings", &[n_tables as u64], &model.tables[..n_tables]);
        artifact.section("weights", &[n_weights as u64], &model.weights[..n_weights]);
        let artifact = Artifact::from_bytes(&artifact.to_bytes().unwrap()).unwrap();
        let got = NetworkView::open(&artifact);
        assert!(
            matches!(
                got,
                Err(Error::Description { .. } | Error::SectionShape { .. })
            ),
            "{got:?}"
        );
    }
}

/// Two inputs of one number each, one cross layer, one hidden layer.
#[test]
fn outputs_are_those_worked_by_hand() {
    let schema = marquee_features::FeatureSchema {
        row: marquee_features::SideSchema {
            dense: vec!["a".into(), "b".into()],
            sparse: Vec::new(),
        },
        ..Default::default()
    };
    let mut features = FeatureTable::new(std::sync::Arc::new(schema)).unwrap();
    features.push_request(RequestValues::default()).unwrap();
    // Mean 0 and deviation 1 in each column: scaled values are the values.
    for row in [[1.0, -1.0], [-1.0, 1.0]] {
        features.push_row(&row, &[]).unwrap();
    }
    let mut table = TrainingTable::of(features);
    table.labels.push(LabelColumn {
        head: Head::Open,
        values: vec![1.0, 0.0],
    });
    let config = NetworkConfig {
        cross: vec![Cross::Full],
        hidden: vec![2],
        epochs: 1,
        ..NetworkConfig::default()
    };
    let mut model = trained(&table, &config);
    let shape = model.description.shape.clone();
    let weights = &mut model.weights;
    weights.fill(0.0);
    let mut set = |layer: &super::linear::Linear, rows: &[[f32; 2]], bias: [f32; 2]| {
        for (input, row) in rows.iter().enumerate() {
            for output in 0..layer.outputs {
                weights[layer.weights.start + input * layer.padded() + output] = row[output];
            }
        }
        weights[layer.bias.start..][..layer.outputs].copy_from_slice(&bias[..layer.outputs]);
    };
    let super::shape::CrossShape::Full(cross) = &shape.cross[0] else {
        panic!("a full layer was asked for");
    };
    // x = (1, -1): M x + b = (1*2 - 1*4 + 0.5, 1*1 - 1*3 - 1) = (-1.5, -3); c = (-1.5+1, 3-1) = (-0.5, 2).
    set(cross, &[[2.0, 1.0], [4.0, 3.0]], [0.5, -1.0]);
    // Hidden: (1*3 - 1*1, 1*1 - 1*5) = (2, -4), rectified (2, 0).
    set(&shape.experts[0][0], &[[3.0, 1.0], [1.0, 5.0]], [0.0, 0.0]);
    // 10 * -0.5 + 2 * 2 + 0.25, and 3 * 2 + 7 * 0.
    set(&shape.direct, &[[10.0, 0.0], [2.0, 0.0]], [0.25, 0.0]);
    let top = shape.heads[0].top.as_ref().unwrap();
    set(top, &[[3.0, 0.0], [7.0, 0.0]], [0.0, 0.0]);
    let mut values = [0.0; 2];
    model
        .view()
        .score(&table.features.view(), &mut values)
        .unwrap();
    assert!(
        (values[0] - (-5.0 + 4.0 + 0.25 + 6.0)).abs() < 1e-5,
        "{values:?}"
    );
}

#[derive(Default)]
struct Keeper {
    stop_after: Option<usize>,
    kept: Option<Vec<u8>>,
    from: Option<Vec<u8>>,
    seen: Vec<usize>,
}

impl Watch for Keeper {
    fn step(&mut self, step: &Step) -> ControlFlow<()> {
        self.seen.push(step.iteration);
        if self.stop_after == Some(step.iteration) {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn resume(&mut self) -> crate::Result<Option<Artifact>> {
        Ok(self.from.as_deref().map(Artifact::from_bytes).transpose()?)
    }

    fn wants_state(&mut self) -> bool {
        true
    }

    fn keep_state(&mut self, state: ArtifactBuilder<'_>) -> crate::Result<()> {
        self.kept = Some(state.to_bytes()?);
        Ok(())
    }
}

#[test]
fn an_interrupted_training_ends_with_the_same_bits() {
    let (table, judged) = (samples::table(60, 3, 1), samples::table(30, 3, 9));
    let rows = [table.view().unwrap()];
    let set = TrainingSet {
        passes: &rows,
        validation: Some(judged.view().unwrap()),
    };
    for (embedding_optimizer, averaging) in [
        (EmbeddingOptimizer::Adam, 0.0),
        (EmbeddingOptimizer::Adagrad, 0.7),
    ] {
        let config = NetworkConfig {
            epochs: 5,
            dropout: 0.1,
            averaging,
            embedding_optimizer,
            ..whole()
        };
        let through = train(set, &config, 3, &mut silent()).unwrap();
        let mut first = Keeper {
            stop_after: Some(2),
            ..Keeper::default()
        };
        let got = train(set, &config, 3, &mut first);
        assert!(matches!(got, Err(Error::Stopped { iteration: 2, .. })));
        let mut second = Keeper {
            from: first.kept,
            ..Keeper::default()
        };
        let resumed = train(set, &config, 3, &mut second).unwrap();
        assert_eq!(second.seen[0], 3);
        assert!(resumed == through);
    }
}

#[test]
fn training_learns_what_is_there() {
    let (table, test) = (samples::table(1500, 4, 1), samples::table(500, 4, 2));
    let config = NetworkConfig {
        embedding: 8,
        hidden: vec![16],
        epochs: 8,
        batch: 128,
        learning_rate: 3e-3,
        ..NetworkConfig::default()
    };
    let model = trained(&table, &config);
    let n = test.features.n_rows();
    let mut values = vec![0.0; n * 4];
    model
        .view()
        .score(&test.features.view(), &mut values)
        .unwrap();
    let opened: Vec<bool> = test.labels[0]
        .values
        .iter()
        .map(|&label| label > 0.5)
        .collect();
    // The chance is 0.7 or 0.1, give or take: 0.82 at best.
    let area = marquee_eval::auc(&values[..n], &opened).unwrap();
    assert!(area > 0.76, "{area}");
    // Watched is 0.25 without liking and 0.75 with it.
    let pairs = values[n..2 * n].iter().zip(&test.labels[1].values);
    let known: Vec<f32> = pairs
        .filter(|pair| !pair.1.is_nan())
        .map(|(a, b)| (a - b).powi(2))
        .collect();
    let error = (known.iter().sum::<f32>() / known.len() as f32).sqrt();
    assert!(error < 0.18, "{error}");
}

#[test]
fn a_share_is_predicted_as_a_distribution() {
    let table = samples::table(40, 3, 1);
    let model = trained(&table, &whole());
    let view = model.view();
    let rows = table.features.view();
    let mut shares = Vec::new();
    let n = view
        .distribution(&rows, &Head::WatchFraction, &mut shares)
        .unwrap();
    assert_eq!((n, shares.len()), (4, 4 * rows.n_rows()));
    let mut values = vec![0.0; rows.n_rows() * view.heads().len()];
    view.score(&rows, &mut values).unwrap();
    for (row, shares) in shares.chunks(n).enumerate() {
        assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        let mean: f32 = shares
            .iter()
            .zip([0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0])
            .map(|(a, b)| a * b)
            .sum();
        assert!((mean - values[rows.n_rows() + row]).abs() < 1e-5);
    }
    let got = view.distribution(&rows, &Head::Open, &mut shares);
    assert!(matches!(got, Err(Error::NoSuchHead { .. })));
}

#[test]
fn training_without_anything_to_learn_is_refused() {
    let table = samples::table(5, 2, 1);
    let mut silence = table.clone();
    silence.labels[0].values.fill(f32::NAN);
    let empty = samples::table(0, 2, 1);
    let named = NetworkConfig {
        heads: [("applause".to_owned(), HeadConfig::default())].into(),
        ..NetworkConfig::default()
    };
    let plain = NetworkConfig::default();
    let fails = |table: &TrainingTable, config: &NetworkConfig| {
        let rows = [table.view().unwrap()];
        let set = TrainingSet {
            passes: &rows,
            validation: None,
        };
        train(set, config, 5, &mut silent()).unwrap_err()
    };
    assert!(matches!(
        fails(&silence, &plain),
        Error::NoLabels {
            head: Head::Open,
            ..
        }
    ));
    assert!(matches!(
        fails(&empty, &plain),
        Error::Nothing { rows: 0, .. }
    ));
    assert!(matches!(fails(&table, &named), Error::NoSuchHead { .. }));
}

#[test]
fn unknown_settings_are_refused_and_defaults_hold() {
    let config: NetworkConfig =
        serde_json::from_str("{\"cross\": [\"full\", {\"low-rank\": 8}]}").unwrap();
    assert_eq!(config.cross, [Cross::Full, Cross::LowRank(8)]);
    assert_eq!(config.batch, NetworkConfig::default().batch);
    assert!(serde_json::from_str::<NetworkConfig>("{\"epoch\": 3}").is_err());
    let wrong = NetworkConfig {
        dropout: 1.0,
        ..config
    };
    let got = wrong.validate();
    assert!(
        matches!(
            got,
            Err(Error::Config {
                field: "dropout",
                ..
            })
        ),
        "{got:?}"
    );
}

#[test]
fn logistic_regression_adds_up_and_cannot_multiply() {
    // Whether two ids are equal: no sum of numbers of theirs tells.
    let field = |name: &str| marquee_features::SparseField {
        name: name.into(),
        size: 3,
    };
    let schema = marquee_features::FeatureSchema {
        row: marquee_features::SideSchema {
            dense: Vec::new(),
            sparse: vec![field("a"), field("b")],
        },
        ..Default::default()
    };
    let mut features = FeatureTable::new(std::sync::Arc::new(schema)).unwrap();
    let (mut sums, mut products) = (Vec::new(), Vec::new());
    for row in 0..1200_u32 {
        let (a, b) = (1 + row % 2, 1 + row / 2 % 2);
        features.push_request(RequestValues::default()).unwrap();
        features.push_row(&[], &[a, b]).unwrap();
        // More likely with a = 1, and a little with b = 1.
        let chance = if a == 1 { 6 } else { 1 } + if b == 1 { 3 } else { 0 };
        sums.push(f32::from(u8::from(row / 4 % 10 < chance)));
        products.push(f32::from(u8::from((a == b) == (row / 4 % 10 < 9))));
    }
    let area = |labels: &[f32], config: &NetworkConfig| {
        let mut table = TrainingTable::of(features.clone());
        table.labels.push(LabelColumn {
            head: Head::Open,
            values: labels.to_vec(),
        });
        let config = NetworkConfig {
            batch: 64,
            epochs: 30,
            learning_rate: 0.01,
            ..config.clone()
        };
        let model = trained(&table, &config);
        let mut values = vec![0.0; 1200];
        model
            .view()
            .score(&table.features.view(), &mut values)
            .unwrap();
        let happened: Vec<bool> = labels.iter().map(|&label| label > 0.5).collect();
        marquee_eval::auc(&values, &happened).unwrap()
    };
    let plain = NetworkConfig::logistic();
    assert!(area(&sums, &plain) > 0.75, "{}", area(&sums, &plain));
    assert!(area(&products, &plain) < 0.6, "{}", area(&products, &plain));
    let crossing = NetworkConfig {
        embedding: 4,
        embedding_rate: 0.2,
        ..NetworkConfig::default()
    };
    assert!(
        area(&products, &crossing) > 0.85,
        "{}",
        area(&products, &crossing)
    );
}

#[test]
fn layers_of_fewer_bits_score_nearly_the_same_and_the_same_in_any_company() {
    let table = samples::table(9, 40, 2);
    let config = NetworkConfig {
        embedding: 12,
        cross: vec![Cross::Full, Cross::LowRank(32)],
        hidden: vec![48, 32],
        ..whole()
    };
    let model = trained(&table, &config);
    let exact = scores(&model.view(), &table.features);
    let order: Vec<usize> = (0..table.features.n_rows()).rev().collect();
    for (layers, bound) in [(Layers::Split, 1e-3), (Layers::Half, 0.1)] {
        let other = model.clone().with_layers(layers);
        let found = scores(&other.view(), &table.features);
        assert_eq!(found != exact, marquee_math::split::has_tiles());
        for (found, exact) in found.iter().zip(&exact) {
            let (found, exact) = (f32::from_bits(*found), f32::from_bits(*exact));
            let near = (found - exact).abs() < bound * (1.0 + exact.abs());
            assert!(near, "{found} {exact}");
        }
        for cut in [1, 5, 7, 64] {
            let pieces = scores(
                &other.view(),
                &rearranged(&table, &order, |at| at % cut == 0),
            );
            let n = order.len();
            for (at, &row) in order.iter().enumerate() {
                for head in 0..other.view().heads().len() {
                    assert_eq!(pieces[head * n + at], found[head * n + row], "{cut} {row}");
                }
            }
        }
    }
}
