//! What an evaluation found, as a table for people and as JSON for programs.

use std::num::NonZeroUsize;

use anyhow::Result;
use marquee_engine::{ModelSpec, models};
use marquee_eval::{
    CaseList, Cutoffs, Evaluation, ListMetric, MetricName, RatingEvaluation, RatingMetric, Summary,
    paired_bootstrap,
};
use serde::Serialize;

use crate::{
    meter::{Meter, peak_memory},
    output,
};

/// Resamples of the paired bootstrap; enough for two digits of a p-value.
const RESAMPLES: usize = 2000;

/// All models of one evaluation.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) data: DataReport,
    pub(super) results: Vec<ModelReport>,
    /// Models that could not be trained or asked; absent when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) failures: Vec<Failure>,
}

/// A model without a result.
#[derive(Debug, Serialize)]
pub(super) struct Failure {
    model: String,
    error: String,
}

impl Failure {
    pub(super) fn new(spec: &ModelSpec, error: &anyhow::Error) -> Self {
        Self {
            model: spec.to_string(),
            error: format!("{error:#}"),
        }
    }
}

/// The size of what was split.
#[derive(Debug, Default, Serialize)]
pub(super) struct DataReport {
    users: usize,
    items: usize,
    train: usize,
    test: usize,
    test_users: usize,
    /// Pairs to find whose item training never saw: out of reach, counted as missed.
    test_unseen_items: usize,
    #[serde(skip)]
    folds: usize,
}

/// One model.
#[derive(Debug, Serialize)]
pub(super) struct ModelReport {
    model: String,
    params: toml::Table,
    seed: u64,
    metrics: Summary,
    train_seconds: f64,
    train_cpu_seconds: f64,
    score_seconds: f64,
    peak_rss_bytes: Option<u64>,
    /// Median wall time of a training step, such as an iteration.
    seconds_per_step: Option<f64>,
    train_steps: usize,
    #[serde(skip)]
    steps: Vec<f64>,
    #[serde(skip)]
    evaluation: Option<Evaluation>,
    /// Errors of predicted ratings; `None` where weights are no ratings.
    #[serde(skip)]
    ratings: Option<RatingEvaluation>,
}

impl DataReport {
    /// Takes the sizes of a fold; cases of several folds add up, the training size is the first's.
    pub(super) fn see(&mut self, cases: CaseList<'_>, number: usize) {
        if number < self.folds {
            return;
        }
        self.folds = number + 1;
        let train = cases.train();
        if number == 0 {
            self.train = train.n_interactions();
            self.items = train.n_items();
            self.users = train.n_users();
        }
        self.test += cases.n_relevant();
        self.test_users += cases.len();
        self.test_unseen_items += cases.n_unseen();
    }
}

impl ModelReport {
    pub(super) fn new(spec: &ModelSpec, seed: u64) -> Result<Self> {
        Ok(Self {
            model: spec.name().to_owned(),
            params: models::effective_params(spec)?,
            seed,
            metrics: Summary::default(),
            train_seconds: 0.0,
            train_cpu_seconds: 0.0,
            score_seconds: 0.0,
            peak_rss_bytes: None,
            seconds_per_step: None,
            train_steps: 0,
            steps: Vec::new(),
            evaluation: None,
            ratings: None,
        })
    }

    /// From now on weights are ratings, and predicted ones are judged.
    pub(super) fn expect_ratings(&mut self) {
        self.ratings = Some(RatingEvaluation::default());
    }

    /// Where errors of predicted ratings go, if they are to be judged.
    pub(super) fn ratings(&mut self) -> Option<&mut RatingEvaluation> {
        self.ratings.as_mut()
    }

    pub(super) fn trained(&mut self, meter: &Meter, steps: &[f64]) {
        self.train_seconds += meter.wall_seconds();
        self.train_cpu_seconds += meter.cpu_seconds();
        self.steps.extend_from_slice(steps);
    }

    pub(super) fn scored(&mut self, meter: &Meter) {
        self.score_seconds += meter.wall_seconds();
    }

