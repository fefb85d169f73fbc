//! `cargo xtask bench serve`: a server on some cores, its clients on one, calls at fixed rates.
//!
//! The table is Markdown, ready for `docs/benchmarks.md`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command},
};

use anyhow::{Context, bail};
use clap::Args;

use super::on_cores;
use crate::{server::Server, shell, workspace::Workspace, world};

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A data folder with an active model; a synthetic one with 100,000 items is made when not given
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Calls a second; each rate is a row of the table
    #[arg(
        long,
        value_name = "N,…",
        value_delimiter = ',',
        default_value = "100,300,500,1000,1500"
    )]
    rates: Vec<u32>,
    /// Seconds a row
    #[arg(long, default_value_t = 10)]
    seconds: u32,
    /// Items a call asks for
    #[arg(short, default_value_t = 20)]
    k: u32,
    /// Have a ranker order the candidates: the synthetic folder gets one, trained for a pass
    #[arg(long, conflicts_with = "data")]
    ranker: bool,
    /// Also print what each component took at the first rate
    #[arg(long)]
    stages: bool,
    /// Cores of the server; clients run on core 1
    #[arg(long, value_name = "LIST", default_value = "0")]
    cores: String,
    /// Server and clients under real-time scheduling, which not everybody may ask for, and a loop of idle priority
    /// on each of the two cores: the host of a virtual machine would take back what is idle for a moment
    #[arg(long)]
    steady: bool,
}

/// Loops that run while nothing else does.
struct Awake(Vec<Child>);

impl Awake {
    fn on(cores: &[&str]) -> anyhow::Result<Self> {
        let spin = |core: &&str| {
            let mut spin = Command::new("chrt");
            spin.args(["-i", "0", "taskset", "-c", core, "sh", "-c"]);
            let started = spin.arg("while :; do :; done").spawn();
            started.context("a loop of idle priority needs chrt and taskset")
        };
        Ok(Self(cores.iter().map(spin).collect::<Result<_, _>>()?))
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        for spin in &mut self.0 {
            // One that has ended by itself is what is wanted.
            let _ = spin.kill();
            let _ = spin.wait();
        }
    }
}

impl Options {
    /// A program on these cores, under `policy` where asked for.
    fn launch(&self, policy: [&str; 2], cores: &str, program: &Path) -> Command {
        let pinned = on_cores(cores, program);
        if !self.steady {
            return pinned;
        }
        let mut command = Command::new("chrt");
        command.args(policy).arg(pinned.get_program());
        command.args(pinned.get_args());
        command
    }
}

/// Builds, starts the server, sends the load, and prints the table.
///
/// # Errors
///
/// When a step fails, or the data folder has no active model.
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
        None if options.ranker => ranked(workspace, &binary)?,
        None => synthetic(workspace, &binary)?,
    };
    let version = active_version(&data)?;
    let awake = options.steady.then(|| Awake::on(&["0", "1"]));
    let _awake = awake.transpose()?;
    let mut command = options.launch(["-r", "1"], &options.cores, &binary);
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(&data);
    let server = Server::start(&mut command)?;
    shell::say(format_args!(
        "resident memory {}, ready after {}\n",
        resident(server.id()),
        shell::readable(server.ready()),
    ));
    shell::say(
        "| load | answers/s | mean ms | p50 ms | p99 ms | p99.9 ms | max ms | failed | degraded |",
    );
    shell::say("|---|---|---|---|---|---|---|---|---|");
    let load = || {
        let mut load = options.launch(["-f", "10"], "1", &programs.join("xtask-bench"));
        load.args(["--server", &server.url(), "--version"]);
        load.arg(&version);
        load.args(["--seconds", &options.seconds.to_string()]);
        load.args(["-k", &options.k.to_string()]);
        load
    };
    for rate in &options.rates {
        let label = format!("{rate} a second");
        let mut at_rate = load();
        at_rate.args(["--rate", &rate.to_string(), "--label", &label]);
        if options.stages && options.rates.first() == Some(rate) {
            at_rate.arg("--stages");
        }
        shell::run(&mut at_rate)?;
    }
    shell::run(load().args(["--concurrency", "16", "--label", "16 at once"]))?;
    shell::say(format_args!("\nresident memory {}", resident(server.id())));
    server.stop()
}

/// A data folder with 100,000 items and a trained model, made once.
pub(super) fn synthetic(workspace: &Workspace, binary: &Path) -> anyhow::Result<PathBuf> {
    let folder = workspace.target().join("bench-serve");
    let data = folder.join("data");
    if data.join("models/ACTIVE").is_file() {
        return Ok(data);
    }
    fs::create_dir_all(&folder).with_context(|| format!("{}", folder.display()))?;
    let out = folder.join("world");
    world::of_size(workspace, &out, ["100000", "100000", "5000000"])?;
    let mut import = Command::new(binary);
    import.args(["import", "--data"]).arg(&data).arg(&out);
    shell::run(&mut import)?;
    let mut train = Command::new(binary);
    train.args(["train", "--data"]).arg(&data);
    shell::run(train.args(["--model", "ials:factors=64,iterations=8"]))?;
    Ok(data)
}

/// The same world in a folder of its own, with a ranker on top of the model, made once.
fn ranked(workspace: &Workspace, binary: &Path) -> anyhow::Result<PathBuf> {
    let folder = workspace.target().join("bench-serve");
    let data = folder.join("ranked");
    if data.join("models/ACTIVE").is_file() {
        return Ok(data);
    }
    fs::create_dir_all(&folder).with_context(|| format!("{}", folder.display()))?;
    let out = folder.join("world");
    if !out.join("world.json").is_file() {
        world::of_size(workspace, &out, ["100000", "100000", "5000000"])?;
    }
    let mut import = Command::new(binary);
    import.args(["import", "--data"]).arg(&data).arg(&out);
    shell::run(&mut import)?;
    let mut train = Command::new(binary);
    train.args(["train", "--data"]).arg(&data);
    train.args(["--model", "ials:factors=64,iterations=8"]);
    shell::run(train.args(["--model", "ranker:epochs=1"]))?;
    Ok(data)
}

/// The folder of the version that answers.
pub(super) fn active_version(data: &Path) -> anyhow::Result<PathBuf> {
    let models = data.join("models");
    let active = fs::read_to_string(models.join("ACTIVE"));
    let active = active.with_context(|| format!("{} has no active model", data.display()))?;
    match active.lines().next() {
        Some(version) => Ok(models.join(version)),
        None => bail!("{} has no active model", data.display()),
    }
}

/// The resident memory of a process, as the system tells it.
pub(super) fn resident(process: u32) -> String {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let size = line.and_then(|line| line.split_once(':'));
    size.map_or("unknown".to_owned(), |(_, size)| size.trim().to_owned())
}
