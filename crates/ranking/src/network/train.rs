//! Training: batches of rows, one step for each, until the validation table is judged no better.

use std::{ops::ControlFlow, sync::Arc, time::Instant};

use marquee_features::{FeatureSchema, TrainingRows, TrainingTable};
use marquee_math::{Rng, elements::AdamStep, fill_normal, rng, split::SplitPanels};
use rand::RngExt as _;
use rayon::prelude::*;

use super::{
    HeadConfig, NAME, NetworkConfig, NetworkModel, Sharing,
    adam::Adam,
    average::Average,
    chunk::{Chunk, Examples, Parameters},
    describe::Description,
    dropout::Dropout,
    embeddings::{Batch, Embeddings},
    judge::judge,
    parts::{Kept, opposed},
    records::Folds,
    start::{initial, oppose},
    state::{self, Best},
    tables::Tables,
};
use crate::{
    Error, Result, Step, Watch,
    check::{check_finite, narrow, row},
};

/// Streams of the seed: one for each purpose, then one for each pass.
const EMBEDDINGS: u64 = 0;
const WEIGHTS: u64 = 1;
const PASSES: u64 = 16;
/// Key of the seed of what is dropped.
const DROPPED: &[u8] = b"dropout";
/// Rows that go through the layers together: fixed, so that sums have the same order on any number of
/// threads.
pub(super) const CHUNK: usize = 512;

/// What a network learns from.
#[derive(Debug, Clone, Copy)]
pub struct TrainingSet<'a> {
    /// Tables of the same columns and heads, taken in turn, one for each pass; one is usual. Several let
    /// each pass see other drawn negatives.
    pub passes: &'a [TrainingRows<'a>],
    /// What passes are judged on.
    pub validation: Option<TrainingRows<'a>>,
}

/// Trains a network on the current rayon pool; the same data, configuration and seed give the same bits
/// on any number of threads.
///
/// Statistics of dense columns are those of the first table.
///
/// # Errors
///
/// [`Error::Config`], [`Error::NoSuchHead`], [`Error::NoSuchColumn`], [`Error::ColumnTwice`], [`Error::Nothing`],
/// [`Error::NoLabels`], [`Error::Heads`] or
/// [`Error::Schema`] where tables do not fit each other, [`Error::NotFinite`], [`Error::Stopped`].
pub fn train(
    set: TrainingSet<'_>,
    config: &NetworkConfig,
    seed: u64,
    watch: &mut dyn Watch,
) -> Result<NetworkModel> {
    config.validate()?;
    let first = first_table(set)?;
    let outer = first.features().schema();
    let Some(folds) = Folds::learn(&first, config)? else {
        return learn(set, outer, (config, seed), watch);
    };
    let tables = set.passes.iter().map(|rows| folds.training(rows));
    let tables = tables.collect::<Result<Vec<TrainingTable>>>()?;
    let judged = set.validation.map(|rows| folds.judging(&rows));
    let judged = judged.transpose()?;
    let mut passes = Vec::new();
    for table in &tables {
        passes.push(viewed(table)?);
    }
    let set = TrainingSet {
        passes: &passes,
        validation: judged.as_ref().map(viewed).transpose()?,
    };
    let mut model = learn(set, outer, (config, seed), watch)?;
    model.records = folds.into_records();
    Ok(model)
}

fn viewed(table: &TrainingTable) -> Result<TrainingRows<'_>> {
    Ok(table.view().map_err(marquee_features::Error::from)?)
}

/// Trains on tables as layers see them.
fn learn(
    set: TrainingSet<'_>,
    outer: &FeatureSchema,
    (config, seed): (&NetworkConfig, u64),
    watch: &mut dyn Watch,
) -> Result<NetworkModel> {
    let first = first_table(set)?;
    let description = Description::learn(first, outer, config)?;
    let heads = description.places(first, config);
    let requests: Vec<Vec<u32>> = set.passes.iter().map(requests_of).collect();
    let mut trainer = Trainer::new(description, config, seed);
    trainer.keep_parts(&first, &heads);
    let validation_requests = set.validation.as_ref().map(requests_of);
    let examples = |rows, request_of| Examples {
        rows,
        request_of,
        heads: &heads,
        largest_inverse_propensity: narrow(config.largest_inverse_propensity),
    };
    let validation = set.validation.zip(validation_requests.as_deref());
    let validation = validation.map(|(rows, requests)| examples(rows, requests));
    let mut best = Best::default();
    let mut done = 0;
    if let Some(kept) = watch.resume()? {
        done = state::restore(&kept, &mut trainer, &mut best)?;
    }
    while done < config.epochs && best.waited < config.patience {
        let started = Instant::now();
        let turn = done % set.passes.len();
        let examples = examples(set.passes[turn], &requests[turn]);
        let loss = trainer.pass(&examples, done);
        done += 1;
        let seconds = started.elapsed().as_secs_f64();
        let judged = validation.as_ref().map(|examples| {
            trainer.as_averaged(|trainer| {
                let judged = judge(trainer.parameters(), examples, config.judge);
                best.see(judged, trainer);
                judged
            })
        });
        if !loss.is_finite() || judged.is_some_and(|judged| !judged.is_finite()) {
            return Err(Error::NotFinite {
                model: NAME,
                iteration: done,
            });
        }
        let step = Step {
            iteration: done,
            total: config.epochs,
            loss,
            judged,
            seconds,
            rate: examples.rows.features().n_rows() as f64 / seconds.max(1e-9),
        };
        let flow = watch.step(&step);
        if watch.wants_state() {
            watch.keep_state(state::keep(done, &trainer, &best))?;
        }
        if flow == ControlFlow::Break(()) {
            return Err(Error::Stopped {
                model: NAME,
                iteration: done,
            });
        }
    }
    let model = trainer.into_model(best);
    check_finite(NAME, done, &model.tables)?;
    check_finite(NAME, done, &model.weights)?;
    Ok(model)
}

