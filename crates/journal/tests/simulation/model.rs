//! What a journal must hold, kept in plain maps.

use std::collections::{BTreeMap, HashMap, HashSet};

use marquee_core::{Action, Actor, EventId, ItemId, SessionId, Timestamp, UserId};
use marquee_journal::{Committed, Entry, Outcome};

/// What must be there.
#[derive(Debug, Default, Clone)]
pub(crate) struct Model {
    /// By number.
    pub(crate) entries: BTreeMap<u64, Committed>,
    /// Highest number that was ever told.
    pub(crate) highest: u64,
}

/// An operation of which it is not known whether it was done.
#[derive(Debug, Clone)]
pub(crate) enum Unknown {
    Append(Vec<Entry>, Timestamp),
    Retain(Timestamp),
    Compact(Timestamp),
    Erase(UserId),
}

impl Model {
    /// What must be told about `entries`, and what is added by them.
    pub(crate) fn expect(
        &self,
        entries: &[Entry],
        received: Timestamp,
        first_seq: u64,
    ) -> (Vec<Outcome>, Vec<Committed>) {
        let mut ids: HashMap<&EventId, u64> = HashMap::new();
        for (&seq, one) in &self.entries {
            if let Some(id) = id_of(&one.entry) {
                ids.insert(id, seq);
            }
        }
        let mut added = Vec::new();
        let mut outcomes = Vec::new();
        for entry in entries {
            let seq = first_seq + added.len() as u64;
            let id = id_of(entry);
            if let Some(&seq) = id.and_then(|id| ids.get(id)) {
                outcomes.push(Outcome::Duplicate { seq });
                continue;
            }
            if let Some(id) = id {
                ids.insert(id, seq);
            }
            outcomes.push(Outcome::Written { seq });
            added.push(Committed {
                seq,
                received,
                entry: entry.clone(),
            });
        }
        (outcomes, added)
    }

    pub(crate) fn add(&mut self, added: Vec<Committed>) {
        for one in added {
            self.highest = self.highest.max(one.seq);
            self.entries.insert(one.seq, one);
        }
    }

    /// What holds of the catalog.
    pub(crate) fn catalog(&self) -> Vec<Committed> {
        let mut latest: HashMap<(u8, String, String), u64> = HashMap::new();
        for (&seq, one) in &self.entries {
            if let Some(subject) = subject(&one.entry) {
                latest.insert(subject, seq);
            }
        }
        let mut seqs: Vec<u64> = latest.into_values().collect();
        seqs.sort_unstable();
        let found = seqs.iter().map(|seq| self.entries[seq].clone());
        found.collect()
    }

    /// Drops what retention drops, without fail or if it was found to be gone.
    pub(crate) fn may_retention_drop(&self, before: Timestamp) -> HashSet<u64> {
        let latest: HashSet<u64> = self.catalog().iter().map(|one| one.seq).collect();
        let goes = |one: &&Committed| match &one.entry {
            Entry::Event(_) => one.received < before,
            _ => !latest.contains(&one.seq),
        };
        self.entries
            .values()
            .filter(goes)
            .map(|one| one.seq)
            .collect()
    }

    /// Events that hold: not taken back, and no retractions.
    pub(crate) fn effective(&self) -> HashSet<u64> {
        let mut retractions = Vec::new();
        for one in self.entries.values() {
            if let Entry::Event(event) = &one.entry
                && let Action::Retract { event: target } = &event.action
            {
                retractions.push((event.time, one.seq, event.id.clone(), target.clone()));
            }
        }
        retractions.sort_by_key(|one| std::cmp::Reverse((one.0, one.1)));
        let mut dead: HashSet<EventId> = HashSet::new();
        for (_, _, own, target) in retractions {
            if own.is_none_or(|own| !dead.contains(&own)) {
                dead.insert(target);
            }
        }
        let holds = |one: &&Committed| match &one.entry {
            Entry::Event(event) => {
                !matches!(event.action, Action::Retract { .. })
                    && event.id.as_ref().is_none_or(|id| !dead.contains(id))
            }
            _ => false,
        };
        self.entries
            .values()
            .filter(holds)
            .map(|one| one.seq)
            .collect()
    }

    /// Numbers of everything that belongs to a person.
    pub(crate) fn of_person(&self, user: &UserId) -> HashSet<u64> {
        let mut sessions: HashSet<SessionId> = HashSet::new();
        for one in self.entries.values() {
            if let Entry::SignIn {
                session, user: who, ..
            } = &one.entry
                && who == user
            {
                sessions.insert(session.clone());
            }
        }
        let did = |actor: &Actor| match actor {
            Actor::User(id) => id == user,
            Actor::Session(id) => sessions.contains(id),
        };
        let mut mine: HashSet<u64> = HashSet::new();
        let mut ids: HashSet<EventId> = HashSet::new();
        for one in self.entries.values() {
            let is_mine = match &one.entry {
                Entry::Event(event) => did(&event.actor),
                Entry::PutUser(record) => record.id == *user,
                Entry::DeleteUser(id) | Entry::SignIn { user: id, .. } => id == user,
                Entry::PutItem(_) | Entry::DeleteItem(_) => false,
            };
            if is_mine {
                mine.insert(one.seq);
                ids.extend(id_of(&one.entry).cloned());
            }
        }
        for one in self.entries.values() {
            if let Entry::Event(event) = &one.entry
                && let Action::Retract { event: target } = &event.action
                && ids.contains(target)
            {
                mine.insert(one.seq);
            }
        }
        mine
    }

    /// Events for which `is_meant` holds, newest first.
    pub(crate) fn newest(&self, is_meant: impl Fn(&Entry) -> bool) -> Vec<Committed> {
        let entries = self.entries.values().rev();
        entries
            .filter(|one| is_meant(&one.entry))
            .cloned()
            .collect()
    }
}

pub(crate) fn id_of(entry: &Entry) -> Option<&EventId> {
    match entry {
        Entry::Event(event) => event.id.as_ref(),
        _ => None,
    }
}

pub(crate) fn did(entry: &Entry, actor: &Actor) -> bool {
    matches!(entry, Entry::Event(event) if event.actor == *actor)
}

pub(crate) fn about(entry: &Entry, item: &ItemId) -> bool {
    matches!(entry, Entry::Event(event) if event.action.item() == Some(item))
}

fn subject(entry: &Entry) -> Option<(u8, String, String)> {
    let text = |id: &dyn std::fmt::Display| id.to_string();
    match entry {
        Entry::Event(_) => None,
        Entry::PutItem(item) => Some((0, text(&item.id), String::new())),
        Entry::DeleteItem(id) => Some((0, text(id), String::new())),
        Entry::PutUser(user) => Some((1, text(&user.id), String::new())),
        Entry::DeleteUser(id) => Some((1, text(id), String::new())),
        Entry::SignIn { session, user, .. } => Some((2, text(session), text(user))),
    }
}
