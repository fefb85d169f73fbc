//! `cargo xtask bench`: the benchmarks.

mod ann;
mod cf;
mod crash;
mod live;
mod peers;
mod ranking;
mod replay;
mod serve;

use std::{path::Path, process::Command};

use anyhow::bail;
use clap::{Args, Subcommand};

use crate::{shell, workspace::Workspace};

/// Which benchmarks to run.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    what: Option<What>,
    /// Only this crate: `math` or `marquee-math`; may be repeated
    #[arg(short, long = "package", value_name = "CRATE")]
    packages: Vec<String>,
    /// Passed on to the benchmark programs: a part of a benchmark's name, `--save-baseline NAME`, …
    #[arg(last = true, value_name = "ARGUMENTS")]
    passed_on: Vec<String>,
}

/// Benchmarks that need more than one process.
#[derive(Debug, Subcommand)]
enum What {
    /// Latency and throughput of a server under calls that arrive at fixed rates
    Serve(serve::Options),
    /// From an event to the answer that knows it, and acknowledged events a second
    Live(live::Options),
    /// Live answers over a log replayed in the order of time, beside models trained now and then
    Replay(replay::Options),
    /// Whether the journal keeps what it acknowledged through kills and power cuts
    Crash(crash::Options),
    /// Recall, speed, memory and build time of retrieval by inner product
    Ann(ann::Options),
    /// Speed, memory and quality of training
    Cf(Box<cf::Options>),
    /// Quality, speed and memory of learning to rank
    Ranking(ranking::Options),
}

/// Runs the benchmarks of each crate, or the one that was named.
///
/// # Errors
///
/// When no crate that was asked for has benchmarks, or one fails.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    match &options.what {
        Some(What::Serve(options)) => return serve::run(workspace, options),
        Some(What::Live(options)) => return live::run(workspace, options),
        Some(What::Replay(options)) => return replay::run(workspace, options),
        Some(What::Crash(options)) => return crash::run(workspace, options),
        Some(What::Ann(options)) => return ann::run(workspace, options),
        Some(What::Cf(options)) => return cf::run(workspace, options),
        Some(What::Ranking(options)) => return ranking::run(workspace, options),
        None => {}
    }
    let wanted: Vec<String> = options
        .packages
        .iter()
        .map(|package| crate::test::full_name(package))
        .collect();
    let metadata = workspace.metadata()?;
    let mut n_programs = 0;
    for package in metadata.members() {
        let is_wanted = wanted.is_empty() || wanted.contains(&package.name);
        for benchmark in package.benchmarks().filter(|_| is_wanted) {
            // Named one by one, so that cargo does not run the tests of the library as well, whose
            // harness does not know the options of a benchmark.
            let mut command = workspace.cargo();
            command.args(["bench", "--all-features", "--package", &package.name]);
            command
                .args(["--bench", benchmark, "--"])
                .args(&options.passed_on);
            shell::heading(shell::shown(&command));
            shell::run(&mut command)?;
            n_programs += 1;
        }
    }
    if n_programs == 0 {
        bail!("no crate that was asked for has benchmarks");
    }
    Ok(())
}

/// A command that runs on some cores, `0` or `0-1`, where there is a way to say so.
fn on_cores(cores: &str, program: &Path) -> Command {
    let can_pin = Command::new("taskset").arg("--version").output().is_ok();
    if !can_pin {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["-c", cores]).arg(program);
    command
}
