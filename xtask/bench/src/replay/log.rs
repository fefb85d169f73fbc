//! The log: all events of a data folder in the order of time, and what viewers have seen of it.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use anyhow::Result;
use marquee_core::{Action, Actor, Event, EventId, ItemId, UserId};
use marquee_ingest::{DataFolder, Retracted};

/// Every event of `folder`, oldest first; those without an id get one.
///
/// # Errors
///
/// When the folder cannot be read.
pub(crate) fn of(folder: &Path) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    DataFolder::open(folder)?.each_event(Retracted::LeftOut, &mut |event| {
        events.push(event);
        Ok(())
    })?;
    events.sort_by_key(|event| event.time);
    for (number, event) in events.iter_mut().enumerate() {
        if event.id.is_none() {
            event.id = Some(EventId::new(format!("replay-{number}"))?);
        }
    }
    Ok(events)
}

/// Whether an event is a sign of liking.
pub(crate) fn speaks_for(event: &Event, min_rating: f32) -> bool {
    match &event.action {
        Action::Rate { rating, .. } => *rating >= min_rating,
        Action::Play { .. } | Action::Like { .. } | Action::Save { .. } => true,
        _ => false,
    }
}

/// Whom to ask about, and which item the answer should have.
pub(crate) fn question(event: &Event) -> Option<(&UserId, &ItemId)> {
    match (&event.actor, event.action.item()) {
        (Actor::User(user), Some(item)) => Some((user, item)),
        _ => None,
    }
}

/// Which items each viewer had to do with so far.
#[derive(Debug, Default)]
pub(crate) struct Seen(HashMap<UserId, HashSet<ItemId>>);

impl Seen {
    /// After `events`.
    pub(crate) fn of(events: &[Event]) -> Self {
        let mut seen = Self::default();
        events.iter().for_each(|event| seen.add(event));
        seen
    }

    /// After one event more.
    pub(crate) fn add(&mut self, event: &Event) {
        if let Some((user, item)) = question(event) {
            let items = self.0.entry(user.clone()).or_default();
            items.insert(item.clone());
        }
    }

    /// Whether the viewer has had nothing to do with the item.
    pub(crate) fn is_news(&self, user: &UserId, item: &ItemId) -> bool {
        self.0.get(user).is_none_or(|items| !items.contains(item))
    }

    /// How many items the viewer had to do with.
    pub(crate) fn length(&self, user: &UserId) -> usize {
        self.0.get(user).map_or(0, HashSet::len)
    }
}
