//! Makes a synthetic world; started by `cargo xtask world`.

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, ValueEnum};
use marquee_testkit::world::{WorldConfig, WorldError, WorldFormat, WorldReport, write_world};

/// Make a synthetic streaming service whose every truth is known, and write it as files.
///
/// Viewers with tastes that drift, items with genres and words that follow them, and a logging
/// policy with known propensities. `events.*`, `items.jsonl`, `users.jsonl` and `creators.jsonl`
/// are what `marquee import` reads; the folder `truth` holds what an experiment is compared with.
/// The same options give the same bytes.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask world", bin_name = "cargo xtask world")]
struct Options {
    /// Number of viewers
    #[arg(long, default_value_t = WorldConfig::default().users)]
    users: u32,
    /// Number of items
    #[arg(long, default_value_t = WorldConfig::default().items)]
    items: u32,
    /// Number of creators [default: one for ten items]
    #[arg(long)]
    creators: Option<u32>,
    /// Number of events to aim for; a percent more or less may come out
    #[arg(long, default_value_t = WorldConfig::default().events)]
    events: u64,
    /// Number of days that the world lasts
    #[arg(long, default_value_t = WorldConfig::default().days)]
    days: u32,
    /// Everything random is derived from it
    #[arg(long, default_value_t = WorldConfig::default().seed)]
    seed: u64,
    /// Form of the events: jsonl, csv, or parquet, which takes minutes to build the first time
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
    /// Folder to write into; made when it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// A JSON object a line
    Jsonl,
    /// Comma-separated values with a header
    Csv,
    /// Parquet, compressed by Snappy
    #[cfg(feature = "parquet")]
    Parquet,
}

fn main() -> ExitCode {
    match make(&Options::parse()) {
        Ok(report) => {
            say(&report);
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn make(options: &Options) -> Result<WorldReport, WorldError> {
    let config = WorldConfig {
        users: options.users,
        items: options.items,
        creators: options.creators.unwrap_or((options.items / 10).max(1)),
        events: options.events,
        days: options.days,
        seed: options.seed,
        ..WorldConfig::default()
    };
    let format = match options.format {
        Format::Jsonl => WorldFormat::Jsonl,
        Format::Csv => WorldFormat::Csv,
        #[cfg(feature = "parquet")]
        Format::Parquet => WorldFormat::Parquet,
    };
    write_world(&config, &options.out, format, |_| {})
}

#[expect(clippy::print_stdout, reason = "a task talks to a person")]
fn say(report: &WorldReport) {
    let WorldConfig {
        users,
        items,
        days,
        seed,
        ..
    } = report.config;
    println!(
        "a world of {users} viewers, {items} items and {days} days (seed {seed}): \
         {} events, {} of them impressions, {:.1} MB",
        report.events,
        report.impressions,
        report.bytes as f64 / 1e6,
    );
}

#[expect(clippy::print_stderr, reason = "a task talks to a person")]
fn complain(error: &dyn std::error::Error) {
    eprintln!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
}
