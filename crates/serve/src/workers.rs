//! Computing, off the threads that move bytes.

use std::{num::NonZeroUsize, sync::Arc, thread::available_parallelism, time::Duration};

use tokio::sync::Semaphore;

use crate::{deadline::Deadline, incident::Incidents, refusal::Refusal};

/// Lets as many calls compute at once as there are workers; the others wait their turn until their
/// deadline, which the gate keeps.
#[derive(Debug, Clone)]
pub(crate) struct Workers {
    free: Arc<Semaphore>,
    incidents: Arc<Incidents>,
}

impl Workers {
    /// `count` workers, or one for each core if it is zero.
    pub(crate) fn new(count: usize, incidents: Arc<Incidents>) -> Self {
        let cores = || available_parallelism().map_or(1, NonZeroUsize::get);
        let count = if count == 0 { cores() } else { count };
        Self {
            free: Arc::new(Semaphore::new(count)),
            incidents,
        }
    }

    /// Runs `work` with the time that it may take. It keeps its place until it ends, even when
    /// nobody waits for it any more.
    ///
    /// # Errors
    ///
    /// What `work` gives; [`Refusal::Internal`] when it panics.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        deadline: Deadline,
        work: impl FnOnce(Duration) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let free = Arc::clone(&self.free);
        // Closed only when the runtime goes down.
        let place = free
            .acquire_owned()
            .await
            .map_err(|_| Refusal::ShuttingDown)?;
        let running = tokio::task::spawn_blocking(move || {
            let _place = place;
            work(deadline.budget())
        });
        match running.await {
            Ok(done) => done,
            Err(error) => match error.try_into_panic() {
                Ok(payload) => Err(self.incidents.report_panic(&*payload)),
                Err(_) => Err(Refusal::ShuttingDown),
            },
        }
    }

    /// Where failures are reported.
    pub(crate) fn incidents(&self) -> &Incidents {
        &self.incidents
    }
}
