//! Cuts the power of a simulated disk under a journal, many times over, and compares what is found
//! after each start with what was promised. Kills, failed syncs and full disks are among it.
//!
//! ```sh
//! cargo run --release -p marquee-journal --example powercuts -- --seeds 100000 [--from 0] [--threads 2]
//! ```
//!
//! A broken promise ends the run with the seed that shows it; `--from SEED --seeds 1` shows it again.

#![expect(clippy::print_stdout, reason = "a report for people")]

#[path = "../tests/simulation/mod.rs"]
mod simulation;

use std::{
    env,
    error::Error,
    panic,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use simulation::{Report, run};

/// What is to be run.
#[derive(Clone, Copy)]
struct Options {
    from: u64,
    seeds: u64,
    threads: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = options()?;
    let next = AtomicU64::new(options.from);
    let end = options.from + options.seeds;
    let reports = thread::scope(|scope| {
        let work = || work(&next, end);
        let threads: Vec<_> = (0..options.threads).map(|_| scope.spawn(work)).collect();
        let reports = threads.into_iter().map(|thread| {
            let outcome = thread.join().map_err(|_| "a thread ended early".to_owned());
            outcome.flatten()
        });
        reports.collect::<Result<Vec<Report>, String>>()
    })?;
    let mut report = Report::default();
    reports.iter().for_each(|one| report.add(one));
    println!("{report:#?}");
    let seeds = options.seeds;
    println!("{seeds} seeds: nothing acknowledged lost, nothing invented, every start succeeded");
    Ok(())
}

/// Runs seeds until there are no more.
fn work(next: &AtomicU64, end: u64) -> Result<Report, String> {
    let mut report = Report::default();
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= end {
            return Ok(report);
        }
        let outcome = panic::catch_unwind(|| run(seed));
        report.add(&outcome.map_err(|_| {
            // The others need not go on.
            next.store(end, Ordering::Relaxed);
            format!("seed {seed} broke a promise")
        })?);
    }
}

fn options() -> Result<Options, Box<dyn Error>> {
    let mut options = Options {
        from: 0,
        seeds: 1_000,
        threads: thread::available_parallelism()?.get() as u64,
    };
    let mut words = env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words
            .next()
            .ok_or_else(|| format!("{word} needs a number"))?;
        match word.as_str() {
            "--from" => options.from = value.parse()?,
            "--seeds" => options.seeds = value.parse()?,
            "--threads" => options.threads = value.parse()?,
            _ => return Err(format!("unknown option {word}; see the source for all").into()),
        }
    }
    Ok(options)
}
