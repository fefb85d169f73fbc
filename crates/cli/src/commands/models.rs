//! `marquee models`: which versions there are, and which of them answers.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use marquee_engine::{Engine, EngineConfig};
use marquee_store::{ModelVersion, Registry};

use crate::output;

/// Shows and changes which model version of a data folder answers. A server that is running changes
/// its model by `marquee ask promote` instead.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// The data folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List every version
    List,
    /// Make a version answer
    Promote {
        /// The version, such as ials/000003
        version: ModelVersion,
    },
    /// Make the version that was active before answer again
    RollBack,
    /// Show what outcomes are worth to rankers, after changing it if asked to. A running server is told by
    /// `marquee ask value` instead
    Value {
        /// Put the text of this file in its place
        #[arg(long, value_name = "FILE", conflicts_with = "reset")]
        set: Option<PathBuf>,
        /// Go back to the text that stands where operators say nothing
        #[arg(long)]
        reset: bool,
    },
    /// Delete a version that does not answer
    Remove {
        /// The version, such as ials/000003
        version: ModelVersion,
    },
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let registry = Registry::open(args.data.join("models"))?;
    match &args.what {
        What::List => list(&registry),
        What::Promote { version } => {
            registry.activate(version)?;
            output::line(format_args!("{version} is active"))
        }
        What::RollBack => {
            let version = registry.roll_back()?;
            output::line(format_args!("{version} is active again"))
        }
        What::Value { set, reset } => value(args, set.as_deref(), *reset),
        What::Remove { version } => {
            registry.remove(version)?;
            output::line(format_args!("{version} is deleted"))
        }
    }
}

fn value(args: &Args, set: Option<&Path>, reset: bool) -> Result<()> {
    let engine = Engine::open(&args.data, EngineConfig::default())
        .with_context(|| format!("data folder {}", args.data.display()))?;
    if let Some(path) = set {
        let named = || format!("{}", path.display());
        let text = fs::read_to_string(path).with_context(named)?;
        engine.put_value_model(Some(&text)).with_context(named)?;
    } else if reset {
        engine.put_value_model(None)?;
    }
    output::line(engine.value_model()?.trim_end())
}

fn list(registry: &Registry) -> Result<()> {
    let active = registry.active()?;
    for version in registry.versions()? {
        let mark = if active.as_ref() == Some(&version) {
            "  active"
        } else {
            ""
        };
        output::line(format_args!("{version}{mark}"))?;
    }
    Ok(())
}
