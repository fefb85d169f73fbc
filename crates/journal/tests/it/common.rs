//! Entries for tests.

use std::path::Path;

use marquee_core::{Action, Actor, Event, EventId, ItemId, SessionId, Timestamp, UserId};
use marquee_journal::{Entry, Indexing, Journal, JournalConfig};

/// A small journal: segments of a few kilobytes, indexes made at once.
pub(crate) fn open(dir: &Path) -> Journal {
    Journal::open(dir, config(), Box::new(())).expect("the journal opens")
}

pub(crate) fn config() -> JournalConfig {
    JournalConfig {
        segment_bytes: 4096,
        indexing: Indexing::Inline,
        ..JournalConfig::default()
    }
}

pub(crate) fn user(id: &str) -> Actor {
    Actor::User(UserId::new(id).expect("tests use good ids"))
}

pub(crate) fn session(id: &str) -> Actor {
    Actor::Session(SessionId::new(id).expect("tests use good ids"))
}

pub(crate) fn item(id: &str) -> ItemId {
    ItemId::new(id).expect("tests use good ids")
}

/// A like of `what` by `who`, with an id.
pub(crate) fn like(id: &str, who: &Actor, what: &str) -> Event {
    Event {
        id: Some(EventId::new(id).expect("tests use good ids")),
        actor: who.clone(),
        time: at(7),
        action: Action::Like { item: item(what) },
        surface: None,
        device: None,
        session: None,
        recommendation: None,
    }
}

pub(crate) fn event(id: &str, who: &str, what: &str) -> Entry {
    Entry::Event(like(id, &user(who), what))
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}
