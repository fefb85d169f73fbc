//! What the network makes of a synthetic feed of which everything is known: how it separates position from
//! liking, what predicting several outcomes at once costs each of them, and how far its probabilities are from
//! what happens.
//!
//! ```text
//! cargo run --release -p marquee-ranking --example feed -- EVENTS [key=value of the network's configuration]
//! ```

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    ops::ControlFlow,
    sync::Arc,
};

use marquee_features::{
    FeatureSchema, FeatureTable, Head, LabelColumn, RequestValues, SequenceField, SideSchema,
    SparseField, TrainingTable,
};
use marquee_ranking::{
    Calibration, Method, NetworkConfig, NetworkModel, Ranker, Step, TrainingSet,
    calibration::reliability,
    network::{self, HeadConfig, PositionBias, Sharing},
};
use marquee_testkit::world::{Deed, Record, Truth, World, WorldConfig};

type Failure = Box<dyn std::error::Error>;

type Chance = fn(&Truth) -> f32;

/// What may follow, as it is found among the events and as it is true.
const HEADS: [(Head, Chance); 6] = [
    (Head::Open, |truth| truth.open),
    (Head::Like, |truth| truth.like),
    (Head::Comment, |truth| truth.comment),
    (Head::Share, |truth| truth.share),
    (Head::Save, |truth| truth.save),
    (Head::Hide, |truth| truth.hide),
];

fn main() -> Result<(), Failure> {
    let events = std::env::args()
        .nth(1)
        .map_or(Ok(400_000), |text| text.parse())?;
    let settings = settings()?;
    let config = WorldConfig {
        users: 3_000,
        items: 1_000,
        creators: 100,
        events,
        days: 20,
        ..WorldConfig::default()
    };
    let days = config.days;
    let world = World::generate(config)?;
    let mut feed = Feed::new(&world)?;
    let mut tables = Vec::new();
    for (number, records) in world.days().enumerate() {
        feed.play(&records)?;
        // The last days are kept apart: one to judge passes and learn curves on, three to report.
        let left = days as usize - 1 - number;
        if [4, 3, 0].contains(&left) {
            tables.push(feed.take()?);
        }
    }
    let [train, validation, test] = &tables[..] else {
        return Err("three parts".into());
    };
    say(&format!(
        "{} impressions train, {} test",
        train.0.position.len(),
        test.0.position.len()
    ));
    let all = fit(&settings, (train, validation), &Head::STANDARD, 1)?;
    positions(&world, &train.0, &all);
    let seeds = std::env::var("SEEDS").map_or(Ok(1), |text| text.parse())?;
    outcomes(&settings, (train, validation, test), seeds)
}

/// `key=value` of the configuration, in JSON, for all heads together and for each alone. `embedding` is
/// that of one head; with `sharing=apart` all together have as many times that.
fn settings() -> Result<Settings, Failure> {
    let mut fields = serde_json::Map::new();
    for setting in std::env::args().skip(2) {
        let (key, value) = setting.split_once('=').ok_or("expected key=value")?;
        let parsed = serde_json::from_str(value).unwrap_or_else(|_| value.into());
        fields.insert(key.to_owned(), parsed);
    }
    Ok(fields)
}

type Settings = serde_json::Map<String, serde_json::Value>;

/// The learned chance of looking beside the true one, and beside what counting opens would say.
fn positions(world: &World, train: &TrainingTable, model: &NetworkModel) {
    let learned = model
        .view()
        .position_effect(&Head::Open)
        .unwrap_or_default();
    let mut counts = vec![(0.0_f64, 0.0_f64); learned.len()];
    for (&position, &opened) in train.position.iter().zip(&train.labels[0].values) {
        if let Some(count) = counts.get_mut(position as usize) {
            count.0 += f64::from(opened);
            count.1 += 1.0;
        }
    }
    say("position  true  learned  opens by position");
    let first = counts[0].0 / counts[0].1;
    for (position, truth) in world.examination().iter().enumerate().take(learned.len()) {
        let counted = counts[position].0 / counts[position].1 / first;
        say(&format!(
            "{position:8}  {truth:.3}  {:.3}    {counted:.3}",
            learned[position]
        ));
    }
}

type Part = (TrainingTable, Vec<Truth>);

