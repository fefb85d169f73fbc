//! `cargo xtask bench live`: a server that takes events, and clients that wait for their effect.
//!
//! The tables are Markdown, ready for `docs/benchmarks.md`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use anyhow::Context;
use clap::Args;

use super::{
    on_cores,
    serve::{active_version, resident, synthetic},
};
use crate::{server::Server, shell, workspace::Workspace};

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Calls a second while effects are measured
    #[arg(long, default_value_t = 500)]
    rate: u32,
    /// A data folder with an active model; a synthetic one with 100,000 items is made when not given.
    /// Its journal is removed first
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Seconds that effects are measured
    #[arg(long, default_value_t = 30)]
    seconds: u32,
    /// Events that are streamed at each size of batch
    #[arg(long, default_value_t = 300_000)]
    events: u32,
}

/// Builds, starts the server over 100,000 titles and viewers, and prints the tables.
///
/// # Errors
///
/// When a step fails.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let mut build = workspace.cargo();
    build.args([
        "build",
        "--release",
        "-p",
        "marquee-cli",
        "-p",
        "xtask-bench",
    ]);
    shell::run(&mut build)?;
    let programs = workspace.target().join("release");
    let binary = programs.join("marquee");
    let data = match &options.data {
        Some(data) => data.clone(),
        None => synthetic(workspace, &binary)?,
    };
    let journal = data.join("journal");
    if journal.exists() {
        fs::remove_dir_all(&journal).with_context(|| format!("{}", journal.display()))?;
    }
    let version = active_version(&data)?;
    let server = start(&binary, &data)?;
    let load = |what: &[&str]| {
        let mut load = on_cores("1", &programs.join("xtask-bench-live"));
        load.args(["--server", &server.url(), "--version"]);
        load.arg(&version)
            .args(["--run", &name_of_run()])
            .args(what);
        load
    };
    shell::say(format_args!("resident memory {}\n", resident(server.id())));
    let (rate, seconds) = (options.rate.to_string(), options.seconds.to_string());
    shell::run(&mut load(&[
        "effect",
        "--rate",
        &rate,
        "--seconds",
        &seconds,
    ]))?;
    shell::say("");
    shell::run(&mut load(&["thumbs"]))?;
    shell::say("\n| streams | events | events/s | mean ms | p50 ms | p99 ms | p99.9 ms | max ms |");
    shell::say("|---|---|---|---|---|---|---|---|");
    let events = options.events.to_string();
    for batch in ["1", "50", "500"] {
        // One event a batch costs a sync each, so fewer of them tell as much.
        let events = if batch == "1" { "20000" } else { &events };
        shell::run(&mut load(&["ingest", "--events", events, "--batch", batch]))?;
    }
    shell::say(format_args!("\nresident memory {}", resident(server.id())));
    server.stop()?;
    let again = start(&binary, &data)?;
    shell::say(format_args!(
        "journal of {} bytes; ready again after {}",
        bytes_of(&journal)?,
        shell::readable(again.ready())
    ));
    again.stop()
}

fn start(binary: &Path, data: &Path) -> anyhow::Result<Server> {
    let mut command: Command = on_cores("0", binary);
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data);
    Server::start(&mut command)
}

/// Another text for each run: a second event with the id of the first would be the same event.
#[expect(
    clippy::disallowed_methods,
    reason = "ids of a benchmark's events, of which no result depends"
)]
fn name_of_run() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    format!("{:x}", since.unwrap_or_default().as_micros())
}

fn bytes_of(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for file in fs::read_dir(folder)? {
        bytes += file?.metadata()?.len();
    }
    Ok(bytes)
}
