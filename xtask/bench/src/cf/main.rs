//! Training of collaborative filtering measured beside other libraries: `cargo xtask bench cf` runs this
//! once to make a world of interactions and once for each contender.
//!
//! A contender trains, times every step by processor and by wall, ranks all items for the test users and
//! prints one JSON object. A contender in another language prints the same.

mod contender;
mod quality;
mod world;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Interactions for benchmarks of training, and the models that are trained on them.
#[derive(Debug, Parser)]
struct Args {
    /// Where the interactions lie
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Draws the interactions and writes them
    Make {
        /// The size
        #[arg(long)]
        size: world::Size,
        /// Seed of the world
        #[arg(long, default_value_t = 42)]
        seed: u64,
    },
    /// Trains a model and prints how long it took and how good it is
    Train(contender::Options),
    /// Compares the quality of models beside that of other libraries, parameters chosen alike
    Quality(quality::Options),
    /// Measures the products of dense matrices that one core reaches, for comparison
    Gemm,
}

fn main() -> Result<()> {
    let args = Args::parse();
    match args.what {
        What::Make { size, seed } => world::make(&args.folder, size, seed),
        What::Train(options) => contender::train(&args.folder, &options),
        What::Quality(options) => quality::compare(&args.folder, &options),
        What::Gemm => contender::gemm(),
    }
}
