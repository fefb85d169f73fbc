//! `cargo xtask bench ranking`: learning to rank, beside other libraries where asked for.
//!
//! Every contender is a process of its own on the same core, and they take turns, so that whatever else
//! the machine does meets all of them. Times are medians over the rounds (and folds). The tables are Markdown, ready
//! for `docs/benchmarks.md`.

mod sets;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;
use clap::Args;
use serde::Deserialize;

use self::sets::Set;
use super::{on_cores, peers};
use crate::{shell, workspace::Workspace};

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Synthetic feeds, by impressions: `1M,5M`; `none` for none
    #[arg(
        long,
        value_name = "N,…",
        value_delimiter = ',',
        default_value = "1M",
        value_parser = sets::feed
    )]
    sizes: Vec<Set>,
    /// Seed of the feeds
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// A file of synthetic clicks too: what stands before `.cat.u32`, `.num.f32`, `.y.u8` and `.p.f32`
    #[arg(long, value_name = "PREFIX")]
    clicks: Option<PathBuf>,
    /// Public data sets too: the folder that holds a folder of each
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Which of them
    #[arg(
        long,
        value_name = "NAME,…",
        value_delimiter = ',',
        default_value = "frappe,movielens,retailrocket,grades,criteo,avazu"
    )]
    sets: Vec<String>,
    /// Sessions that are played in each synthetic feed, ordered by our network and by others; 0 for none
    #[arg(long, default_value_t = 2000)]
    sessions: u32,
    /// Our models
    #[arg(
        long,
        value_name = "NAME,…",
        value_delimiter = ',',
        default_value = "network,equal-network,logistic,trees"
    )]
    models: Vec<String>,
    /// Heads that trees, of which each head needs its own, are trained for; all if none is named
    #[arg(long, value_name = "NAME,…", default_value = "")]
    tree_heads: String,
    /// Threads of a training
    #[arg(long, default_value_t = 1)]
    threads: u32,
    /// Rounds
    #[arg(long, default_value_t = 1)]
    rounds: u32,
    /// Also measure other libraries, installed under target/ on first use; all of them or just these
    #[arg(
        long,
        value_name = "NAME,…",
        value_delimiter = ',',
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "torch,lightgbm,xgboost"
    )]
    peers: Vec<String>,
}

/// What a contender prints.
#[derive(Debug, Clone, Deserialize)]
struct Outcome {
    library: String,
    model: String,
    seconds: f64,
    cpu_seconds: f64,
    rows_per_second: f64,
    peak_bytes: u64,
    p50_ms: f64,
    p99_ms: f64,
    cpu_ms: f64,
}

/// Builds, makes the data sets, measures in turns and prints the tables.
///
/// # Errors
///
/// When a step fails, for example because a library cannot be installed.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let mut build = workspace.cargo();
    build.args(["build", "--release", "-p", "xtask-bench"]);
    shell::run(build.args(["--bin", "xtask-bench-ranking"]))?;
    let bench = Bench {
        program: workspace.target().join("release/xtask-bench-ranking"),
        python: match options.peers.is_empty() {
            true => None,
            false => Some(peers::python(workspace, "ranking")?),
        },
        script: workspace.root().join("xtask/bench/peers/ranking.py"),
        options,
    };
    let clicks = options.clicks.iter().cloned().map(Set::Clicks);
    let synthetic = options.sizes.iter().cloned().chain(clicks);
    let synthetic = synthetic
        .filter(|set| *set != Set::None)
        .map(|set| vec![set]);
    let data = options.data.iter();
    let real = data.flat_map(|data| options.sets.iter().map(|name| Set::real(name, data)));
    for folds in synthetic.chain(real) {
        let mut folders = Vec::new();
        for set in &folds {
            let folder = workspace.target().join("bench-ranking");
            let folder = folder.join(set.name(options.seed));
            if !folder.join("about.json").is_file() {
                let mut make = Command::new(&bench.program);
                make.arg("--folder").arg(&folder);
                shell::run(&mut set.make(make, options.seed))?;
            }
            folders.push(folder);
        }
        bench.measure(&folders)?;
        if let [Set::Feed(impressions)] = folds[..] {
            bench.sessions(&folders[0], impressions)?;
        }
    }
    Ok(())
}

struct Bench<'a> {
    program: PathBuf,
    python: Option<PathBuf>,
    script: PathBuf,
    options: &'a Options,
}

