//! Catalog segments: records as JSON in string tables `items`, `users` and `creators`.

use std::path::{Path, PathBuf};

use marquee_core::{Creator, Item, User};
use marquee_store::{Artifact, ArtifactBuilder};
use serde::{Serialize, de::DeserializeOwned};

use crate::{Error, Result};

/// Kind of the artifacts that hold catalog records.
const CATALOG_KIND: &str = "catalog-segment";
const CATALOG_VERSION: u32 = 1;

/// Bytes of JSON after which a segment is full.
const MAX_BYTES: usize = 64 << 20;

/// Records on their way into a segment.
#[derive(Default)]
pub(crate) struct CatalogBuilder {
    items: Vec<String>,
    users: Vec<String>,
    creators: Vec<String>,
    bytes: usize,
}

impl CatalogBuilder {
    pub(crate) fn push_item(&mut self, item: &Item) {
        let json = self.json(item);
        self.items.push(json);
    }

    pub(crate) fn push_user(&mut self, user: &User) {
        let json = self.json(user);
        self.users.push(json);
    }

    pub(crate) fn push_creator(&mut self, creator: &Creator) {
        let json = self.json(creator);
        self.creators.push(json);
    }

    /// Whether there is no record.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Whether it is time to write.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes >= MAX_BYTES
    }

    /// Writes the records to `path`; the builder is empty afterwards.
    ///
    /// # Errors
    ///
    /// [`Error::Artifact`] when the file cannot be written.
    pub(crate) fn write(&mut self, path: &Path) -> Result<()> {
        let this = std::mem::take(self);
        let mut artifact = ArtifactBuilder::new(CATALOG_KIND, CATALOG_VERSION);
        artifact.strings("items", &this.items);
        artifact.strings("users", &this.users);
        artifact.strings("creators", &this.creators);
        artifact.write(path).map_err(Error::artifact(path))
    }

    fn json(&mut self, record: &impl Serialize) -> String {
        let json = serde_json::to_string(record).expect("plain fields always make JSON");
        self.bytes += json.len();
        json
    }
}

/// A catalog segment that is mapped.
pub(crate) struct CatalogSegment {
    artifact: Artifact,
    path: PathBuf,
}

impl CatalogSegment {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let artifact = Artifact::open(path).map_err(Error::artifact(path))?;
        artifact
            .expect_kind(CATALOG_KIND, CATALOG_VERSION)
            .map_err(Error::artifact(path))?;
        Ok(Self {
            artifact,
            path: path.to_owned(),
        })
    }

    /// Gives the records of one table to `take`, in the order in which they were imported.
    pub(crate) fn each<T: DeserializeOwned>(
        &self,
        table: &str,
        mut take: impl FnMut(T),
    ) -> Result<()> {
        let records = self
            .artifact
            .strings(table)
            .map_err(Error::artifact(&self.path))?;
        for (record, json) in records.iter().enumerate() {
            take(serde_json::from_str(json).map_err(|source| Error::Record {
                path: self.path.clone(),
                record,
                source,
            })?);
        }
        Ok(())
    }
}
