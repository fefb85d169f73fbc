//! Training: batches of sequences, one step of Adam each, until the judged sequences get no better.

use marquee_core::Dataset;
use marquee_math::{Rng, axpy, fill_normal, rng};
use rayon::prelude::*;

use super::{
    Likeness, NAME, SasrecConfig, SasrecModel,
    dropout::Dropout,
    loss::{Candidates, Problem, Units, inverse_length},
    network::{Batch, Gradients, backward, forward},
    sequences::{Sequences, draw_items},
    shape::{Parameters, Part, Shape},
};
use crate::{
    Error, Progress, Result,
    adam::{Adam, StepSize},
    check::{check_data, check_finite, narrow},
    passes::{Numbers, Passes, State, Trainee},
};

/// Streams of the seed: one for each purpose, then one for each epoch.
const ITEMS: u64 = 0;
const DENSE: u64 = 1;
const JUDGED: u64 = 2;
const EPOCHS: u64 = 16;

/// Share of all steps over which the learning rate rises.
const WARM_UP: f64 = 0.05;

/// Trains on `data`, on the current rayon pool; the same data, configuration and seed give the same
/// bits on any number of threads.
///
/// The rows of `data` are read as sequences, oldest first. The loss reported is the mean over the
/// events of a pass, in nats.
///
/// # Errors
///
/// [`Error::Config`], [`Error::NoInteractions`] also where nobody has two events,
/// [`Error::NotFinite`], [`Error::Stopped`].
pub fn train(
    data: &Dataset,
    config: &SasrecConfig,
    seed: u64,
    progress: &mut Progress<'_>,
) -> Result<SasrecModel> {
    config.validate()?;
    check_data(NAME, data)?;
    let mut drawn = rng(seed, JUDGED);
    let held = if progress.judges() {
        0
    } else {
        config.validation
    };
    let sequences = Sequences::of(data, config.max_length, held, &mut drawn);
    let n_events = sequences.n_events();
    if n_events == 0 {
        return Err(Error::NoInteractions {
            model: NAME,
            n_users: data.n_users(),
            n_items: data.n_items(),
        });
    }
    let mut trainer = Trainer::new(config, data.n_items(), seed);
    let passes = Passes {
        name: NAME,
        phase: "epoch",
        total: config.epochs,
        patience: config.patience,
        n_interactions: n_events,
    };
    let mut training = Training {
        trainer: &mut trainer,
        sequences: &sequences,
        seed,
    };
    passes.run(&mut training, progress)?;
    let model = trainer.model();
    check_finite(NAME, config.epochs, &model.items)?;
    check_finite(NAME, config.epochs, &model.dense)?;
    Ok(model)
}

/// Parameters and what they learn from.
struct Training<'a, 'c> {
    trainer: &'a mut Trainer<'c>,
    sequences: &'a Sequences<'a>,
    seed: u64,
}

impl Trainee for Training<'_, '_> {
    fn pass(&mut self, number: usize) -> Result<f64> {
        let epoch = number - 1;
        let mut drawn = rng(self.seed, EPOCHS + epoch as u64);
        Ok(self.trainer.epoch(self.sequences, epoch, &mut drawn))
    }

    /// By how little the items that were set aside surprise, where the watcher does not judge.
    fn judge(&mut self, watch: &mut Progress<'_>) -> Result<Option<f64>> {
        if watch.judges() {
            return watch.judge(&self.trainer.model().view());
        }
        let judged = &self.sequences.judged;
        Ok((!judged.is_empty()).then(|| -self.trainer.judge(judged)))
    }

    fn state(&mut self) -> State<'_> {
        let trainer = &mut *self.trainer;
        let mut others = trainer.items_adam.state();
        others.extend(trainer.dense_adam.state());
        others.push(("steps", Numbers::U64(&mut trainer.steps)));
        State {
            parameters: vec![("items", &mut trainer.items), ("dense", &mut trainer.dense)],
            others,
        }
    }
}

/// Parameters on their way.
struct Trainer<'c> {
    config: &'c SasrecConfig,
    shape: Shape,
    items: Vec<f32>,
    dense: Vec<f32>,
    gradients: Gradients,
    items_adam: Adam,
    dense_adam: Adam,
    steps: [u64; 1],
}

