//! Computing, off the threads that move bytes.

use std::{
    num::NonZeroUsize,
    sync::Arc,
    thread::available_parallelism,
    time::{Duration, Instant},
};

use marquee_pipeline::{Budget, Clock, Quality};
use tokio::sync::Semaphore;

use crate::{deadline::Deadline, incident::Incidents, refusal::Refusal};

mod load;

use load::Load;

/// What one piece of work may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    /// Time from its start.
    pub(crate) limit: Duration,
    /// Effort.
    pub(crate) quality: Quality,
}

impl Allowance {
    /// The same for the request path, counted by `clock`.
    pub(crate) fn budget(self, clock: &dyn Clock) -> Budget<'_> {
        Budget::new(clock, self.limit).with_quality(self.quality)
    }
}

/// Lets as many calls compute at once as there are workers; the others wait their turn until their
/// deadline, which the gate keeps. While many wait, answers are to be simpler; where a call would wait
/// longer than is worth it, it is refused at once.
#[derive(Debug, Clone)]
pub(crate) struct Workers {
    free: Arc<Semaphore>,
    load: Arc<Load>,
    incidents: Arc<Incidents>,
}

impl Workers {
    /// `count` workers, or one for each core if it is zero; nobody is to wait longer than `patience`.
    pub(crate) fn new(count: usize, patience: Duration, incidents: Arc<Incidents>) -> Self {
        let cores = || available_parallelism().map_or(1, NonZeroUsize::get);
        let count = if count == 0 { cores() } else { count };
        Self {
            free: Arc::new(Semaphore::new(count)),
            load: Arc::new(Load::new(count, patience)),
            incidents,
        }
    }

    /// Runs `work` with what it may take. It keeps its place until it ends, even when nobody waits for
    /// it any more.
    ///
    /// # Errors
    ///
    /// What `work` gives; [`Refusal::Overloaded`] when too many wait, [`Refusal::Internal`] when it
    /// panics.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        deadline: Deadline,
        work: impl FnOnce(Allowance) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let turn = load::wait(&self.load).ok_or(Refusal::Overloaded)?;
        let free = Arc::clone(&self.free);
        // Closed only when the runtime goes down.
        let place = free
            .acquire_owned()
            .await
            .map_err(|_| Refusal::ShuttingDown)?;
        drop(turn);
        let load = Arc::clone(&self.load);
        let running = tokio::task::spawn_blocking(move || {
            let _place = place;
            let allowance = Allowance {
                limit: deadline.budget(),
                quality: load.quality(),
            };
            let done = work(allowance);
            load.finished(Instant::now());
            done
        });
        match running.await {
            Ok(done) => done,
            Err(error) => match error.try_into_panic() {
                Ok(payload) => Err(self.incidents.report_panic(&*payload)),
                Err(_) => Err(Refusal::ShuttingDown),
            },
        }
    }

    /// Whether a call that comes now would be refused.
    pub(crate) fn is_full(&self) -> bool {
        self.load.is_full()
    }

    /// How much work an answer may be that begins now.
    pub(crate) fn quality(&self) -> Quality {
        self.load.quality()
    }

    /// Calls that wait for a worker now.
    pub(crate) fn waiting(&self) -> u64 {
        self.load.waiting()
    }

    /// Where failures are reported.
    pub(crate) fn incidents(&self) -> &Incidents {
        &self.incidents
    }
}
