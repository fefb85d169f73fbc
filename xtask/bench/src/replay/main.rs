//! A log of events replayed in the order of time: how good the live answers are, beside a model that
//! stays as it was and one that is trained again at every tenth.
//!
//! Before each event that speaks for an item the viewer is asked about: the answer should have the
//! item among its first ten. Then the event is written, and the next viewer is asked about.

mod contestants;
mod log;
mod tally;

use std::{io::Write, path::PathBuf};

use anyhow::{Result, ensure};
use clap::Parser;

use crate::{
    contestants::{Batch, Live},
    tally::Tally,
};

/// Measures live answers over a replayed log.
#[derive(Debug, Parser)]
struct Args {
    /// A data folder whose events have times
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The model, NAME or NAME:key=value,…
    #[arg(long, default_value = "ials")]
    model: String,
    /// Only ratings of at least this speak for an item
    #[arg(long, default_value_t = 4.0)]
    min_rating: f32,
    /// Share of the log that the first model is trained on, in tenths
    #[arg(long, default_value_t = 5)]
    tenths: usize,
    /// Of how many events one is asked about
    #[arg(long, default_value_t = 1)]
    every: usize,
    /// Seed of the trainings
    #[arg(long, default_value_t = 42)]
    seed: u64,
}

/// Most items that are looked at.
const K: usize = 10;

fn main() -> Result<()> {
    let args = Args::parse();
    ensure!((1..10).contains(&args.tenths), "--tenths must be 1 to 9");
    ensure!(args.every > 0, "--every must be at least 1");
    let events = log::of(&args.data)?;
    ensure!(events.len() >= 100, "a log of 100 events or more is needed");
    let at = |tenth: usize| events.len() * tenth / 10;
    let frozen = Batch::new(&events[..at(args.tenths)], &args)?;
    let mut retrained = Batch::new(&events[..at(args.tenths)], &args)?;
    let mut live = Live::new(&events[..at(args.tenths)], &args)?;
    let mut both = Live::new(&events[..at(args.tenths)], &args)?;
    let mut tally = Tally::default();
    let mut seen = log::Seen::of(&events[..at(args.tenths)]);
    for tenth in args.tenths..10 {
        if tenth > args.tenths {
            retrained = Batch::new(&events[..at(tenth)], &args)?;
            both.train(&args)?;
        }
        for (number, event) in (at(tenth)..).zip(&events[at(tenth)..at(tenth + 1)]) {
            let asks = number % args.every == 0 && log::speaks_for(event, args.min_rating);
            if let Some((viewer, item)) = log::question(event).filter(|_| asks)
                && seen.is_news(viewer, item)
            {
                tally.add(
                    tenth,
                    seen.length(viewer),
                    [
                        frozen.rank(viewer, item, event.time)?,
                        retrained.rank(viewer, item, event.time)?,
                        live.rank(viewer, item, event.time)?,
                        both.rank(viewer, item, event.time)?,
                    ],
                );
            }
            live.write(event)?;
            both.write(event)?;
            seen.add(event);
        }
    }
    let mut out = std::io::stdout().lock();
    for line in tally.lines() {
        writeln!(out, "{line}")?;
    }
    Ok(())
}
