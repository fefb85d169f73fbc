//! The search itself: propose, judge, learn.

use std::{collections::HashSet, time::Instant};

use marquee_cf::Progress;
use marquee_eval::{Cutoffs, Fold, ListMetric, MetricName, PairedDifference, paired_bootstrap};
use marquee_math::{Rng, derive_seed, rng};
use rand::RngExt;

use super::{
    Cut, Space, Status, Trial, TuneError, density::Density, design, domain::Point,
    trial::standard_error,
};
use crate::{
    EngineError, Guide, JudgedBy, ModelSpec, Result,
    evaluation::{Measure, measure, train_fold},
    models,
};

/// Trials before the search learns from them, the defaults among them.
const STARTUP: usize = 10;
/// One trial in so many counts as good, rounded up.
const GOOD: usize = 5;
/// More trials than this never count as good.
const MOST_GOOD: usize = 25;
/// Points drawn where good trials lie; the one where bad ones lie least is proposed.
const CANDIDATES: usize = 24;
/// Draws for parameters that were not tried yet before the search gives up.
const MOST_DRAWS: usize = 1000;
/// Resamples of the paired bootstrap.
const RESAMPLES: usize = 2000;

/// What a search is after.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goal {
    /// The metric, of which more is better.
    pub metric: MetricName,
    /// Seed of proposals and of training.
    pub seed: u64,
    /// A trial goes on to the next fold unless it is that many standard errors of the paired
    /// difference behind the best one, over the folds so far; infinity lets every trial go on.
    pub race: f64,
}

impl Goal {
    fn validate(&self) -> std::result::Result<Cutoffs, TuneError> {
        // Not a number is refused, too.
        if !(0.0..).contains(&self.race) {
            return Err(TuneError::Race { found: self.race });
        }
        let MetricName::List { metric, k } = self.metric else {
            return Err(TuneError::Metric { name: self.metric });
        };
        let accuracy = [
            ListMetric::Recall,
            ListMetric::RecallMin,
            ListMetric::Ndcg,
            ListMetric::Map,
            ListMetric::Mrr,
            ListMetric::Hit,
            ListMetric::Precision,
        ];
        if !accuracy.contains(&metric) {
            return Err(TuneError::Metric { name: self.metric });
        }
        Cutoffs::new([k]).map_err(TuneError::Cut)
    }
}

/// How the best trial compares with the defaults, user by user.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gain {
    /// The difference of their means. The best trial was chosen for its mean, so this is more than
    /// other users would see.
    pub difference: PairedDifference,
    /// Standard error of the difference; `None` for a single user.
    pub standard_error: Option<f64>,
}

/// A search for the parameters of one model.
///
/// # Example
///
/// ```
/// use marquee_cf::silent;
/// use marquee_core::{Dataset, Interaction, ItemIdx, Repeats, Timestamp, UserIdx};
/// use marquee_engine::tune::{Cut, Goal, Search, default_space};
///
/// let touched = |at: u32| Interaction {
///     user: UserIdx(at / 6),
///     item: ItemIdx((at / 6 % 2) * 8 + at % 6),
///     weight: 1.0,
///     time: Timestamp::EPOCH,
/// };
/// let all: Vec<Interaction> = (0..120).map(touched).collect();
/// let data = Dataset::from_interactions(20, 16, &all, Repeats::KeepLast)?;
///
/// let cut = Cut::random(&data, 42, 1)?;
/// let goal = Goal { metric: "ndcg@5".parse()?, seed: 42, race: 2.0 };
/// let mut search = Search::new(&cut, goal, "rp3beta".parse()?, &default_space("rp3beta")?)?;
/// while search.trials().len() < 3 {
///     let Some(spec) = search.propose() else { break };
///     let trial = search.judge(&spec, &mut silent())?;
///     search.add(trial);
/// }
/// assert!(search.best().is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Search<'a> {
    cut: &'a Cut,
    goal: Goal,
    cutoffs: Cutoffs,
    base: ModelSpec,
    space: Space,
    trials: Vec<Trial>,
    /// Of each trial, a point a parameter.
    points: Vec<Vec<Option<Point>>>,
    tried: HashSet<String>,
}

