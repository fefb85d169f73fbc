//! Load for a running server: calls that arrive at a fixed rate, whatever the answers do.
//!
//! `cargo xtask bench serve` starts a server and runs this program beside it. A call's latency counts
//! from the moment it was due, not from the moment it was sent, so that a server that stalls cannot
//! hide the calls it kept waiting (coordinated omission).

mod load;
mod report;
mod viewers;

use std::{path::PathBuf, time::Duration};

use anyhow::{Result, ensure};
use clap::Parser;

use crate::load::{Load, Pace};

/// Asks a server for recommendations at a fixed rate and reports latency.
#[derive(Debug, Parser)]
struct Args {
    /// Where the server listens
    #[arg(long, value_name = "URL")]
    server: String,
    /// A model version's folder: its viewers are asked for
    #[arg(long, value_name = "DIR")]
    version: PathBuf,
    /// Calls a second that arrive; without it as many as can be answered
    #[arg(long)]
    rate: Option<f64>,
    /// Connections; calls are spread over them
    #[arg(long, default_value_t = 4)]
    connections: usize,
    /// Calls under way at once where no rate is given
    #[arg(long, default_value_t = 8)]
    concurrency: usize,
    /// Seconds that are measured, after two seconds that are not
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Items a call asks for
    #[arg(short, default_value_t = 20)]
    k: u32,
    /// Seed of the order of viewers and of the arrivals
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Also print a table of the components that the answers ran
    #[arg(long)]
    stages: bool,
    /// First cells of the Markdown row that is printed
    #[arg(long, default_value = "")]
    label: String,
}

fn main() -> Result<()> {
    let args = Args::parse();
    ensure!(args.connections > 0, "--connections must be at least 1");
    let load = Load {
        server: args.server,
        viewers: viewers::of(&args.version, args.seed)?,
        pace: match args.rate {
            Some(rate) => {
                ensure!(rate > 0.0, "--rate must be above 0");
                Pace::Rate(rate)
            }
            None => Pace::Concurrency(args.concurrency.max(1)),
        },
        connections: args.connections,
        warm_up: Duration::from_secs(2),
        measured: Duration::from_secs_f64(args.seconds),
        k: args.k,
        seed: args.seed,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(load::run(load))?;
    report::row(&args.label, &outcome)?;
    if args.stages {
        report::stages(&outcome)?;
    }
    Ok(())
}
