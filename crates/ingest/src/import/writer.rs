//! From records to the files of an import.

use std::path::{Path, PathBuf};

use marquee_core::{Creator, Item, User};

use super::{Progress, Staged, pending::Pending};
use crate::{
    DataFolder, Result,
    catalog::CatalogBuilder,
    intern::Interner,
    manifest::{Counts, SegmentFile},
    plan::Input,
    reject::{Rejection, Rejections},
    row::{ActorRef, EventRow, Sink},
    segment::{NO_ITEM, SESSION_BIT, SegmentBuilder, write_ids},
};

/// The files of one import under construction.
pub(super) struct Writer<'a> {
    staged: &'a mut Staged,
    /// What the names of its files begin with.
    prefix: String,
    progress: &'a mut dyn FnMut(Progress<'_>),
    /// Segments of earlier imports that have event ids.
    earlier: Vec<PathBuf>,
    users: Interner,
    sessions: Interner,
    items: Interner,
    events: SegmentBuilder,
    pending: Option<Pending>,
    /// Segments begun so far.
    n_parts: u32,
    catalog: CatalogBuilder,
    written: Written,
    /// The file that is read, and its unpacked bytes.
    file: PathBuf,
    total_bytes: u64,
}

/// What an import wrote.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) ids: Option<String>,
    pub(super) segments: Vec<SegmentFile>,
    pub(super) catalog: Vec<String>,
    pub(super) counts: Counts,
    pub(super) rejections: Rejections,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        folder: &DataFolder,
        staged: &'a mut Staged,
        number: u32,
        progress: &'a mut dyn FnMut(Progress<'_>),
    ) -> Self {
        let segments = folder.manifest().segments();
        let earlier = segments
            .filter(|(_, segment)| segment.has_ids)
            .map(|(_, segment)| folder.dir().join(&segment.file))
            .collect();
        Self {
            earlier,
            ..Self::anew(staged, format!("{number:06}"), progress)
        }
    }

    /// For files that take the place of others: no event of theirs was there before.
    pub(super) fn anew(
        staged: &'a mut Staged,
        prefix: String,
        progress: &'a mut dyn FnMut(Progress<'_>),
    ) -> Self {
        Self {
            staged,
            prefix,
            progress,
            earlier: Vec::new(),
            users: Interner::default(),
            sessions: Interner::default(),
            items: Interner::default(),
            events: SegmentBuilder::default(),
            pending: None,
            n_parts: 0,
            catalog: CatalogBuilder::default(),
            written: Written::default(),
            file: PathBuf::new(),
            total_bytes: 0,
        }
    }

    /// Reads one file; gives the number of its good and of its bad rows.
    pub(super) fn read(&mut self, input: &Input, total_bytes: u64) -> Result<(u64, u64)> {
        input.path().clone_into(&mut self.file);
        self.total_bytes = total_bytes;
        let before = self.rows();
        input.read(self)?;
        let after = self.rows();
        Ok((after.0 - before.0, after.1 - before.1))
    }

    /// Writes what is left.
    pub(super) fn finish(mut self) -> Result<Written> {
        self.write_events()?;
        self.finish_segment()?;
        self.write_catalog()?;
        if !self.written.segments.is_empty() {
            self.write_ids()?;
        }
        let counts = self.written.rejections.counts().to_vec();
        self.written.counts.rejected = counts;
        // Until here events counted what was read; what was there before is not taken.
        self.written.counts.events -= self.written.counts.repeated;
        Ok(self.written)
    }

    fn rows(&self) -> (u64, u64) {
        let counts = &self.written.counts;
        let good = counts.events + counts.items + counts.users + counts.creators;
        (good, self.written.rejections.total())
    }

    /// Hands the events collected so far to a thread that writes them, when the one before is done:
    /// reading goes on meanwhile, and no more than two segments are in memory.
    fn write_events(&mut self) -> Result<()> {
        self.finish_segment()?;
        if self.events.is_empty() {
            return Ok(());
        }
        self.n_parts += 1;
        let name = format!("{}-{:04}.mqa", self.prefix, self.n_parts);
        let file = self.staged.event_file(&name)?;
        let path = self.staged.path(&file);
        let events = std::mem::take(&mut self.events);
        self.pending = Some(Pending::start(events, file, path, self.earlier.clone())?);
        Ok(())
    }

    /// Waits for the segment that is being written.
    fn finish_segment(&mut self) -> Result<()> {
        let Some(mut pending) = self.pending.take() else {
            return Ok(());
        };
        let written = pending.wait()?;
        self.written.counts.repeated += written.repeated;
        if written.rows > 0 {
            if written.has_ids {
                self.earlier.push(pending.path.clone());
            }
            self.written.segments.push(SegmentFile {
                file: std::mem::take(&mut pending.file),
                rows: written.rows,
                has_ids: written.has_ids,
            });
        }
        Ok(())
    }

    fn write_catalog(&mut self) -> Result<()> {
        if self.catalog.is_empty() {
            return Ok(());
        }
        let part = self.written.catalog.len() + 1;
        let file = self
            .staged
            .catalog_file(&format!("{}-{part:04}.mqa", self.prefix))?;
        self.catalog.write(&self.staged.path(&file))?;
        self.written.catalog.push(file);
        Ok(())
    }

    fn write_ids(&mut self) -> Result<()> {
        let file = self
            .staged
            .event_file(&format!("{}-ids.mqa", self.prefix))?;
        let path = self.staged.path(&file);
        write_ids(&path, &self.users, &self.sessions, &self.items)?;
        self.written.ids = Some(file);
        Ok(())
    }
}

impl Sink for Writer<'_> {
    #[inline]
    fn event(&mut self, row: &EventRow<'_>) -> Result<()> {
        let actor = match row.actor {
            ActorRef::User(id) => self.users.intern(id, SESSION_BIT),
            ActorRef::Session(id) => {
                let row = self.sessions.intern(id, SESSION_BIT);
                row.map(|row| row | SESSION_BIT)
            }
        };
        let actor = actor.ok_or(marquee_core::VocabularyError::Full)?;
        let item = match row.item {
            None => None,
            Some(id) => {
                let row = self.items.intern(id, NO_ITEM);
                Some(row.ok_or(marquee_core::VocabularyError::Full)?)
            }
        };
        self.events.push(actor, item, row);
        self.written.counts.events += 1;
        if self.events.is_full() {
            self.write_events()?;
        }
        Ok(())
    }

    fn item(&mut self, item: Item) -> Result<()> {
        self.written.counts.items += 1;
        self.catalog.push_item(&item);
        self.flush_catalog()
    }

    fn user(&mut self, user: User) -> Result<()> {
        self.written.counts.users += 1;
        self.catalog.push_user(&user);
        self.flush_catalog()
    }

    fn creator(&mut self, creator: Creator) -> Result<()> {
        self.written.counts.creators += 1;
        self.catalog.push_creator(&creator);
        self.flush_catalog()
    }

    fn reject(&mut self, rejection: Rejection) -> Result<()> {
        self.written.rejections.push(rejection);
        Ok(())
    }

    fn progress(&mut self, bytes: u64) -> Result<()> {
        let (good, bad) = self.rows();
        (self.progress)(Progress {
            file: Path::new(&self.file),
            bytes,
            total_bytes: self.total_bytes,
            rows: good + bad,
        });
        Ok(())
    }
}

impl Writer<'_> {
    fn flush_catalog(&mut self) -> Result<()> {
        if self.catalog.is_full() {
            self.write_catalog()?;
        }
        Ok(())
    }
}