impl Bench<'_> {
    /// All contenders on one data set, or on all folds of it.
    fn measure(&self, folders: &[PathBuf]) -> anyhow::Result<()> {
        let about = folders[0].join("about.json");
        let about = std::fs::read(&about).with_context(|| format!("{}", about.display()))?;
        let about: serde_json::Value = serde_json::from_slice(&about)?;
        shell::heading(about["title"].as_str().unwrap_or_default());
        let graded = about["graded"].as_bool().unwrap_or_default();
        // Networks learn chances; where labels are grades, trees alone take part.
        let takes_part = |model: &&String| !graded || !is_network(model);
        let mut all: Vec<Vec<Outcome>> = Vec::new();
        for _ in 0..self.options.rounds.max(1) {
            for folder in folders {
                let ours = self.options.models.iter().filter(takes_part);
                let ours = ours.map(|model| self.ours(folder, model));
                let theirs = self.options.peers.iter().filter(takes_part);
                let theirs = theirs.filter_map(|model| self.theirs(folder, model));
                let mut place = 0;
                for mut command in ours.chain(theirs) {
                    for outcome in outcomes(&mut command)? {
                        if all.len() == place {
                            all.push(Vec::new());
                        }
                        all[place].push(outcome);
                        place += 1;
                    }
                }
            }
        }
        print(&all);
        let names: Vec<&str> = all.iter().map(|outcomes| name(&outcomes[0])).collect();
        let mut judge = Command::new(&self.program);
        judge.arg("--folder").arg(&folders[0]).arg("judge");
        judge.args(["--contenders", &names.join(",")]);
        for folder in &folders[1..] {
            judge.arg("--fold").arg(folder);
        }
        shell::run(&mut judge)
    }

    /// Sessions in a feed, where our network was trained on it.
    fn sessions(&self, folder: &Path, impressions: u64) -> anyhow::Result<()> {
        let trained = folder.join("models/network.mqa").is_file();
        if self.options.sessions == 0 || !trained {
            return Ok(());
        }
        let n = self.options.sessions;
        shell::heading(format_args!("{n} sessions"));
        let mut play = Command::new(&self.program);
        play.arg("--folder").arg(folder).arg("sessions");
        play.args(["--impressions", &impressions.to_string()]);
        play.args(["--seed", &self.options.seed.to_string()]);
        shell::run(play.args(["--sessions", &n.to_string()]))
    }

    fn ours(&self, folder: &Path, model: &str) -> Command {
        let mut command = on_cores(&cores(self.options.threads), &self.program);
        command.arg("--folder").arg(folder).arg("train");
        self.common(&mut command, model);
        command
    }

    fn theirs(&self, folder: &Path, model: &str) -> Option<Command> {
        let mut command = on_cores(&cores(self.options.threads), self.python.as_deref()?);
        command.arg(&self.script).arg("--folder").arg(folder);
        self.common(&mut command, model);
        Some(command)
    }

    fn common(&self, command: &mut Command, model: &str) {
        command.args(["--model", model]);
        command.args(["--threads", &self.options.threads.to_string()]);
        if !self.options.tree_heads.is_empty() {
            command.args(["--tree-heads", &self.options.tree_heads]);
        }
    }
}

fn is_network(model: &str) -> bool {
    !["trees", "lightgbm", "xgboost"].contains(&model)
}

/// The cores of so many threads: the second one for a single thread, since the first one also serves
/// the rest of the machine.
fn cores(threads: u32) -> String {
    match threads {
        0 | 1 => "1".to_owned(),
        _ => format!("0-{}", threads - 1),
    }
}

/// What its predictions are called.
fn name(outcome: &Outcome) -> &str {
    match &*outcome.library {
        "marquee" => &outcome.model,
        library => library,
    }
}

/// Runs a contender; it may print several outcomes.
fn outcomes(command: &mut Command) -> anyhow::Result<Vec<Outcome>> {
    let text = shell::read(command)?;
    let lines = text.lines();
    let outcomes = lines.map(|line| {
        serde_json::from_str(line).with_context(|| format!("not a measurement: {line:?}"))
    });
    outcomes.collect()
}

fn print(all: &[Vec<Outcome>]) {
    shell::say(
        "\n| library | model | training, s | CPU s | rows a CPU second | peak memory, MiB | 500 rows, p50 ms | p99 ms | CPU ms |",
    );
    shell::say("|---|---|---|---|---|---|---|---|---|");
    for outcomes in all {
        let median = |of: fn(&Outcome) -> f64| {
            let mut values: Vec<f64> = outcomes.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied().unwrap_or_default()
        };
        let Some(first) = outcomes.first() else {
            continue;
        };
        shell::say(format_args!(
            "| {} | {} | {:.1} | {:.1} | {:.0} | {:.0} | {:.3} | {:.3} | {:.3} |",
            first.library,
            first.model,
            median(|one| one.seconds),
            median(|one| one.cpu_seconds),
            median(|one| one.rows_per_second),
            median(|one| one.peak_bytes as f64) / f64::from(1 << 20),
            median(|one| one.p50_ms),
            median(|one| one.p99_ms),
            median(|one| one.cpu_ms),
        ));
    }
}
