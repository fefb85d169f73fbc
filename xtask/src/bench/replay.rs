//! `cargo xtask bench replay`: live answers over a log, beside models that are trained now and then.

use std::path::PathBuf;

use clap::Args;

use crate::{shell, workspace::Workspace};

/// What to replay.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A data folder whose events have times
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The model, NAME or NAME:key=value,…
    #[arg(long, default_value = "ials")]
    model: String,
    /// Of how many events one is asked about
    #[arg(long, default_value_t = 1)]
    every: u32,
}

/// Builds and runs the replay, which prints its tables.
///
/// # Errors
///
/// When a step fails.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let mut replay = workspace.cargo();
    replay.args(["run", "--release", "-p", "xtask-bench"]);
    replay.args(["--bin", "xtask-bench-replay", "--", "--data"]);
    replay.arg(&options.data);
    replay.args(["--model", &options.model]);
    replay.args(["--every", &options.every.to_string()]);
    shell::run(&mut replay)
}
