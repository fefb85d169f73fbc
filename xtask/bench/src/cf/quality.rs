//! How good models are beside those of other libraries: the same rows to train on, the same histories,
//! the same trials of parameters by number, and one judge for both.
//!
//! Everybody gets the rows to train on and the histories of those who are asked for, never what is to be
//! found, and gives lists back, which are measured by the crate that `marquee evaluate` measures with.
//! Parameters are drawn from a grid, each set judged on the parts for choosing; the best is then judged
//! once on the parts to report.

mod contender;
mod grid;
mod parts;
mod peer;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Parser;
use marquee_engine::ModelSpec;
use marquee_eval::{Evaluation, MetricName};

use self::{
    contender::{Contender, Ours},
    grid::Grids,
    parts::{Part, Parts, Set},
    peer::Peer,
};

/// What to compare.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    /// What is split how: `strong=D` or `weak=D` for a data folder, `published=DIR` for a folder with
    /// the files `train.txt.gz` and `test.txt.gz`
    #[arg(long)]
    set: Set,
    /// Models of ours
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    models: Vec<String>,
    /// Models of other libraries
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    peers: Vec<String>,
    /// A model of either side with just these parameters, `NAME:key=value,…`; may be repeated
    #[arg(long, value_name = "MODEL")]
    fixed: Vec<ModelSpec>,
    /// Where models are judged in the end: on what is reported, or where parameters are chosen
    #[arg(long, value_enum, default_value = "test")]
    on: On,
    /// The Python that has the libraries
    #[arg(long, default_value = "python3")]
    python: PathBuf,
    /// The program that runs them
    #[arg(long, default_value = "xtask/bench/peers/cf_quality.py")]
    script: PathBuf,
    /// Sets of parameters that are tried; fewer where the grid has no more
    #[arg(long, default_value_t = 12)]
    trials: usize,
    /// Folds that parameters are chosen on, where there are several
    #[arg(long, default_value_t = 2)]
    search_folds: usize,
    /// Seed of the split, of the trials and of training
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Threads of a training
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

/// Parts that rows of the table are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum On {
    Test,
    Search,
}

/// Compares and prints a row for each model.
///
/// # Errors
///
/// When the data cannot be read or split, or the folder cannot be written. A model that fails is told of,
/// and the others go on.
pub(crate) fn compare(folder: &Path, options: &Options) -> Result<()> {
    let threads = rayon::ThreadPoolBuilder::new().num_threads(options.threads);
    threads.build_global().context("cannot start the threads")?;
    let parts = Parts::make(&options.set, options.seed, options.search_folds)?;
    let grids = Grids::for_items(parts.n_items())?;
    say_head(&parts);
    let named = options.models.iter().chain(&options.peers);
    let mut specs: Vec<ModelSpec> = named
        .map(|name| ModelSpec::new(name.as_str(), toml::Table::new()))
        .collect();
    specs.extend_from_slice(&options.fixed);
    if specs.iter().any(is_peer) {
        parts.write(folder)?;
    }
    for spec in &specs {
        let contender: Result<Box<dyn Contender>> = match is_peer(spec) {
            true => Peer::start(spec.name(), folder, options).map(|peer| Box::new(peer) as _),
            false => Ok(Box::new(Ours::new(spec.name(), options.seed))),
        };
        let row = contender.and_then(|mut contender| {
            let trials = match spec.params().is_empty() {
                true => grids.trials(spec.name(), options.trials, options.seed)?,
                false => vec![spec.params().clone()],
            };
            let (value, params) = choose(contender.as_mut(), &trials, &parts)?;
            let on = match options.on {
                On::Test => &parts.test,
                On::Search => &parts.search,
            };
            let (found, seconds) = judge(contender.as_mut(), params, on)?;
            row(
                contender.as_ref(),
                (&parts, &found, seconds),
                (value, trials.len(), params),
            )
        });
        match row {
            Ok(row) => say(&row),
            Err(error) => complain(spec.name(), &error),
        }
    }
    Ok(())
}

/// Models of other libraries are called by library and name.
fn is_peer(spec: &ModelSpec) -> bool {
    spec.name().contains(' ')
}

/// The best of some sets of parameters where they are chosen, and how good it is there; a single one is
/// not tried.
fn choose<'t>(
    contender: &mut dyn Contender,
    trials: &'t [toml::Table],
    parts: &Parts,
) -> Result<(Option<f64>, &'t toml::Table)> {
    if let [only] = trials {
        return Ok((None, only));
    }
    let mut best: Option<(f64, &toml::Table)> = None;
    for trial in trials {
        let found = judge(contender, trial, &parts.search);
        let value = match found.and_then(|(found, _)| mean(&found, parts.goal())) {
            Ok((value, _)) => value,
            Err(error) => {
                complain(contender.model(), &error);
                continue;
            }
        };
        tell(&format!(
            "{} {value:.4} {}",
            contender.model(),
            shown(trial)
        ));
        if best.is_none_or(|(most, _)| value > most) {
            best = Some((value, trial));
        }
    }
    let (value, params) = best.context("no set of parameters worked")?;
    Ok((Some(value), params))
}

/// A row of the table.
fn row(
    contender: &dyn Contender,
    (parts, found, seconds): (&Parts, &Evaluation, f64),
    (value, n_trials, params): (Option<f64>, usize, &toml::Table),
) -> Result<String> {
    let mut row = format!("| {} | {} |", contender.library(), contender.model());
    for name in parts.shown() {
        let (mean, error) = mean(found, name)?;
        row += &format!(" {mean:.4} ± {error:.4} |");
    }
    let value = value.map_or(String::new(), |value| {
        format!("{value:.4}, best of {n_trials}: ")
    });
    row += &format!(" {seconds:.1} | {value}{} |", shown(params));
    Ok(row)
}

fn shown(params: &toml::Table) -> String {
    let params: Vec<String> = params.iter().map(|(k, v)| format!("{k}={v}")).collect();
    params.join(", ")
}

/// Judges one set of parameters on some parts, all their cases together; also gives the processor seconds
/// of training.
fn judge(
    contender: &mut dyn Contender,
    params: &toml::Table,
    parts: &[Part],
) -> Result<(Evaluation, f64)> {
    let mut total: Option<Evaluation> = None;
    let mut seconds = 0.0;
    for part in parts {
        let (found, took) = contender.judge(part, params)?;
        seconds += took;
        match &mut total {
            None => total = Some(found),
            Some(total) => total.append(&found)?,
        }
    }
    Ok((total.context("there is no part to judge on")?, seconds))
}

/// A metric's mean and its standard error.
fn mean(found: &Evaluation, name: &str) -> Result<(f64, f64)> {
    let metric: MetricName = name.parse()?;
    let mean = found.summary().get(metric);
    let mean = mean.with_context(|| format!("{name} was not measured"))?;
    Ok((mean.mean, mean.se.unwrap_or_default()))
}

fn say_head(parts: &Parts) {
    let shown = parts.shown();
    say(&format!(
        "\n| library | model | {} | training, CPU s | chosen by {} |",
        shown.join(" | "),
        parts.goal()
    ));
    say(&("|---".repeat(shown.len() + 4) + "|"));
}

#[expect(clippy::print_stdout, reason = "the program's answer")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "for who waits")]
fn tell(line: &str) {
    eprintln!("{line}");
}

fn complain(model: &str, error: &anyhow::Error) {
    tell(&format!("{model}: {error:#}"));
}
