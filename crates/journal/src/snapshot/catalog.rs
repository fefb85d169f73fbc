//! The latest of each record of the catalog.

use marquee_core::{ItemId, SessionId, UserId};
use std::collections::HashMap;

use super::Snapshot;
use crate::{Committed, Entry, Result};

/// What a later entry replaces an earlier one by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Subject {
    Item(ItemId),
    User(UserId),
    SignIn(SessionId, UserId),
}

impl Subject {
    fn of(entry: &Entry) -> Option<Self> {
        match entry {
            Entry::Event(_) => None,
            Entry::PutItem(item) => Some(Self::Item(item.id.clone())),
            Entry::DeleteItem(id) => Some(Self::Item(id.clone())),
            Entry::PutUser(user) => Some(Self::User(user.id.clone())),
            Entry::DeleteUser(id) => Some(Self::User(id.clone())),
            Entry::SignIn { session, user, .. } => {
                Some(Self::SignIn(session.clone(), user.clone()))
            }
        }
    }
}

impl Snapshot {
    /// What holds of the catalog, in the order of sequence numbers: the latest
    /// [`PutItem`](Entry::PutItem) or [`DeleteItem`](Entry::DeleteItem) of each item, the latest
    /// [`PutUser`](Entry::PutUser) or [`DeleteUser`](Entry::DeleteUser) of each user, and the latest
    /// [`SignIn`](Entry::SignIn) of each pair of session and user.
    ///
    /// Retention keeps all of these. A deletion is listed, since the record may also be known from
    /// elsewhere.
    ///
    /// Cost: one read for each entry of these kinds that is in the log; memory of what is given.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`](crate::Error::Damaged) or [`Error::Io`](crate::Error::Io) when an entry
    /// cannot be read.
    pub fn catalog(&self) -> Result<impl Iterator<Item = Committed> + use<>> {
        let mut latest: HashMap<Subject, Committed> = HashMap::new();
        for segment in self.segments.iter() {
            for record in segment.index.catalog() {
                let committed = segment.entry(record)?;
                if committed.seq > self.durable_seq {
                    continue;
                }
                if let Some(subject) = Subject::of(&committed.entry) {
                    latest.insert(subject, committed);
                }
            }
        }
        let mut latest: Vec<Committed> = latest.into_values().collect();
        latest.sort_unstable_by_key(|committed| committed.seq);
        Ok(latest.into_iter())
    }
}