    pub(super) fn finish(&mut self, evaluation: Evaluation) {
        self.metrics = evaluation.summary();
        if let Some(ratings) = &self.ratings {
            self.metrics = std::mem::take(&mut self.metrics).and(&ratings.summary());
        }
        self.peak_rss_bytes = peak_memory();
        self.steps.sort_by(f64::total_cmp);
        self.seconds_per_step = self.steps.get(self.steps.len() / 2).copied();
        self.train_steps = self.steps.len();
        self.evaluation = Some(evaluation);
    }

    /// The row of the table.
    fn row(&self, names: &[MetricName]) -> Vec<String> {
        let mut row = vec![self.model.clone()];
        row.extend(names.iter().map(|&name| {
            self.metrics.get(name).map_or("–".to_owned(), |mean| {
                let se = mean.se.map_or(String::new(), |se| format!(" ±{se:.4}"));
                format!("{:.4}{se}", mean.mean)
            })
        }));
        row.push(format!("{:.2}", self.train_seconds));
        row.push(format!("{:.2}", self.score_seconds));
        row.push(self.peak_rss_bytes.map_or("–".to_owned(), output::bytes));
        row
    }
}

impl Report {
    /// Prints the tables that people read.
    pub(super) fn show(&self, lengths: &Cutoffs, seed: u64) -> Result<()> {
        let data = &self.data;
        output::line(format_args!(
            "{} users, {} items; {} pairs to train on, {} to find for {} users",
            output::count(data.users as u64),
            output::count(data.items as u64),
            output::count(data.train as u64),
            output::count(data.test as u64),
            output::count(data.test_users as u64),
        ))?;
        if data.test_unseen_items > 0 {
            output::line(format_args!(
                "{} of the pairs to find have an item that training never saw; they count as missed",
                output::count(data.test_unseen_items as u64),
            ))?;
        }
        for &k in lengths.as_slice() {
            self.show_length(k)?;
        }
        if self.results.iter().any(|result| result.ratings.is_some()) {
            let names = [RatingMetric::Rmse, RatingMetric::Mae];
            self.show_table(&names.map(MetricName::Rating))?;
        }
        self.show_comparison(lengths, seed)
    }

    fn show_length(&self, k: NonZeroUsize) -> Result<()> {
        let accuracy = [
            ListMetric::Ndcg,
            ListMetric::Recall,
            ListMetric::RecallMin,
            ListMetric::Mrr,
            ListMetric::Hit,
            ListMetric::Coverage,
        ];
        let names: Vec<MetricName> = accuracy.iter().map(|metric| metric.at(k)).collect();
        self.show_table(&names)
    }

    /// A row for each model, a column for each of these metrics.
    fn show_table(&self, names: &[MetricName]) -> Result<()> {
        let mut header = vec!["model".to_owned()];
        header.extend(names.iter().map(ToString::to_string));
        header.extend(["train s", "score s", "peak"].map(str::to_owned));
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        let rows: Vec<Vec<String>> = self
            .results
            .iter()
            .map(|result| result.row(names))
            .collect();
        output::line("")?;
        output::table(&header, &rows)
    }

    /// Is each model better than the first one, or only luckier?
    fn show_comparison(&self, lengths: &Cutoffs, seed: u64) -> Result<()> {
        let Some((first, others)) = self.results.split_first() else {
            return Ok(());
        };
        let name = ListMetric::Ndcg.at(lengths.as_slice()[0]);
        let values = |result: &ModelReport| result.evaluation.as_ref()?.values(name);
        for other in others {
            let (Some(base), Some(these)) = (values(first), values(other)) else {
                continue;
            };
            let found = paired_bootstrap(&these, &base, seed, RESAMPLES)?;
            output::line(format_args!(
                "{name}: {} against {}: {:+.4}, 95 % interval {:+.4} to {:+.4}, p {:.4}",
                other.model, first.model, found.mean, found.low, found.high, found.p_value,
            ))?;
        }
        Ok(())
    }
}
