//! What it costs to write, open and verify a large artifact, from memory and from the disk.
//!
//! ```sh
//! cargo run --release -p marquee-store --example open_cost -- [MEBIBYTES] [FOLDER]
//! ```
//!
//! Without arguments: 1024 MiB in the folder for temporary files, which has to be on a disk for the
//! cold figures to mean anything. Each figure is the median of its rounds: the time that passed, and the
//! processor time of it, which says more on a machine with other work.

#![expect(clippy::print_stdout, reason = "a report for people")]

use std::{
    env,
    error::Error,
    fmt,
    fs::File,
    hint::black_box,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use marquee_store::{Artifact, ArtifactBuilder, Result};
use rustix::{
    fs::{Advice, fadvise},
    time::{ClockId, clock_gettime},
};

/// Extents of the large section: an embedding table.
const COLUMNS: usize = 256;

/// What something took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    passed: Duration,
    processor: Duration,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3?} ({:.3?} cpu)", self.passed, self.processor)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let mebibytes: usize = arguments.next().map_or(Ok(1024), |text| text.parse())?;
    let folder = arguments.next().map_or_else(env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(folder)?;
    let path = folder.path().join("large.mqa");

    let rows = (mebibytes << 20) / (4 * COLUMNS);
    let cost = write(&path, rows)?;
    let bytes = path.metadata()?.len();
    println!("artifact            {bytes} bytes");
    report_speed("write and sync", bytes, cost);

    let warm = median(2001, || open(&path))?;
    println!("open, warm          {warm}");
    let cold = median(15, || {
        drop_from_memory(&path)?;
        open(&path)
    })?;
    println!("open, cold          {cold}");
    let cold = median(15, || {
        drop_from_memory(&path)?;
        open_and_read_a_row(&path, rows / 2)
    })?;
    println!("open and row, cold  {cold}");

    let artifact = Artifact::open(&path)?;
    artifact.verify()?;
    let verify = median(5, || timed(|| artifact.verify()))?;
    report_speed("verify, warm", bytes, verify);
    drop(artifact);
    let verify = median(3, || {
        drop_from_memory(&path)?;
        timed(|| Artifact::open(&path)?.verify())
    })?;
    report_speed("verify, cold", bytes, verify);
    Ok(())
}

fn write(path: &Path, rows: usize) -> Result<Cost, Box<dyn Error>> {
    let mut state = 1_u32;
    let numbers = (0..rows * COLUMNS).map(|_| {
        // Any bits do, as long as they are not all alike.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f32::from_bits(state)
    });
    let factors: Vec<f32> = numbers.collect();
    let mut builder = ArtifactBuilder::new("ials", 1);
    builder.meta("seed", 42);
    let shape = [rows as u64, COLUMNS as u64];
    builder.section("item_factors", &shape, &factors);
    builder.strings("item_ids", (0..1000).map(|item| item.to_string()));
    timed(|| builder.write(path))
}

fn open(path: &Path) -> Result<Cost, Box<dyn Error>> {
    timed(|| Artifact::open(path).map(black_box).map(drop))
}

fn open_and_read_a_row(path: &Path, row: usize) -> Result<Cost, Box<dyn Error>> {
    timed(|| {
        let artifact = Artifact::open(path)?;
        let factors = artifact.section::<f32>("item_factors")?;
        let row = &factors.data[row * COLUMNS..][..COLUMNS];
        black_box(row.iter().sum::<f32>());
        Ok(())
    })
}

/// Asks the kernel to forget the file's pages; they are clean, since the writer synced them.
fn drop_from_memory(path: &Path) -> Result<(), Box<dyn Error>> {
    fadvise(File::open(path)?, 0, None, Advice::DontNeed)?;
    Ok(())
}

fn timed(work: impl FnOnce() -> Result<()>) -> Result<Cost, Box<dyn Error>> {
    let (start, processor) = (Instant::now(), processor_time()?);
    work()?;
    Ok(Cost {
        passed: start.elapsed(),
        processor: processor_time()?.saturating_sub(processor),
    })
}

/// Processor time of this thread so far.
fn processor_time() -> Result<Duration, Box<dyn Error>> {
    Ok(clock_gettime(ClockId::ThreadCPUTime).try_into()?)
}

fn median(
    rounds: usize,
    mut round: impl FnMut() -> Result<Cost, Box<dyn Error>>,
) -> Result<Cost, Box<dyn Error>> {
    let mut times = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        times.push(round()?);
    }
    times.sort();
    Ok(times[rounds / 2])
}

#[expect(clippy::cast_precision_loss, reason = "a figure of three digits")]
fn report_speed(what: &str, bytes: u64, cost: Cost) {
    let speed = |time: Duration| bytes as f64 / 1e9 / time.as_secs_f64();
    let [passed, processor] = [cost.passed, cost.processor].map(speed);
    println!("{what:<20}{cost}, {passed:.2} GB/s ({processor:.2} GB/s of cpu)");
}
