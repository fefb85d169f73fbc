//! Streams of events, as fast as they are acknowledged.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::Parser;
use hdrhistogram::Histogram;
use marquee_proto::v1::{StreamEventsRequest, event_service_client::EventServiceClient};
use tokio::{sync::mpsc, task::LocalSet};
use tonic::transport::Endpoint;

use crate::{Args, cells, histogram, play, record};

/// How much.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    /// Events in all
    #[arg(long, default_value_t = 1_000_000)]
    events: usize,
    /// Events a batch
    #[arg(long, default_value_t = 500)]
    batch: usize,
    /// Streams at once, each on a connection of its own
    #[arg(long, default_value_t = 4)]
    streams: usize,
    /// Batches of a stream that may wait for their acknowledgement
    #[arg(long, default_value_t = 8)]
    ahead: usize,
}

/// Gives the row of a table.
///
/// # Errors
///
/// When no connection can be made, or an event is refused.
pub(crate) async fn run(
    args: &Args,
    options: &Options,
    viewers: Vec<String>,
) -> Result<Vec<String>> {
    ensure!(
        options.batch > 0 && options.streams > 0 && options.ahead > 0,
        "--batch, --streams and --ahead must be at least 1"
    );
    let n_batches = (options.events / options.batch / options.streams).max(1);
    let viewers = std::rc::Rc::new(viewers);
    let tasks = LocalSet::new();
    let start = Instant::now();
    let mut running = Vec::new();
    for number in 0..options.streams {
        let stream = Stream {
            server: args.server.clone(),
            name: format!("{}-{number}", args.run),
            viewers: std::rc::Rc::clone(&viewers),
            n_batches,
            batch: options.batch,
            ahead: options.ahead,
        };
        running.push(tasks.spawn_local(stream.send()));
    }
    let mut latency = histogram()?;
    let mut written = 0;
    tasks
        .run_until(async {
            for one in running {
                let (mine, acknowledged) = one.await??;
                latency.add(&mine)?;
                written += acknowledged;
            }
            anyhow::Ok(())
        })
        .await?;
    let seconds = start.elapsed().as_secs_f64();
    Ok(vec![format!(
        "| {} streams, batches of {} | {written} | {:.0} | {} |",
        options.streams,
        options.batch,
        written as f64 / seconds,
        cells(&latency),
    )])
}

struct Stream {
    server: String,
    name: String,
    viewers: std::rc::Rc<Vec<String>>,
    n_batches: usize,
    batch: usize,
    ahead: usize,
}

impl Stream {
    /// Sends every batch; gives the latency of the acknowledgements and how many events were written.
    async fn send(self) -> Result<(Histogram<u64>, u64)> {
        let endpoint = Endpoint::from_shared(self.server.clone())?;
        let channel = endpoint.tcp_nodelay(true).connect().await?;
        let mut client = EventServiceClient::new(channel);
        let (batches, queue) = mpsc::channel(1);
        let queue = tokio_stream::wrappers::ReceiverStream::new(queue);
        let mut answers = client.stream_events(queue).await?.into_inner();
        let (mut sent, mut latency, mut written) = (Vec::new(), histogram()?, 0);
        let mut next = 0;
        for acknowledged in 0..self.n_batches {
            while next < self.n_batches && next < acknowledged + self.ahead {
                let batch = self.batch(next);
                sent.push(Instant::now());
                batches.send(batch).await?;
                next += 1;
            }
            let answer = answers.message().await?;
            let answer = answer.ok_or_else(|| anyhow::anyhow!("the stream ended early"))?;
            ensure!(answer.exceptions.is_empty(), "an event was refused");
            let took: Duration = sent[acknowledged].elapsed();
            record(&mut latency, took);
            written += u64::from(answer.written);
        }
        Ok((latency, written))
    }

    fn batch(&self, number: usize) -> StreamEventsRequest {
        let event = |place: usize| {
            let number = number * self.batch + place;
            // Steps that share no factor with most lengths spread over viewers and titles.
            let viewer = &self.viewers[number * 7919 % self.viewers.len()];
            let item = format!("i{}", number * 104_729 % 100_000);
            play(format!("{}-{number}", self.name), viewer, &item)
        };
        StreamEventsRequest {
            batch: number as u64,
            events: (0..self.batch).map(event).collect(),
        }
    }
}
