//! The writing side of the engine: entries go to the journal, and from there into answers.

use std::sync::Arc;

use marquee_core::{Actor, Timestamp, User, UserId};
use marquee_ingest::DataFolder;
use marquee_journal::{
    Committed, Entry, Journal, JournalConfig, Observer, Outcome, Snapshot, Whose,
};

use crate::{
    Engine, EngineError, Result, generation::INTERACTIONS_FILE, interactions, ranking,
    shared::Shared,
};

/// Folder of the journal in a data folder.
pub const JOURNAL_FOLDER: &str = "journal";

/// Entries that are sealed at the orderly end of a server; reading them again takes some 50 ms.
const WORTH_A_FILE: u64 = 16_384;

/// What an engine does with the journal of its folder.
#[derive(Debug, Clone, Default)]
pub enum Journaling {
    /// Answers know what is in it when the engine is opened; nothing is written.
    #[default]
    Read,
    /// Events and changes are written to it. One process can do that at a time.
    Write(JournalConfig),
}

/// What became of some entries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// One for each entry, in their order.
    pub outcomes: Vec<Outcome>,
    /// Everything up to this number is on disk.
    pub durable_seq: u64,
    /// Everything up to this number is known to answers.
    pub visible_seq: u64,
}

/// Called when entries are on disk and known to answers, or cannot be written.
pub type Done = Box<dyn FnOnce(Result<Written>) + Send>;

/// The journal of a folder, as far as this engine has it.
pub(crate) enum Log {
    /// There is none.
    None,
    /// As it was when the engine was opened.
    Read(Snapshot),
    Write(Journal),
}

impl Log {
    /// The journal as it is now.
    pub(crate) fn snapshot(&self) -> Option<Snapshot> {
        match self {
            Self::None => None,
            Self::Read(snapshot) => Some(snapshot.clone()),
            Self::Write(journal) => Some(journal.snapshot()),
        }
    }

    pub(crate) fn writer(&self) -> Result<&Journal> {
        match self {
            Self::Write(journal) => Ok(journal),
            Self::None | Self::Read(_) => Err(EngineError::ReadOnly),
        }
    }
}

/// Takes what the journal has written into answers.
pub(crate) struct Told(pub(crate) Arc<Shared>);

impl Observer for Told {
    fn committed(&mut self, batch: &[Committed]) {
        self.0.committed(batch);
    }
}

impl Engine {
    /// Hands `entries` to the journal and returns at once; `done` is called, by the journal's thread,
    /// when they are on disk and known to answers.
    ///
    /// `received` is when they came in. Entries of one call, and of calls one after the other, become
    /// known in their order.
    ///
    /// # Errors
    ///
    /// [`EngineError::ReadOnly`], or [`EngineError::Journal`] when the journal takes nothing now; then
    /// `done` is not called.
    pub fn submit(&self, entries: Vec<Entry>, received: Timestamp, done: Done) -> Result<()> {
        let shared = Arc::clone(&self.shared);
        let told = move |outcomes: marquee_journal::Result<Vec<Outcome>>| {
            let written = outcomes.map(|outcomes| {
                // What is known is on disk, and what was just written is known.
                let seq = shared.live.visible_seq();
                Written {
                    outcomes,
                    durable_seq: seq,
                    visible_seq: seq,
                }
            });
            done(written.map_err(EngineError::from));
        };
        let journal = self.log.writer()?;
        Ok(journal.submit(entries, received, Box::new(told))?)
    }

    /// Writes `entries` and waits until they are on disk and known to answers.
    ///
    /// # Errors
    ///
    /// [`EngineError::ReadOnly`], or [`EngineError::Journal`] when they cannot be written.
    pub fn write(&self, entries: Vec<Entry>, received: Timestamp) -> Result<Written> {
        let outcomes = self.log.writer()?.append(entries, received)?;
        Ok(Written {
            outcomes,
            ..self.written()
        })
    }

    /// How far the journal is, with no outcomes.
    pub fn written(&self) -> Written {
        let seq = self.shared.live.visible_seq();
        Written {
            outcomes: Vec::new(),
            durable_seq: seq,
            visible_seq: seq,
        }
    }

    /// How many viewers' events are in memory, and about how many bytes they take.
    pub fn viewers_in_memory(&self) -> (usize, usize) {
        self.shared.live.size()
    }

    /// What is known of a user besides events.
    pub fn user(&self, id: &str) -> Option<User> {
        match self.shared.live.user(id) {
            Some(written) => written,
            None => self.shared.imported.user(id).cloned(),
        }
    }

