//! How long a call would wait for a worker, and what follows from it.
//!
//! The wait is the number of calls in line, times the time between two that were finished lately while
//! others waited (Little's law): whatever else the machine does is in it. It is known the moment a call
//! arrives, so once the line has been too long for a while, what would come too late is refused before any
//! work goes into it.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
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
/// A line that is too long for less than this is a burst, or what a stall of the machine left, and not
/// refused.
const BURST: Duration = Duration::from_millis(100);
/// After the line was too long for the last time, this long passes before bursts are let in again.
const CALM: Duration = Duration::from_secs(1);
/// The least that is promised: below it an answer would be no use.
const LEAST_PERCENT: u64 = 10;
/// What a worker is taken to need for a call at first.
const FIRST_GUESS_NS: u64 = 1_000_000;

/// The line before the workers.
#[derive(Debug)]
pub(super) struct Load {
    workers: u64,
    patience_us: u64,
    waiting: AtomicU64,
    /// From one finished call to the next while others wait, in nanoseconds.
    gap_ns: AtomicU64,
    /// When the last call was finished, if others waited then.
    last: Mutex<Option<Instant>>,
    excess: Mutex<Excess>,
}

/// Since when the line is too long.
#[derive(Debug, Default)]
struct Excess {
    /// The first and the last time that a call met a line that was too long, until there was calm.
    met: Option<(Instant, Instant)>,
}

impl Excess {
    /// Whether to refuse a call that meets such a line now.
    fn refuses(&mut self, now: Instant) -> bool {
        let since = |then: Instant| now.saturating_duration_since(then);
        let first = match self.met {
            Some((first, last)) if since(last) < CALM => first,
            _ => now,
        };
        self.met = Some((first, now));
        since(first) >= BURST
    }
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
    (!load.is_too_long(before)).then_some(turn)
}

impl Load {
    pub(super) fn new(workers: usize, patience: Duration) -> Self {
        Self {
            patience_us: whole(patience.as_micros()).max(1),
            waiting: AtomicU64::new(0),
            gap_ns: AtomicU64::new(FIRST_GUESS_NS / workers.max(1) as u64),
            workers: workers.max(1) as u64,
            last: Mutex::default(),
            excess: Mutex::default(),
        }
    }

    /// Whether a call that comes now would be refused; counts as one that met the line.
    pub(super) fn is_full(&self) -> bool {
        self.is_too_long(self.waiting())
    }

    fn is_too_long(&self, waiting: u64) -> bool {
        let is_long =
            waiting >= ALWAYS_WAIT * self.workers && self.wait_us(waiting) > self.patience_us;
        is_long && lock(&self.excess).refuses(Instant::now())
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

    /// Says that a call is finished now.
    pub(super) fn finished(&self, now: Instant) {
        let next = (self.waiting() > 0).then_some(now);
        let last = std::mem::replace(&mut *lock(&self.last), next);
        if let Some(last) = last {
            self.follow(now.saturating_duration_since(last));
        }
    }

    fn follow(&self, gap: Duration) {
        let usual = self.gap_ns.load(Ordering::Relaxed);
        let gap = whole(gap.as_nanos()).min(usual.saturating_mul(OUTLIER));
        let next = usual - usual / MEMORY + gap / MEMORY;
        self.gap_ns.store(next.max(MEMORY), Ordering::Relaxed);
    }

    /// How long the last of `waiting` calls waits.
    fn wait_us(&self, waiting: u64) -> u64 {
        let gap = self.gap_ns.load(Ordering::Relaxed);
        waiting.saturating_mul(gap) / 1000
    }
}

/// Each holds one value, so a panic elsewhere leaves nothing half done.
fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn whole(number: u128) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a server that has had too much for a while.
    fn load(workers: usize, patience_ms: u64) -> Arc<Load> {
        let load = Load::new(workers, Duration::from_millis(patience_ms));
        let now = Instant::now();
        lock(&load.excess).met = Some((now - BURST, now));
        Arc::new(load)
    }

    #[test]
    fn a_burst_is_let_in_and_what_lasts_is_not_until_there_is_calm() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut excess = Excess::default();
        for (millis, refused) in [(0, false), (99, false), (100, true), (900, true)] {
            assert_eq!(excess.refuses(at(millis)), refused, "{millis}");
        }
        // A moment of a shorter line is no calm.
        assert!(excess.refuses(at(1899)));
        assert!(!excess.refuses(at(2899)));
        assert!(!excess.refuses(at(2990)));
        assert!(excess.refuses(at(2999)));
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
        (0..1000).for_each(|_| slow.follow(Duration::from_secs(1)));
        assert_eq!(line(&slow, 100).len(), 8);
        assert!(!slow.is_full(), "all have left");
    }

    #[test]
    fn who_leaves_makes_room() {
        let load = load(1, 10);
        let mut turns = line(&load, 100);
        assert!(wait(&load).is_none() && load.is_full());
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
    fn the_gap_is_that_between_calls_that_end_while_others_wait() {
        let load = load(1, 20);
        let start = Instant::now();
        let at = |micros| start + Duration::from_micros(micros);
        let turns = line(&load, 1);
        (0..400).for_each(|number| load.finished(at(number * 100)));
        let gap = || load.gap_ns.load(Ordering::Relaxed);
        assert!((100_000..103_500).contains(&gap()), "{}", gap());
        // Nobody waits any more: the time until the next call says nothing.
        drop(turns);
        load.finished(at(40_000));
        let before = gap();
        load.finished(at(90_000_000));
        assert_eq!(gap(), before);
        // A stall hardly counts.
        let _turns = line(&load, 1);
        load.finished(at(90_000_100));
        load.finished(at(99_000_000));
        assert!(gap() < 120_000);
    }
}