/// Each head learned with the others and alone, as the mean over seeds, and how its probabilities fare.
fn outcomes(
    settings: &Settings,
    (train, validation, test): (&Part, &Part, &Part),
    seeds: u64,
) -> Result<(), Failure> {
    let rows = test.0.view()?;
    let n = rows.features().n_rows();
    let mut areas = vec![[0.0; 2]; HEADS.len()];
    let mut errors = vec![0.0; HEADS.len()];
    for seed in 1..=seeds {
        let all = fit(settings, (train, validation), &Head::STANDARD, seed)?;
        let mut together = vec![0.0; n * HEADS.len()];
        all.view().score(&rows.features(), &mut together)?;
        let mut calibrated = together.clone();
        let curve = first(&validation.0);
        Calibration::fit(&all.view(), &curve.view()?, Method::Platt)?.apply(n, &mut calibrated)?;
        for (place, (head, _)) in HEADS.iter().enumerate() {
            let mut scores = vec![0.0; n];
            let alone = fit(
                settings,
                (train, validation),
                std::slice::from_ref(head),
                seed,
            )?;
            alone.view().score(&rows.features(), &mut scores)?;
            let own = place * n..(place + 1) * n;
            for (at, scores) in [&together[own.clone()], &scores].into_iter().enumerate() {
                areas[place][at] += area(scores, rows.label(place)) / seeds as f64;
            }
            let at_first = (0..n).filter(|&row| rows.position()[row] == 0);
            let (chances, labels): (Vec<f32>, Vec<f32>) = at_first
                .map(|row| (calibrated[place * n + row], rows.label(place)[row]))
                .unzip();
            errors[place] += reliability(&chances, &labels, 10).expected_error() / seeds as f64;
        }
    }
    say("head      AUC together   alone   of the truth   calibration error at the first position");
    for (place, (head, truth)) in HEADS.iter().enumerate() {
        let true_scores = test.1.iter().map(|row| truth(row) / row.examination);
        let true_scores: Vec<f32> = true_scores.collect();
        say(&format!(
            "{:8}  {:.4}       {:.4}   {:.4}         {:.4}",
            head.to_string(),
            areas[place][0],
            areas[place][1],
            area(&true_scores, rows.label(place)),
            errors[place],
        ));
    }
    Ok(())
}

fn area(scores: &[f32], labels: &[f32]) -> f64 {
    let happened: Vec<bool> = labels.iter().map(|&label| label > 0.5).collect();
    marquee_eval::auc(scores, &happened).unwrap_or(f64::NAN)
}

/// Only the rows at the first position count: what is served knows no position, and there nothing is in doubt.
fn first(table: &TrainingTable) -> TrainingTable {
    let mut table = table.clone();
    for (weight, &position) in table.weight.iter_mut().zip(&table.position) {
        *weight = if position == 0 { 1.0 } else { 0.0 };
    }
    table
}

fn fit(
    settings: &Settings,
    (train, validation): (&Part, &Part),
    heads: &[Head],
    seed: u64,
) -> Result<NetworkModel, Failure> {
    let head = |head: &Head| HeadConfig {
        loss_weight: if heads.contains(head) { 1.0 } else { 0.0 },
        position: PositionBias::Examination,
    };
    let many = heads.len() > 1;
    let mut fields = settings.clone();
    for (key, value) in [("embedding", 8), ("batch", 1024), ("epochs", 12)] {
        fields.entry(key).or_insert(value.into());
    }
    let mut config: NetworkConfig = serde_json::from_value(fields.into())?;
    config.positions = 10;
    let named = HEADS.iter().map(|(name, _)| (name.to_string(), head(name)));
    config.heads = named.collect::<BTreeMap<_, _>>();
    if many && config.sharing != Sharing::Together {
        config.embedding *= HEADS.len();
    }
    if !many {
        config.pairs = config.pairs.min(1);
    }
    let tables = [train.0.view()?];
    let set = TrainingSet {
        passes: &tables,
        validation: Some(validation.0.view()?),
    };
    let mut tell = |step: &Step| {
        if many {
            let judged = step.judged.unwrap_or(f64::NAN);
            say(&format!(
                "pass {} loss {:.4} judged {judged:.4} {:.0} rows/s",
                step.iteration, step.loss, step.rate
            ));
        }
        ControlFlow::Continue(())
    };
    Ok(network::train(set, &config, seed, &mut tell)?)
}

