//! The services: each call checks its request, has a worker do it, and writes the answer.

use std::{
    sync::{Arc, Mutex},
    time::Instant,
};

use marquee_engine::{EngineError, Recommendation};
use tokio::sync::{Semaphore, watch};
use tonic::{Request, Response, Status};

use crate::{
    backend::{self, Backend},
    config::{Events, ServeConfig},
    deadline::Deadline,
    health::Health,
    refusal::Refusal,
    telemetry::Telemetry,
    traces::Trace,
    workers::{Allowance, Workers},
};

mod answered;
mod catalog;
mod event;
mod explanation;
mod model;
mod recommendation;
mod state;

/// What the services answer with.
#[derive(Clone)]
pub(crate) struct Services {
    backend: Arc<dyn Backend>,
    workers: Workers,
    /// Held from looking at the active model until it is changed.
    changing: Arc<Mutex<()>>,
    health: Health,
    /// What events may be.
    events: Events,
    /// Places for streams of events.
    streams: Arc<Semaphore>,
    /// Becomes true when the server shuts down.
    closing: watch::Receiver<bool>,
    answered: Arc<answered::Answered>,
    telemetry: Arc<Telemetry>,
    started: Instant,
}

/// What the services stand in.
pub(crate) struct Surroundings {
    pub(crate) workers: Workers,
    pub(crate) health: Health,
    /// Becomes true when the server shuts down.
    pub(crate) closing: watch::Receiver<bool>,
    pub(crate) telemetry: Arc<Telemetry>,
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Services").finish_non_exhaustive()
    }
}

impl Services {
    pub(crate) fn new(
        backend: Arc<dyn Backend>,
        surroundings: Surroundings,
        config: &ServeConfig,
    ) -> Self {
        let Surroundings {
            workers,
            health,
            closing,
            telemetry,
        } = surroundings;
        Self {
            backend,
            workers,
            changing: Arc::new(Mutex::new(())),
            health,
            telemetry,
            events: config.events.clone(),
            streams: Arc::new(Semaphore::new(config.limits.event_streams)),
            closing,
            answered: Arc::default(),
            started: Instant::now(),
        }
    }

    /// Has a worker do `work` before the deadline that came with the request.
    async fn work<T: Send + 'static>(
        &self,
        deadline: Option<Deadline>,
        work: impl FnOnce(&Self, Allowance) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<Response<T>, Status> {
        // The gate sets one for every call that is work; a path around it does not exist.
        let deadline = deadline.ok_or(Refusal::OutOfTime)?;
        let this = self.clone();
        let workers = &self.workers;
        let done = workers.run(deadline, move |may| work(&this, may)).await?;
        Ok(Response::new(done))
    }

    /// Counts what an answer spent, and adds it to the trace of its call.
    fn tell(&self, answer: &Recommendation, trace: Option<Trace>, began: Instant) {
        self.telemetry.answer(&answer.timings, &answer.degraded);
        if let Some(trace) = trace {
            trace.stages(began, &answer.timings);
        }
    }

    fn refusal(&self, error: &EngineError) -> Refusal {
        backend::refusal(error, self.workers.incidents())
    }
}

fn deadline_of<T>(request: &Request<T>) -> Option<Deadline> {
    request.extensions().get::<Deadline>().copied()
}

fn trace_of<T>(request: &Request<T>) -> Option<Trace> {
    request.extensions().get::<Trace>().cloned()
}
