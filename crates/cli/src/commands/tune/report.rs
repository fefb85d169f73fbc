//! What a search found, as tables for people and as JSON for programs.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result};
use marquee_engine::tune::{Cut, Gain, Search, Status, Trial, importance};
use marquee_eval::PairedDifference;
use serde::Serialize;

use super::{Args, source, watch::outcome};
use crate::output;

/// Trials in the table of a model.
const SHOWN: usize = 10;

/// All models of one search.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    data: DataReport,
    metric: String,
    seed: u64,
    results: Vec<ModelReport>,
    out: String,
}

/// What was trained on and validated with.
#[derive(Debug, Serialize)]
struct DataReport {
    cut: String,
    folds: usize,
    /// Of the first fold.
    users: usize,
    items: usize,
    train: usize,
    /// Of all folds together.
    validation_users: usize,
}

#[derive(Debug, Serialize)]
struct ModelReport {
    model: String,
    best: TrialReport,
    /// `None` where the defaults could not be judged.
    defaults: Option<TrialReport>,
    /// Best minus defaults, user by user; optimistic, since the best was chosen on these users.
    difference: Option<PairedDifference>,
    difference_se: Option<f64>,
    /// By parameter, the share of the variance between trials that it explains alone.
    importance: BTreeMap<String, Option<f64>>,
    seconds: f64,
    /// In the order they were made.
    trials: Vec<TrialReport>,
    #[serde(skip)]
    ranked: Vec<usize>,
}

#[derive(Debug, Clone, Serialize)]
struct TrialReport {
    trial: usize,
    /// The parameters that differ from the defaults.
    params: toml::Table,
    status: &'static str,
    mean: Option<f64>,
    se: Option<f64>,
    folds: usize,
    seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip)]
    shown: (String, String),
}

impl TrialReport {
    fn new(trial: &Trial) -> Self {
        Self {
            trial: trial.number,
            params: trial.spec.params().clone(),
            status: match trial.status() {
                Status::Complete => "complete",
                Status::Behind => "behind",
                Status::Failed => "failed",
            },
            mean: trial.mean(),
            se: trial.standard_error(),
            folds: trial.values.len(),
            seconds: trial.seconds,
            error: trial.error.clone(),
            shown: (trial.spec.to_string(), outcome(trial)),
        }
    }

    fn row(&self) -> Vec<String> {
        let se = self.se.map(|se| format!("±{se:.4}"));
        vec![
            self.shown.0.clone(),
            self.shown.1.clone(),
            se.unwrap_or_default(),
            self.trial.to_string(),
            format!("{:.1}", self.seconds),
        ]
    }
}

impl ModelReport {
    fn new(search: &Search<'_>) -> Result<Self> {
        let trials: Vec<TrialReport> = search.trials().iter().map(TrialReport::new).collect();
        let ranked: Vec<usize> = search.ranked().iter().map(|one| one.number - 1).collect();
        let Some(best) = search.best() else {
            let last = trials
                .last()
                .map_or("no trial was made", |last| &last.shown.1);
            anyhow::bail!(
                "model {}: no trial was complete; the last: {last}",
                search.model()
            );
        };
        let gain = search.gain();
        Ok(Self {
            model: search.model().to_owned(),
            best: TrialReport::new(best),
            defaults: search.defaults().map(TrialReport::new),
            difference: gain.map(|Gain { difference, .. }| difference),
            difference_se: gain.and_then(|gain| gain.standard_error),
            importance: importance(search.space(), search.trials())
                .into_iter()
                .collect(),
            seconds: trials.iter().map(|one| one.seconds).sum(),
            trials,
            ranked,
        })
    }

    fn show(&self, metric: &str) -> Result<()> {
        let n_folds: usize = self.trials.iter().map(|one| one.folds).sum();
        output::line(format_args!(
            "\n{}: {} trials, {n_folds} models trained, {:.1} s",
            self.model,
            self.trials.len(),
            self.seconds,
        ))?;
        let rows: Vec<Vec<String>> = self
            .ranked
            .iter()
            .take(SHOWN)
            .map(|&at| self.trials[at].row())
            .collect();
        output::table(&["parameters", metric, "se", "trial", "s"], &rows)?;
        let known = self.importance.iter();
        let mut shares: Vec<(&String, f64)> = known
            .filter_map(|(name, share)| Some((name, (*share)?)))
            .collect();
        shares.sort_by(|one, other| other.1.total_cmp(&one.1));
        if !shares.is_empty() {
            let each = shares.iter();
            let each: Vec<String> = each
                .map(|(name, share)| format!("{name} {:.0} %", share * 100.0))
                .collect();
            output::line(format_args!(
                "variance between trials that each parameter explains alone: {}",
                each.join(", ")
            ))?;
        }
        let (Some(defaults), Some(found)) = (&self.defaults, &self.difference) else {
            return output::line("the defaults could not be judged, so nothing is compared");
        };
        if self.best.trial == defaults.trial {
            return output::line("no trial was better than the defaults");
        }
        let se = self.difference_se.unwrap_or_default();
        output::line(format_args!(
            "best against defaults ({:.4}): {:+.4} ±{se:.4}, 95 % interval {:+.4} to {:+.4}, on the \
             users it was chosen by: evaluate tells how much of it stays",
            defaults.mean.unwrap_or_default(),
            found.mean,
            found.low,
            found.high,
        ))
    }
}

impl Report {
    pub(super) fn new(args: &Args, cut: &Cut, searches: &[Search<'_>]) -> Result<Self> {
        let first = cut.folds().first().context("the cut has no fold")?;
        let results = searches.iter().map(ModelReport::new);
        Ok(Self {
            data: DataReport {
                cut: source::described(args),
                folds: cut.folds().len(),
                users: first.train().n_users(),
                items: first.train().n_items(),
                train: first.train().n_interactions(),
                validation_users: cut.n_users(),
            },
            metric: args.metric.to_string(),
            seed: args.seed,
            results: results.collect::<Result<_>>()?,
            out: args.out.display().to_string(),
        })
    }

    /// Prints the tables that people read.
    pub(super) fn show(&self, out: &Path) -> Result<()> {
        let data = &self.data;
        output::line(format_args!(
            "{}; {} fold(s), {} users and {} pairs to train on, {} users to validate with",
            data.cut,
            data.folds,
            output::count(data.users as u64),
            output::count(data.train as u64),
            output::count(data.validation_users as u64),
        ))?;
        for result in &self.results {
            result.show(&self.metric)?;
        }
        output::line(format_args!("\nbest parameters are in {}", out.display()))
    }
}
