use std::collections::BTreeMap;

use marquee_features::{Head, TrainingTable};

use super::*;
use crate::{
    Ranker as _,
    network::{Cross, EmbeddingOptimizer, HeadConfig, Layers, PositionBias, Sharing},
    samples,
};

/// Every part of a network, small.
pub(crate) fn whole() -> NetworkConfig {
    let position = |position| HeadConfig {
        loss_weight: 1.0,
        position,
    };
    NetworkConfig {
        embedding: 3,
        knots: 3,
        cross: vec![Cross::Full, Cross::LowRank(2)],
        pairs: 2,
        hidden: vec![6, 5],
        shared_experts: 2,
        own_experts: 1,
        tower: vec![4],
        attention: 4,
        bins: 4,
        heads: BTreeMap::from([
            ("open".to_owned(), position(PositionBias::Examination)),
            ("like".to_owned(), position(PositionBias::Shift)),
            (
                "watch_fraction".to_owned(),
                HeadConfig {
                    loss_weight: 0.7,
                    position: PositionBias::Examination,
                },
            ),
        ]),
        positions: 3,
        largest_inverse_propensity: 4.0,
        batch: 16,
        embedding_deviation: 0.6,
        ..NetworkConfig::default()
    }
}

/// A trainer in which nothing hides by being zero at first.
fn trainer<'c>(rows: TrainingRows<'_>, config: &'c NetworkConfig) -> Trainer<'c> {
    let description = Description::learn(rows, rows.features().schema(), config).unwrap();
    let mut trainer = Trainer::new(description, config, 7);
    let mut shifts = vec![0.0; trainer.weights.len()];
    fill_normal(&mut rng(8, 0), 0.1, &mut shifts);
    let shape = trainer.description.shape.clone();
    let biases = shape.layers().into_iter().map(|layer| {
        let bias = &layer.linear.bias;
        bias.start..bias.start + layer.linear.outputs
    });
    let positions = shape.heads.iter().map(|head| head.positions.clone());
    for at in biases.chain(positions).flatten() {
        trainer.weights[at] += 0.3 * shifts[at];
    }
    trainer
}

/// What the step of embeddings adds up, as told by Adagrad's sums of squares and directions.
fn embedding_slopes(
    trainer: &mut Trainer<'_>,
    examples: &Examples<'_>,
    places: &[u32],
) -> Vec<f32> {
    let shape = trainer.description.shape.clone();
    let batch = Batch {
        layout: &shape.layout,
        rows: examples.rows.features(),
        request_of: examples.request_of,
        places,
        chunk_rows: CHUNK,
        stride: shape.stride(),
    };
    let before = trainer.tables.clone();
    let squares = trainer.embeddings.first.clone();
    let sizes = (AdamStep::new(1.0, 0.0, 1), 1.0);
    let chunks = std::mem::take(&mut trainer.chunks);
    trainer
        .embeddings
        .step(sizes, batch, &chunks, &mut trainer.tables);
    let after = trainer.tables.iter().zip(&before);
    let squares = trainer.embeddings.first.iter().zip(&squares);
    // square' = square + g², value' = value - g / sqrt(square').
    let slopes = after.zip(squares).map(|((after, before), (square, _))| {
        (before - after) * square.sqrt() / places.len() as f32
    });
    slopes.collect()
}

#[track_caller]
fn check(config: &NetworkConfig, n: (usize, usize)) {
    const STEP: f32 = 4e-3;
    let table = samples::table(n.0, n.1, 3);
    let rows = table.view().unwrap();
    let mut trainer = trainer(rows, config);
    let heads = trainer.description.places(rows, config);
    let requests = requests_of(&rows);
    let examples = Examples {
        rows,
        request_of: &requests,
        heads: &heads,
        largest_inverse_propensity: narrow(config.largest_inverse_propensity),
    };
    let places: Vec<u32> = (0..row(rows.features().n_rows())).collect();
    let middle = trainer.learn(&examples, &places);
    let weights = trainer.learned().0.to_vec();
    let before = trainer.tables.clone();
    let embeddings = embedding_slopes(&mut trainer, &examples, &places);
    trainer.tables.copy_from_slice(&before);
    let mut largest = [0.0_f64; 2];
    let shape = trainer.description.shape.clone();
    let pairs = shape.pairs.iter().flat_map(|pairs| pairs.weights.clone());
    let pairs: Vec<_> = pairs.collect();
    let paired = |at: &usize| pairs.iter().any(|range| range.contains(at));
    for (array, exact) in [embeddings, weights].iter().enumerate() {
        for (at, &exact) in exact.iter().enumerate() {
            // Some of the many weights that only pad, and a good part of the others.
            // Weights of a vector with itself and with earlier ones are no weights.
            let unused = array == 1 && exact == 0.0 && paired(&at);
            if unused || at % if exact == 0.0 { 397 } else { 11 } != 0 {
                continue;
            }
            let mut loss = |by: f32| {
                let values = [&mut trainer.tables, &mut trainer.weights];
                values.into_iter().nth(array).unwrap()[at] += by;
                trainer.learn(&examples, &places)
            };
            let (above, below) = (loss(STEP), loss(-2.0 * STEP));
            loss(STEP);
            let per = |difference: f64, steps: f64| {
                difference / (steps * f64::from(STEP) * places.len() as f64)
            };
            // A rectifier may bend between two points: then the slope is that of one side.
            let sides = [
                per(above - below, 2.0),
                per(above - middle, 1.0),
                per(middle - below, 1.0),
            ];
            let fits = |slope: &f64| (slope - f64::from(exact)).abs() < 2e-3 + 0.02 * slope.abs();
            assert!(
                sides.iter().any(fits),
                "{array} {at}: {exact}, not {sides:?}"
            );
            largest[array] = largest[array].max(sides[0].abs());
        }
    }
    assert!(largest.iter().all(|&slope| slope > 0.02), "{largest:?}");
}

