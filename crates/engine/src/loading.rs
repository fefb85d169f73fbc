//! From a data folder to what models train on: its imports, and what its journal has written since.

use std::{collections::HashMap, path::Path, sync::Arc};

use marquee_core::{Actor, Event, SessionId, UserId};
use marquee_ingest::{Catalog, DataFolder, Loaded, Retracted, Selection};
use marquee_journal::{Entry, Journal, Snapshot};

use crate::{Result, writing::JOURNAL_FOLDER};

/// The selected interactions of `folder` and its catalog, its journal's among them.
///
/// What a session did before it signed in counts as done by the user.
///
/// Cost: as [`DataFolder::load_interactions`], and two passes over the journal.
///
/// # Errors
///
/// [`EngineError`](crate::EngineError) when the imports or the journal cannot be read.
pub fn load(folder: &Path, selection: &Selection) -> Result<(Loaded, Catalog)> {
    let data = DataFolder::open(folder)?;
    let mut catalog = data.catalog()?;
    let dir = folder.join(JOURNAL_FOLDER);
    if !dir.exists() {
        return Ok((data.load_interactions(selection)?, catalog));
    }
    let journal = Journal::read(&dir)?;
    let users = change(&mut catalog, &journal)?;
    let mut failed = None;
    let loaded = data.load_interactions_and(selection, &mut |each| {
        for committed in journal.scan(0) {
            match committed {
                Ok(committed) => match committed.entry {
                    Entry::Event(event) => each(&of_user(event, &users))?,
                    _ => continue,
                },
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        Ok(())
    });
    match failed {
        Some(error) => Err(error.into()),
        None => Ok((
            Loaded {
                journal_seq: journal.durable_seq(),
                ..loaded?
            },
            catalog,
        )),
    }
}

/// Every event of a folder, imports first, and the records as they are now.
#[derive(Debug)]
pub(crate) struct Happened {
    /// What a session did before it signed in is told as done by the user.
    pub(crate) events: Vec<Event>,
    pub(crate) catalog: Catalog,
    /// How many of the events were imported.
    pub(crate) n_imported: usize,
    /// Number of the last entry of the journal; zero where there is none.
    pub(crate) journal_seq: u64,
}

/// Reads everything that happened. Imported events that were retracted by an import are left out;
/// retractions in the journal are events as others.
///
/// # Errors
///
/// As [`load`].
pub(crate) fn everything(folder: &Path) -> Result<Happened> {
    let data = DataFolder::open(folder)?;
    let mut catalog = data.catalog()?;
    let dir = folder.join(JOURNAL_FOLDER);
    let journal = dir.exists().then(|| Journal::read(&dir)).transpose()?;
    let users = match &journal {
        Some(journal) => change(&mut catalog, journal)?,
        None => HashMap::new(),
    };
    let mut events = Vec::new();
    data.each_event(Retracted::LeftOut, &mut |event| {
        events.push(of_user(event, &users));
        Ok(())
    })?;
    let n_imported = events.len();
    for committed in journal.iter().flat_map(|journal| journal.scan(0)) {
        if let Entry::Event(event) = committed?.entry {
            events.push(of_user(event, &users));
        }
    }
    Ok(Happened {
        events,
        catalog,
        n_imported,
        journal_seq: journal.map_or(0, |journal| journal.durable_seq()),
    })
}

/// Brings a catalog up to date; gives who signed in from which session.
fn change(catalog: &mut Catalog, journal: &Snapshot) -> Result<HashMap<SessionId, UserId>> {
    let mut users = HashMap::new();
    for committed in journal.catalog()? {
        match committed.entry {
            Entry::PutItem(item) => catalog.put_item(Arc::new(item)),
            Entry::DeleteItem(id) => catalog.remove_item(id.as_str()),
            Entry::PutUser(user) => catalog.put_user(user),
            Entry::DeleteUser(id) => catalog.remove_user(&id),
            Entry::SignIn { session, user, .. } => drop(users.insert(session, user)),
            Entry::Event(_) => {}
        }
    }
    Ok(users)
}

fn of_user(mut event: Event, users: &HashMap<SessionId, UserId>) -> Event {
    if let Actor::Session(session) = &event.actor
        && let Some(user) = users.get(session)
    {
        event.actor = Actor::User(user.clone());
    }
    event
}
