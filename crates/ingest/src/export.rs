//! The way back: events of a data folder as they were sent, and everything as JSON Lines.

use std::{io::Write, sync::Arc};

use marquee_core::{Actor, Event, EventId, EventKind, ItemId, SessionId, Timestamp, UserId};

use crate::{
    DataFolder, Error, RecordKind, Result,
    error::SegmentProblem,
    extra::{Extra, Stored},
    load::{dead_rows, retracted},
    row::{ActorRef, EventRow},
    segment::{Columns, IdTable, IdView, NO_ITEM, Segment, StoredActor},
};

/// Which events a pass over a data folder gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Retracted {
    /// Also those that were retracted later: what was sent.
    Included,
    /// Not those, nor the retractions: what holds.
    #[default]
    LeftOut,
}

impl DataFolder {
    /// Gives every event to `take`, in the order in which they were imported.
    ///
    /// An event is as it was sent, to the last bit; only one that was read from a table has what its
    /// columns said and no more.
    ///
    /// Cost: some allocations an event; memory of one event.
    ///
    /// # Errors
    ///
    /// [`Error::Artifact`] or [`Error::Segment`] when a segment is damaged, and what `take` gives.
    pub fn each_event(
        &self,
        which: Retracted,
        take: &mut dyn FnMut(Event) -> Result<()>,
    ) -> Result<()> {
        let dead = match which {
            Retracted::Included => Vec::new(),
            Retracted::LeftOut => retracted(self, None, &mut |_| Ok(()))?,
        };
        for import in &self.manifest().imports {
            if import.segments.is_empty() {
                continue;
            }
            let table = IdTable::open(self.dir(), import)?;
            let ids = table.view()?;
            for segment in &import.segments {
                let segment = Segment::open(&self.dir().join(&segment.file))?;
                let dead = dead_rows(&segment, &dead)?;
                let mut reader = EventReader::new(&segment, ids)?;
                for row in 0..reader.len() {
                    let event = reader.event(row)?;
                    let retracts = event.action.kind() == EventKind::Retract;
                    let holds = !retracts && is_alive(&dead, row);
                    if which == Retracted::Included || holds {
                        take(event)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes all records of one kind as JSON Lines, which [`import`](Self::import) reads back; gives
    /// their number. Events are those that were sent, retracted ones and retractions among them;
    /// catalog records the latest of each id.
    ///
    /// # Errors
    ///
    /// [`Error::Export`] when `to` refuses, and [`Error::Artifact`], [`Error::Segment`] or
    /// [`Error::Record`] when a file of the folder is damaged.
    pub fn export(&self, records: RecordKind, to: &mut dyn Write) -> Result<u64> {
        match records {
            RecordKind::Events => {
                let mut count = 0;
                self.each_event(Retracted::Included, &mut |event| {
                    count += 1;
                    line(to, &event)
                })?;
                Ok(count)
            }
            RecordKind::Items => lines(to, self.catalog()?.items().iter().map(Arc::as_ref)),
            RecordKind::Users => lines(to, self.catalog()?.users().iter()),
            RecordKind::Creators => lines(to, self.catalog()?.creators().iter()),
        }
    }
}

fn is_alive(dead: &[u32], row: usize) -> bool {
    u32::try_from(row).is_ok_and(|row| dead.binary_search(&row).is_err())
}

fn lines<'a, T: serde::Serialize + 'a>(
    to: &mut dyn Write,
    records: impl ExactSizeIterator<Item = &'a T>,
) -> Result<u64> {
    let count = records.len() as u64;
    records
        .into_iter()
        .try_for_each(|record| line(to, record))?;
    Ok(count)
}

fn line(to: &mut dyn Write, record: &impl serde::Serialize) -> Result<()> {
    let mut json = serde_json::to_vec(record).expect("plain fields always make JSON");
    json.push(b'\n');
    to.write_all(&json)
        .map_err(|source| Error::Export { source })
}

/// Puts the events of one segment together again, row after row.
pub(crate) struct EventReader<'a> {
    segment: &'a Segment,
    ids: IdView<'a>,
    columns: Columns<'a>,
    event_ids: Texts<'a>,
    extra: Texts<'a>,
}

/// Texts of some rows, read in the order of rows.
struct Texts<'a> {
    found: Option<(&'a [u32], marquee_store::StringsView<'a>)>,
    next: usize,
}

impl<'a> Texts<'a> {
    /// The text of `row`, if it has one; rows must come in rising order.
    fn of(&mut self, row: usize) -> Option<&'a str> {
        let (rows, texts) = self.found?;
        if *rows.get(self.next)? as usize != row {
            return None;
        }
        self.next += 1;
        texts.get(self.next - 1)
    }
}

impl<'a> EventReader<'a> {
    pub(crate) fn new(segment: &'a Segment, ids: IdView<'a>) -> Result<Self> {
        let texts = |name, rows| {
            let found = segment.texts(name, rows)?;
            Ok::<_, Error>(Texts { found, next: 0 })
        };
        Ok(Self {
            segment,
            ids,
            columns: segment.columns()?,
            event_ids: texts("id", "id_row")?,
            extra: texts("extra", "extra_row")?,
        })
    }

    /// Number of events.
    pub(crate) fn len(&self) -> usize {
        self.columns.kind.len()
    }

    /// Gives one event to `take`, as it is stored and with who did it; rows must come in rising order.
    pub(crate) fn row(
        &mut self,
        row: usize,
        take: &mut dyn FnMut(&Actor, &EventRow<'_>) -> Result<()>,
    ) -> Result<()> {
        let extra = self.extra.of(row);
        let id = self.event_ids.of(row);
        let stored = self.stored(row, id, extra)?;
        let retracts = stored
            .extra
            .retracts
            .as_ref()
            .map(|id| id.as_str().to_owned());
        let event = EventRow {
            actor: match &stored.actor {
                Actor::User(id) => ActorRef::User(id.as_str()),
                Actor::Session(id) => ActorRef::Session(id.as_str()),
            },
            kind: stored.kind,
            item: stored.item.as_ref().map(ItemId::as_str),
            value: stored.value,
            time: stored.time,
            id,
            retracts: retracts.as_deref(),
            extra,
        };
        take(&stored.actor, &event)
    }

    fn event(&mut self, row: usize) -> Result<Event> {
        let (id, extra) = (self.event_ids.of(row), self.extra.of(row));
        let stored = self.stored(row, id, extra)?;
        let problem = SegmentProblem::Incomplete { entry: row as u64 };
        let event = stored.event();
        event.ok_or_else(|| self.segment.wrong("extra", problem))
    }

    fn stored(&self, row: usize, id: Option<&str>, extra: Option<&str>) -> Result<Stored> {
        let wrong = |section, problem| self.segment.wrong(section, problem);
        let entry = row as u64;
        let kind = self.columns.kind[row];
        let kind = EventKind::from_number(kind).ok_or_else(|| {
            let (found, limit) = (u64::from(kind), EventKind::ALL.len() as u64 + 1);
            wrong(
                "kind",
                SegmentProblem::OutOfRange {
                    entry,
                    found,
                    limit,
                },
            )
        })?;
        let not_an_id = |_| wrong("id", SegmentProblem::Incomplete { entry });
        let actor = match self.ids.actor(self.columns.actor[row])? {
            StoredActor::User(id) => Actor::User(UserId::new(id).map_err(not_an_id)?),
            StoredActor::Session(id) => Actor::Session(SessionId::new(id).map_err(not_an_id)?),
        };
        let item = match self.columns.item[row] {
            NO_ITEM => None,
            item => Some(ItemId::new(self.ids.item(item)?).map_err(not_an_id)?),
        };
        let id = id.map(EventId::new).transpose();
        let extra = match extra {
            None => Extra::default(),
            Some(json) => serde_json::from_str(json)
                .map_err(|_| wrong("extra", SegmentProblem::Json { entry }))?,
        };
        Ok(Stored {
            id: id.map_err(not_an_id)?,
            actor,
            kind,
            item,
            value: self.columns.value[row],
            time: Timestamp::from_millis(self.columns.time[row]),
            extra,
        })
    }
}

#[cfg(test)]
mod tests;
