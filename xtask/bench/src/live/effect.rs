//! Probes: ask, play the first title of the answer, and ask again once the play is acknowledged. The
//! second answer must not have the title any more.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use clap::Parser;
use hdrhistogram::Histogram;
use marquee_math::rng;
use marquee_proto::v1::{
    RecommendRequest, WriteEventsRequest, event_service_client::EventServiceClient,
    recommend_request::Viewer, recommendation_service_client::RecommendationServiceClient,
};
use rand::RngExt;
use tokio::task::LocalSet;
use tonic::{
    Status,
    transport::{Channel, Endpoint},
};

use crate::{Args, cells, histogram, play, record};

/// How hard and how long.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    /// Calls a second, three for each probe
    #[arg(long, default_value_t = 500.0)]
    rate: f64,
    /// Seconds that are measured, after two seconds that are not
    #[arg(long, default_value_t = 30.0)]
    seconds: f64,
    /// Items a call asks for
    #[arg(short, default_value_t = 20)]
    k: u32,
    /// Connections; calls are spread over them
    #[arg(long, default_value_t = 4)]
    connections: usize,
}

struct Outcome {
    /// From sending an event to its acknowledgement.
    acknowledged: Histogram<u64>,
    /// From asking to the answer, with nothing written before.
    answered: Histogram<u64>,
    /// From sending an event to the answer that knows it.
    effect: Histogram<u64>,
    /// Answers that did not know an acknowledged event.
    unknown: u64,
    /// Probes that failed, by why.
    failed: BTreeMap<String, u64>,
}

struct Shared {
    channels: Vec<Channel>,
    viewers: Vec<String>,
    run: String,
    k: u32,
    outcome: RefCell<Outcome>,
}

const WARM_UP: Duration = Duration::from_secs(2);

/// Gives the rows of a table.
///
/// # Errors
///
/// When no connection can be made.
pub(crate) async fn run(
    args: &Args,
    options: &Options,
    viewers: Vec<String>,
) -> Result<Vec<String>> {
    ensure!(options.rate > 0.0, "--rate must be above 0");
    ensure!(options.connections > 0, "--connections must be at least 1");
    let mut channels = Vec::new();
    for _ in 0..options.connections {
        let endpoint = Endpoint::from_shared(args.server.clone())?;
        channels.push(endpoint.tcp_nodelay(true).connect().await?);
    }
    let shared = Rc::new(Shared {
        channels,
        viewers,
        run: args.run.clone(),
        k: options.k,
        outcome: RefCell::new(Outcome {
            acknowledged: histogram()?,
            answered: histogram()?,
            effect: histogram()?,
            unknown: 0,
            failed: BTreeMap::new(),
        }),
    });
    let end = WARM_UP + Duration::from_secs_f64(options.seconds);
    let tasks = LocalSet::new();
    let (driver, rate, seed) = (Rc::clone(&shared), options.rate / 3.0, args.seed);
    tasks
        .run_until(async move {
            let (start, mut random) = (Instant::now(), rng(seed, 2));
            let (mut due, mut number) = (Duration::ZERO, 0);
            while due < end {
                tokio::time::sleep(due.saturating_sub(start.elapsed())).await;
                let counts = due >= WARM_UP;
                tokio::task::spawn_local(probe(Rc::clone(&driver), number, counts));
                number += 1;
                let uniform: f64 = random.random();
                due += Duration::from_secs_f64(-(1.0 - uniform).ln() / rate);
            }
        })
        .await;
    tasks.await;
    let outcome = shared.outcome.borrow();
    let row =
        |what: &str, of: &Histogram<u64>| format!("| {what} | {} | {} |", of.len(), cells(of));
    let failed = outcome.failed.iter();
    let failed: Vec<String> = failed.map(|(why, n)| format!("{n} {why}")).collect();
    let failed = match failed.is_empty() {
        true => "none".to_owned(),
        false => failed.join(", "),
    };
    Ok(vec![
        "| what | count | mean ms | p50 ms | p99 ms | p99.9 ms | max ms |".to_owned(),
        "|---|---|---|---|---|---|---|".to_owned(),
        row("answer, nothing written before", &outcome.answered),
        row("event acknowledged, on disk", &outcome.acknowledged),
        row("event to the answer that knows it", &outcome.effect),
        format!(
            "\n{} answers did not know an acknowledged event; failed probes: {failed}",
            outcome.unknown
        ),
    ])
}

async fn probe(shared: Rc<Shared>, number: usize, counts: bool) {
    let done = one(&shared, number).await;
    if !counts {
        return;
    }
    let mut outcome = shared.outcome.borrow_mut();
    let (answered, acknowledged, effect, known) = match done {
        Ok(times) => times,
        Err(status) => {
            let why = format!("{:?} ({})", status.code(), status.message());
            *outcome.failed.entry(why).or_default() += 1;
            return;
        }
    };
    record(&mut outcome.answered, answered);
    record(&mut outcome.acknowledged, acknowledged);
    record(&mut outcome.effect, effect);
    outcome.unknown += u64::from(!known);
}

type Times = (Duration, Duration, Duration, bool);

async fn one(shared: &Shared, number: usize) -> Result<Times, Status> {
    let channel = &shared.channels[number % shared.channels.len()];
    let viewer = &shared.viewers[number % shared.viewers.len()];
    let mut answers = RecommendationServiceClient::new(channel.clone());
    let request = RecommendRequest {
        viewer: Some(Viewer::UserId(viewer.clone())),
        k: shared.k,
        ..RecommendRequest::default()
    };
    let start = Instant::now();
    let answer = answers.recommend(request.clone()).await?.into_inner();
    let answered = start.elapsed();
    let first = answer.items.first().map(|item| item.item_id.clone());
    let first = first.ok_or_else(|| Status::not_found("an empty answer"))?;
    let event = play(format!("{}-{number}", shared.run), viewer, &first);
    let start = Instant::now();
    let events = vec![event];
    let mut writer = EventServiceClient::new(channel.clone());
    writer.write_events(WriteEventsRequest { events }).await?;
    let acknowledged = start.elapsed();
    let answer = answers.recommend(request).await?.into_inner();
    let known = answer.items.iter().all(|item| item.item_id != first);
    Ok((answered, acknowledged, start.elapsed(), known))
}
