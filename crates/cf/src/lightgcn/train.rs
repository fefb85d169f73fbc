//! Training: passes over the users, one step of Adam a batch.

use marquee_core::{Dataset, SparseView};
use marquee_math::{derive_seed, fill_normal, rng};

use super::{
    LightgcnConfig, NAME,
    batch::{Problem, Rivals, inverse},
};
use crate::{
    ContextModel, Progress, Result,
    adam::{Adam, StepSize},
    check::{check_data, check_finite, narrow},
    draw::Draw,
    pairwise::{Cut, Vectors, deviation, liked},
    passes::{Numbers, Passes, State, Trainee},
    spread::spread,
};

/// Users' sums are divided by this power of their number of items; the order of items does not depend
/// on it, only the size of scores does.
const LENGTH_EXPONENT: f64 = 0.5;

/// Share of the second moment that a step of Adam keeps: a vector takes part in few of the steps.
const MEMORY: f32 = 0.999;

/// Trains on the interactions of `data` whose weight is above zero, on the current rayon pool; the same
/// data, configuration and seed give the same bits on any number of threads.
///
/// The loss reported after a pass is the mean over its pairs as they were met, in nats.
///
/// # Errors
///
/// [`Error::Config`](crate::Error::Config), [`Error::NoInteractions`](crate::Error::NoInteractions),
/// [`Error::NotFinite`](crate::Error::NotFinite), [`Error::Stopped`](crate::Error::Stopped), and what
/// `progress` says when it judges or keeps a state.
pub fn train(
    data: &Dataset,
    config: &LightgcnConfig,
    seed: u64,
    progress: &mut Progress<'_>,
) -> Result<ContextModel> {
    config.validate()?;
    let data = &Dataset::from_rows(liked(data.by_user()));
    check_data(NAME, data)?;
    let own = config.patience > 0 && !progress.judges();
    let held = if own { config.validation_users } else { 0 };
    let cut = Cut::new(data, held, derive_seed(seed, b"validation"));
    let mut trainer = Trainer::new(config, cut, data.n_items(), seed);
    let passes = Passes {
        name: NAME,
        phase: "epoch",
        total: config.epochs,
        patience: config.patience,
        n_interactions: trainer.cut.rows.columns.len(),
    };
    passes.run(&mut trainer, progress)?;
    check_finite(NAME, config.epochs, &trainer.items)?;
    Ok(trainer.model())
}

/// Vectors on their way.
struct Trainer<'c> {
    config: &'c LightgcnConfig,
    cut: Cut,
    /// Users with anything at all.
    n_users: usize,
    seed: u64,
    items: Vec<f32>,
    adam: Adam,
    steps: [u64; 1],
}

impl<'c> Trainer<'c> {
    fn new(config: &'c LightgcnConfig, cut: Cut, n_items: usize, seed: u64) -> Self {
        let mut items = vec![0.0; n_items * config.factors];
        let deviation = deviation(config.init_std, config.factors);
        fill_normal(&mut rng(seed, 0), deviation, &mut items);
        Self {
            config,
            n_users: users_of(cut.rows.view()).len(),
            cut,
            seed,
            adam: Adam::new(items.len()),
            items,
            steps: [0],
        }
    }

    fn step(&mut self, users: &[u32], draw: &mut Draw) -> f64 {
        let config = self.config;
        let n_items = self.items.len() / config.factors;
        let drawn: Vec<u32>;
        let rivals = if config.negatives >= n_items {
            Rivals::All
        } else {
            let limit = u32::try_from(n_items).expect("items fit 32 bits");
            drawn = (0..config.negatives).map(|_| draw.below(limit)).collect();
            Rivals::Drawn(&drawn)
        };
        let problem = Problem {
            by_user: self.cut.rows.view(),
            items: &self.items,
            d: config.factors,
            temperature: narrow(config.temperature),
            discount: config.activity_discount,
        };
        let mut slopes = problem.solve(users, rivals);
        self.steps[0] += 1;
        let number = usize::try_from(self.steps[0]).unwrap_or(usize::MAX);
        let rate = config.learning_rate * self.left();
        let size = StepSize::new(rate, 0.0, number).remembering(MEMORY, number);
        let rows = (slopes.rows.as_slice(), config.factors);
        self.adam
            .step_gathered(size, rows, &mut self.items, &mut slopes.values);
        slopes.loss
    }

    /// Share of the training that is still ahead: steps get shorter in proportion.
    fn left(&self) -> f64 {
        let per_pass = self.n_users.div_ceil(self.config.batch_users);
        let total = (per_pass * self.config.epochs) as f64;
        1.0 - (self.steps[0] - 1) as f64 / total.max(1.0)
    }

    /// An item is scored at length one; what it says of a viewer has the length it was given.
    fn model(&self) -> ContextModel {
        let config = self.config;
        ContextModel {
            name: NAME,
            metas: vec![
                ("factors", config.factors.to_string()),
                ("epochs", config.epochs.to_string()),
                ("batch_users", config.batch_users.to_string()),
                ("negatives", config.negatives.to_string()),
                ("temperature", config.temperature.to_string()),
                ("learning_rate", config.learning_rate.to_string()),
                ("activity_discount", config.activity_discount.to_string()),
                ("patience", config.patience.to_string()),
            ],
            n_factors: config.factors,
            length_exponent: LENGTH_EXPONENT,
            item_factors: self.units(),
            context_factors: self.items.clone(),
            biases: vec![0.0; self.items.len() / config.factors],
        }
    }

    fn units(&self) -> Vec<f32> {
        let mut units = self.items.clone();
        for unit in units.chunks_exact_mut(self.config.factors) {
            let inverse = inverse(unit);
            unit.iter_mut().for_each(|value| *value *= inverse);
        }
        units
    }
}

impl Trainee for Trainer<'_> {
    fn pass(&mut self, number: usize) -> Result<f64> {
        let seed = derive_seed(self.seed, &(number as u64).to_le_bytes());
        let mut draw = Draw::new(seed, 0);
        let mut order = users_of(self.cut.rows.view());
        draw.shuffle(&mut order);
        let mut loss = 0.0;
        for users in order.chunks(self.config.batch_users) {
            loss += self.step(users, &mut draw);
        }
        check_finite(NAME, number, &self.items)?;
        Ok(loss / self.cut.rows.columns.len().max(1) as f64)
    }

    fn judge(&mut self, watch: &mut Progress<'_>) -> Result<Option<f64>> {
        if watch.judges() {
            return watch.judge(&self.model().view());
        }
        if self.cut.is_empty() {
            return Ok(None);
        }
        let d = self.config.factors;
        let vectors = Vectors {
            users: spread(self.cut.rows.view(), &self.items, d),
            items: self.units(),
            biases: vec![0.0; self.items.len() / d],
        };
        Ok(Some(self.cut.gain(&vectors, d)))
    }

    fn state(&mut self) -> State<'_> {
        let mut others = self.adam.state();
        others.push(("steps", Numbers::U64(&mut self.steps)));
        State {
            parameters: vec![("items", &mut self.items)],
            others,
        }
    }
}

/// Users with anything at all.
fn users_of(rows: SparseView<'_>) -> Vec<u32> {
    let users = rows.rows().zip(0_u32..).filter(|(row, _)| !row.is_empty());
    users.map(|(_, user)| user).collect()
}