/// The first table, if all have the same columns and heads.
fn first_table(set: TrainingSet<'_>) -> Result<TrainingRows<'_>> {
    let mut tables = set.passes.iter().chain(&set.validation).copied();
    let n_rows = |rows: &TrainingRows<'_>| rows.features().n_rows();
    let nothing = |rows, heads| Error::Nothing {
        model: NAME,
        rows,
        heads,
    };
    let Some(first) = tables.next().filter(|_| !set.passes.is_empty()) else {
        return Err(nothing(0, 0));
    };
    for table in set.passes {
        if n_rows(table) == 0 || table.n_heads() == 0 {
            return Err(nothing(n_rows(table), table.n_heads()));
        }
    }
    for table in tables {
        let schemas = [first, table].map(|table| table.features().schema().fingerprint());
        if schemas[0] != schemas[1] {
            return Err(Error::Schema {
                model: NAME,
                found: schemas[1],
                expected: schemas[0],
            });
        }
        let heads = |table: &TrainingRows<'_>| table.n_heads();
        let same = |place| table.head(place) == first.head(place);
        if heads(&table) != heads(&first) || !(0..heads(&first)).all(same) {
            return Err(Error::Heads {
                model: NAME,
                found: table.n_heads(),
                expected: first.n_heads(),
            });
        }
    }
    Ok(first)
}

/// The request of each row.
pub(crate) fn requests_of(rows: &TrainingRows<'_>) -> Vec<u32> {
    let features = rows.features();
    let requests = 0..features.n_requests();
    let rows = requests.flat_map(|request| features.rows_of(request).map(move |_| row(request)));
    rows.collect()
}

/// Parameters on their way.
pub(crate) struct Trainer<'c> {
    config: &'c NetworkConfig,
    seed: u64,
    description: Arc<Description>,
    pub(crate) tables: Vec<f32>,
    pub(crate) weights: Vec<f32>,
    pub(crate) adam: Adam,
    pub(crate) embeddings: Embeddings,
    pub(crate) average: Average,
    kept: Kept,
    pub(crate) steps: u64,
    chunks: Vec<Chunk>,
    /// Weights as the way back needs them.
    back: Vec<f32>,
    /// Weights of wide layers, split for tiles, and those of the way back.
    panels: [Vec<SplitPanels>; 2],
}

impl<'c> Trainer<'c> {
    pub(crate) fn new(description: Description, config: &'c NetworkConfig, seed: u64) -> Self {
        let shape = &description.shape;
        let mut tables = vec![0.0; shape.layout.table_rows() * shape.layout.embedding];
        let deviation = config.embedding_deviation;
        fill_normal(&mut rng(seed, EMBEDDINGS), deviation, &mut tables);
        let weights = initial(shape, config, &mut rng(seed, WEIGHTS));
        Self {
            config,
            seed,
            adam: Adam::new(weights.len()),
            embeddings: Embeddings::new(&shape.layout, config),
            average: Average::new(config.averaging, (tables.len(), weights.len())),
            kept: Kept::default(),
            description: Arc::new(description),
            tables,
            weights,
            steps: 0,
            chunks: Vec::new(),
            back: Vec::new(),
            panels: [Vec::new(), Vec::new()],
        }
    }

    /// Finds out which head goes against the others, and which one reads and changes whose part of embeddings.
    fn keep_parts(&mut self, rows: &TrainingRows<'_>, heads: &[(usize, HeadConfig)]) {
        let shape = &self.description.shape;
        if self.config.sharing == Sharing::Together && shape.pairs.is_some() {
            oppose(shape, &opposed(rows, heads), &mut self.weights);
        }
        self.kept = Kept::new(shape, self.config.sharing, rows, heads);
    }

