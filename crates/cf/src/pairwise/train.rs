//! Training: epochs of batches, until it is over or no longer pays.

use marquee_core::{Dataset, SparseRows, SparseView};
use marquee_math::derive_seed;

use super::{
    batch::{Pair, State, Touches, Walk, streams},
    blocks::{Biases, Block, Rate, Vectors, WIDTH, deviation},
    negatives::Negatives,
    objective::Objective,
    stopping::Cut,
};
use crate::{
    ContextModel, Progress, Result,
    check::{Checks, check_data, check_finite, narrow},
    draw::Draw,
    link::{Link, scaled_histories},
    passes::{self, Numbers, Passes, Trainee},
};

/// Steps of conjugate gradients for the link from histories to vectors.
pub(super) const LINK_STEPS: usize = 30;
/// Fewer are enough to judge a pass by.
const JUDGED_LINK_STEPS: usize = 10;

/// Everything that a pairwise training is told.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    pub(crate) objective: Objective,
    pub(crate) factors: usize,
    pub(crate) epochs: usize,
    pub(crate) batch: usize,
    pub(crate) learning_rate: f32,
    pub(crate) regularization: f32,
    pub(crate) init_std: f32,
    pub(crate) popularity_power: f64,
    pub(crate) validation_users: usize,
    pub(crate) patience: usize,
    pub(crate) length_exponent: f64,
    pub(crate) link_regularization: f64,
}

impl Plan {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for the first field that is out of range.
    pub(crate) fn validate(&self) -> Result<()> {
        let checks = Checks(self.name);
        let size = (1..=4096).contains(&self.factors);
        checks.holds("factors", self.factors as f64, "1 to 4096", size)?;
        checks.count("epochs", self.epochs)?;
        checks.count("batch", self.batch)?;
        checks.positive("learning_rate", f64::from(self.learning_rate))?;
        checks.not_negative("regularization", f64::from(self.regularization))?;
        checks.positive("init_std", f64::from(self.init_std))?;
        let power = self.popularity_power;
        checks.holds(
            "popularity_power",
            power,
            "0 to 2",
            (0.0..=2.0).contains(&power),
        )?;
        checks.fraction("length_exponent", self.length_exponent)?;
        checks.positive("link_regularization", self.link_regularization)
    }

    fn model(&self, vectors: Vectors, contexts: Vec<f32>) -> ContextModel {
        ContextModel {
            name: self.name,
            metas: self.metas(),
            n_factors: self.factors,
            length_exponent: self.length_exponent,
            item_factors: vectors.items,
            context_factors: contexts,
            biases: vectors.biases,
        }
    }

    /// The values that people may want to read in an artifact.
    fn metas(&self) -> Vec<(&'static str, String)> {
        vec![
            ("factors", self.factors.to_string()),
            ("epochs", self.epochs.to_string()),
            ("batch", self.batch.to_string()),
            ("learning_rate", self.learning_rate.to_string()),
            ("regularization", self.regularization.to_string()),
            ("init_std", self.init_std.to_string()),
            ("popularity_power", self.popularity_power.to_string()),
            ("patience", self.patience.to_string()),
            ("link_regularization", self.link_regularization.to_string()),
        ]
    }
}

/// Trains on the interactions of `data` whose weight is above zero.
///
/// # Errors
///
/// [`Error::NoInteractions`], [`Error::NotFinite`], [`Error::Stopped`].
pub(crate) fn train(
    data: &Dataset,
    plan: &Plan,
    seed: u64,
    progress: &mut Progress<'_>,
) -> Result<ContextModel> {
    plan.validate()?;
    let liked = liked(data.by_user());
    let data = &Dataset::from_rows(liked);
    check_data(plan.name, data)?;
    let vectors = learn(data, plan, seed, progress)?;
    let contexts = link(data, plan, &vectors.users, LINK_STEPS);
    for numbers in [&vectors.items, &vectors.biases, &contexts] {
        check_finite(plan.name, plan.epochs, numbers)?;
    }
    Ok(plan.model(vectors, contexts))
}

/// The entries with a weight above zero, without their weights.
pub(crate) fn liked(from: SparseView<'_>) -> SparseRows {
    let mut rows = SparseRows {
        n_columns: from.n_columns(),
        offsets: vec![0],
        ..SparseRows::default()
    };
    for row in from.rows() {
        let places = row.columns.iter().enumerate();
        let kept = places.filter(|&(place, _)| row.weight(place) > 0.0);
        rows.columns.extend(kept.map(|(_, &column)| column));
        rows.offsets.push(rows.columns.len() as u64);
    }
    rows
}