impl<'a> Search<'a> {
    /// A search without trials. The parameters of `base` are fixed, those of `space` besides are
    /// varied.
    ///
    /// # Errors
    ///
    /// [`TuneError`] when the goal cannot be one or nothing is left to vary, and what
    /// [`models::check`] says of `base`.
    pub fn new(cut: &'a Cut, goal: Goal, base: ModelSpec, space: &Space) -> Result<Self> {
        models::check(&base)?;
        let cutoffs = goal.validate()?;
        let space = space.without(base.params());
        if space.parameters().is_empty() {
            let model = base.name().to_owned();
            return Err(TuneError::AllFixed { model }.into());
        }
        Ok(Self {
            cut,
            goal,
            cutoffs,
            base,
            space,
            trials: Vec::new(),
            points: Vec::new(),
            tried: HashSet::new(),
        })
    }

    /// The model's name.
    pub fn model(&self) -> &str {
        self.base.name()
    }

    /// The model with what is fixed.
    pub fn base(&self) -> &ModelSpec {
        &self.base
    }

    /// The parameters that are varied.
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// The trials so far, in order.
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// The trials, better ones first.
    pub fn ranked(&self) -> Vec<&Trial> {
        let mut ranked: Vec<&Trial> = self.trials.iter().collect();
        ranked.sort_by(|one, other| one.by_merit(other));
        ranked
    }

    /// The best trial that was judged on every fold.
    pub fn best(&self) -> Option<&Trial> {
        let complete = self
            .trials
            .iter()
            .filter(|one| one.status() == Status::Complete);
        complete.min_by(|one, other| one.by_merit(other))
    }

    /// The trial of the defaults, if it was judged.
    pub fn defaults(&self) -> Option<&Trial> {
        self.trials
            .first()
            .filter(|one| one.status() == Status::Complete)
    }

    /// Compares the best trial with the defaults; `None` where either is missing.
    pub fn gain(&self) -> Option<Gain> {
        let differences = self.best()?.differences(self.defaults()?);
        let nothing = vec![0.0; differences.len()];
        let seed = derive_seed(self.goal.seed, b"tune: gain");
        let difference = paired_bootstrap(&differences, &nothing, seed, RESAMPLES).ok()?;
        Some(Gain {
            difference,
            standard_error: standard_error(&differences),
        })
    }

    /// The next parameters to try; `None` when none can be found that were not tried yet.
    pub fn propose(&self) -> Option<ModelSpec> {
        let number = self.trials.len();
        if number == 0 {
            return Some(self.base.clone());
        }
        let seed = derive_seed(self.goal.seed, self.base.name().as_bytes());
        let mut rng = rng(derive_seed(seed, b"tune: proposals"), number as u64);
        let first = if number < STARTUP {
            self.designed(seed, number)
        } else {
            self.promising(&mut rng)
        };
        let first = first.filter(|spec| self.is_new(spec));
        first.or_else(|| (0..MOST_DRAWS).find_map(|_| self.anywhere(&mut rng)))
    }

    /// Trains and judges a model. What goes wrong with it is part of the trial.
    ///
    /// # Errors
    ///
    /// Only [`marquee_cf::Error::Stopped`], when `progress` asks to stop.
    pub fn judge(&self, spec: &ModelSpec, progress: &mut Progress<'_>) -> Result<Trial> {
        let started = Instant::now();
        let mut trial = Trial {
            number: self.trials.len() + 1,
            spec: spec.clone(),
            values: Vec::new(),
            n_folds: self.cut.folds().len(),
            error: None,
            seconds: 0.0,
        };
        for fold in self.cut.folds() {
            match self.values(spec, fold, progress) {
                Ok(values) => trial.values.push(values),
                Err(stop @ EngineError::Model(marquee_cf::Error::Stopped { .. })) => {
                    return Err(stop);
                }
                Err(error) => {
                    trial.error = Some(told(&error));
                    break;
                }
            }
            if self.is_behind(&trial) {
                break;
            }
        }
        trial.seconds = started.elapsed().as_secs_f64();
        Ok(trial)
    }

    /// Learns from a trial.
    pub fn add(&mut self, trial: Trial) {
        let params = models::effective_params(&trial.spec).unwrap_or_default();
        self.points.push(self.space.points(&params));
        self.tried.insert(trial.spec.to_string());
        self.trials.push(trial);
    }

