//! `cargo xtask bench cf`: training of collaborative filtering, beside other libraries where asked for: its
//! speed on worlds that are made for it, or its quality on given data (`--quality`).
//!
//! Every contender is a process of its own on the same cores, and they take turns, so that whatever else
//! the machine does meets all of them. The figures are medians over the rounds. The tables are Markdown,
//! ready for `docs/benchmarks.md`.

mod quality;

use std::{path::Path, process::Command};

use anyhow::Context;
use clap::Args;
use serde::Deserialize;

use super::{on_cores, peers};
use crate::{shell, workspace::Workspace};

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Worlds of interactions: S (50 thousand), M (1 million), L (20 million)
    #[arg(
        long,
        value_name = "SIZE,…",
        value_delimiter = ',',
        default_value = "M"
    )]
    sizes: Vec<String>,
    /// Numbers of a vector; each is a table
    #[arg(
        long,
        value_name = "N,…",
        value_delimiter = ',',
        default_value = "64,128"
    )]
    factors: Vec<u32>,
    /// Threads, each on a core of its own; each is a table
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_value = "1,2")]
    threads: Vec<u32>,
    /// Iterations of a training
    #[arg(long, default_value_t = 6)]
    iterations: u32,
    /// Rounds
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Also tell the time of the shortest training that comes to this share of the best nDCG@20 of a
    /// table; 0 for not
    #[arg(long, default_value_t = 0.98)]
    reach: f64,
    /// Models of ours [default: ials-cholesky,ials-cg,ials-blocks,bpr]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    models: Vec<String>,
    /// Also measure other libraries, installed under target/ on first use; all of them or just these
    #[arg(
        long,
        value_name = "NAME,…",
        value_delimiter = ',',
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ALL
    )]
    peers: Vec<String>,
    #[command(flatten)]
    quality: quality::Quality,
}

/// What stands for every library.
const ALL: &str = "all";
const MODELS: &str = "ials-cholesky,ials-cg,ials-blocks,bpr";
const PEERS: &str = "implicit ALS: CG,implicit ALS: Cholesky,implicit BPR,irspack iALS: Cholesky,\
                     irspack iALS: CG,irspack iALS++,buffalo ALS: CG,lenskit ALS";
/// A library that needs an environment of its own, for the old versions of what it stands on.
const ALONE: &str = "buffalo";

impl Options {
    /// The models asked for, or the usual ones.
    fn models(&self, usual: &str) -> Vec<String> {
        match self.models.is_empty() {
            true => names(usual),
            false => self.models.clone(),
        }
    }

    /// The models of other libraries asked for, all of them where just that was said.
    fn peers(&self, all: &str) -> Vec<String> {
        match self.peers.as_slice() {
            [one] if one == ALL => names(all),
            these => these.to_vec(),
        }
    }
}

fn names(list: &str) -> Vec<String> {
    list.split(',').map(str::to_owned).collect()
}

/// What a contender prints.
#[derive(Debug, Clone, Deserialize)]
struct Outcome {
    library: String,
    model: String,
    step_seconds: f64,
    step_cpu_seconds: f64,
    seconds: f64,
    cpu_seconds: f64,
    ndcg20: f64,
    peak_bytes: u64,
}

/// Builds, makes the worlds, measures in turns and prints the tables.
///
/// # Errors
///
/// When a step fails, for example because a library cannot be installed.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let mut build = workspace.cargo();
    build.args(["build", "--release", "-p", "xtask-bench"]);
    shell::run(build.args(["--bin", "xtask-bench-cf"]))?;
    let program = workspace.target().join("release/xtask-bench-cf");
    let python = match options.peers.is_empty() && !options.quality.names_peers() {
        true => None,
        false => Some(peers::python(workspace, "cf")?),
    };
    if options.quality.is_asked() {
        return quality::run(workspace, options, (&program, python.as_deref()));
    }
    let script = workspace.root().join("xtask/bench/peers/cf.py");
    let (models, peers) = (options.models(MODELS), options.peers(PEERS));
    let is_alone = |model: &str| model.starts_with(ALONE);
    let alone = match peers.iter().any(|model| is_alone(model)) {
        true => Some(peers::python(workspace, ALONE)?),
        false => None,
    };
    let mut gemm = on_cores("1", &program);
    let gemm = shell::read(gemm.args(["--folder", ".", "gemm"]))?;
    shell::say(format_args!(
        "products of dense matrices on one core: {} Gflop/s",
        gemm.trim()
    ));
    for size in &options.sizes {
        let folder = workspace.target().join("bench-cf").join(size);
        make(&program, &folder, size)?;
        for &factors in &options.factors {
            for &threads in &options.threads {
                shell::heading(format_args!("{size}, {factors} factors, {threads} threads"));
                let contender = |kind: &Kind<'_>, iterations: u32| {
                    let mut command = on_cores(&cores(threads), kind.program);
                    command.args(kind.script).arg("--folder").arg(&folder);
                    command.args(kind.verb).args(["--model", kind.model]);
                    command.args(["--factors", &factors.to_string()]);
                    command.args(["--threads", &threads.to_string()]);
                    command.args(["--iterations", &iterations.to_string()]);
                    command
                };
                let ours = models.iter().map(|model| Kind {
                    program: &program,
                    script: None,
                    verb: Some("train"),
                    model,
                });
                let theirs = peers.iter().filter_map(|model| {
                    let program = if is_alone(model) { &alone } else { &python };
                    Some(Kind {
                        program: program.as_deref()?,
                        script: Some(&script),
                        verb: None,
                        model,
                    })
                });
                let kinds: Vec<Kind<'_>> = ours.chain(theirs).collect();
                let whole = |kind| contender(kind, options.iterations);
                let mut commands: Vec<Command> = kinds.iter().map(whole).collect();
                let all = turns(&mut commands, options.rounds)?;
                print(&all);
                if options.reach > 0.0 {
                    reach(&kinds, &all, options, contender)?;
                }
            }
        }
    }
    Ok(())
}

