//! What an answer of the active model costs without a server around it: processor time, and the time of
//! each stage.
//!
//! ```sh
//! cargo run --release -p marquee-engine --example answer_speed -- DATA [ANSWERS]
//! ```
//!
//! One thread asks for viewers from all over the model, after as many answers that do not count. The
//! processor time is that of the process, which says more on a machine with other work; stages are by the
//! clock, so their medians are what to compare.

#![expect(clippy::print_stdout, reason = "a report for people")]

use std::{collections::BTreeMap, env, error::Error, path::Path, time::Duration};

use marquee_core::{Timestamp, UserId, UserIdx};
use marquee_engine::{
    Engine, EngineConfig,
    request::{RecommendRequest, Surroundings, Viewer},
};
use marquee_pipeline::{Budget, MonotonicClock};
use rustix::time::{ClockId, clock_gettime};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Time that one answer may take.
const LIMIT: Duration = Duration::from_secs(10);
/// A step between viewers that comes by all of them.
const STEP: usize = 7_919;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let data = arguments.first().ok_or("which data folder?")?;
    let answers = arguments.get(1).map_or(Ok(2_000), |text| text.parse())?;
    let engine = Engine::open(Path::new(data), EngineConfig::default())?;
    let viewers = viewers(&engine, answers)?;
    ask(&engine, &viewers)?;
    let begin = time_of(ClockId::ProcessCPUTime);
    let stages = ask(&engine, &viewers)?;
    let spent = time_of(ClockId::ProcessCPUTime) - begin;
    let each = 1e6 / viewers.len() as f64;
    println!(
        "{:.0} µs of processor time an answer",
        spent.as_secs_f64() * each
    );
    println!("\n| stage | mean µs | median µs |\n|---|---|---|");
    for ((stage, component), mut times) in stages {
        times.sort_unstable();
        let sum: Duration = times.iter().sum();
        let mean = sum.as_secs_f64() * 1e6 / times.len() as f64;
        let median = times[times.len() / 2].as_secs_f64() * 1e6;
        println!("| {stage} {component} | {mean:.0} | {median:.0} |");
    }
    Ok(())
}

/// Viewers whom the model knows, all over it.
fn viewers(engine: &Engine, n: usize) -> Outcome<Vec<UserId>> {
    let generation = engine.generation()?;
    let known = generation.interactions();
    let rows = (0..n).map(|at| at * STEP % known.n_users().max(1));
    let ids = rows.filter_map(|row| known.user_id(UserIdx::from_usize(row)));
    Ok(ids.map(UserId::new).collect::<Result<_, _>>()?)
}

type Stages = BTreeMap<(&'static str, &'static str), Vec<Duration>>;

/// Asks for each viewer; gives the times of each stage.
fn ask(engine: &Engine, viewers: &[UserId]) -> Outcome<Stages> {
    let mut stages = Stages::new();
    for viewer in viewers {
        let now = time_of(ClockId::Realtime);
        let request = RecommendRequest {
            surroundings: Surroundings {
                device: Some("tv".to_owned()),
                page: Some("home".to_owned()),
            },
            now: Timestamp::from_seconds(i64::try_from(now.as_secs())?),
            ..RecommendRequest::plain(Viewer::Known(viewer.clone()))
        };
        let clock = MonotonicClock::start();
        let answer = engine.recommend(&request, Budget::new(&clock, LIMIT))?;
        for timing in answer.timings {
            let times = stages.entry((timing.stage, timing.component));
            times.or_default().push(timing.took);
        }
    }
    Ok(stages)
}

fn time_of(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}
