//! How fast files are imported and loaded, and with how much memory.
//!
//! `cargo run --release -p marquee-ingest --example throughput -- DIR FILE…` imports each file into
//! the data folder `DIR` and then loads the folder as a dataset.

use std::{error::Error, time::Instant};

use marquee_ingest::{DataFolder, ImportRequest, Selection};

#[expect(clippy::print_stdout, reason = "a program for a terminal")]
fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let dir = arguments.next().ok_or("expected DIR FILE…")?;
    let mut folder = DataFolder::open_or_create(dir)?;
    for path in arguments {
        let start = Instant::now();
        let report = folder.import(&ImportRequest::new(&path), &mut |_progress| {})?;
        let rows = report.counts.good() + report.rejections.total();
        let seconds = start.elapsed().as_secs_f64();
        let speed = rows as f64 / seconds;
        println!("{path}: {rows} rows in {seconds:.3} s, {speed:.0} rows/s");
        println!("  CPU seconds so far {}", cpu_seconds()?);
        println!("  {:?}", report.counts);
        for rejection in report.rejections.first() {
            println!("  {rejection}");
        }
        println!("  peak memory so far {}", peak_memory()?);
    }
    let start = Instant::now();
    let loaded = folder.load_interactions(&Selection::default())?;
    println!(
        "loaded {} interactions of {} users with {} items in {:.3} s, peak memory {}",
        loaded.dataset.n_interactions(),
        loaded.users.len(),
        loaded.items.len(),
        start.elapsed().as_secs_f64(),
        peak_memory()?,
    );
    println!("{:?}", folder.stats()?);
    Ok(())
}

/// CPU time of all threads so far, in seconds; the system counts hundredths.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // User and system time are the 12th and 13th field behind the name in parentheses.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: Vec<u32> = ticks.map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.into_iter().map(f64::from).sum::<f64>() / 100.0)
}

/// The largest resident set so far, as the system writes it.
fn peak_memory() -> Result<String, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    Ok(line.unwrap_or("unknown").trim().to_owned())
}