/// The cores of so many threads: the second one for a single thread, since the first one also serves
/// the rest of the machine.
fn cores(threads: u32) -> String {
    match threads {
        0 | 1 => "1".to_owned(),
        _ => format!("0-{}", threads - 1),
    }
}

/// How a contender is started.
struct Kind<'a> {
    program: &'a Path,
    script: Option<&'a Path>,
    verb: Option<&'a str>,
    model: &'a str,
}

fn make(program: &Path, folder: &Path, size: &str) -> anyhow::Result<()> {
    if folder.join("shape").is_file() {
        return Ok(());
    }
    let mut make = Command::new(program);
    make.arg("--folder").arg(folder);
    shell::run(make.args(["make", "--size", &size.to_lowercase()]))
}

/// Runs all contenders, one after the other, as often as there are rounds.
fn turns(commands: &mut [Command], rounds: u32) -> anyhow::Result<Vec<Vec<Outcome>>> {
    let mut all = vec![Vec::new(); commands.len()];
    for _ in 0..rounds.max(1) {
        for (command, outcomes) in commands.iter_mut().zip(&mut all) {
            let text = shell::read(command)?;
            let last = text.lines().last().unwrap_or_default();
            let outcome: Outcome = serde_json::from_str(last)
                .with_context(|| format!("not a measurement: {last:?}"))?;
            outcomes.push(outcome);
        }
    }
    Ok(all)
}

/// Finds the shortest training of each contender that comes to the share of the best nDCG asked for, of
/// those who have as much in the end; measures all of these in turns, too, prints them, and names the others.
fn reach<'a>(
    kinds: &'a [Kind<'a>],
    all: &[Vec<Outcome>],
    options: &Options,
    contender: impl Fn(&'a Kind<'a>, u32) -> Command,
) -> anyhow::Result<()> {
    let finals = all.iter().filter_map(|outcomes| outcomes.first());
    let best = finals.map(|one| one.ndcg20).fold(0.0, f64::max);
    let wanted = options.reach * best;
    let (mut shortest, mut commands, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    for (kind, outcomes) in kinds.iter().zip(all) {
        if outcomes.first().is_none_or(|one| one.ndcg20 < wanted) {
            left_out.push(kind.model);
            continue;
        }
        let mut iterations = 1;
        while iterations < options.iterations {
            let found = &turns(&mut [contender(kind, iterations)], 1)?[0];
            if found.iter().any(|one| one.ndcg20 >= wanted) {
                break;
            }
            iterations += 1;
        }
        shortest.push(iterations);
        commands.push(contender(kind, iterations));
    }
    shell::say(format_args!(
        "\n| to an nDCG@20 of {wanted:.4} | model | iterations | CPU s in all | s in all |"
    ));
    shell::say("|---|---|---|---|---|");
    let all = turns(&mut commands, options.rounds)?;
    for (iterations, outcomes) in shortest.iter().zip(&all) {
        let [first, ..] = outcomes.as_slice() else {
            continue;
        };
        shell::say(format_args!(
            "| {} | {} | {iterations} | {:.2} | {:.2} |",
            first.library,
            first.model,
            median(outcomes, |one| one.cpu_seconds),
            median(outcomes, |one| one.seconds),
        ));
    }
    if !left_out.is_empty() {
        shell::say(format_args!(
            "\nin {} iterations without as much: {}",
            options.iterations,
            left_out.join(", ")
        ));
    }
    Ok(())
}

/// The middle of what the rounds gave.
fn median(outcomes: &[Outcome], of: fn(&Outcome) -> f64) -> f64 {
    let mut values: Vec<f64> = outcomes.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn print(all: &[Vec<Outcome>]) {
    shell::say(
        "\n| library | model | CPU s a step | s a step | s in all | nDCG@20 | memory above the data, MiB |",
    );
    shell::say("|---|---|---|---|---|---|---|");
    for outcomes in all {
        let Some(first) = outcomes.first() else {
            continue;
        };
        shell::say(format_args!(
            "| {} | {} | {:.4} | {:.4} | {:.2} | {:.4} | {:.0} |",
            first.library,
            first.model,
            median(outcomes, |one| one.step_cpu_seconds),
            median(outcomes, |one| one.step_seconds),
            median(outcomes, |one| one.seconds),
            first.ndcg20,
            median(outcomes, |one| one.peak_bytes as f64) / f64::from(1 << 20),
        ));
    }
}
