//! The commands, one file each.

mod ask;
mod data;
mod evaluate;
mod import;
mod inspect;
mod journal;
mod models;
mod recommend;
mod rules;
mod serve;
mod specs;
mod train;
mod tune;

use anyhow::Result;
use clap::Subcommand;

/// What the binary can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Load events, users and items in bulk into a data folder
    Import(import::Args),
    /// Train models on a data folder and publish them as new versions
    Train(train::Args),
    /// Find better parameters for models, on a cut of the training data
    Tune(tune::Args),
    /// Measure models on a split of a data folder, or on published train and test files
    Evaluate(evaluate::Args),
    /// Answer for one viewer, without a server: the same answer as the server gives
    Recommend(recommend::Args),
    /// Show what is in an artifact or a data folder
    Inspect(inspect::Args),
    /// Show, export and tidy up the events that a server has written
    Journal(journal::Args),
    /// List model versions, promote one, or roll back
    Models(models::Args),
    /// Answer over gRPC
    Serve(serve::Args),
    /// Ask a running server over gRPC
    Ask(ask::Args),
}

impl Command {
    pub(crate) fn run(self) -> Result<()> {
        match self {
            Self::Import(args) => import::run(&args),
            Self::Train(args) => train::run(&args),
            Self::Tune(args) => tune::run(&args),
            Self::Evaluate(args) => evaluate::run(&args),
            Self::Recommend(args) => recommend::run(&args),
            Self::Inspect(args) => inspect::run(&args),
            Self::Journal(args) => journal::run(&args),
            Self::Models(args) => models::run(&args),
            Self::Serve(args) => serve::run(&args),
            Self::Ask(args) => ask::run(&args),
        }
    }
}
