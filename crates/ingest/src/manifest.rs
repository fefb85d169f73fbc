//! `imports.json`: the truth about what a data folder holds.
//!
//! A file of events or catalog records that the manifest does not name is not part of the data; it
//! was left by an import that did not come to its end.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{Error, Result, format::Format, reject::Reason};

/// Name of the manifest in a data folder.
pub const MANIFEST_FILE: &str = "imports.json";

/// Version of the manifest's form.
const VERSION: u32 = 1;

/// Everything that was imported into one data folder, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    version: u32,
    /// Imports in the order in which they were done.
    pub imports: Vec<Import>,
}

/// One import that came to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// Its number, from 1, rising.
    pub number: u32,
    /// Files that were read.
    pub sources: Vec<SourceFile>,
    /// Ids of users, sessions and items of its events; none where it has no events.
    pub ids: Option<String>,
    /// Event segments, in the order of the events.
    pub segments: Vec<SegmentFile>,
    /// Catalog segments, in the order of the records.
    pub catalog: Vec<String>,
    /// What was taken and what was not.
    pub counts: Counts,
}

/// One file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// Its name, without folders.
    pub name: String,
    /// The format it was read as.
    pub format: Format,
    /// XXH3-128 of its unpacked bytes, in hexadecimal.
    pub content: String,
    /// Number of unpacked bytes.
    pub bytes: u64,
}

/// One event segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentFile {
    /// Its path inside the data folder.
    pub file: String,
    /// Number of events.
    pub rows: u64,
    /// Whether any event has an id.
    pub has_ids: bool,
}

/// Numbers of records.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Events taken.
    pub events: u64,
    /// Item records taken.
    pub items: u64,
    /// User records taken.
    pub users: u64,
    /// Creator records taken.
    pub creators: u64,
    /// Events left out because an event of their id was there before.
    pub repeated: u64,
    /// Rows that could not be taken, for each reason.
    pub rejected: Vec<(Reason, u64)>,
}

impl Counts {
    /// Number of rows that could not be taken.
    pub fn rejected(&self) -> u64 {
        self.rejected.iter().map(|(_, count)| count).sum()
    }

    /// Number of records taken, repeated events among them.
    pub fn good(&self) -> u64 {
        self.events + self.items + self.users + self.creators + self.repeated
    }
}

impl Default for Manifest {
    fn default() -> Self {
        Self {
            version: VERSION,
            imports: Vec::new(),
        }
    }
}

impl Manifest {
    /// Reads the manifest of the data folder `dir`; `None` when there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Io`], [`Error::Manifest`] or [`Error::ManifestVersion`] when it cannot be read.
    pub fn read(dir: &Path) -> Result<Option<Self>> {
        let path = dir.join(MANIFEST_FILE);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io("read", path)(error)),
        };
        #[derive(Deserialize)]
        struct VersionOnly {
            version: u32,
        }
        let wrong = |source| Error::Manifest {
            path: path.clone(),
            source,
        };
        // The version goes first, so that a newer manifest is not called a damaged one.
        let found = serde_json::from_slice::<VersionOnly>(&text)
            .map_err(wrong)?
            .version;
        if found != VERSION {
            return Err(Error::ManifestVersion {
                path,
                found,
                expected: VERSION,
            });
        }
        serde_json::from_slice(&text).map(Some).map_err(wrong)
    }

    /// Replaces the manifest of `dir`, at once and durably.
    ///
    /// # Errors
    ///
    /// [`Error::Artifact`] when it cannot be written.
    pub(crate) fn write(&self, dir: &Path) -> Result<()> {
        let path = dir.join(MANIFEST_FILE);
        marquee_store::replace_file(&path, |file| {
            serde_json::to_writer_pretty(&mut *file, self)?;
            file.write_all(b"\n")
        })
        .map_err(Error::artifact(path))
    }

    /// Number of the import that read this content, if one did.
    pub(crate) fn import_of(&self, content: &str) -> Option<u32> {
        let has = |import: &&Import| import.sources.iter().any(|file| file.content == content);
        self.imports.iter().find(has).map(|import| import.number)
    }

    /// Number of the next import.
    pub(crate) fn next_number(&self) -> u32 {
        self.imports.last().map_or(1, |last| last.number + 1)
    }

    /// Every file that the manifest names, as a path inside the data folder.
    pub(crate) fn files(&self) -> impl Iterator<Item = PathBuf> {
        self.imports.iter().flat_map(|import| {
            let segments = import.segments.iter().map(|segment| &segment.file);
            let all = import.ids.iter().chain(segments).chain(&import.catalog);
            all.map(PathBuf::from)
        })
    }

    /// Event segments, oldest first, with the import each belongs to.
    pub(crate) fn segments(&self) -> impl Iterator<Item = (&Import, &SegmentFile)> {
        let imports = self.imports.iter();
        imports.flat_map(|import| import.segments.iter().map(move |segment| (import, segment)))
    }
}
