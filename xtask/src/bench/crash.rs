//! `cargo xtask bench crash`: a journal and a server that are killed, and a disk that loses power, many
//! times over.
//!
//! All three programs compare what is there afterwards with what was acknowledged, and end with an error
//! when anything was lost, doubled or invented.

use clap::Args;

use crate::{shell, workspace::Workspace};

/// How often.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Times that a process which writes is killed
    #[arg(long, default_value_t = 1000)]
    kills: u32,
    /// Times that a whole server is killed under mixed load
    #[arg(long, default_value_t = 300)]
    server_kills: u32,
    /// Histories on a simulated disk that loses, tears and reorders what was not synced
    #[arg(long, default_value_t = 100_000)]
    seeds: u32,
}

/// Builds and runs them.
///
/// # Errors
///
/// When a journal lost or invented something.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let (kills, seeds) = (options.kills.to_string(), options.seeds.to_string());
    for (example, option, number) in [
        ("kills", "--kills", &kills),
        ("powercuts", "--seeds", &seeds),
    ] {
        let mut command = workspace.cargo();
        command.args(["run", "--release", "-p", "marquee-journal", "--example"]);
        command.args([example, "--", option, number]);
        shell::heading(shell::shown(&command));
        shell::run(&mut command)?;
    }
    let mut command = workspace.cargo();
    command.env("MARQUEE_KILLS", options.server_kills.to_string());
    command.args(["test", "--release", "-p", "marquee-cli"]);
    command.args(["--test", "killed_server", "--", "--nocapture"]);
    shell::heading(shell::shown(&command));
    shell::run(&mut command)
}
