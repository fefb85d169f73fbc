//! How long a call would wait for a worker, and what follows from it.
//!
//! The wait is the number of calls in line, times what a call took lately, over the number of workers
//! (Little's law). It is known the moment a call arrives, so what would come too late is refused before
//! any work goes into it, and what is answered is answered in time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use marquee_pipeline::Quality;

/// So many calls for each worker may always wait: a measured time may be a stall of the machine, and a
/// short line is no overload.
const ALWAYS_WAIT: u64 = 4;
/// A new time counts for one in so many.
const MEMORY: u64 = 32;
/// A time counts at most as so many usual ones.
const OUTLIER: u64 = 4;
/// The least that is promised: below it an answer would be no use.
const LEAST_PERCENT: u64 = 10;

/// The line before the workers.
#[derive(Debug)]
pub(super) struct Load {
    workers: u64,
    patience_us: u64,
    waiting: AtomicU64,
    /// What a call takes, in nanoseconds.
    usual_ns: AtomicU64,
}

/// A place in the line, given up when it is dropped.
#[derive(Debug)]
pub(super) struct Turn(Arc<Load>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Gets in line, unless that would take longer than patience lasts.
pub(super) fn wait(load: &Arc<Load>) -> Option<Turn> {
    let before = load.waiting.fetch_add(1, Ordering::Relaxed);
    let turn = Turn(Arc::clone(load));
    let is_short = before < ALWAYS_WAIT * load.workers;
    (is_short || load.wait_us(before) <= load.patience_us).then_some(turn)
}

impl Load {
    pub(super) fn new(workers: usize, patience: Duration) -> Self {
        Self {
            workers: workers.max(1) as u64,
            patience_us: whole(patience.as_micros()).max(1),
            waiting: AtomicU64::new(0),
            usual_ns: AtomicU64::new(1_000_000),
        }
    }

    /// Whole while a short line waits; less and less until patience would be at its end.
    pub(super) fn quality(&self) -> Quality {
        let waiting = self.waiting().saturating_sub(self.workers);
        let share = self.wait_us(waiting).saturating_mul(100) / self.patience_us;
        let percent = 100_u64.saturating_sub(share).max(LEAST_PERCENT);
        Quality::of_percent(u32::try_from(percent).unwrap_or(100))
    }

    pub(super) fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Does `work` and remembers how long it took.
    pub(super) fn measure<T>(&self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let done = work();
        self.took(start.elapsed());
        done
    }

    /// Two calls that end at the same moment may overwrite each other: one of many times is lost.
    fn took(&self, took: Duration) {
        let usual = self.usual_ns.load(Ordering::Relaxed);
        let took = whole(took.as_nanos()).min(usual.saturating_mul(OUTLIER));
        let next = usual - usual / MEMORY + took / MEMORY;
        self.usual_ns.store(next.max(MEMORY), Ordering::Relaxed);
    }

    /// How long the last of `waiting` calls waits.
    fn wait_us(&self, waiting: u64) -> u64 {
        let usual = self.usual_ns.load(Ordering::Relaxed);
        waiting.saturating_mul(usual) / self.workers / 1000
    }
}

fn whole(number: u128) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(workers: usize, patience_ms: u64) -> Arc<Load> {
        Arc::new(Load::new(workers, Duration::from_millis(patience_ms)))
    }

    fn line(load: &Arc<Load>, length: usize) -> Vec<Turn> {
        (0..length).map_while(|_| wait(load)).collect()
    }

    #[test]
    fn a_line_is_as_long_as_patience_at_the_usual_time() {
        // At first a call is taken to need a millisecond.
        assert_eq!(line(&load(1, 20), 100).len(), 21);
        assert_eq!(line(&load(2, 20), 100).len(), 41);
    }

    #[test]
    fn a_short_line_is_always_let_in() {
        let slow = load(2, 1);
        (0..1000).for_each(|_| slow.took(Duration::from_secs(1)));
        assert_eq!(line(&slow, 100).len(), 8);
    }

    #[test]
    fn who_leaves_makes_room() {
        let load = load(1, 10);
        let mut turns = line(&load, 100);
        assert!(wait(&load).is_none());
        assert_eq!(load.waiting(), 11, "who was refused does not wait");
        turns.pop();
        assert!(wait(&load).is_some());
        drop(turns);
        assert_eq!(load.waiting(), 0);
    }

    #[test]
    fn quality_falls_with_the_line() {
        let load = load(1, 20);
        assert_eq!(load.quality(), Quality::FULL);
        let one = line(&load, 1);
        assert_eq!(load.quality(), Quality::FULL);
        let more = line(&load, 10);
        assert_eq!(load.quality().percent(), 50);
        let most = line(&load, 100);
        assert_eq!(load.quality().percent(), 10);
        drop((one, more, most));
        assert_eq!(load.quality(), Quality::FULL);
    }

    #[test]
    fn the_usual_time_follows_and_a_stall_hardly_counts() {
        let load = load(1, 20);
        (0..400).for_each(|_| load.took(Duration::from_micros(100)));
        let usual = load.usual_ns.load(Ordering::Relaxed);
        assert!((100_000..103_500).contains(&usual), "{usual}");
        load.took(Duration::from_secs(9));
        assert!(load.usual_ns.load(Ordering::Relaxed) < 120_000);
        assert!(line(&load, 1000).len() > 160);
    }
}