#[test]
fn slopes_of_every_part_are_differences() {
    check(&whole(), (5, 3));
}

#[test]
fn slopes_where_lists_are_averaged_are_differences() {
    let config = NetworkConfig {
        attention: 0,
        ..whole()
    };
    check(&config, (5, 3));
}

#[test]
fn slopes_by_tiles_are_those_by_vectors() {
    let table = samples::table(5, 3, 3);
    let rows = table.view().unwrap();
    let slopes = |layers| {
        let config = NetworkConfig {
            embedding: 12,
            cross: vec![Cross::Full, Cross::LowRank(32)],
            hidden: vec![48, 32],
            layers,
            ..whole()
        };
        let mut trainer = trainer(rows, &config);
        let heads = trainer.description.places(rows, &config);
        let examples = Examples {
            rows,
            request_of: &requests_of(&rows),
            heads: &heads,
            largest_inverse_propensity: 4.0,
        };
        let places: Vec<u32> = (0..row(rows.features().n_rows())).collect();
        let loss = trainer.learn(&examples, &places);
        let (weights, chunks) = trainer.learned();
        (loss, weights.to_vec(), chunks[0].pass.dx.clone())
    };
    let exact = slopes(Layers::Whole);
    for (layers, bound) in [(Layers::Split, 2e-3), (Layers::Half, 0.15)] {
        let found = slopes(layers);
        assert!((found.0 - exact.0).abs() < f64::from(bound) * exact.0);
        for (found, exact) in [(found.1, &exact.1), (found.2, &exact.2)] {
            let size = exact.iter().map(|slope| slope * slope).sum::<f32>().sqrt();
            let gaps = found.iter().zip(exact).map(|(a, b)| (a - b) * (a - b));
            let gap = gaps.sum::<f32>().sqrt();
            assert!(gap < bound * size, "{layers:?}: {gap} of {size}");
        }
    }
}

#[test]
fn slopes_of_one_expert_without_towers_are_differences() {
    let config = NetworkConfig {
        shared_experts: 1,
        own_experts: 0,
        tower: Vec::new(),
        knots: 0,
        ..whole()
    };
    check(&config, (5, 2));
}

#[test]
fn slopes_without_cross_layers_or_deep_part_are_differences() {
    let config = NetworkConfig {
        cross: Vec::new(),
        hidden: Vec::new(),
        ..whole()
    };
    check(&config, (5, 3));
}

#[test]
fn heads_apart_begin_with_numbers_of_their_own() {
    let table = samples::table(20, 3, 1);
    let config = NetworkConfig {
        embedding: 8,
        cross: Vec::new(),
        sharing: Sharing::Apart,
        ..whole()
    };
    let rows = table.view().unwrap();
    let description = Description::learn(rows, rows.features().schema(), &config).unwrap();
    let trainer = Trainer::new(description, &config, 7);
    let shape = &trainer.description.shape;
    let pairs = shape.pairs.as_ref().unwrap();
    let columns = shape.layout.embeddings();
    let direct = columns
        .iter()
        .flat_map(|column| (0..8).map(move |at| (column + at, at)));
    let direct = direct.map(|(row, number)| (&shape.direct, row, number));
    let summed = (0..pairs.out.inputs).map(|row| (&pairs.out, row, row % 8));
    for (layer, row, number) in direct.chain(summed) {
        let weights = &trainer.weights[layer.weights.start + row * layer.padded()..];
        let users = shape.heads.iter().enumerate().filter(|(_, head)| {
            let own = &weights[head.first..][..head.outcome.n_outputs()];
            own.iter().any(|&weight| weight != 0.0)
        });
        let users: Vec<usize> = users.map(|(at, _)| at).collect();
        assert_eq!(users, [number * 4 / 8]);
    }
}