    /// Whether the catalog or the active model has this item.
    pub fn knows_item(&self, id: &str) -> bool {
        let in_model = || {
            let state = self.shared.state.load();
            let known = state.as_ref().map(|state| state.generation.interactions());
            known.is_some_and(|known| known.item(id).is_some())
        };
        self.catalog().item(id).is_some() || in_model()
    }

    /// Hands every kept event of `actor`, and of the sessions that signed in as it, to `each` as a
    /// line of JSON, oldest first, until it gives false.
    ///
    /// # Errors
    ///
    /// [`EngineError::Journal`] when the journal cannot be read.
    pub fn export(&self, actor: &Actor, each: &mut dyn FnMut(&str) -> bool) -> Result<()> {
        let Some(snapshot) = self.log.snapshot() else {
            return Ok(());
        };
        let live = &self.shared.live;
        let actors = live.actors_of(&live.owner(actor));
        let mut lines = Lines {
            each,
            begun: Vec::new(),
            stopped: false,
        };
        match snapshot.write_json_lines(&mut lines, &Whose::Only(actors)) {
            Err(_) if lines.stopped => Ok(()),
            exported => Ok(exported.map(drop)?),
        }
    }

    /// Removes a person and the sessions that signed in as the person: no file of the folder holds their
    /// ids or events any more, those that were imported and those beside models included. Gives the
    /// number of events that went.
    ///
    /// What a model has learned stays in its parameters until the next training; models that keep
    /// histories, such as `user-knn`, keep them without an id. Exports and files that were imported lie
    /// elsewhere and are not touched.
    ///
    /// # Errors
    ///
    /// [`EngineError::ReadOnly`]; [`EngineError::Data`] while an import runs; what the disk says. Then
    /// calling it again goes on.
    pub fn erase(&self, user: &UserId) -> Result<u64> {
        let journal = self.log.writer()?;
        let _changing = self.lock();
        let owner = Actor::User(user.clone());
        let actors = self.shared.live.actors_of(&owner);
        // The journal comes last: until it is done it tells which sessions belong to the person.
        let imported = DataFolder::open_or_create(self.folder())?.erase(&actors)?;
        self.forget_in_models(&actors)?;
        let erased = journal.erase(user)?;
        self.shared.live.forget_user(user);
        let state = self.shared.state.load();
        if let Some(features) = state.as_ref().and_then(|state| state.features.as_ref()) {
            features.forget(&actors);
        }
        Ok(erased.events + imported.events)
    }

    /// Leaves the journal so that opening it again is quick; for the orderly end of a server. A few
    /// entries are not worth a file of their own.
    ///
    /// # Errors
    ///
    /// [`EngineError::Journal`] when the disk refuses; nothing is lost then.
    pub fn settle(&self) -> Result<()> {
        let Log::Write(journal) = &self.log else {
            return Ok(());
        };
        if journal.unsealed() >= WORTH_A_FILE {
            journal.seal()?;
        }
        let state = self.shared.state.load_full();
        if let Some(state) = state
            && let Some(features) = &state.features
            && features.n_behind() >= WORTH_A_FILE
        {
            features.leave(&self.registry().left_of(state.generation.version()))?;
        }
        Ok(())
    }

    /// Takes `actors` out of what lies beside every model.
    fn forget_in_models(&self, actors: &[Actor]) -> Result<()> {
        let ids: Vec<&str> = actors.iter().map(id_of).collect();
        let active = self
            .generation()
            .ok()
            .map(|active| active.version().clone());
        for version in self.versions()? {
            let file = self.path_of(&version).join(INTERACTIONS_FILE);
            let mut held = interactions::forget(&file, &ids)?;
            let left = self.registry().left_of(&version);
            held |= ranking::forget(&self.path_of(&version), &left, actors)?;
            if held && active.as_ref() == Some(&version) {
                self.swap_in(version)?;
            }
        }
        Ok(())
    }
}

/// The id of whoever acted.
pub(crate) fn id_of(actor: &Actor) -> &str {
    match actor {
        Actor::User(id) => id.as_str(),
        Actor::Session(id) => id.as_str(),
    }
}

/// Hands on what is written line by line.
struct Lines<'a> {
    each: &'a mut dyn FnMut(&str) -> bool,
    begun: Vec<u8>,
    stopped: bool,
}

impl std::io::Write for Lines<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.begun.extend_from_slice(piece);
            if self.begun.pop_if(|last| *last == b'\n').is_some() {
                let line = String::from_utf8_lossy(&self.begun);
                self.stopped = !(self.each)(&line);
                self.begun.clear();
            }
            if self.stopped {
                return Err(std::io::ErrorKind::BrokenPipe.into());
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
