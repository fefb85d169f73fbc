//! What features cost: events applied a second, 500 candidates computed, bytes kept; and what a
//! training table of a synthetic world looks like.
//!
//! ```sh
//! cargo run --release -p marquee-features --example feature_speed -- [--events 1000000] [--users 10000]
//!     [--items 2000] [--rows 3] [--table FILE]
//! ```
//!
//! One thread. Times are CPU time of the process, which says more on a machine with other work.

#![expect(clippy::print_stdout, reason = "a report for people")]

use std::{env, error::Error, sync::Arc, time::Duration};

use marquee_core::{Event, ItemIdx, Seconds, Timestamp, UserIdx};
use marquee_features::{
    Asked, Entities, FeatureState, FeatureTable, Joined, OpenWindows, Plan, Scratch, TrainingFile,
    TrainingOptions, VectorSet, training_rows,
};
use marquee_testkit::world::{World, WorldConfig};
use rustix::time::{ClockId, clock_gettime};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Candidates of one request.
const CANDIDATES: u32 = 500;

struct Options {
    world: WorldConfig,
    rows: usize,
    table: Option<String>,
}

fn main() -> Outcome<()> {
    let options = options()?;
    let world = World::generate(options.world.clone())?;
    let entities = entities(&world)?;
    let records: Vec<_> = world.days().flatten().collect();
    let events: Vec<Event> = records.iter().map(|record| world.event(record)).collect();
    println!(
        "world: {} viewers, {} items, {} events over {} days",
        options.world.users,
        options.world.items,
        events.len(),
        options.world.days
    );
    let state = apply(&events, entities.clone())?;
    compute(&state, &events)?;
    let joined = table(&events, entities)?;
    print_areas(&joined);
    print_rows(&joined, options.rows);
    if let Some(path) = options.table {
        let begin = cpu();
        joined.table.write(&path)?;
        let written = cpu() - begin;
        let begin = cpu();
        let file = TrainingFile::open(&path)?;
        let n_rows = file.view()?.features().n_rows();
        println!(
            "{path}: {n_rows} rows written in {written:.2?}, opened and checked in {:.2?}",
            cpu() - begin
        );
    }
    Ok(())
}

fn options() -> Outcome<Options> {
    let mut options = Options {
        world: WorldConfig::default(),
        rows: 3,
        table: None,
    };
    let mut words = env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words
            .next()
            .ok_or_else(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--events" => options.world.events = value.parse()?,
            "--users" => options.world.users = value.parse()?,
            "--items" => options.world.items = value.parse()?,
            "--rows" => options.rows = value.parse()?,
            "--table" => options.table = Some(value),
            _ => return Err(format!("unknown option {word}").into()),
        }
    }
    Ok(options)
}

fn entities(world: &World) -> Outcome<Entities> {
    let mut entities = Entities::default();
    for row in 0..world.items().len() {
        entities.put_item(&world.item(ItemIdx::from_usize(row)))?;
    }
    for row in 0..world.viewers().len() {
        entities.put_user(&world.user(UserIdx::from_usize(row)));
    }
    Ok(entities)
}

fn apply(events: &[Event], entities: Entities) -> Outcome<FeatureState> {
    let mut state = FeatureState::new(Arc::new(Plan::standard()), entities);
    let begin = cpu();
    for (seq, event) in events.iter().enumerate() {
        state.apply(seq as u64, event)?;
    }
    let each = (cpu() - begin).as_secs_f64() / events.len() as f64;
    let [viewers, items, creators] = state.bytes();
    let entities = state.entities();
    println!(
        "apply: {:.0} ns an event, {:.0} events/s",
        each * 1e9,
        1.0 / each
    );
    println!(
        "state: {} bytes a viewer, {} an item, {} a creator",
        viewers / entities.n_viewers(),
        items / entities.n_items(),
        creators / entities.n_creators().max(1)
    );
    Ok(state)
}

/// Requests of the viewers with the most events and of all, 500 candidates each.
fn compute(state: &FeatureState, events: &[Event]) -> Outcome<()> {
    let n_items = u32::try_from(state.entities().n_items())?;
    let items: Vec<u32> = (0..CANDIDATES).map(|at| at * 37 % n_items).collect();
    let mut counts = vec![0_u32; state.entities().n_viewers()];
    for event in events {
        if let Some(row) = state.entities().viewer_row(&event.actor) {
            counts[row as usize] += 1;
        }
    }
    let mut heaviest: Vec<u32> = (0..u32::try_from(counts.len())?).collect();
    heaviest.sort_by_key(|&viewer| std::cmp::Reverse(counts[viewer as usize]));
    let now = events.last().map_or(Timestamp::EPOCH, |event| event.time);
    let (mut scratch, vectors) = (Scratch::default(), VectorSet::default());
    let mut to = FeatureTable::new(state.plan().schema().clone())?;
    let columns = to.schema().names().count();
    for (name, viewers) in [("heaviest", &heaviest[..20]), ("all", &heaviest[..])] {
        let rounds = 2_000;
        let mut slowest = Duration::ZERO;
        let begin = cpu();
        for round in 0..rounds {
            to.clear();
            let start = cpu();
            let asked = Asked {
                viewer: viewers[round * 7919 % viewers.len()],
                time: now,
                device: Some("tv"),
                page: Some("home"),
                items: &items,
                positions: &[],
            };
            state.compute(&asked, &vectors, &mut scratch, &mut to)?;
            slowest = slowest.max(cpu() - start);
        }
        let each = (cpu() - begin) / u32::try_from(rounds)?;
        println!(
            "compute: {CANDIDATES} candidates, {columns} columns, {name} viewers: {each:.1?}, slowest {slowest:.1?}"
        );
    }
    Ok(())
}