    /// Takes a trial of an earlier run with the same cut, goal and space.
    ///
    /// # Errors
    ///
    /// [`TuneError::Replay`] when it is not the one that this search would make next.
    pub fn replay(&mut self, trial: Trial) -> Result<()> {
        let expected = self.propose();
        let is_next = trial.number == self.trials.len() + 1
            && trial.n_folds == self.cut.folds().len()
            && expected.as_ref() == Some(&trial.spec);
        if !is_next {
            return Err(TuneError::Replay {
                model: self.base.name().to_owned(),
                number: trial.number,
                found: trial.spec.to_string(),
                expected: expected.map_or("none".to_owned(), |spec| spec.to_string()),
            }
            .into());
        }
        self.add(trial);
        Ok(())
    }

    fn values(
        &self,
        spec: &ModelSpec,
        fold: &Fold,
        progress: &mut Progress<'_>,
    ) -> Result<Vec<f32>> {
        // Passes are judged by what the trial is judged by: as an evaluation with validation data does.
        let mut guide = Guide::new(progress).judging(fold.test(), JudgedBy::Lists);
        let model = train_fold(spec, fold, self.goal.seed, &mut guide)?;
        let how = Measure {
            cutoffs: &self.cutoffs,
            genres: None,
        };
        let evaluation = measure(model.recommender().as_ref(), fold.test(), how)?;
        let name = self.goal.metric;
        let values = evaluation.values(name);
        let values = values.ok_or(marquee_eval::Error::Unmeasured { name })?;
        Ok(values.into_iter().map(narrow).collect())
    }

    /// Whether the trial is clearly worse than the best one, by the same users.
    fn is_behind(&self, trial: &Trial) -> bool {
        let Some(best) = self.best() else {
            return false;
        };
        let differences = trial.differences(best);
        let mean = differences.iter().sum::<f64>() / differences.len().max(1) as f64;
        standard_error(&differences).is_some_and(|error| mean < -self.goal.race * error)
    }

    /// Trial `number` of those that are spread evenly.
    fn designed(&self, seed: u64, number: usize) -> Option<ModelSpec> {
        let parameters = self.space.parameters();
        let seed = derive_seed(seed, b"tune: design");
        let units = design::point(seed, number, parameters.len());
        let pairs = parameters.iter().zip(units);
        let points: Vec<Point> = pairs.map(|(one, unit)| one.domain.at(unit)).collect();
        Some(self.spec(&points))
    }

    /// What lies where good trials are closest together, as against bad ones.
    fn promising(&self, rng: &mut Rng) -> Option<ModelSpec> {
        let mut order: Vec<usize> = (0..self.trials.len()).collect();
        order.sort_by(|&one, &other| self.trials[one].by_merit(&self.trials[other]));
        let n_good = order.len().div_ceil(GOOD).min(MOST_GOOD);
        let (good, bad) = order.split_at(n_good);
        let density = |trials: &[usize]| {
            let centers = trials.iter().map(|&one| &self.points[one][..]);
            Density::new(&self.space, centers.collect())
        };
        let (good, bad) = (density(good), density(bad));
        let mut best: Option<(f64, ModelSpec)> = None;
        for _ in 0..CANDIDATES {
            let points = self.space.snapped(&good.draw(rng));
            let merit = good.log_at(&points) - bad.log_at(&points);
            let spec = self.spec(&points);
            let is_better = best.as_ref().is_none_or(|(most, _)| merit > *most);
            if is_better && self.is_new(&spec) {
                best = Some((merit, spec));
            }
        }
        best.map(|(_, spec)| spec)
    }

    fn anywhere(&self, rng: &mut Rng) -> Option<ModelSpec> {
        let parameters = self.space.parameters().iter();
        let points: Vec<Point> = parameters.map(|one| one.domain.at(rng.random())).collect();
        Some(self.spec(&points)).filter(|spec| self.is_new(spec))
    }

    fn is_new(&self, spec: &ModelSpec) -> bool {
        !self.tried.contains(&spec.to_string())
    }

    fn spec(&self, points: &[Point]) -> ModelSpec {
        let mut params = self.base.params().clone();
        params.extend(self.space.params(points));
        ModelSpec::new(self.base.name(), params)
    }
}

/// An error with its causes, in one line.
fn told(error: &EngineError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(this) = cause {
        text = format!("{text}: {this}");
        cause = this.source();
    }
    text
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "seven digits of a metric are more than users can tell apart"
)]
fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests;
