//! Hashes of ids, by which indexes find entries.
//!
//! A hash only says where to look: what is found is compared with the id itself, so two ids with
//! one hash cost time and nothing else.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use marquee_core::{Actor, EventId, ItemId};
use twox_hash::XxHash3_64;

/// Different seeds for what may have the same text. They are stored in indexes and never change.
mod seed {
    pub(super) const EVENT: u64 = 1;
    pub(super) const USER: u64 = 2;
    pub(super) const SESSION: u64 = 3;
    pub(super) const ITEM: u64 = 4;
}

pub(crate) fn event_hash(id: &EventId) -> u64 {
    XxHash3_64::oneshot_with_seed(seed::EVENT, id.as_str().as_bytes())
}

pub(crate) fn item_hash(id: &ItemId) -> u64 {
    XxHash3_64::oneshot_with_seed(seed::ITEM, id.as_str().as_bytes())
}

pub(crate) fn actor_hash(actor: &Actor) -> u64 {
    match actor {
        Actor::User(id) => XxHash3_64::oneshot_with_seed(seed::USER, id.as_str().as_bytes()),
        Actor::Session(id) => XxHash3_64::oneshot_with_seed(seed::SESSION, id.as_str().as_bytes()),
    }
}

/// A map whose keys are hashes already.
pub(crate) type HashedMap<T> = HashMap<u64, T, BuildHasherDefault<AsIs>>;

/// Hands a hash on as it is.
#[derive(Debug, Default)]
pub(crate) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = XxHash3_64::oneshot_with_seed(self.0, bytes);
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}
