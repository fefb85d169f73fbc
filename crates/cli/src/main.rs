//! The binary `marquee`: import, train, tune, evaluate, recommend, inspect, journal, models, serve, ask.
//!
//! Each command is a file in `commands/`. People read tables and progress bars, programs read
//! `--json`; the exit status is 0 for done, 1 for failed, 2 for wrong use.

mod commands;
mod meter;
mod output;
mod progress;

use std::process::ExitCode;

use clap::Parser;

use crate::commands::Command;

/// Personalization for a streaming home page or a feed: from raw events to served recommendations.
#[derive(Debug, Parser)]
#[command(name = "marquee", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error);
            ExitCode::FAILURE
        }
    }
}
