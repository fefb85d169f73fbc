//! What learning two outcomes at once costs each of them, by how much they have to do with each other: rows of drawn
//! ids whose chances are known functions, one outcome in 28 % and one in 6 % of them.
//!
//! ```text
//! cargo run --release -p marquee-ranking --example tasks -- ROWS SEEDS [key=value of the network's configuration]
//! ```
//!
//! `embedding` is that of one outcome; both together have twice that where each has a part of its own.

use std::{ops::ControlFlow, sync::Arc};

use marquee_features::{
    FeatureSchema, FeatureTable, Head, LabelColumn, RequestValues, SideSchema, SparseField,
    TrainingTable,
};
use marquee_math::{Rng, fill_normal, rng};
use marquee_ranking::{
    NetworkConfig, Ranker, TrainingSet,
    network::{self, HeadConfig, Sharing},
};
use rand::RngExt as _;

type Failure = Box<dyn std::error::Error>;
type Settings = serde_json::Map<String, serde_json::Value>;

/// Columns of ids: viewers, items, creators, moments.
const SIZES: [usize; 4] = [1500, 800, 60, 20];
/// Numbers of what a viewer and an item have in common.
const LATENT: usize = 4;
const HEADS: [Head; 2] = [Head::Open, Head::Like];
/// Shares of the outcomes.
const SHARES: [f32; 2] = [0.28, 0.06];

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let mut number = || arguments.next().ok_or("ROWS SEEDS, then key=value");
    let (rows, seeds): (usize, u64) = (number()?.parse()?, number()?.parse()?);
    let mut settings = Settings::new();
    for setting in arguments {
        let (key, value) = setting.split_once('=').ok_or("expected key=value")?;
        let parsed = serde_json::from_str(value).unwrap_or_else(|_| value.into());
        settings.insert(key.to_owned(), parsed);
    }
    say(
        "correlation  28 %: together, alone, difference   6 %: together, alone, difference   (± standard error)",
    );
    for correlation in [0.0_f32, 0.5, 0.9, 1.0] {
        let mut areas: Vec<[[f64; 2]; 2]> = Vec::new();
        for seed in 1..=seeds {
            let mut drawn = rng(seed, 0);
            let world = World::draw(correlation, &mut drawn);
            let parts = [rows, rows / 5, rows].map(|n| world.rows(n, &mut drawn));
            let [train, validation, test] = parts;
            let parts = [&train?, &validation?, &test?];
            let both = areas_of(&settings, parts, &HEADS, seed)?;
            let mut alone = [0.0; 2];
            for (head, area) in HEADS.iter().zip(&mut alone) {
                *area = areas_of(&settings, parts, std::slice::from_ref(head), seed)?[0];
            }
            areas.push([[both[0], alone[0]], [both[1], alone[1]]]);
        }
        let told = (0..HEADS.len()).map(|head| {
            let mean = |of: &dyn Fn(&[f64; 2]) -> f64| {
                areas.iter().map(|each| of(&each[head])).sum::<f64>() / seeds as f64
            };
            let difference = mean(&|each| each[0] - each[1]);
            let spread = mean(&|each| (each[0] - each[1] - difference).powi(2));
            let error = (spread / (seeds as f64 - 1.0).max(1.0)).sqrt();
            let [together, alone] = [0, 1].map(|at| mean(&|each| each[at]));
            format!("{together:.4} {alone:.4} {difference:+.4} ± {error:.4}")
        });
        let told: Vec<String> = told.collect();
        say(&format!("{correlation:11}  {}   {}", told[0], told[1]));
    }
    Ok(())
}

/// What is liked: numbers for each id of two functions, and what pairs of ids do.
struct World {
    correlation: f32,
    functions: [Function; 2],
}

struct Function {
    own: Vec<Vec<f32>>,
    latent: [Vec<f32>; 2],
    /// Creators by moments.
    table: Vec<f32>,
}

fn normal(n: usize, deviation: f64, drawn: &mut Rng) -> Vec<f32> {
    let mut values = vec![0.0; n];
    fill_normal(drawn, deviation, &mut values);
    values
}

impl Function {
    fn draw(drawn: &mut Rng) -> Self {
        Self {
            own: SIZES.iter().map(|&n| normal(n, 0.5, drawn)).collect(),
            latent: [SIZES[0], SIZES[1]].map(|n| normal(n * LATENT, 0.6, drawn)),
            table: normal(SIZES[2] * SIZES[3], 0.7, drawn),
        }
    }

