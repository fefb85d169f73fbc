//! `cargo xtask world`: a synthetic streaming service, as files.

use std::path::Path;

use clap::Args;

use crate::{shell, workspace::Workspace};

/// What to pass on to the program that makes worlds.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Options {
    /// Options of the world; `cargo xtask world --help` lists them
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "OPTIONS"
    )]
    passed_on: Vec<String>,
}

/// Builds the program that makes worlds, optimized, and runs it.
///
/// It is a program of its own, so that the other tasks start without compiling the generator.
///
/// # Errors
///
/// When it does not compile, or does not accept its options.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    // Parquet is slow to build, so only who asks for it waits for it.
    let wants_parquet = options.passed_on.iter().any(|one| one.ends_with("parquet"));
    let features = if wants_parquet { "parquet" } else { "world" };
    // Paths are meant from where the person stands, so the program starts there.
    let mut command = shell::cargo();
    command.args(["run", "--quiet", "--release", "--manifest-path"]);
    command.arg(workspace.root().join("xtask/Cargo.toml"));
    command.args(["--bin=xtask-world", "--features", features, "--"]);
    shell::run(command.args(&options.passed_on))
}

/// Makes a small world for the demo in `out`.
///
/// # Errors
///
/// As [`run`].
pub(crate) fn small(workspace: &Workspace, out: &Path) -> anyhow::Result<()> {
    of_size(workspace, out, ["2000", "1500", "300000"])
}

/// Makes a world of so many users, items and events in `out`.
///
/// # Errors
///
/// As [`run`].
pub(crate) fn of_size(
    workspace: &Workspace,
    out: &Path,
    [users, items, events]: [&str; 3],
) -> anyhow::Result<()> {
    let out = out.to_string_lossy();
    let passed_on = [
        format!("--users={users}"),
        format!("--items={items}"),
        format!("--events={events}"),
        format!("--out={out}"),
    ];
    let passed_on = passed_on.to_vec();
    run(workspace, &Options { passed_on })
}
