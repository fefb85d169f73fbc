//! What a piece of work cost: wall time, processor time, memory.

use std::{fs, time::Instant};

use rustix::time::{ClockId, clock_gettime};

/// Measures from when it is made.
#[derive(Debug)]
pub(crate) struct Meter {
    wall: Instant,
    cpu: f64,
}

impl Meter {
    pub(crate) fn start() -> Self {
        Self {
            wall: Instant::now(),
            cpu: cpu_seconds(),
        }
    }

    /// Seconds of wall time since the start.
    pub(crate) fn wall_seconds(&self) -> f64 {
        self.wall.elapsed().as_secs_f64()
    }

    /// Seconds of processor time of all threads since the start.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        cpu_seconds() - self.cpu
    }
}

fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// Starts the peak of resident memory anew, where the system can do that.
pub(crate) fn reset_peak_memory() {
    // Where this is refused the peak covers the whole run, which is still true, only less telling.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The most memory that was resident since the start, or since the last reset, in bytes; `None`
/// where the system does not tell.
pub(crate) fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}
