//! The ids of one import: string tables `users`, `sessions` and `items`.

use std::path::{Path, PathBuf};

use marquee_store::{Artifact, ArtifactBuilder, StringsView};

use crate::{
    Error, Result,
    error::SegmentProblem,
    intern::Interner,
    manifest::Import,
    segment::{SEGMENT_VERSION, SESSION_BIT},
};

/// Kind of the artifacts that hold ids.
const IDS_KIND: &str = "event-ids";

/// The id table of one import, mapped.
pub(crate) struct IdTable {
    artifact: Artifact,
    path: PathBuf,
}

/// The tables of an [`IdTable`].
#[derive(Clone, Copy)]
pub(crate) struct IdView<'a> {
    pub(crate) users: StringsView<'a>,
    pub(crate) sessions: StringsView<'a>,
    pub(crate) items: StringsView<'a>,
    path: &'a Path,
}

/// Who acted, by the ids of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoredActor<'a> {
    User(&'a str),
    Session(&'a str),
}

/// Writes the ids of an import.
///
/// # Errors
///
/// [`Error::Artifact`] when the file cannot be written.
pub(crate) fn write_ids(
    path: &Path,
    users: &Interner,
    sessions: &Interner,
    items: &Interner,
) -> Result<()> {
    let mut artifact = ArtifactBuilder::new(IDS_KIND, SEGMENT_VERSION);
    artifact.strings("users", users.ids());
    artifact.strings("sessions", sessions.ids());
    artifact.strings("items", items.ids());
    artifact.write(path).map_err(Error::artifact(path))
}

impl IdTable {
    /// Maps the id table of `import`.
    ///
    /// # Errors
    ///
    /// [`Error::Artifact`] when it is missing or no id table.
    pub(crate) fn open(dir: &Path, import: &Import) -> Result<Self> {
        // An import with segments always has one; a manifest without it fails at opening the folder.
        let path = dir.join(import.ids.as_deref().unwrap_or_default());
        let artifact = Artifact::open(&path).map_err(Error::artifact(&path))?;
        artifact
            .expect_kind(IDS_KIND, SEGMENT_VERSION)
            .map_err(Error::artifact(&path))?;
        Ok(Self { artifact, path })
    }

    /// The tables. Cost: one pass over their text.
    ///
    /// # Errors
    ///
    /// [`Error::Artifact`] when one is missing or damaged.
    pub(crate) fn view(&self) -> Result<IdView<'_>> {
        let strings = |name| {
            self.artifact
                .strings(name)
                .map_err(Error::artifact(&self.path))
        };
        Ok(IdView {
            users: strings("users")?,
            sessions: strings("sessions")?,
            items: strings("items")?,
            path: &self.path,
        })
    }
}

impl<'a> IdView<'a> {
    /// Who stands in a segment's `actor`.
    ///
    /// # Errors
    ///
    /// [`Error::Segment`] when there is no such row.
    pub(crate) fn actor(&self, actor: u32) -> Result<StoredActor<'a>> {
        let row = actor & !SESSION_BIT;
        if actor == row {
            let id = self.users.get(row as usize);
            id.map(StoredActor::User)
                .ok_or_else(|| self.outside("users", row, self.users.len()))
        } else {
            let id = self.sessions.get(row as usize);
            id.map(StoredActor::Session)
                .ok_or_else(|| self.outside("sessions", row, self.sessions.len()))
        }
    }

    /// The id that stands in a segment's `item`.
    ///
    /// # Errors
    ///
    /// [`Error::Segment`] when there is no such row.
    pub(crate) fn item(&self, item: u32) -> Result<&'a str> {
        let id = self.items.get(item as usize);
        id.ok_or_else(|| self.outside("items", item, self.items.len()))
    }

    #[cold]
    fn outside(&self, section: &'static str, row: u32, limit: usize) -> Error {
        Error::Segment {
            path: self.path.to_owned(),
            section,
            problem: SegmentProblem::OutOfRange {
                entry: u64::from(row),
                found: u64::from(row),
                limit: limit as u64,
            },
        }
    }
}