/// The vectors of users and items; with patience, those that found best what was set aside.
pub(super) fn learn(
    data: &Dataset,
    plan: &Plan,
    seed: u64,
    progress: &mut Progress<'_>,
) -> Result<Vectors> {
    let own = plan.patience > 0 && !progress.judges();
    let held = if own { plan.validation_users } else { 0 };
    let cut = Cut::new(data, held, derive_seed(seed, b"validation"));
    let touches = Touches::new(cut.rows.view());
    let counts: Vec<u32> = counts(cut.rows.view());
    let negatives = Negatives::new(data.by_user(), &counts, plan.popularity_power);
    let walk = Walk {
        touches: &touches,
        negatives: &negatives,
        objective: plan.objective,
        rate: Rate {
            learning_rate: plan.learning_rate,
            regularization: plan.regularization,
        },
    };
    let mut trainer = Trainer {
        plan,
        data,
        cut: &cut,
        state: State::new(plan, (data.n_users(), data.n_items()), seed),
        walk,
        seed,
    };
    let passes = Passes {
        name: plan.name,
        phase: "epoch",
        total: plan.epochs,
        patience: plan.patience,
        n_interactions: touches.len(),
    };
    passes.run(&mut trainer, progress)?;
    let vectors = trainer.state.vectors(plan.factors);
    check_finite(plan.name, plan.epochs, &vectors.users)?;
    Ok(vectors)
}

/// Vectors on their way.
struct Trainer<'a> {
    plan: &'a Plan,
    data: &'a Dataset,
    cut: &'a Cut,
    state: State,
    walk: Walk<'a>,
    seed: u64,
}

impl Trainee for Trainer<'_> {
    fn pass(&mut self, number: usize) -> Result<f64> {
        let seed = derive_seed(self.seed, &number.to_le_bytes());
        let loss = self.state.epoch(&self.walk, self.plan.batch, seed);
        Ok(loss / self.walk.touches.len().max(1) as f64)
    }

    /// By histories where the watcher judges, as viewers will be; by the users' own vectors otherwise.
    fn judge(&mut self, watch: &mut Progress<'_>) -> Result<Option<f64>> {
        if !watch.judges() && self.cut.is_empty() {
            return Ok(None);
        }
        let vectors = self.state.vectors(self.plan.factors);
        check_finite(self.plan.name, self.plan.epochs, &vectors.items)?;
        if !watch.judges() {
            return Ok(Some(self.cut.gain(&vectors, self.plan.factors)));
        }
        let contexts = link(self.data, self.plan, &vectors.users, JUDGED_LINK_STEPS);
        watch.judge(&self.plan.model(vectors, contexts).view())
    }

    fn state(&mut self) -> passes::State<'_> {
        let mut parameters: Vec<(&'static str, &mut [f32])> = Vec::new();
        let mut others = Vec::new();
        for block in &mut self.state.blocks {
            let parts = block.parts();
            parameters.extend([("users", parts.users), ("items", parts.items)]);
            others.extend([
                ("user-squares", Numbers::F32(parts.user_squares)),
                ("item-squares", Numbers::F32(parts.item_squares)),
            ]);
        }
        let (values, squares) = self.state.biases.parts();
        parameters.push(("biases", values));
        others.push(("bias-squares", Numbers::F32(squares)));
        passes::State { parameters, others }
    }
}

impl State {
    fn new(plan: &Plan, sizes: (usize, usize), seed: u64) -> Self {
        let d = plan.factors;
        let deviation = deviation(plan.init_std, d);
        let blocks = (0..d).step_by(WIDTH).map(|first| {
            let seed = derive_seed(seed, &(first as u64).to_le_bytes());
            Block::new(sizes, WIDTH.min(d - first), deviation, seed)
        });
        Self {
            blocks: blocks.collect(),
            biases: Biases::new(sizes.1),
        }
    }

    /// One pass over all touches in an order of its own; returns the sum of losses.
    fn epoch(&mut self, walk: &Walk<'_>, batch: usize, seed: u64) -> f64 {
        let n = u32::try_from(walk.touches.len()).expect("interactions fit 32 bits");
        let mut order: Vec<u32> = (0..n).collect();
        Draw::new(seed, 0).shuffle(&mut order);
        let mut pairs: Vec<Pair> = Vec::with_capacity(batch);
        let (mut loss, mut stream) = (0.0, 1);
        for places in order.chunks(batch) {
            loss += self.learn(walk, places, (seed, stream), &mut pairs);
            stream += streams(places.len());
        }
        loss
    }

    pub(super) fn vectors(&self, d: usize) -> Vectors {
        let (n_users, n_items) = self.sizes();
        let mut vectors = Vectors {
            users: vec![0.0; n_users * d],
            items: vec![0.0; n_items * d],
            biases: self.biases.values.clone(),
        };
        for (block, first) in self.blocks.iter().zip((0..d).step_by(WIDTH)) {
            block.write((first, WIDTH.min(d - first), d), &mut vectors);
        }
        vectors
    }

    fn sizes(&self) -> (usize, usize) {
        let n_users = self.blocks.first().map_or(0, Block::n_users);
        (n_users, self.biases.values.len())
    }
}

/// The context vectors that come closest to the users' vectors.
pub(super) fn link(data: &Dataset, plan: &Plan, users: &[f32], steps: usize) -> Vec<f32> {
    let rows = scaled_histories(data, plan.length_exponent, |_| true);
    let by_item = rows.view().transposed();
    let link = Link {
        histories: rows.view(),
        by_item: by_item.view(),
        regularization: &vec![narrow(plan.link_regularization); plan.factors],
        steps,
    };
    link.fit(users, plan.factors)
}

/// Users of each item.
fn counts(by_user: SparseView<'_>) -> Vec<u32> {
    let mut counts = vec![0; by_user.n_columns()];
    for &item in by_user.columns() {
        counts[item as usize] += 1;
    }
    counts
}