impl<'c> Trainer<'c> {
    fn new(config: &'c SasrecConfig, n_items: usize, seed: u64) -> Self {
        let shape = config.shape(n_items);
        let mut items = vec![0.0; n_items * shape.factors];
        let deviation = 1.0 / (shape.factors as f64).sqrt();
        fill_normal(&mut rng(seed, ITEMS), INIT * deviation, &mut items);
        let dense = initial(&shape, &mut rng(seed, DENSE));
        Self {
            config,
            shape,
            gradients: Gradients {
                items: vec![0.0; items.len()],
                dense: vec![0.0; dense.len()],
            },
            items_adam: Adam::new(items.len()),
            dense_adam: Adam::new(dense.len()),
            items,
            dense,
            steps: [0],
        }
    }

    /// One pass; gives the mean loss of its events.
    fn epoch(&mut self, sequences: &Sequences<'_>, epoch: usize, drawn: &mut Rng) -> f64 {
        let batches = sequences.batches(self.config.batch_events, drawn);
        let total_steps = batches.len() * self.config.epochs;
        let mut total = 0.0;
        for (number, (batch, targets)) in batches.iter().enumerate() {
            let done = (epoch * batches.len() + number) as f64 / total_steps as f64;
            total += self.step((batch, targets), schedule(done), drawn);
        }
        total / sequences.n_events() as f64
    }

    /// One step; gives the sum of the losses of the batch.
    fn step(&mut self, (batch, targets): (&Batch, &[u32]), rate: f64, drawn: &mut Rng) -> f64 {
        let candidates = self.draw(drawn);
        let candidates = candidates.as_deref();
        let mut dropout = Dropout::new(self.config.dropout, drawn);
        let total = self.gradients((batch, targets), candidates, &mut dropout);
        self.descend(rate, touched(batch, targets, candidates).as_deref());
        total
    }

    /// Adds the gradients of the mean loss of a batch; gives the sum of the losses.
    fn gradients(
        &mut self,
        (batch, targets): (&Batch, &[u32]),
        candidates: Option<&[u32]>,
        dropout: &mut Dropout<'_>,
    ) -> f64 {
        let pass = forward(&self.parameters(), batch, dropout);
        let (total, d_outputs) = self.surprise(&pass.output, targets, candidates);
        let p = Parameters {
            shape: self.shape,
            items: &self.items,
            dense: &self.dense,
        };
        backward(&p, batch, &pass, &d_outputs, &mut self.gradients);
        total
    }

    fn parameters(&self) -> Parameters<'_> {
        Parameters {
            shape: self.shape,
            items: &self.items,
            dense: &self.dense,
        }
    }

    /// The items that compete in a step, rising; `None` for all.
    fn draw(&self, drawn: &mut Rng) -> Option<Vec<u32>> {
        let n = self.config.negatives;
        let some = (1..self.shape.n_items).contains(&n);
        some.then(|| draw_items(n, self.shape.n_items, drawn))
    }

    /// The sum of the losses and the gradient of the outputs; adds those of the items.
    fn surprise(
        &mut self,
        outputs: &[f32],
        targets: &[u32],
        drawn: Option<&[u32]>,
    ) -> (f64, Vec<f32>) {
        let Some(drawn) = drawn else {
            let all = (targets, Candidates::All);
            let to = &mut self.gradients.items;
            return surprise(self.config, &self.items, outputs, all, to);
        };
        // Only rows that take part, closed up.
        let d = self.shape.factors;
        let rows = union(drawn, targets);
        let place = |item: &u32| {
            let place = rows
                .binary_search(item)
                .expect("every item is in the union");
            u32::try_from(place).expect("no more rows than items")
        };
        let targets: Vec<u32> = targets.iter().map(place).collect();
        let places: Vec<u32> = drawn.iter().map(place).collect();
        let others = self.shape.n_items.saturating_sub(1) as f64;
        let candidates = Candidates::Drawn {
            items: &places,
            log_weight: narrow((others / drawn.len() as f64).ln()),
        };
        let mut items = Vec::with_capacity(rows.len() * d);
        for &row in &rows {
            items.extend_from_slice(self.parameters().item(row));
        }
        let mut d_items = vec![0.0; items.len()];
        let found = surprise(
            self.config,
            &items,
            outputs,
            (&targets, candidates),
            &mut d_items,
        );
        for (&row, gradient) in rows.iter().zip(d_items.chunks_exact(d)) {
            axpy(
                &mut self.gradients.items[row as usize * d..][..d],
                1.0,
                gradient,
            );
        }
        found
    }

    fn descend(&mut self, rate: f64, touched: Option<&[u32]>) {
        self.steps[0] += 1;
        let number = usize::try_from(self.steps[0]).unwrap_or(usize::MAX);
        let rate = self.config.learning_rate * rate;
        let size = StepSize::new(rate, self.config.weight_decay, number);
        let Gradients { items, dense } = &mut self.gradients;
        self.dense_adam.step(size, &mut self.dense, dense);
        match touched {
            None => self.items_adam.step(size, &mut self.items, items),
            Some(rows) => {
                let rows = (rows, self.shape.factors);
                self.items_adam
                    .step_rows(size, rows, &mut self.items, items);
            }
        }
    }

    /// The mean loss of the items that were set aside, among all items.
    fn judge(&self, judged: &[(&[u32], u32)]) -> f64 {
        let model = self.model();
        let losses: Vec<f64> = judged
            .par_iter()
            .map(|&(known, next)| model.view().surprise(known, next, self.config.temperature))
            .collect();
        losses.iter().sum::<f64>() / losses.len().max(1) as f64
    }

    fn model(&self) -> SasrecModel {
        let cosine = self.config.likeness == Likeness::Cosine;
        let scales = self
            .items
            .chunks_exact(self.shape.factors)
            .map(|vector| if cosine { inverse_length(vector) } else { 1.0 });
        SasrecModel {
            shape: self.shape,
            item_scales: scales.collect(),
            items: self.items.clone(),
            dense: self.dense.clone(),
            cosine,
        }
    }
}