fn table(events: &[Event], entities: Entities) -> Outcome<Joined> {
    let options = TrainingOptions {
        // The first third gives the features something to stand on.
        from: Some(events[events.len() / 3].time),
        open_windows: OpenWindows::Drop,
        attribution: Seconds(4.0 * 3600.0),
        ..TrainingOptions::default()
    };
    let begin = cpu();
    let plan = Arc::new(Plan::standard());
    let joined = training_rows(plan, entities, events, &VectorSet::default(), &options)?;
    let spent = cpu() - begin;
    let (requests, rows) = (joined.table.time.len(), joined.table.item.len());
    println!(
        "training table: {rows} rows of {requests} requests in {spent:.1?}; {} requests dropped, {} outcomes uncredited",
        joined.dropped_requests, joined.uncredited
    );
    for column in &joined.table.labels {
        let sum: f64 = column.values.iter().map(|&value| f64::from(value)).sum();
        println!(
            "  mean {:>15}: {:.4}",
            column.head.to_string(),
            sum / rows as f64
        );
    }
    Ok(joined)
}

/// How well each number alone tells what was opened: the area under the ROC curve, half for none.
///
/// A feature that saw what it predicts would stand out with nearly one.
fn print_areas(joined: &Joined) {
    let view = joined.table.features.view();
    let schema = view.schema();
    let opened = &joined.table.labels[0].values;
    println!("area under the ROC curve of opens, and share of rows where the number is unknown:");
    for (column, name) in schema.row.dense.iter().enumerate() {
        let rows = 0..view.n_rows();
        let values = rows.map(|row| (view.dense_of(row)[column], opened[row] > 0.5));
        let mut known: Vec<(f32, bool)> = values.filter(|(value, _)| !value.is_nan()).collect();
        known.sort_by(|a, b| a.0.total_cmp(&b.0));
        let unknown = 1.0 - known.len() as f64 / view.n_rows() as f64;
        println!("  {name:>28} {:.3} {unknown:.3}", area(&known));
    }
}

/// Share of pairs of an opened and another row that are in the right order; half of those alike.
fn area(sorted: &[(f32, bool)]) -> f64 {
    let (mut below, mut area) = (0.0, 0.0);
    for alike in sorted.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let opened = alike.iter().filter(|(_, opened)| *opened).count() as f64;
        let others = alike.len() as f64 - opened;
        area += opened * (below + others / 2.0);
        below += others;
    }
    area / (below * (sorted.len() as f64 - below))
}

/// Some rows from the middle of the table, with the names of their columns.
fn print_rows(joined: &Joined, rows: usize) {
    let view = joined.table.features.view();
    let schema = view.schema();
    let middle = view.n_requests() / 2;
    let Some(request) = (middle..view.n_requests()).next().filter(|_| rows > 0) else {
        return;
    };
    println!(
        "request {request} of viewer {} at {} ms",
        joined.table.viewer[request],
        joined.table.time[request].as_millis()
    );
    for (name, value) in schema
        .request
        .dense
        .iter()
        .zip(view.request_dense_of(request))
    {
        println!("  {name:>28} {value:.4}");
    }
    for (field, id) in schema
        .request
        .sparse
        .iter()
        .zip(view.request_sparse_of(request))
    {
        println!("  {:>28} #{id} of {}", field.name, field.size);
    }
    for (at, field) in schema.sequences.iter().enumerate() {
        println!("  {:>28} {:?}", field.name, view.sequence(request, at));
    }
    let shown: Vec<usize> = view.rows_of(request).take(rows).collect();
    for (column, name) in schema.row.dense.iter().enumerate() {
        let values = shown
            .iter()
            .map(|&row| format!("{:>10.4}", view.dense_of(row)[column]));
        println!("  {name:>28} {}", values.collect::<Vec<_>>().join(" "));
    }
    for (column, field) in schema.row.sparse.iter().enumerate() {
        let values = shown
            .iter()
            .map(|&row| format!("{:>10}", view.sparse_of(row)[column]));
        println!(
            "  {:>28} {}",
            field.name,
            values.collect::<Vec<_>>().join(" ")
        );
    }
    for column in &joined.table.labels {
        let values = shown
            .iter()
            .map(|&row| format!("{:>10.4}", column.values[row]));
        println!(
            "  {:>28} {}",
            format!("-> {}", column.head),
            values.collect::<Vec<_>>().join(" ")
        );
    }
}

/// CPU time of the process.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}
