//! Sends the calls and times them.

use std::{
    cell::RefCell,
    rc::Rc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use hdrhistogram::Histogram;
use marquee_math::{Rng, rng};
use marquee_proto::v1::{
    RecommendRequest, StageTiming, recommend_request::Viewer,
    recommendation_service_client::RecommendationServiceClient,
};
use rand::RngExt;
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::LocalSet,
};
use tonic::transport::{Channel, Endpoint};

/// What to send.
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) server: String,
    pub(crate) viewers: Vec<String>,
    pub(crate) pace: Pace,
    pub(crate) connections: usize,
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
    pub(crate) k: u32,
    pub(crate) seed: u64,
}

/// When calls are sent.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pace {
    /// So many a second, at random moments (a Poisson process), however slow the answers are.
    Rate(f64),
    /// So many under way at once: finds the highest rate, says nothing of latency at another.
    Concurrency(usize),
}

/// Latencies above it, in microseconds, count as it.
const LONGEST_US: u64 = 60_000_000;

/// What was measured.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Latency in microseconds of every answered call that was due in the measured time.
    pub(crate) latency_us: Histogram<u64>,
    pub(crate) failed: u64,
    pub(crate) degraded: u64,
    pub(crate) seconds: f64,
    /// Candidates that the answers considered, together.
    pub(crate) candidates: u64,
    /// Microseconds of each component that ran, in the order in which they ran first.
    pub(crate) stages: Vec<(String, Histogram<u64>)>,
}

impl Outcome {
    fn count_stages(&mut self, timings: &[StageTiming]) {
        for timing in timings {
            let name = format!("{} {}", timing.stage, timing.component);
            let known = self.stages.iter().position(|(known, _)| *known == name);
            let place = known.unwrap_or_else(|| {
                self.stages.push((name, self.latency_us.clone()));
                let last = self.stages.len() - 1;
                self.stages[last].1.reset();
                last
            });
            self.stages[place].1.saturating_record(timing.micros);
        }
    }
}

struct Shared {
    load: Load,
    clients: Vec<RecommendationServiceClient<Channel>>,
    start: Instant,
    outcome: RefCell<Outcome>,
}

/// Runs the load to its end and waits for what is under way.
///
/// # Errors
///
/// When no connection can be made.
pub(crate) async fn run(load: Load) -> Result<Outcome> {
    let clients = connect(&load).await?;
    let shared = Rc::new(Shared {
        outcome: RefCell::new(Outcome {
            latency_us: Histogram::new_with_bounds(1, LONGEST_US, 3)
                .context("three digits fit a histogram")?,
            failed: 0,
            degraded: 0,
            seconds: load.measured.as_secs_f64(),
            candidates: 0,
            stages: Vec::new(),
        }),
        start: Instant::now(),
        clients,
        load,
    });
    let tasks = LocalSet::new();
    let driver = Rc::clone(&shared);
    tasks
        .run_until(async move {
            match driver.load.pace {
                Pace::Rate(rate) => at_rate(driver, rate).await,
                Pace::Concurrency(n) => at_once(driver, n).await,
            }
        })
        .await;
    tasks.await;
    let shared = Rc::into_inner(shared).context("every call has ended")?;
    Ok(shared.outcome.into_inner())
}

async fn connect(load: &Load) -> Result<Vec<RecommendationServiceClient<Channel>>> {
    let mut clients = Vec::with_capacity(load.connections);
    for _ in 0..load.connections {
        let endpoint = Endpoint::from_shared(load.server.clone())?.tcp_nodelay(true);
        let channel = endpoint
            .connect()
            .await
            .with_context(|| format!("no server answers at {}", load.server))?;
        clients.push(RecommendationServiceClient::new(channel));
    }
    Ok(clients)
}

/// Starts a call at each arrival. Calls that are started late count from when they were due.
async fn at_rate(shared: Rc<Shared>, rate: f64) {
    let mut arrivals = arrivals(&shared, rate);
    let mut number = 0;
    while let Some(due) = arrivals.recv().await {
        tokio::task::spawn_local(call(Rc::clone(&shared), number, due));
        number += 1;
    }
}

/// Tells of each arrival when it is due, from a thread that sleeps: the runtime's timer counts in
/// milliseconds, and waiting without one would take a core that the server may need.
fn arrivals(shared: &Shared, rate: f64) -> UnboundedReceiver<Duration> {
    let (tell, arrivals) = unbounded_channel();
    let (start, seed) = (shared.start, shared.load.seed);
    let end = shared.load.warm_up + shared.load.measured;
    thread::spawn(move || {
        let mut random = rng(seed, 1);
        let mut due = Duration::ZERO;
        while due < end && tell.send(due).is_ok() {
            due += gap(&mut random, rate);
            thread::sleep(due.saturating_sub(start.elapsed()));
        }
    });
    arrivals
}

/// Time between two arrivals: exponential with mean `1 / rate`.
fn gap(random: &mut Rng, rate: f64) -> Duration {
    let uniform: f64 = random.random();
    Duration::from_secs_f64(-(1.0 - uniform).ln() / rate)
}

async fn at_once(shared: Rc<Shared>, n: usize) {
    let end = shared.load.warm_up + shared.load.measured;
    let worker = |number: usize| {
        let shared = Rc::clone(&shared);
        async move {
            let mut next = number;
            while shared.start.elapsed() < end {
                let due = shared.start.elapsed();
                call(Rc::clone(&shared), next, due).await;
                next += n;
            }
        }
    };
    let workers: Vec<_> = (0..n)
        .map(|number| tokio::task::spawn_local(worker(number)))
        .collect();
    for one in workers {
        // A worker that panicked shows in the counts that it did not add.
        let _ = one.await;
    }
}

async fn call(shared: Rc<Shared>, number: usize, due: Duration) {
    let load = &shared.load;
    let viewer = load.viewers[number % load.viewers.len()].clone();
    let mut client = shared.clients[number % shared.clients.len()].clone();
    let request = RecommendRequest {
        viewer: Some(Viewer::UserId(viewer)),
        k: load.k,
        ..RecommendRequest::default()
    };
    let answer = client.recommend(request).await;
    let latency = shared.start.elapsed() - due;
    if due < load.warm_up || due >= load.warm_up + load.measured {
        return;
    }
    let mut outcome = shared.outcome.borrow_mut();
    match answer {
        Ok(answer) => {
            let info = answer.into_inner().info.unwrap_or_default();
            outcome.degraded += u64::from(!info.degraded.is_empty());
            outcome.candidates += info.candidate_count;
            outcome.count_stages(&info.timings);
            let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
            outcome.latency_us.saturating_record(micros);
        }
        Err(_) => outcome.failed += 1,
    }
}
