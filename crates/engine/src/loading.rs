//! From a data folder to what models train on: its imports, and what its journal has written since.

use std::{collections::HashMap, path::Path, sync::Arc};

use marquee_core::{Actor, Event, SessionId, UserId};
use marquee_ingest::{Catalog, DataFolder, Loaded, Selection};
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