#[test]
fn rarer_outcomes_change_nothing_of_the_most_frequent_one() {
    let table = samples::table(200, 3, 1);
    let rows = table.view().unwrap();
    let sum = |place: usize| -> f32 {
        table.labels[place]
            .values
            .iter()
            .filter(|v| !v.is_nan())
            .map(|v| v.clamp(0.0, 1.0))
            .sum()
    };
    let mut places: Vec<usize> = (0..table.labels.len()).collect();
    places.sort_by(|&a, &b| sum(b).total_cmp(&sum(a)));
    let said = |sharing, of_others: f64| {
        let mut config = NetworkConfig {
            embedding: 16,
            cross: Vec::new(),
            hidden: Vec::new(),
            pairs: 0,
            attention: 0,
            sharing,
            embedding_rate: 0.3,
            learning_rate: 0.05,
            epochs: 3,
            ..whole()
        };
        for &place in &places[1..] {
            let name = table.labels[place].head.to_string();
            let loss_weight = of_others;
            config.heads.entry(name).or_default().loss_weight = loss_weight;
        }
        let model = train_on(&table, &config);
        let n = rows.features().n_rows();
        let mut scores = vec![0.0; n * places.len()];
        model.view().score(&rows.features(), &mut scores).unwrap();
        places
            .iter()
            .map(|&place| scores[place * n..(place + 1) * n].to_vec())
            .collect::<Vec<_>>()
    };
    let (one, other) = (said(Sharing::Ordered, 1.0), said(Sharing::Ordered, 0.1));
    assert_eq!(one[0], other[0]);
    // The others do learn, and those that share from the start are changed by all.
    assert_ne!(one[1], other[1]);
    assert_ne!(
        said(Sharing::Together, 1.0)[0],
        said(Sharing::Together, 0.1)[0]
    );
}

fn train_on(table: &TrainingTable, config: &NetworkConfig) -> NetworkModel {
    let rows = [table.view().unwrap()];
    let set = TrainingSet {
        passes: &rows,
        validation: None,
    };
    train(set, config, 5, &mut crate::silent()).unwrap()
}

#[test]
fn training_gives_the_same_bits_on_any_number_of_threads() {
    let table = samples::table(400, 3, 1);
    for embedding_optimizer in [EmbeddingOptimizer::Adagrad, EmbeddingOptimizer::Adam] {
        let config = NetworkConfig {
            batch: 1100,
            epochs: 2,
            dropout: 0.2,
            embedding_optimizer,
            ..whole()
        };
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build().unwrap().install(|| train_on(&table, &config))
        };
        let (one, three) = (on(1), on(3));
        assert!(one == three);
        assert!(one.weights.iter().any(|&weight| weight != 0.0));
    }
}

#[test]
fn a_head_that_goes_against_the_others_begins_against_them() {
    let mut table = samples::table(60, 8, 3);
    // What is counted in stars is no outcome that others could be rarer than.
    table.labels.pop();
    let like = table
        .labels
        .iter()
        .position(|column| column.head == Head::Like);
    let like = like.unwrap();
    let open: Vec<f32> = table.labels[0].values.clone();
    assert_eq!(table.labels[0].head, Head::Open);
    let config = NetworkConfig {
        pairs: 1,
        heads: BTreeMap::new(),
        ..whole()
    };
    let starts = |table: &TrainingTable| {
        let rows = table.view().unwrap();
        let description = Description::learn(rows, rows.features().schema(), &config).unwrap();
        let heads = description.places(rows, &config);
        let mut trainer = Trainer::new(description, &config, 7);
        trainer.keep_parts(&rows, &heads);
        let shape = &trainer.description.shape;
        let out = &shape.pairs.as_ref().unwrap().out;
        let at = |head: usize| trainer.weights[out.weights.start + shape.heads[head].first];
        (at(0), at(like))
    };
    // Liked where it was not opened; then where it was.
    table.labels[like].values = open.iter().map(|open| 0.5 - open.round() * 0.5).collect();
    let (frequent, against) = starts(&table);
    assert_eq!((frequent, against), (1.0, -1.0));
    table.labels[like].values = open.iter().map(|open| open.round() * 0.5).collect();
    let (frequent, with) = starts(&table);
    assert_eq!((frequent, with), (1.0, 1.0));
}
