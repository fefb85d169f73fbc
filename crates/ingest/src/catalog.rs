//! The catalog of a data folder: records of items, users and creators.

mod segment;

use std::{collections::BTreeMap, sync::Arc};

use marquee_core::{Creator, Item, User, UserId};

pub(crate) use segment::{CatalogBuilder, CatalogSegment};

use crate::DataFolder;

/// All records of a data folder, the latest of each id, in the order of their ids (byte by byte).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Catalog {
    items: Vec<Arc<Item>>,
    users: Vec<User>,
    creators: Vec<Creator>,
}

impl Catalog {
    /// The record of an item, if there is one. Cost: a binary search.
    pub fn item(&self, id: &str) -> Option<&Item> {
        self.record(id).map(Arc::as_ref)
    }

    /// As [`item`](Self::item), to share.
    pub fn record(&self, id: &str) -> Option<&Arc<Item>> {
        let at = self.place(id).ok()?;
        Some(&self.items[at])
    }

    fn place(&self, id: &str) -> Result<usize, usize> {
        self.items.binary_search_by(|item| item.id.as_str().cmp(id))
    }

    /// Puts an item in place of the one with its id, or among the others.
    pub fn put_item(&mut self, item: Arc<Item>) {
        match self.place(item.id.as_str()) {
            Ok(at) => self.items[at] = item,
            Err(at) => self.items.insert(at, item),
        }
    }

    /// Takes the item with this id out, if there is one.
    pub fn remove_item(&mut self, id: &str) {
        if let Ok(at) = self.place(id) {
            self.items.remove(at);
        }
    }

    /// Puts a user in place of the one with its id, or among the others.
    pub fn put_user(&mut self, user: User) {
        let place = self.users.binary_search_by(|known| known.id.cmp(&user.id));
        match place {
            Ok(at) => self.users[at] = user,
            Err(at) => self.users.insert(at, user),
        }
    }

    /// Takes the user with this id out, if there is one.
    pub fn remove_user(&mut self, id: &UserId) {
        if let Ok(at) = self.users.binary_search_by(|known| known.id.cmp(id)) {
            self.users.remove(at);
        }
    }

    /// The record of a user, if there is one. Cost: a binary search.
    pub fn user(&self, id: &str) -> Option<&User> {
        let at = self
            .users
            .binary_search_by(|user| user.id.as_str().cmp(id))
            .ok()?;
        Some(&self.users[at])
    }

    /// The record of a creator, if there is one. Cost: a binary search.
    pub fn creator(&self, id: &str) -> Option<&Creator> {
        let found = self
            .creators
            .binary_search_by(|creator| creator.id.as_str().cmp(id));
        Some(&self.creators[found.ok()?])
    }

    /// All items.
    pub fn items(&self) -> &[Arc<Item>] {
        &self.items
    }

    /// All users.
    pub fn users(&self) -> &[User] {
        &self.users
    }

    /// All creators.
    pub fn creators(&self) -> &[Creator] {
        &self.creators
    }

    /// At most `limit` items, from the first one whose id comes after `after`; pass an empty text for
    /// the first page, and the last id of a page for the next one. `after` need not exist (anymore).
    pub fn page(&self, after: &str, limit: usize) -> &[Arc<Item>] {
        let start = self.items.partition_point(|item| item.id.as_str() <= after);
        let end = self.items.len().min(start.saturating_add(limit));
        &self.items[start..end]
    }
}

impl DataFolder {
    /// Reads all catalog records.
    ///
    /// Cost and memory: all records, those that were replaced among them.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Artifact`] or [`crate::Error::Record`] when a catalog file is damaged.
    pub fn catalog(&self) -> crate::Result<Catalog> {
        let mut items: BTreeMap<String, Item> = BTreeMap::new();
        let mut users: BTreeMap<String, User> = BTreeMap::new();
        let mut creators: BTreeMap<String, Creator> = BTreeMap::new();
        for file in self
            .manifest()
            .imports
            .iter()
            .flat_map(|import| &import.catalog)
        {
            let segment = CatalogSegment::open(&self.dir().join(file))?;
            segment.each("items", |item: Item| {
                items.insert(item.id.as_str().to_owned(), item);
            })?;
            segment.each("users", |user: User| {
                users.insert(user.id.as_str().to_owned(), user);
            })?;
            segment.each("creators", |creator: Creator| {
                creators.insert(creator.id.as_str().to_owned(), creator);
            })?;
        }
        Ok(Catalog {
            items: items.into_values().map(Arc::new).collect(),
            users: users.into_values().collect(),
            creators: creators.into_values().collect(),
        })
    }
}

#[cfg(test)]
mod tests;