    /// A number of variance about 2.
    fn of(&self, ids: [usize; 4]) -> f32 {
        let own = self.own.iter().zip(ids).map(|(own, id)| own[id]);
        let own: f32 = own.sum();
        let [viewer, item] = [0, 1].map(|at| &self.latent[at][ids[at] * LATENT..][..LATENT]);
        let common: f32 = viewer.iter().zip(item).map(|(a, b)| a * b).sum();
        own + common + self.table[ids[2] * SIZES[3] + ids[3]]
    }
}

impl World {
    fn draw(correlation: f32, drawn: &mut Rng) -> Self {
        Self {
            correlation,
            functions: [Function::draw(drawn), Function::draw(drawn)],
        }
    }

    fn rows(&self, n: usize, drawn: &mut Rng) -> Result<TrainingTable, Failure> {
        let names = ["viewer", "item", "creator", "moment"];
        let sparse = names.iter().zip(SIZES).map(|(&name, size)| SparseField {
            name: name.into(),
            size: u32::try_from(size).unwrap_or(u32::MAX) + 1,
        });
        let schema = FeatureSchema {
            row: SideSchema {
                dense: Vec::new(),
                sparse: sparse.collect(),
            },
            ..FeatureSchema::default()
        };
        let mut features = FeatureTable::new(Arc::new(schema))?;
        let mut labels = [Vec::new(), Vec::new()];
        for _ in 0..n {
            // Few ids are met often, as in life.
            let ids = SIZES.map(|size| {
                let unit: f32 = drawn.random::<f32>();
                place(unit * unit * size as f32).min(size - 1)
            });
            let [first, second] = [0, 1].map(|at| self.functions[at].of(ids));
            let rest = (1.0 - self.correlation * self.correlation).sqrt();
            let likings = [first, self.correlation * first + rest * second];
            for ((labels, liking), share) in labels.iter_mut().zip(likings).zip(SHARES) {
                // What a spread of liking adds to the share of a rare outcome is taken off again.
                let offset = (share / (1.0 - share)).ln() - if share < 0.1 { 0.7 } else { 0.2 };
                let chance = 1.0 / (1.0 + (-(liking + offset)).exp());
                labels.push(f32::from(u8::from(drawn.random::<f32>() < chance)));
            }
            features.push_request(RequestValues::default())?;
            let ids = ids.map(|id| u32::try_from(id + 1).unwrap_or(0));
            features.push_row(&[], &ids)?;
        }
        let mut table = TrainingTable::of(features);
        let columns = HEADS.into_iter().zip(labels);
        table.labels = columns
            .map(|(head, values)| LabelColumn { head, values })
            .collect();
        Ok(table)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number from zero to the size of a column"
)]
fn place(value: f32) -> usize {
    value as usize
}

/// The area under the curve of each head, learned with the others of `heads`.
fn areas_of(
    settings: &Settings,
    [train, validation, test]: [&TrainingTable; 3],
    heads: &[Head],
    seed: u64,
) -> Result<Vec<f64>, Failure> {
    let mut config: NetworkConfig = serde_json::from_value(settings.clone().into())?;
    for head in HEADS {
        let loss_weight = if heads.contains(&head) { 1.0 } else { 0.0 };
        let head_config = HeadConfig {
            loss_weight,
            ..HeadConfig::default()
        };
        config.heads.insert(head.to_string(), head_config);
    }
    match heads.len() {
        1 => config.pairs = config.pairs.min(1),
        _ if config.sharing != Sharing::Together => config.embedding *= heads.len(),
        _ => {}
    }
    let tables = [train.view()?];
    let set = TrainingSet {
        passes: &tables,
        validation: Some(validation.view()?),
    };
    let mut silent = |_: &marquee_ranking::Step| ControlFlow::Continue(());
    let model = network::train(set, &config, seed, &mut silent)?;
    let rows = test.view()?;
    let n = rows.features().n_rows();
    let mut scores = vec![0.0; n * heads.len()];
    model.view().score(&rows.features(), &mut scores)?;
    let areas = heads
        .iter()
        .zip(scores.chunks_exact(n))
        .map(|(head, scores)| {
            let place = rows.place_of(head).unwrap_or_default();
            let happened: Vec<bool> = rows.label(place).iter().map(|&label| label > 0.5).collect();
            marquee_eval::auc(scores, &happened).unwrap_or(f64::NAN)
        });
    Ok(areas.collect())
}

#[expect(clippy::print_stdout, reason = "the report of a program")]
fn say(line: &str) {
    println!("{line}");
}
