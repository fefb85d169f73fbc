//! `marquee import`: bulk data into a data folder.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use marquee_core::EventKind;
use marquee_ingest::{
    BadRows, Choice, ColumnMapping, DataFolder, FileOutcome, Format, ImportReport, ImportRequest,
    ReadOptions, RecordKind, Rejections, TimeUnit,
};

use crate::{
    meter::{self, Meter},
    output,
    progress::Shown,
};

/// Loads events, users and items in bulk: MovieLens folders, RecBole files, CSV and TSV, JSON Lines,
/// Parquet, adjacency text; each plain, gzip or Zstandard. What was imported before is left out, so
/// importing twice changes nothing.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// The data folder; made if it does not exist
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Files or folders
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Form of the data: movielens-100k, movielens-1m, movielens-csv, recbole, csv, tsv, jsonl,
    /// parquet or adjacency; found out from the data when not given
    #[arg(long, value_name = "F")]
    format: Option<Format>,
    /// Which column is which: user=COLUMN,item=COLUMN,rating=COLUMN,timestamp=COLUMN,…; columns by
    /// name, or by number from 1
    #[arg(long, value_name = "MAP")]
    columns: Option<ColumnMapping>,
    /// How times count: auto, s, ms or iso
    #[arg(long, value_name = "UNIT", default_value = "auto", value_parser = time_unit)]
    time_unit: TimeUnit,
    /// What the rows are, where the data does not tell: events, items, users or creators
    #[arg(long, value_name = "WHAT")]
    records: Option<RecordKind>,
    /// Kind of events that name none, such as play or like
    #[arg(long, value_name = "KIND", value_parser = event_kind)]
    kind: Option<EventKind>,
    /// Take nothing at all if any row cannot be taken
    #[arg(long)]
    strict: bool,
    /// Print one JSON object and nothing else
    #[arg(long)]
    json: bool,
}

fn time_unit(text: &str) -> Result<TimeUnit> {
    TimeUnit::from_name(text).with_context(|| format!("{text:?} is not auto, s, ms or iso"))
}

fn event_kind(text: &str) -> Result<EventKind> {
    let names: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.name()).collect();
    EventKind::from_name(text)
        .with_context(|| format!("{text:?} is not one of {}", names.join(", ")))
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let request = ImportRequest {
        paths: args.paths.clone(),
        options: ReadOptions {
            format: choice(args.format),
            mapping: args.columns.clone().unwrap_or_default(),
            time_unit: args.time_unit,
            records: choice(args.records),
            kind: choice(args.kind),
        },
        bad_rows: if args.strict {
            BadRows::Refuse
        } else {
            BadRows::Skip
        },
    };
    let mut folder = DataFolder::open_or_create(&args.data)?;
    let meter = Meter::start();
    let mut shown = Shown::new("import");
    let imported = folder.import(&request, &mut |progress| {
        let file = progress.file.file_name().unwrap_or_default();
        let rows = output::count(progress.rows);
        let message = format!("bytes of {}, {rows} rows", file.to_string_lossy());
        shown.at(progress.bytes, progress.total_bytes, &message);
    });
    drop(shown);
    let report = match imported {
        Ok(report) => report,
        Err(error) => {
            if let Some(rejections) = error.rejections() {
                show_rejections(rejections);
            }
            return Err(error.into());
        }
    };
    if args.json {
        return output::json(&report);
    }
    show(&report, &meter)
}

fn choice<T>(given: Option<T>) -> Choice<T> {
    given.map_or(Choice::Detect, Choice::Given)
}

fn show(report: &ImportReport, meter: &Meter) -> Result<()> {
    for file in &report.files {
        let name = file.path.display();
        match &file.outcome {
            FileOutcome::Read { taken, rejected } => output::line(format_args!(
                "{name}: {}, {} records, {} left out",
                file.format,
                output::count(*taken),
                output::count(*rejected),
            ))?,
            FileOutcome::Known { import } => output::line(format_args!(
                "{name}: imported before (import {import}), nothing to do"
            ))?,
        }
    }
    show_rejections(&report.rejections);
    let counts = &report.counts;
    let seconds = meter.wall_seconds();
    output::line(format_args!(
        "{} events, {} items, {} users, {} creators; {} events were there already",
        output::count(counts.events),
        output::count(counts.items),
        output::count(counts.users),
        output::count(counts.creators),
        output::count(counts.repeated),
    ))?;
    let rows = counts.events + counts.repeated + counts.items + counts.users + counts.creators;
    let peak = meter::peak_memory().map(output::bytes);
    output::line(format_args!(
        "{seconds:.2} s, {:.2} million rows/s, peak memory {}",
        rows as f64 / seconds.max(1e-9) / 1e6,
        peak.unwrap_or("not known".to_owned()),
    ))
}

fn show_rejections(rejections: &Rejections) {
    if rejections.total() == 0 {
        return;
    }
    output::note(format_args!(
        "{} rows could not be taken:",
        output::count(rejections.total())
    ));
    for (reason, count) in rejections.counts() {
        output::note(format_args!(
            "  {:>10}  {}",
            output::count(*count),
            reason.text()
        ));
    }
    output::note("the first of them:");
    for rejection in rejections.first() {
        output::note(format_args!("  {rejection}"));
    }
}
