//! Load of a running service that writes: how long after an event was sent the next answer knows it,
//! and how many events a second are acknowledged.
//!
//! `cargo xtask bench live` starts a server and runs this program beside it.

mod effect;
mod ingest;
mod thumbs;
#[path = "../viewers.rs"]
mod viewers;

use std::{io::Write, path::PathBuf, time::Duration};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use hdrhistogram::Histogram;
use marquee_proto::v1::{self, event::Action};

/// Latencies above it, in microseconds, count as it.
const LONGEST_US: u64 = 60_000_000;

/// Measures a server that takes events.
#[derive(Debug, Parser)]
struct Args {
    /// Where the server listens
    #[arg(long, value_name = "URL")]
    server: String,
    /// A model version's folder: its viewers are asked for
    #[arg(long, value_name = "DIR")]
    version: PathBuf,
    /// Seed of viewers and arrivals
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// What the ids of this run's events begin with: another text for each run against one folder
    #[arg(long)]
    run: String,
    #[command(subcommand)]
    what: What,
}

/// What to measure.
#[derive(Debug, Subcommand)]
enum What {
    /// From an event to the answer that knows it
    Effect(effect::Options),
    /// Acknowledged events a second
    Ingest(ingest::Options),
    /// How far a thumb down moves what is like the title
    Thumbs(thumbs::Options),
}

fn main() -> Result<()> {
    let args = Args::parse();
    let viewers = viewers::of(&args.version, args.seed)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let lines = match &args.what {
        What::Effect(options) => runtime.block_on(effect::run(&args, options, viewers)),
        What::Ingest(options) => runtime.block_on(ingest::run(&args, options, viewers)),
        What::Thumbs(options) => runtime.block_on(thumbs::run(&args, options, viewers)),
    };
    let mut out = std::io::stdout().lock();
    for line in lines? {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// An empty histogram of microseconds.
fn histogram() -> Result<Histogram<u64>> {
    Histogram::new_with_bounds(1, LONGEST_US, 3).context("three digits fit a histogram")
}

fn record(histogram: &mut Histogram<u64>, took: Duration) {
    histogram.saturating_record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
}

/// Mean and percentiles in milliseconds, as cells of a row.
fn cells(histogram: &Histogram<u64>) -> String {
    let millis = |quantile: f64| histogram.value_at_quantile(quantile) as f64 / 1e3;
    format!(
        "{:.2} | {:.2} | {:.2} | {:.2} | {:.2}",
        histogram.mean() / 1e3,
        millis(0.5),
        millis(0.99),
        millis(0.999),
        histogram.max() as f64 / 1e3,
    )
}

fn play(id: String, viewer: &str, item: &str) -> v1::Event {
    v1::Event {
        event_id: id,
        user_id: viewer.to_owned(),
        action: Some(Action::Play(v1::Play {
            item_id: item.to_owned(),
            watched: Some(prost_types::Duration {
                seconds: 600,
                nanos: 0,
            }),
            duration: None,
        })),
        ..v1::Event::default()
    }
}
