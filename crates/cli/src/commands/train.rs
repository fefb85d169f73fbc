//! `marquee train`: new model versions from the data of a folder.

mod ranker;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};
use clap::Parser;
use marquee_cf::Step;
use marquee_engine::{ModelSpec, RankerReport, RankerRun, ranking, training};
use marquee_store::ModelVersion;
use serde::Serialize;

use super::{
    data::{self, DataArgs},
    specs,
};
use crate::{meter, output, progress::Shown};

/// Trains each model on everything in the data folder and publishes it as a new version. The last one
/// answers from then on, unless --keep-active is given; a running server goes on with the version it
/// has until it is told to promote another.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    #[command(flatten)]
    data: DataArgs,
    /// A model, NAME or NAME:key=value,…; may be repeated [default: ials]. `ranker` and `ranker-trees`
    /// learn from impressions and what followed them, and order what the model named before them, or
    /// else the active one, proposes
    #[arg(long = "model", value_name = "NAME")]
    models: Vec<ModelSpec>,
    /// File with a [models.NAME] table of parameters for each model
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// File that declares the features of rankers; docs/features.md describes it
    #[arg(long, value_name = "FILE")]
    features: Option<PathBuf>,
    /// Leave the version that answers as it is
    #[arg(long)]
    keep_active: bool,
    /// Seed of the training
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Seconds until a training in passes keeps its state again, 0 for after every pass; the same command
    /// goes on from there after an interruption
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    keep_every: u64,
    /// Threads; all processors when not given
    #[arg(long)]
    threads: Option<usize>,
    /// Print one JSON object and nothing else
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Report {
    data: Sizes,
    results: Vec<Trained>,
    active: Option<String>,
}

#[derive(Debug, Serialize)]
struct Sizes {
    users: usize,
    items: usize,
    interactions: usize,
}

#[derive(Debug, Serialize)]
struct Trained {
    model: String,
    version: String,
    seed: u64,
    train_seconds: f64,
    train_cpu_seconds: f64,
    seconds_per_step: Option<f64>,
    peak_rss_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ranker: Option<RankerReport>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    data::use_threads(args.threads)?;
    let specs = specs::resolve(&args.models, args.config.as_deref(), "ials")?;
    let folder = args.data.data.as_ref();
    let folder = folder.context("--data DIR is needed")?;
    let any_ranker = specs.iter().any(|spec| ranking::is_ranker(spec.name()));
    anyhow::ensure!(
        any_ranker || args.features.is_none(),
        "--features are those of rankers: name one, such as --model ranker"
    );
    let (loaded, _) = data::load(folder, &args.data)?;
    let mut report = Report {
        data: Sizes {
            users: loaded.dataset.n_users(),
            items: loaded.dataset.n_items(),
            interactions: loaded.dataset.n_interactions(),
        },
        results: Vec::new(),
        active: None,
    };
    let mut base = None;
    for spec in &specs {
        let (version, trained) = if ranking::is_ranker(spec.name()) {
            train_ranker(args, spec, folder, base.clone())?
        } else {
            train(args, spec, folder, &loaded)?
        };
        if !ranking::is_ranker(version.name()) {
            base = Some(version.clone());
        }
        if !args.keep_active {
            training::activate(folder, &version)?;
            report.active = Some(version.to_string());
        }
        if !args.json {
            show(&trained)?;
            trained.ranker.as_ref().map(ranker::show).transpose()?;
        }
        report.results.push(trained);
    }
    if args.json {
        return output::json(&report);
    }
    if let Some(active) = &report.active {
        output::line(format_args!("{active} answers from now on"))?;
    }
    Ok(())
}

fn train(
    args: &Args,
    spec: &ModelSpec,
    folder: &Path,
    loaded: &marquee_ingest::Loaded,
) -> Result<(ModelVersion, Trained)> {
    let mut shown = Shown::new(spec.name());
    let mut steps = Vec::new();
    meter::reset_peak_memory();
    let meter = meter::Meter::start();
    let run = training::Run {
        seed: args.seed,
        keep_every: Duration::from_secs(args.keep_every),
    };
    let mut progress = |step: &Step| {
        steps.push(step.seconds);
        shown.step(step)
    };
    let version = training::train_as(folder, loaded, spec, run, &mut progress);
    let version = version.with_context(|| format!("model {}", spec.name()))?;
    let trained = trained(spec, args.seed, &version, (&meter, steps));
    Ok((version, trained))
}

fn train_ranker(
    args: &Args,
    spec: &ModelSpec,
    folder: &Path,
    base: Option<ModelVersion>,
) -> Result<(ModelVersion, Trained)> {
    let features = args
        .features
        .as_deref()
        .map(|path| fs::read_to_string(path).with_context(|| format!("{}", path.display())));
    let run = RankerRun {
        spec: spec.clone(),
        features: features.transpose()?,
        base,
        seed: args.seed,
        keep_every: Duration::from_secs(args.keep_every),
    };
    let mut shown = Shown::new(spec.name());
    let mut steps = Vec::new();
    meter::reset_peak_memory();
    let meter = meter::Meter::start();
    let done = marquee_engine::train_ranker(folder, &run, &mut |step| {
        steps.push(step.seconds);
        shown.pass(step)
    });
    let (version, report) = done.with_context(|| format!("model {}", spec.name()))?;
    Ok((
        version.clone(),
        Trained {
            ranker: Some(report),
            ..trained(spec, args.seed, &version, (&meter, steps))
        },
    ))
}

fn trained(
    spec: &ModelSpec,
    seed: u64,
    version: &ModelVersion,
    (meter, mut steps): (&meter::Meter, Vec<f64>),
) -> Trained {
    steps.sort_by(f64::total_cmp);
    Trained {
        model: spec.to_string(),
        version: version.to_string(),
        seed,
        train_seconds: meter.wall_seconds(),
        train_cpu_seconds: meter.cpu_seconds(),
        seconds_per_step: steps.get(steps.len() / 2).copied(),
        peak_rss_bytes: meter::peak_memory(),
        ranker: None,
    }
}

fn show(trained: &Trained) -> Result<()> {
    let step = trained.seconds_per_step.unwrap_or_default();
    let peak = trained.peak_rss_bytes.map(output::bytes);
    output::line(format_args!(
        "{} trained in {:.2} s ({step:.3} s a step, peak memory {})",
        trained.version,
        trained.train_seconds,
        peak.unwrap_or("not known".to_owned()),
    ))
}
