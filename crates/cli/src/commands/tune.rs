//! `marquee tune`: better parameters for models, found on a cut of the training data.

mod interrupt;
mod report;
mod settings;
mod source;
mod state;
mod tuned;
mod watch;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use clap::Parser;
use marquee_engine::{
    EngineError, ModelSpec,
    tune::{Goal, Search, Trial},
};
use marquee_eval::{MetricName, Protocol};

use self::{interrupt::Interrupt, report::Report, settings::Settings, state::State, watch::Watch};
use super::data::{self, DataArgs};
use crate::output;

/// Searches the parameters of each model for those that rank best.
///
/// Only training data is used. With --data, the data is split by --protocol and --seed as evaluate
/// splits it; the training part of the first fold is cut once more by the same protocol, and trials are
/// judged on that inner cut. With --train, a random fifth of each user's items is cut off that file, or
/// --valid is what is to be found. A test file is never read.
///
///   marquee tune --data DIR --protocol strong --model ials --model ease
///   marquee evaluate --data DIR --protocol strong --config tuned.toml
///
/// The first trial has the defaults. Every finished trial is kept in the state file: the same command
/// goes on where it was interrupted, a larger --trials goes on from the end.
#[derive(Debug, Parser)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// How a data folder is split: strong, weak, temporal or last-out, with settings such as
    /// strong:folds=5
    #[arg(
        long,
        value_name = "P",
        default_value = "strong",
        conflicts_with = "train"
    )]
    protocol: Protocol,
    /// Training file: adjacency text, CSV or TSV with a header, or RecBole .inter; plain or gzip
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    train: Option<PathBuf>,
    /// Validation file, in any of the same forms
    #[arg(long, value_name = "FILE", requires = "train")]
    valid: Option<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
    /// A model, NAME or NAME:key=value,… whose values stay as they are; may be repeated
    /// [default: ials]
    #[arg(long = "model", value_name = "NAME")]
    models: Vec<ModelSpec>,
    /// Trials of each model
    #[arg(long, value_name = "N", default_value_t = 40)]
    trials: usize,
    /// What is to be as large as possible: recall, recall_min, ndcg, map, mrr, hit or precision, at
    /// a list length
    #[arg(long, value_name = "NAME@K", default_value = "ndcg@20")]
    metric: MetricName,
    /// File with a table for each model of what to vary, in place of its own space
    #[arg(long, value_name = "FILE")]
    space: Option<PathBuf>,
    /// Folds of the cut that a good trial is judged on [default: 3 with strong, otherwise 1]
    #[arg(long, value_name = "N")]
    folds: Option<usize>,
    /// A trial goes on to the next fold unless it is this many standard errors behind the best one;
    /// inf for always
    #[arg(long, value_name = "SE", default_value_t = 2.0)]
    race: f64,
    /// Seed of the split, of the search and of the training
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Threads; all processors when not given
    #[arg(long)]
    threads: Option<usize>,
    /// No trial begins after this many minutes, which the models share
    #[arg(long, value_name = "M")]
    minutes: Option<f64>,
    /// Where the best parameters go, as a file for --config; it is replaced
    #[arg(long, value_name = "FILE", default_value = "tuned.toml")]
    out: PathBuf,
    /// Where finished trials are kept [default: beside --out, ending in .trials.jsonl]
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Print one JSON object and nothing else
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    data::use_threads(args.threads)?;
    anyhow::ensure!(args.trials > 0, "--trials must be at least 1");
    let is_wrong = |minutes: &f64| minutes.is_nan() || *minutes <= 0.0;
    if let Some(minutes) = args.minutes.filter(is_wrong) {
        bail!("--minutes is {minutes}, expected a number above 0");
    }
    let goal = Goal {
        metric: args.metric,
        seed: args.seed,
        race: args.race,
    };
    let models = settings::models(&args.models, args.space.as_deref())?;
    let cut = source::cut(args)?;
    let mut searches = models
        .into_iter()
        .map(|(spec, space)| {
            let name = spec.name().to_owned();
            Search::new(&cut, goal, spec, &space).with_context(|| format!("model {name}"))
        })
        .collect::<Result<Vec<_>>>()?;
    let path = args.state.clone();
    let path = path.unwrap_or_else(|| args.out.with_extension("trials.jsonl"));
    let settings = Settings::of(args, &cut, &searches);
    let mut state = State::open(&path, &settings)?;
    replay(&mut searches, state.take_trials())
        .with_context(|| format!("{} cannot be continued", path.display()))?;
    let interrupt = Interrupt::listen()?;
    let deadline = Deadline::new(args.minutes);
    let n_models = searches.len();
    for (at, search) in searches.iter_mut().enumerate() {
        let until = deadline.share(n_models - at);
        go_on(args, search, &mut state, (&interrupt, until))?;
    }
    if interrupt.is_raised() {
        bail!(
            "interrupted; finished trials are in {}, and the same command goes on from there",
            path.display()
        );
    }
    let report = Report::new(args, &cut, &searches)?;
    tuned::write(&args.out, args, &searches)?;
    if args.json {
        return output::json(&report);
    }
    report.show(&args.out)
}

/// When no further trial begins.
struct Deadline(Option<Instant>);

impl Deadline {
    fn new(minutes: Option<f64>) -> Self {
        let length = minutes.and_then(|minutes| Duration::try_from_secs_f64(minutes * 60.0).ok());
        Self(length.and_then(|length| Instant::now().checked_add(length)))
    }

    /// The end of an equal share of what is left, for one of `n_models`.
    fn share(&self, n_models: usize) -> Option<Instant> {
        let now = Instant::now();
        let left = self.0?.saturating_duration_since(now);
        Some(now + left / u32::try_from(n_models.max(1)).unwrap_or(u32::MAX))
    }
}

/// Gives each search the trials that it made before.
fn replay(searches: &mut [Search<'_>], trials: Vec<Trial>) -> Result<()> {
    for trial in trials {
        let name = trial.spec.name().to_owned();
        let mut all = searches.iter_mut();
        let search = all.find(|search| search.model() == name);
        search
            .with_context(|| format!("model {name} is not searched"))?
            .replay(trial)?;
    }
    Ok(())
}

fn go_on(
    args: &Args,
    search: &mut Search<'_>,
    state: &mut State,
    (interrupt, until): (&Interrupt, Option<Instant>),
) -> Result<()> {
    let mut watch = Watch::new(search, args, until);
    while search.trials().len() < args.trials && !interrupt.is_raised() {
        if until.is_some_and(|until| Instant::now() >= until) && !search.trials().is_empty() {
            watch.note("out of time");
            return Ok(());
        }
        let Some(spec) = search.propose() else {
            watch.note("no parameters are left that were not tried");
            return Ok(());
        };
        watch.begins(search);
        let judged = search.judge(&spec, &mut |_: &marquee_cf::Step| interrupt.flow());
        let trial = match judged {
            Err(EngineError::Model(marquee_cf::Error::Stopped { .. })) => return Ok(()),
            other => other?,
        };
        state.append(&trial)?;
        search.add(trial);
        watch.ended(search);
    }
    Ok(())
}
