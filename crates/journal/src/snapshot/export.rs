//! Events as JSON Lines.

use std::{io::Write, sync::Arc};

use marquee_core::Actor;

use super::Snapshot;
use crate::{Entry, Error, Result};

/// Whose events are exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// Everybody's.
    All,
    /// Those under one of these actors, for example a user and the sessions they signed in from.
    Only(Vec<Actor>),
}

/// What an export holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exported {
    /// Lines, each an event.
    pub events: u64,
    /// Bytes with line ends.
    pub bytes: u64,
}

impl Snapshot {
    /// Writes events in order, each as a line of JSON, as `marquee import --format jsonl` reads
    /// them. Retracted events and retractions are among them: it is what was sent.
    ///
    /// Cost: a pass over the log.
    ///
    /// # Errors
    ///
    /// [`Error::Export`] when `to` refuses, [`Error::Damaged`] or [`Error::Io`] when an event cannot
    /// be read.
    pub fn write_json_lines(&self, to: &mut impl Write, whose: &Whose) -> Result<Exported> {
        let mut exported = Exported::default();
        let refused = |source| Error::Export {
            source: Arc::new(source),
        };
        let mut line = Vec::new();
        for committed in self.scan(0) {
            let Entry::Event(event) = committed?.entry else {
                continue;
            };
            if let Whose::Only(actors) = whose
                && !actors.contains(&event.actor)
            {
                continue;
            }
            line.clear();
            serde_json::to_writer(&mut line, &event).map_err(|error| refused(error.into()))?;
            line.push(b'\n');
            to.write_all(&line).map_err(refused)?;
            exported.events += 1;
            exported.bytes += line.len() as u64;
        }
        Ok(exported)
    }
}
