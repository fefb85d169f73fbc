//! `cargo xtask bench cf --quality SET…`: quality on given data, beside other libraries where asked for.

use std::{path::Path, process::Command};

use clap::Args;

use crate::{shell, workspace::Workspace};

/// Models that are compared where a fold's items by items fit memory, and on any split.
const MODELS: &str = "popularity,item-knn,rp3beta,ials,ease,edlae,slim";
const MODELS_OF_MANY: &str = "popularity,item-knn,rp3beta,ials,sparse-ease";
const PEERS: &str = "implicit BM25,irspack RP3beta,implicit ALS,lenskit ALS,irspack iALS,numpy EASE,\
                     irspack EDLAE,irspack SLIM,fastslim SLIM";
const PEERS_OF_MANY: &str = "implicit BM25,irspack RP3beta,implicit ALS,irspack iALS";

/// How quality is compared.
#[derive(Debug, Args)]
pub(super) struct Quality {
    /// Compare quality instead of speed, on this data, each a table: `strong=D` or `weak=D` for a data
    /// folder, `published=DIR` for a folder with the files `train.txt.gz` and `test.txt.gz`
    #[arg(long, value_name = "SET", num_args = 1..)]
    quality: Vec<String>,
    /// Sets of parameters that are tried of each model
    #[arg(long, default_value_t = 12)]
    trials: u32,
    /// Folds that parameters are chosen on, where there are several
    #[arg(long, default_value_t = 2)]
    search_folds: u32,
    /// A model of either side with just these parameters, such as `ials:factors=256` or `irspack
    /// iALS:reg=0.002`, and no others unless they are named; may be repeated
    #[arg(long, value_name = "MODEL")]
    fixed: Vec<String>,
    /// Judge where parameters are chosen (`search`) and not on what is reported (`test`)
    #[arg(long, value_name = "PARTS", default_value = "test")]
    on: String,
    /// Seed of the splits, the trials and the trainings
    #[arg(long, default_value_t = 42)]
    seed: u64,
}

impl Quality {
    /// Whether quality is to be compared.
    pub(super) fn is_asked(&self) -> bool {
        !self.quality.is_empty()
    }

    /// Whether one of the models is of another library: those are called by library and name.
    pub(super) fn names_peers(&self) -> bool {
        self.fixed.iter().any(|model| model.contains(' '))
    }
}

/// Prints a table for each set.
///
/// # Errors
///
/// When a set cannot be read.
pub(super) fn run(
    workspace: &Workspace,
    options: &super::Options,
    (program, python): (&Path, Option<&Path>),
) -> anyhow::Result<()> {
    let quality = &options.quality;
    for set in &quality.quality {
        let (models, peers) = match set.starts_with("published=") {
            true => (MODELS_OF_MANY, PEERS_OF_MANY),
            false => (MODELS, PEERS),
        };
        shell::heading(set);
        let mut command = Command::new(program);
        let folder = workspace.target().join("bench-cf/quality");
        command.arg("--folder").arg(folder);
        command.args(["quality", "--set", set]);
        let models = match quality.fixed.is_empty() {
            true => options.models(models),
            false => options.models.clone(),
        };
        if !models.is_empty() {
            command.args(["--models", &models.join(",")]);
        }
        command.args(quality.fixed.iter().flat_map(|model| ["--fixed", model]));
        command.args(["--on", &quality.on]);
        command.args(["--trials", &quality.trials.to_string()]);
        command.args(["--search-folds", &quality.search_folds.to_string()]);
        command.args(["--seed", &quality.seed.to_string()]);
        let threads = options.threads.first().copied().unwrap_or(1);
        command.args(["--threads", &threads.to_string()]);
        if let Some(python) = python {
            let script = workspace.root().join("xtask/bench/peers/cf_quality.py");
            let peers = options.peers(peers);
            if !peers.is_empty() {
                command.args(["--peers", &peers.join(",")]);
            }
            command.arg("--python").arg(python);
            command.arg("--script").arg(script);
        }
        shell::run(&mut command)?;
    }
    Ok(())
}
