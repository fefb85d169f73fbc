//! `marquee journal`: the event log of a data folder; what changes it needs that no server writes to it.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand, ValueEnum};
use marquee_core::{Actor, Event, Seconds, UserId};
use marquee_engine::{
    Engine, EngineConfig, Entry, JournalConfig, Journaling, writing::JOURNAL_FOLDER,
};
use marquee_ingest::ParquetEvents;
use marquee_journal::{Journal, Snapshot, Whose};
use serde_json::json;

use super::recommend::now;
use crate::output;

/// Shows, exports and tidies up the journal of a data folder. While a server runs, `stats` and `export`
/// work beside it, and `marquee ask state trim` takes the place of `trim`.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// The data folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Entries, files and bytes
    Stats {
        /// Print one JSON object and nothing else
        #[arg(long)]
        json: bool,
    },
    /// Write events, oldest first, as they were sent: retracted ones and retractions are among them
    Export {
        /// Where to; standard output when not given, which takes JSON Lines alone
        #[arg(long, value_name = "FILE", required_if_eq("format", "parquet"))]
        out: Option<PathBuf>,
        /// How they are written
        #[arg(long, value_enum, default_value_t = Format::Jsonl)]
        format: Format,
        /// Only events of this user
        #[arg(long, value_name = "ID", value_parser = user_id)]
        user: Option<UserId>,
    },
    /// Drop old events that the active model was trained on, and what has no effect any more
    Trim {
        /// Keep events of this many days
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..))]
        keep_days: u16,
    },
    /// Erase a person from the journal, from what was imported and from what lies beside models
    Erase {
        /// The user
        #[arg(long, value_name = "ID", value_parser = user_id)]
        user: UserId,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line of JSON each, as `marquee import` reads them
    Jsonl,
    /// A flat table for analysis
    Parquet,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    match &args.what {
        What::Stats { json } => stats(&read(&args.data)?, *json),
        What::Export { out, format, user } => {
            let whose = whose(&args.data, user.as_ref())?;
            let snapshot = read(&args.data)?;
            match (format, out) {
                (Format::Parquet, Some(path)) => export_parquet(&snapshot, path, &whose),
                (_, out) => export_lines(&snapshot, out.as_deref(), &whose),
            }
        }
        What::Trim { keep_days } => {
            let keep = Seconds::DAY.0 * f64::from(*keep_days);
            let trimmed = open(&args.data)?.trim_journal(now()?.plus(Seconds(-keep)))?;
            output::line(format_args!(
                "{} events and {} replaced records dropped, {} freed",
                output::count(trimmed.events),
                output::count(trimmed.records),
                output::bytes(trimmed.bytes)
            ))
        }
        What::Erase { user } => {
            let events = open(&args.data)?.erase(user)?;
            output::line(format_args!("{} events erased", output::count(events)))
        }
    }
}

fn user_id(text: &str) -> Result<UserId> {
    Ok(UserId::new(text)?)
}

fn read(data: &Path) -> Result<Snapshot> {
    let dir = data.join(JOURNAL_FOLDER);
    Journal::read(&dir).with_context(|| format!("journal {}", dir.display()))
}

/// An engine that may write.
fn open(data: &Path) -> Result<Engine> {
    let config = EngineConfig {
        journaling: Journaling::Write(JournalConfig::default()),
        ..EngineConfig::default()
    };
    Engine::open(data, config).with_context(|| format!("data folder {}", data.display()))
}

fn stats(snapshot: &Snapshot, as_json: bool) -> Result<()> {
    let (stats, first, last) = (
        snapshot.stats(),
        snapshot.first_seq(),
        snapshot.durable_seq(),
    );
    if as_json {
        return output::json(&json!({
            "first_seq": first,
            "durable_seq": last,
            "entries": stats.entries,
            "events": stats.events,
            "segments": stats.segments,
            "log_bytes": stats.log_bytes,
        }));
    }
    output::line(format_args!(
        "{} entries, {} of them events, numbers {first} to {last}, in {} files of {} together",
        output::count(stats.entries),
        output::count(stats.events),
        output::count(stats.segments),
        output::bytes(stats.log_bytes)
    ))
}

/// Everybody's events, or those of a user and of the visits that signed in as the user.
fn whose(data: &Path, user: Option<&UserId>) -> Result<Whose> {
    let Some(user) = user else {
        return Ok(Whose::All);
    };
    let owner = Actor::User(user.clone());
    let engine = Engine::open(data, EngineConfig::default())?;
    let sessions = engine.viewer_state(&owner, 0)?.sessions;
    let sessions = sessions.into_iter().map(Actor::Session);
    Ok(Whose::Only(
        std::iter::once(owner).chain(sessions).collect(),
    ))
}

fn export_lines(snapshot: &Snapshot, out: Option<&Path>, whose: &Whose) -> Result<()> {
    let exported = match out {
        None => snapshot.write_json_lines(&mut std::io::stdout().lock(), whose)?,
        Some(path) => {
            let file = File::create(path).with_context(|| format!("{}", path.display()))?;
            let mut file = BufWriter::new(file);
            let exported = snapshot.write_json_lines(&mut file, whose)?;
            file.flush()
                .with_context(|| format!("{}", path.display()))?;
            exported
        }
    };
    done(exported.events, exported.bytes);
    Ok(())
}

fn export_parquet(snapshot: &Snapshot, path: &Path, whose: &Whose) -> Result<()> {
    let mut file = ParquetEvents::create(path)?;
    let mut events = 0;
    for committed in snapshot.scan(0) {
        if let Entry::Event(event) = committed?.entry
            && is_meant(whose, &event)
        {
            file.push(event)?;
            events += 1;
        }
    }
    done(events, file.finish()?);
    Ok(())
}

fn is_meant(whose: &Whose, event: &Event) -> bool {
    match whose {
        Whose::All => true,
        Whose::Only(actors) => actors.contains(&event.actor),
    }
}

fn done(events: u64, bytes: u64) {
    output::note(format_args!(
        "{} events, {}",
        output::count(events),
        output::bytes(bytes)
    ));
}
