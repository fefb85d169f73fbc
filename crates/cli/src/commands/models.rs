//! `marquee models`: which versions there are, and which of them answers.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};
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
        What::Remove { version } => {
            registry.remove(version)?;
            output::line(format_args!("{version} is deleted"))
        }
    }
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
