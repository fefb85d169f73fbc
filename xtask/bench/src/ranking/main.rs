//! Learning to rank measured beside other libraries: `cargo xtask bench ranking` runs this once to make a
//! data set, once for each contender, and once to judge what they said.
//!
//! A contender trains, scores the test rows, times requests of 500 rows on one core and prints one JSON
//! object. A contender in another language reads the same arrays and prints the same.

mod clicks;
mod contender;
mod encoded;
mod folder;
mod follow;
mod judge;
mod latency;
mod real;
mod sessions;
mod settings;
mod slices;
mod world;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Data sets for benchmarks of ranking, and the models that are trained on them.
#[derive(Debug, Parser)]
struct Args {
    /// Where the data set lies
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Plays a synthetic feed and writes it
    World {
        /// Impressions, about
        #[arg(long)]
        impressions: u64,
        /// Seed of the world
        #[arg(long, default_value_t = 42)]
        seed: u64,
    },
    /// Reads a file of clicks: 20 columns of ids and 10 of numbers
    Clicks {
        /// What stands before `.cat.u32`, `.num.f32`, `.y.u8` and `.p.f32`
        #[arg(long, value_name = "PREFIX")]
        prefix: PathBuf,
    },
    /// Reads a public data set
    Real(real::Options),
    /// Trains a model and prints how long it took
    Train(contender::Options),
    /// Plays sessions in a synthetic feed, ordered by the network that was trained on it and by others
    Sessions(sessions::Options),
    /// Prints how good everyone was
    Judge {
        /// Contenders, in the order of the table
        #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
        contenders: Vec<String>,
        /// Folders of further folds
        #[arg(long, value_name = "DIR")]
        fold: Vec<PathBuf>,
    },
}

fn main() -> Result<()> {
    let args = Args::parse();
    let folder = &args.folder;
    match args.what {
        What::World { impressions, seed } => world::make(folder, impressions, seed),
        What::Clicks { prefix } => clicks::make(folder, &prefix),
        What::Real(options) => real::make(folder, &options),
        What::Train(options) => contender::train(folder, &options),
        What::Sessions(options) => sessions::run(folder, &options),
        What::Judge { contenders, fold } => judge::judge(folder, &fold, &contenders),
    }
}