    /// Makes what layers read anew from the weights.
    pub(super) fn refresh(&mut self) {
        let shape = &self.description.shape;
        shape.turn(&self.weights, &mut self.back);
        self.kept.of_way_back(&mut self.back);
        if let Some(parts) = self.config.layers.parts() {
            let [forth, back] = &mut self.panels;
            shape.split(&self.weights, parts, forth);
            shape.split_turned(&self.back, parts, back);
        }
    }

    pub(crate) fn parameters(&self) -> Parameters<'_> {
        Parameters {
            shape: &self.description.shape,
            tables: Tables::Whole(&self.tables),
            weights: &self.weights,
            back: &self.back,
            panels: self.panels.each_ref().map(Vec::as_slice),
            layers: self.config.layers,
        }
    }

    /// One pass over a table; gives the mean loss of its rows.
    fn pass(&mut self, examples: &Examples<'_>, number: usize) -> f64 {
        let n_rows = examples.rows.features().n_rows();
        let mut order: Vec<u32> = (0..row(n_rows)).collect();
        shuffle(&mut order, &mut rng(self.seed, PASSES + number as u64));
        let decay = self.config.rate_decay.powf(number as f64);
        let mut total = 0.0;
        let steps = n_rows.div_ceil(self.config.batch);
        for (step, places) in (1..).zip(order.chunks(self.config.batch)) {
            total += self.step(examples, places, decay);
            if self.average.is_due(step, steps) {
                self.average.take(&self.tables, &self.weights);
            }
        }
        self.refresh();
        total / n_rows as f64
    }

    /// One step; gives the sum of the losses.
    fn step(&mut self, examples: &Examples<'_>, places: &[u32], decay: f64) -> f64 {
        let total = self.learn(examples, places);
        self.steps += 1;
        let config = self.config;
        let rate = config.learning_rate * decay;
        let size = AdamStep::new(rate, config.weight_decay, self.steps);
        let shape = &self.description.shape;
        let slopes = &self.chunks[0].gradients;
        self.adam.step(size, &mut self.weights, slopes);
        let rate = config.embedding_rate * decay;
        let size = AdamStep::new(rate, 0.0, self.steps);
        let batch = Batch {
            layout: &shape.layout,
            rows: examples.rows.features(),
            request_of: examples.request_of,
            places,
            chunk_rows: CHUNK,
            stride: shape.stride(),
        };
        let n_chunks = places.len().div_ceil(CHUNK);
        let chunks = &self.chunks[..n_chunks];
        let sizes = (size, narrow(rate));
        self.embeddings.step(sizes, batch, chunks, &mut self.tables);
        total
    }

    /// Slopes of the mean loss of some rows: those of weights in the first chunk; gives the sum of losses.
    pub(crate) fn learn(&mut self, examples: &Examples<'_>, places: &[u32]) -> f64 {
        let n_chunks = places.len().div_ceil(CHUNK);
        let mut chunks = std::mem::take(&mut self.chunks);
        if chunks.len() < n_chunks {
            chunks.resize_with(n_chunks, Chunk::default);
        }
        self.refresh();
        let parameters = self.parameters();
        let share = 1.0 / places.len() as f32;
        let seed = marquee_math::derive_seed(self.seed, DROPPED);
        let first = self.steps << 20;
        let parts = chunks.par_iter_mut().zip(places.par_chunks(CHUNK));
        parts.enumerate().for_each(|(number, (chunk, places))| {
            let stream = first + number as u64;
            let mut dropout = Dropout::new(self.config.dropout, seed, stream);
            chunk.learn(parameters, examples, (places, share), &mut dropout);
        });
        if let [sum, others @ ..] = &mut chunks[..n_chunks] {
            for other in others {
                marquee_math::axpy(&mut sum.gradients, 1.0, &other.gradients);
            }
        }
        self.kept.of_slopes(&mut chunks[0].gradients);
        let total = chunks[..n_chunks].iter().map(|chunk| chunk.loss).sum();
        self.chunks = chunks;
        total
    }

    /// The slopes of the last call of [`learn`](Self::learn), and its chunks.
    #[cfg(test)]
    pub(crate) fn learned(&self) -> (&[f32], &[Chunk]) {
        (&self.chunks[0].gradients, &self.chunks)
    }

    fn into_model(self, best: Best) -> NetworkModel {
        let last = match self.average.taken {
            0 => (self.tables, self.weights),
            _ => (self.average.tables, self.average.weights),
        };
        let (tables, weights) = best.parameters.unwrap_or(last);
        NetworkModel {
            description: self.description,
            tables,
            weights,
            records: Vec::new(),
        }
    }
}

fn shuffle(order: &mut [u32], drawn: &mut Rng) {
    for last in (1..order.len()).rev() {
        order.swap(last, drawn.random_range(0..=last));
    }
}

#[cfg(test)]
pub(crate) mod tests;
