//! Training: users by items, then items by users, until it is over.

use marquee_core::{Dataset, SparseView};
use marquee_math::{HalfRows, MatrixView, fill_normal, gram, rng, split::has_tiles};
use rayon::prelude::*;

use super::{
    AlsConfig, AlsModel, AlsPrecision, AlsSolver, NAME,
    basis::Basis,
    confidence::{Confidence, Evidence},
    model::{Penalty, narrow},
    solver::{Problem, Solver},
};
use crate::{
    Error, Progress, Result,
    check::{check_data, check_finite},
    progress::Steps,
};

/// Rows that a thread takes at a time.
const ROWS: usize = 8;

/// Trains on `data`, on the current rayon pool; the same data, configuration and seed give the same
/// bits on any number of threads.
///
/// Cost of an iteration with the exact solver and `d` factors: for each row of `n` interactions the
/// smaller of `n d² / 2 + d³ / 6` and `d n² / 2 + n³ / 6` multiplications and additions, for users and
/// for items; and twice about `9 d³` on one thread. Memory: the vectors of both sides, and
/// where outer products are those of rounded vectors, half as much again of the side that stands.
///
/// The loss reported after an iteration is the formula of the [module](super) over everything.
///
/// # Errors
///
/// [`Error::Config`], [`Error::NoInteractions`], [`Error::NotFinite`], [`Error::Stopped`].
pub fn train(
    data: &Dataset,
    config: &AlsConfig,
    seed: u64,
    progress: &mut Progress<'_>,
) -> Result<AlsModel> {
    config.validate()?;
    check_data(NAME, data)?;
    let config = &config.for_size(data.n_users(), data.n_items());
    let d = config.factors;
    let confidence = Confidence::of(config.weight_exponent, data.by_user());
    let mut users = Side {
        interactions: data.by_user(),
        penalty: Penalty::new(config, data.n_items()),
        factors: vec![0.0; data.n_users() * d],
    };
    let mut items = Side {
        interactions: data.by_item(),
        penalty: Penalty::new(config, data.n_users()),
        factors: initial(data.n_items(), config, seed),
    };
    let mut steps = Steps::new(NAME, config.iterations, data.n_interactions(), progress);
    for iteration in 1..=config.iterations {
        let failed = || Error::NotFinite {
            model: NAME,
            iteration,
        };
        let of_users = half(&mut items, &mut users, config, confidence).ok_or_else(failed)?;
        let of_items = half(&mut users, &mut items, config, confidence).ok_or_else(failed)?;
        steps.finish("iteration", Some(of_items.loss + of_users.regularization))?;
    }
    finish(config.clone(), confidence, (users.factors, items.factors))
}

/// One side of the factorization.
struct Side<'a> {
    interactions: SparseView<'a>,
    penalty: Penalty,
    factors: Vec<f32>,
}

/// Sums over the rows of one side.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    /// The loss as far as it depends on this side's vectors.
    loss: f64,
    /// The regularization of this side's vectors.
    regularization: f64,
}

fn initial(n_items: usize, config: &AlsConfig, seed: u64) -> Vec<f32> {
    let mut factors = vec![0.0; n_items * config.factors];
    let deviation = f64::from(config.init_std) / (config.factors as f64).sqrt();
    for (item, vector) in (0..).zip(factors.chunks_exact_mut(config.factors)) {
        fill_normal(&mut rng(seed, item), deviation, vector);
    }
    factors
}

/// Improves all vectors of `moving`; nothing when a number is not finite.
fn half(
    standing: &mut Side<'_>,
    moving: &mut Side<'_>,
    config: &AlsConfig,
    confidence: Confidence,
) -> Option<Sums> {
    let d = config.factors;
    let basis = Basis::of(&standing.factors, d)?;
    basis.turn(&mut standing.factors);
    basis.turn(&mut moving.factors);
    let halves = rounded(&standing.factors, config);
    let Side {
        interactions,
        penalty,
        ..
    } = *moving;
    let mut sums = vec![Some(Sums::default()); interactions.n_rows()];
    let blocks = moving.factors.par_chunks_mut(ROWS * d);
    let worker = || Worker {
        solver: Solver::new(config),
        evidence: Evidence::default(),
        scales: vec![0.0; d],
    };
    blocks
        .zip(sums.par_chunks_mut(ROWS))
        .enumerate()
        .for_each_init(worker, |worker, (block, (vectors, sums))| {
            for (place, (x, sum)) in vectors.chunks_exact_mut(d).zip(sums).enumerate() {
                confidence.read(interactions, block * ROWS + place, &mut worker.evidence);
                let others = (&standing.factors[..], halves.as_ref());
                *sum = worker.improve(others, &basis.spectrum, penalty, x);
            }
        });
    // Added in the order of rows, so that the number of threads leaves no trace.
    sums.into_iter().try_fold(Sums::default(), |total, sum| {
        sum.map(|sum| Sums {
            loss: total.loss + sum.loss,
            regularization: total.regularization + sum.regularization,
        })
    })
}

/// The standing side as matrix tiles read it, where the configuration wants them and the solver has a
/// use for them.
fn rounded(factors: &[f32], config: &AlsConfig) -> Option<HalfRows> {
    let is_wanted = config.precision == AlsPrecision::Bfloat16
        && config.solver != AlsSolver::BlockCoordinate
        && has_tiles();
    is_wanted.then(|| HalfRows::of(factors, config.factors))
}

/// What a thread works with.
struct Worker {
    solver: Solver,
    evidence: Evidence,
    scales: Vec<f32>,
}

impl Worker {
    fn improve(
        &mut self,
        (factors, halves): (&[f32], Option<&HalfRows>),
        spectrum: &[f32],
        penalty: Penalty,
        x: &mut [f32],
    ) -> Option<Sums> {
        let regularization = penalty.regularization(self.evidence.total);
        penalty.scales(regularization, spectrum, &mut self.scales);
        let problem = Problem {
            factors,
            halves,
            evidence: &self.evidence,
            scales: &self.scales,
        };
        let loss = self.solver.improve(&problem, x).ok()?;
        let square: f64 = x.iter().map(|&value| f64::from(value).powi(2)).sum();
        Some(Sums {
            loss,
            regularization: regularization * square,
        })
    }
}

/// Turns the items into their own basis and measures both sides.
fn finish(
    config: AlsConfig,
    confidence: Confidence,
    (mut users, mut items): (Vec<f32>, Vec<f32>),
) -> Result<AlsModel> {
    let d = config.factors;
    let basis = Basis::of(&items, d).ok_or(Error::NotFinite {
        model: NAME,
        iteration: config.iterations,
    })?;
    basis.turn(&mut items);
    basis.turn(&mut users);
    check_finite(NAME, config.iterations, &items)?;
    let n_users = users.len() / d;
    let of_users = gram(MatrixView::new(&users, n_users, d));
    check_finite(NAME, config.iterations, &basis.spectrum)?;
    let norm = |vector: &[f32]| {
        let square: f64 = vector.iter().map(|&value| f64::from(value).powi(2)).sum();
        narrow(square.sqrt())
    };
    Ok(AlsModel {
        config,
        confidence,
        item_norms: items.chunks_exact(d).map(norm).collect(),
        item_factors: items,
        spectrum: basis.spectrum,
        user_gram: of_users.into_iter().map(narrow).collect(),
        n_users,
    })
}
