//! Training: sides in turn, keeping the items of some rounds.

use marquee_core::{Dataset, SparseView};
use marquee_math::{derive_seed, fill_normal, rng};

use super::{
    links::SideLink,
    model::{RatingModel, Shape},
    prior::{Prior, draw_precision},
    side::{Choice, Side},
};
use crate::{
    Error, Progress, Result,
    check::{Checks, check_data, check_finite, narrow},
    draw::Draw,
    passes::{Numbers, Passes, State, Trainee},
};

/// Deviation of the first factors: small, so that biases come first.
const INITIAL: f64 = 0.1;

/// Which sides have an implicit part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Links {
    /// Neither.
    None,
    /// Users have one.
    Users,
    /// Both have one.
    Both,
}

/// Everything that a training of ratings is told.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    pub(crate) factors: usize,
    /// Rounds before any is kept.
    pub(crate) iterations: usize,
    /// Rounds kept after that; 0 for alternating least squares, which keeps its last.
    pub(crate) samples: usize,
    /// Rounds of alternating least squares without a better judgment until it ends; 0 runs all.
    pub(crate) patience: usize,
    pub(crate) regularization: f32,
    pub(crate) bias_regularization: f32,
    pub(crate) link_regularization: f32,
    pub(crate) links: Links,
}

impl Plan {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for the first field that is out of range.
    pub(crate) fn validate(&self) -> Result<()> {
        let checks = Checks(self.name);
        let size = (1..=1024).contains(&self.factors);
        checks.holds("factors", self.factors as f64, "1 to 1024", size)?;
        checks.count("iterations", self.iterations)?;
        let few = self.samples <= 10_000;
        checks.holds("samples", self.samples as f64, "0 to 10000", few)?;
        checks.positive("regularization", f64::from(self.regularization))?;
        checks.positive("bias_regularization", f64::from(self.bias_regularization))?;
        checks.positive("link_regularization", f64::from(self.link_regularization))
    }

    fn side<'a>(&self, ratings: SparseView<'a>, linked: bool) -> Side<'a> {
        let (n, width) = (ratings.n_rows(), self.factors + 1);
        let mut precision = vec![f64::from(self.regularization); width];
        precision[0] = f64::from(self.bias_regularization);
        Side {
            ratings,
            width,
            vectors: vec![0.0; n * width],
            designs: vec![0.0; n * width],
            prior: Prior {
                mean: vec![0.0; width],
                precision,
            },
            link: linked
                .then(|| SideLink::new(ratings, width, f64::from(self.link_regularization))),
        }
    }
}

/// Trains on the weights of `data` as ratings.
///
/// # Errors
///
/// [`Error::Config`], [`Error::NoInteractions`], [`Error::NotFinite`], [`Error::Stopped`].
pub(crate) fn train(
    data: &Dataset,
    plan: &Plan,
    seed: u64,
    progress: &mut Progress<'_>,
) -> Result<RatingModel> {
    plan.validate()?;
    check_data(plan.name, data)?;
    let center = mean_rating(data.by_user());
    let users = plan.side(data.by_user(), plan.links != Links::None);
    let mut items = plan.side(data.by_item(), plan.links == Links::Both);
    start(&mut items, seed);
    let model = RatingModel::new(plan, scale(data.by_user()), data.n_items());
    let mut trainer = Trainer {
        plan,
        seed,
        center,
        n_ratings: data.n_interactions(),
        users,
        items,
        model,
        noise_precision: [1.0],
        kept: [0],
    };
    let passes = Passes {
        name: plan.name,
        phase: "iteration",
        total: plan.iterations + plan.samples,
        patience: plan.patience,
        n_interactions: data.n_interactions(),
    };
    passes.run(&mut trainer, progress)?;
    let model = trainer.finish();
    for numbers in [&model.designs, &model.biases, &model.links] {
        check_finite(plan.name, plan.iterations + plan.samples, numbers)?;
    }
    Ok(model)
}

/// Both sides on their way.
struct Trainer<'a> {
    plan: &'a Plan,
    seed: u64,
    center: f64,
    n_ratings: usize,
    users: Side<'a>,
    items: Side<'a>,
    model: RatingModel,
    noise_precision: [f64; 1],
    kept: [u64; 1],
}

impl Trainer<'_> {
    /// What was kept; of alternating least squares the sides as they are.
    fn finish(mut self) -> RatingModel {
        if self.plan.samples == 0 {
            self.keep_last();
        }
        self.model
    }

    fn keep_last(&mut self) {
        self.model.kept = 0;
        let within = (self.center, self.noise_precision[0]);
        self.model.keep(&self.users, &self.items, within);
    }
}

