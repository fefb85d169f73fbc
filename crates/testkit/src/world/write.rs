//! A world in files.
//!
//! ```text
//! OUT/world.json           the settings, and how much came of them
//! OUT/events.jsonl         (or .csv, .parquet) everything that happened, in the order of time
//! OUT/items.jsonl  OUT/users.jsonl  OUT/creators.jsonl        catalog records, in every format
//! OUT/truth/impressions.csv (or .parquet)   propensity, examination, affinity and the chance of
//!                          each outcome, for every impression in the order of events
//! OUT/truth/comments.csv   what each comment says
//! OUT/truth/items.csv      quality, popularity and latent vector of each item
//! OUT/truth/viewers.csv    activity, taste on the first day (`first_…`) and on the last (`last_…`)
//! OUT/truth/examination.csv         position and chance that it is looked at
//! ```
//!
//! The lines of the `.jsonl` files are the types of [`marquee_core`]. Columns of the other files
//! are named in their first line; a place without a value is empty. Times are milliseconds since
//! 1970, lengths seconds. Files that are there already are overwritten.

mod columns;
mod csv;
mod file;
mod jsonl;
#[cfg(feature = "parquet")]
mod parquet;
mod truth;

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};

use super::{Deed, Record, World, WorldConfig, WorldError};

/// Format of the events and of the truth about impressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorldFormat {
    /// A JSON object a line.
    Jsonl,
    /// Comma-separated values with a header.
    Csv,
    /// Parquet, compressed by Snappy.
    #[cfg(feature = "parquet")]
    Parquet,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorldReport {
    /// Settings the world was made from.
    pub config: WorldConfig,
    /// Number of events.
    pub events: u64,
    /// Number of events that are impressions.
    pub impressions: u64,
    /// Bytes in all files but `world.json`.
    pub bytes: u64,
}

/// Makes a world and writes it into the folder `out`, which is created where it is not there.
///
/// `progress` is told after each day how many events were written so far. Cost: about five
/// microseconds of CPU an event, spread over the threads of the rayon pool it is called in; memory
/// for users, items and the events of a day.
///
/// # Errors
///
/// [`WorldError`] when a setting is out of range or a file cannot be written; files written until
/// then stay.
pub fn write_world(
    config: &WorldConfig,
    out: &Path,
    format: WorldFormat,
    mut progress: impl FnMut(u64),
) -> Result<WorldReport, WorldError> {
    let world = World::generate(config.clone())?;
    let truth_folder = out.join("truth");
    fs::create_dir_all(&truth_folder).map_err(|source| WorldError::Write {
        path: truth_folder.clone(),
        source,
    })?;
    let mut report = WorldReport {
        config: config.clone(),
        events: 0,
        impressions: 0,
        bytes: jsonl::write_catalog(&world, out)? + truth::write_static(&world, &truth_folder)?,
    };
    let mut sinks = Sinks::create(&world, out, format)?;
    let mut days = world.days();
    for records in days.by_ref() {
        sinks.write(&records)?;
        report.events += records.len() as u64;
        report.impressions += count_impressions(&records);
        progress(report.events);
    }
    report.bytes += sinks.finish()?;
    report.bytes += truth::write_viewers(&world, days.tastes(), &truth_folder)?;
    file::write_json(&out.join("world.json"), &report)?;
    Ok(report)
}

fn count_impressions(records: &[Record]) -> u64 {
    let shown = |record: &&Record| matches!(record.deed, Deed::Impression { .. });
    records.iter().filter(shown).count() as u64
}

/// The files that grow day by day.
struct Sinks<'a> {
    world: &'a World,
    events: Events,
    comments: file::TextFile,
}

enum Events {
    Text {
        events: file::TextFile,
        impressions: file::TextFile,
        line: file::Line,
    },
    #[cfg(feature = "parquet")]
    Parquet(Box<parquet::ParquetFiles>),
}

impl<'a> Sinks<'a> {
    fn create(world: &'a World, out: &Path, format: WorldFormat) -> Result<Self, WorldError> {
        let truth_folder = &out.join("truth");
        let events = match format {
            WorldFormat::Jsonl => Events::Text {
                events: file::TextFile::create(out.join("events.jsonl"), "")?,
                impressions: truth::impressions_file(truth_folder)?,
                line: jsonl::event_line,
            },
            WorldFormat::Csv => Events::Text {
                events: file::TextFile::create(out.join("events.csv"), csv::HEADER)?,
                impressions: truth::impressions_file(truth_folder)?,
                line: csv::event_line,
            },
            #[cfg(feature = "parquet")]
            WorldFormat::Parquet => {
                let files = parquet::ParquetFiles::create(out, truth_folder)?;
                Events::Parquet(Box::new(files))
            }
        };
        Ok(Self {
            world,
            events,
            comments: truth::comments_file(truth_folder)?,
        })
    }

    fn write(&mut self, records: &[Record]) -> Result<(), WorldError> {
        let world = self.world;
        match &mut self.events {
            Events::Text {
                events,
                impressions,
                line,
            } => {
                events.write(world, records, *line)?;
                impressions.write(world, records, truth::impression_line)?;
            }
            #[cfg(feature = "parquet")]
            Events::Parquet(files) => files.write(world, records)?,
        }
        self.comments.write(world, records, truth::comment_line)
    }

    /// Ends the files and gives their bytes.
    fn finish(self) -> Result<u64, WorldError> {
        let events = match self.events {
            Events::Text {
                events,
                impressions,
                ..
            } => events.finish()? + impressions.finish()?,
            #[cfg(feature = "parquet")]
            Events::Parquet(files) => files.finish(self.world)?,
        };
        Ok(events + self.comments.finish()?)
    }
}

#[cfg(test)]
mod tests;