/// Length of a new item vector, about.
const INIT: f64 = 0.3;

fn initial(shape: &Shape, rng: &mut Rng) -> Vec<f32> {
    let mut dense = vec![0.0; shape.dense_len()];
    for layer in 0..shape.layers {
        // What is added to the residual starts small, so that a deep network starts as a shallow one.
        let added = 1.0 / (2.0 * shape.layers as f64).sqrt();
        let d = shape.factors as f64;
        for (part, deviation) in [
            (Part::Project, d.powf(-0.5)),
            (Part::Merge, added * d.powf(-0.5)),
            (Part::Up, d.powf(-0.5)),
            (Part::Down, added * (shape.hidden as f64).powf(-0.5)),
        ] {
            fill_normal(rng, deviation, &mut dense[shape.range(layer, part)]);
        }
        for part in [Part::AttentionGain, Part::FeedGain] {
            dense[shape.range(layer, part)].fill(1.0);
        }
    }
    dense[shape.last_gain()].fill(1.0);
    dense
}

/// Share of the learning rate after the share `done` of all steps: up in a line, down in half a wave.
fn schedule(done: f64) -> f64 {
    if done < WARM_UP {
        return (done / WARM_UP).max(0.01);
    }
    let left = (done - WARM_UP) / (1.0 - WARM_UP);
    0.5 * (1.0 + (std::f64::consts::PI * left).cos())
}

/// The sum of the losses and the gradient of the outputs; adds those of `items` to `d_items`.
fn surprise(
    config: &SasrecConfig,
    items: &[f32],
    outputs: &[f32],
    (targets, candidates): (&[u32], Candidates<'_>),
    d_items: &mut [f32],
) -> (f64, Vec<f32>) {
    let d = config.factors;
    let problem = |items, outputs| Problem {
        items,
        factors: d,
        outputs,
        targets,
        candidates,
        scale: narrow(1.0 / config.temperature),
    };
    match config.likeness {
        Likeness::Dot => {
            let found = problem(items, outputs).solve(d_items);
            (found.total, found.d_outputs)
        }
        Likeness::Cosine => {
            let items = Units::of(items, d);
            let units = Units::of(outputs, d);
            let mut found = problem(&items.vectors, &units.vectors).solve(d_items);
            items.backward(d_items);
            units.backward(&mut found.d_outputs);
            (found.total, found.d_outputs)
        }
    }
}

/// Items with a gradient, rising; `None` for all.
fn touched(batch: &Batch, targets: &[u32], drawn: Option<&[u32]>) -> Option<Vec<u32>> {
    Some(union(&union(drawn?, targets), &batch.items))
}

/// The items of both, rising, each once.
fn union(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut all = [a, b].concat();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests;