impl Trainee for Trainer<'_> {
    fn pass(&mut self, number: usize) -> Result<f64> {
        let samples = self.plan.samples;
        let seed = derive_seed(self.seed, &number.to_le_bytes());
        let within = (self.center, self.noise_precision[0]);
        let drawn = |side: &[u8]| (samples > 0).then(|| derive_seed(seed, side));
        let (users, items) = (&mut self.users, &mut self.items);
        let finite = improve(users, items, within, drawn(b"users"))
            && improve(items, users, within, drawn(b"items"));
        if !finite {
            return Err(Error::NotFinite {
                model: self.plan.name,
                iteration: number,
            });
        }
        let error = self.users.squared_error(&self.items, self.center);
        let n = self.n_ratings;
        if samples > 0 {
            self.noise_precision[0] = draw_precision(error, n, &mut Draw::new(seed, 2));
        }
        if number > self.plan.iterations {
            let within = (self.center, self.noise_precision[0]);
            self.model.keep(&self.users, &self.items, within);
            self.kept[0] = self.model.kept as u64;
        }
        Ok((error / n as f64).sqrt())
    }

    /// Draws are averaged, so no round of theirs is better than all together.
    fn judge(&mut self, watch: &mut Progress<'_>) -> Result<Option<f64>> {
        if self.plan.samples > 0 || !watch.judges() {
            return Ok(None);
        }
        self.keep_last();
        watch.judge(&self.model.view())
    }

    fn state(&mut self) -> State<'_> {
        let mut others = self.model.state();
        others.push(("noise-precision", Numbers::F64(&mut self.noise_precision)));
        others.push(("kept", Numbers::U64(&mut self.kept)));
        let mut parameters: Vec<(&'static str, &mut [f32])> = Vec::new();
        for side in [&mut self.users, &mut self.items] {
            parameters.push(("vectors", &mut side.vectors));
            others.push(("means", Numbers::F64(&mut side.prior.mean)));
            others.push(("precisions", Numbers::F64(&mut side.prior.precision)));
            if let Some(link) = &mut side.link {
                let (parts, precision) = link.state();
                parameters.push(("parts", parts));
                others.push(("part-precisions", Numbers::F64(precision)));
            }
        }
        State { parameters, others }
    }

    fn restored(&mut self) {
        self.users.refresh();
        self.items.refresh();
        self.model.kept = usize::try_from(self.kept[0]).unwrap_or(usize::MAX);
    }
}

/// Solves for `this` side and what is expected of it; with a seed all of that is drawn.
///
/// False where a number is not finite.
fn improve(this: &mut Side<'_>, other: &Side<'_>, within: (f64, f64), seed: Option<u64>) -> bool {
    let finite = this.solve(other, within, seed.map_or(Choice::Best, Choice::Drawn));
    this.refresh();
    match seed {
        None => this.fit_link(),
        Some(seed) => this.draw_prior(derive_seed(seed, b"prior")),
    }
    finite
}

/// Draws the first factors of the items.
fn start(items: &mut Side<'_>, seed: u64) {
    let width = items.width;
    for (stream, vector) in (0..).zip(items.vectors.chunks_exact_mut(width)) {
        fill_normal(&mut rng(seed, stream), INITIAL, vector);
        vector[0] = 0.0;
    }
    items.refresh();
}

fn mean_rating(by_user: SparseView<'_>) -> f64 {
    let Some(ratings) = by_user.weights() else {
        return 1.0;
    };
    let sum: f64 = ratings.iter().map(|&rating| f64::from(rating)).sum();
    sum / ratings.len().max(1) as f64
}

/// The smallest and the largest rating.
fn scale(by_user: SparseView<'_>) -> [f32; 2] {
    let ratings = by_user.weights().unwrap_or(&[1.0]);
    let low = ratings.iter().copied().fold(f32::INFINITY, f32::min);
    let high = ratings.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    [low, high]
}

impl RatingModel {
    fn new(plan: &Plan, scale: [f32; 2], n_items: usize) -> Self {
        let shape = Shape {
            n_items,
            width: plan.factors + 1,
            n_samples: plan.samples.max(1),
        };
        let (numbers, priors) = (n_items * shape.row(), shape.row());
        let linked = plan.links != Links::None;
        Self {
            name: plan.name,
            metas: vec![
                ("factors", plan.factors.to_string()),
                ("iterations", plan.iterations.to_string()),
                ("samples", plan.samples.to_string()),
                ("regularization", plan.regularization.to_string()),
                ("bias_regularization", plan.bias_regularization.to_string()),
                ("link_regularization", plan.link_regularization.to_string()),
            ],
            shape,
            kept: 0,
            scale,
            designs: vec![0.0; numbers],
            biases: vec![0.0; n_items * shape.n_samples],
            links: vec![0.0; if linked { numbers } else { 0 }],
            means: vec![0.0; priors],
            scales: vec![0.0; priors],
            unknown: vec![0.0; priors],
        }
    }

    /// Keeps the items as they are, and what folding a viewer in takes.
    fn keep(&mut self, users: &Side<'_>, items: &Side<'_>, (center, noise): (f64, f64)) {
        let Shape {
            width, n_samples, ..
        } = self.shape;
        let (sample, row) = (self.kept, self.shape.row());
        let expected = items.means();
        for (item, ratings) in items.ratings.rows().enumerate() {
            // Of an item without a rating only what is expected is known, not what was drawn.
            let from = if ratings.is_empty() {
                &expected
            } else {
                &items.vectors
            };
            let from = &from[item * width..][..width];
            let design = &mut self.designs[item * row + sample * width..][..width];
            design.copy_from_slice(from);
            design[0] = 1.0;
            self.biases[item * n_samples + sample] = from[0] + narrow(center);
        }
        let at = sample * width;
        if let Some(link) = &users.link {
            for (item, part) in link.parts.chunks_exact(width).enumerate() {
                self.links[item * row + at..][..width].copy_from_slice(part);
            }
        }
        for k in 0..width {
            self.means[at + k] = narrow(users.prior.mean[k]);
            self.unknown[at + k] = narrow(items.prior.mean[k]);
        }
        self.unknown[at] += narrow(center);
        self.scales[at..][..width].copy_from_slice(&users.prior.scales(noise));
        self.kept += 1;
    }
}