/// Turns days of events into tables.
struct Feed<'w> {
    world: &'w World,
    schema: Arc<FeatureSchema>,
    /// What each viewer opened lately, as ids.
    recent: HashMap<u32, VecDeque<u32>>,
    features: FeatureTable,
    labels: Vec<Vec<f32>>,
    position: Vec<u32>,
    truth: Vec<Truth>,
}

/// Events of a history that are looked at.
const RECENT: u32 = 10;

impl<'w> Feed<'w> {
    fn new(world: &'w World) -> Result<Self, Failure> {
        let field = |name: &str, size: u32| SparseField {
            name: name.into(),
            size: size + 1,
        };
        let config = world.config();
        let schema = Arc::new(FeatureSchema {
            request: SideSchema {
                dense: Vec::new(),
                sparse: vec![field("viewer", config.users)],
            },
            row: SideSchema {
                dense: Vec::new(),
                sparse: vec![
                    field("item", config.items),
                    field("creator", config.creators),
                    field("genre", 64),
                ],
            },
            sequences: vec![SequenceField {
                name: "opened".into(),
                size: config.items + 1,
                max_len: RECENT,
                shares: Some("item".into()),
            }],
        });
        Ok(Self {
            world,
            features: FeatureTable::new(Arc::clone(&schema))?,
            schema,
            recent: HashMap::new(),
            labels: vec![Vec::new(); HEADS.len()],
            position: Vec::new(),
            truth: Vec::new(),
        })
    }

    /// Adds the impressions of a day, a slate at a time.
    fn play(&mut self, records: &[Record]) -> Result<(), Failure> {
        let key = |record: &Record, item: u32| (record.viewer, record.session, record.slate, item);
        let mut followed = HashSet::new();
        for record in records {
            if let Some((head, item)) = outcome(record) {
                followed.insert((head, key(record, item)));
            }
        }
        let mut slate = None;
        for record in records {
            if let Some((0, item)) = outcome(record) {
                let recent = self.recent.entry(record.viewer.0).or_default();
                recent.push_back(item + 1);
                if recent.len() > RECENT as usize {
                    recent.pop_front();
                }
            }
            let Deed::Impression { item, truth } = record.deed else {
                continue;
            };
            let this = (record.viewer, record.session, record.slate);
            if slate != Some(this) {
                slate = Some(this);
                let recent = self.recent.entry(record.viewer.0).or_default();
                let values = RequestValues {
                    sparse: &[record.viewer.0 + 1],
                    sequences: &[recent.make_contiguous()],
                    ..RequestValues::default()
                };
                self.features.push_request(values)?;
            }
            let known = &self.world.items()[item.0 as usize];
            let ids = [item.0 + 1, known.creator + 1, u32::from(known.genre) + 1];
            self.features.push_row(&[], &ids)?;
            for (head, labels) in self.labels.iter_mut().enumerate() {
                let happened = followed.contains(&(head, key(record, item.0)));
                labels.push(f32::from(u8::from(happened)));
            }
            self.position.push(record.position);
            self.truth.push(truth);
        }
        Ok(())
    }

    /// What was added since the last time.
    fn take(&mut self) -> Result<Part, Failure> {
        let features = FeatureTable::new(Arc::clone(&self.schema))?;
        let mut table = TrainingTable::of(std::mem::replace(&mut self.features, features));
        table.position = std::mem::take(&mut self.position);
        for ((head, _), values) in HEADS.iter().zip(&mut self.labels) {
            table.labels.push(LabelColumn {
                head: head.clone(),
                values: std::mem::take(values),
            });
        }
        Ok((table, std::mem::take(&mut self.truth)))
    }
}

/// The head that an event is an outcome of, and its item.
fn outcome(record: &Record) -> Option<(usize, u32)> {
    let (head, item) = match record.deed {
        Deed::Open { item } => (0, item),
        Deed::Like { item } => (1, item),
        Deed::Comment { item, .. } => (2, item),
        Deed::Share { item } => (3, item),
        Deed::Save { item } => (4, item),
        Deed::Hide { item } => (5, item),
        _ => return None,
    };
    Some((head, item.0))
}

#[expect(clippy::print_stdout, reason = "the report of a program")]
fn say(line: &str) {
    println!("{line}");
}
