//! Retrieval measured beside other libraries: one contender that `cargo xtask bench ann` talks to.
//!
//! Makes the vectors and the true answers as files, builds every structure, says `ready` with a line for
//! each, and then measures all of them once for each line it is sent. A contender in another language
//! speaks the same: fields separated by tabs, an empty line at the end of each answer.

mod contenders;
mod vectors;

use std::{
    io::{BufRead, Write, stdin, stdout},
    path::PathBuf,
};

use anyhow::{Result, ensure};
use clap::Parser;

use crate::{contenders::Contenders, vectors::Vectors};

/// Measures exact and approximate retrieval, one round for each line of standard input.
#[derive(Debug, Parser)]
struct Args {
    /// Where vectors and answers are written, for this and other contenders
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    /// Vectors to search
    #[arg(long, default_value_t = 100_000)]
    rows: usize,
    /// Numbers in a vector
    #[arg(short, long, default_value_t = 64)]
    dimensions: usize,
    /// Standard deviation of the logarithm of the vectors' lengths
    #[arg(long, default_value_t = 0.25)]
    spread: f64,
    /// Queries of a round
    #[arg(long, default_value_t = 1000)]
    queries: usize,
    /// Seed of the vectors and of the index
    #[arg(long, default_value_t = 42)]
    seed: u64,
}

fn main() -> Result<()> {
    let args = Args::parse();
    ensure!(args.rows >= 1000, "--rows must be at least 1000");
    ensure!(args.dimensions > 0, "--dimensions must be at least 1");
    ensure!(args.queries > 0, "--queries must be at least 1");
    let vectors = Vectors::make(&args)?;
    let (contenders, built) = Contenders::build(&vectors, args.seed)?;
    say(&built)?;
    for line in stdin().lock().lines() {
        line?;
        say(&contenders.round(&vectors)?)?;
    }
    Ok(())
}

/// Prints an answer.
fn say(lines: &[String]) -> Result<()> {
    let mut out = stdout().lock();
    for line in lines {
        writeln!(out, "{line}")?;
    }
    writeln!(out)?;
    out.flush()?;
    Ok(())
}
