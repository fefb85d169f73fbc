//! Reading a segment.

use std::path::{Path, PathBuf};

use marquee_store::{Artifact, StringsView};

use crate::{
    Error, Result,
    error::SegmentProblem,
    segment::{SEGMENT_KIND, SEGMENT_VERSION, dedup::known_rows},
};

/// A segment that is mapped.
pub(crate) struct Segment {
    artifact: Artifact,
    path: PathBuf,
}

/// The columns of a segment, of equal length.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns<'a> {
    pub(crate) actor: &'a [u32],
    pub(crate) item: &'a [u32],
    pub(crate) kind: &'a [u8],
    pub(crate) value: &'a [f32],
    pub(crate) time: &'a [i64],
}

/// Hashes in a section, two words each.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hashes<'a>(&'a [u64]);

impl Hashes<'_> {
    pub(crate) fn len(&self) -> usize {
        self.0.len() / 2
    }

    #[inline]
    pub(crate) fn get(&self, at: usize) -> u128 {
        (u128::from(self.0[2 * at]) << 64) | u128::from(self.0[2 * at + 1])
    }
}

impl Segment {
    /// Maps the file at `path`.
    ///
    /// # Errors
    ///
    /// [`Error::Artifact`] when it is no segment.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let artifact = Artifact::open(path).map_err(Error::artifact(path))?;
        artifact
            .expect_kind(SEGMENT_KIND, SEGMENT_VERSION)
            .map_err(Error::artifact(path))?;
        Ok(Self {
            artifact,
            path: path.to_owned(),
        })
    }

    /// The columns.
    ///
    /// # Errors
    ///
    /// [`Error::Artifact`] or [`Error::Segment`] when one is missing or of another length.
    pub(crate) fn columns(&self) -> Result<Columns<'_>> {
        let actor = self.section::<u32>("actor")?;
        let columns = Columns {
            actor,
            item: self.section("item")?,
            kind: self.section("kind")?,
            value: self.section("value")?,
            time: self.section("time")?,
        };
        self.same_length("item", columns.item.len(), actor.len())?;
        self.same_length("kind", columns.kind.len(), actor.len())?;
        self.same_length("value", columns.value.len(), actor.len())?;
        self.same_length("time", columns.time.len(), actor.len())?;
        Ok(columns)
    }

    /// Hashes of event ids, rising, and their rows; empty where no event has an id.
    ///
    /// # Errors
    ///
    /// [`Error::Artifact`] or [`Error::Segment`] when they do not fit each other.
    pub(crate) fn id_hashes(&self) -> Result<(Hashes<'_>, &[u32])> {
        self.hashed("id_hash", "id_hash_row")
    }

    /// Hashes of the ids of retracted events, and the rows that retract them.
    ///
    /// # Errors
    ///
    /// [`Error::Artifact`] or [`Error::Segment`] when they do not fit each other.
    pub(crate) fn retractions(&self) -> Result<(Hashes<'_>, &[u32])> {
        self.hashed("retract_hash", "retract_row")
    }

    /// Rows that have texts of the table `name`, rising, and the texts.
    ///
    /// # Errors
    ///
    /// [`Error::Artifact`] or [`Error::Segment`] when they do not fit each other.
    pub(crate) fn texts(
        &self,
        name: &'static str,
        rows: &'static str,
    ) -> Result<Option<(&[u32], StringsView<'_>)>> {
        if !self.artifact.has(rows) {
            return Ok(None);
        }
        let texts = self
            .artifact
            .strings(name)
            .map_err(Error::artifact(&self.path))?;
        let rows_of = self.section::<u32>(rows)?;
        self.same_length(rows, rows_of.len(), texts.len())?;
        Ok(Some((rows_of, texts)))
    }

    /// Appends to `repeated` the rows of `hashed` whose event id this segment has.
    ///
    /// # Errors
    ///
    /// As [`Self::id_hashes`].
    pub(super) fn rows_of_known_ids(
        &self,
        hashed: &[(u128, u32)],
        repeated: &mut Vec<u32>,
    ) -> Result<()> {
        let (known, _) = self.id_hashes()?;
        known_rows(hashed, known.len(), |at| known.get(at), repeated);
        Ok(())
    }

    /// An [`Error::Segment`] of this file.
    pub(crate) fn wrong(&self, section: &'static str, problem: SegmentProblem) -> Error {
        Error::Segment {
            path: self.path.clone(),
            section,
            problem,
        }
    }

    fn hashed(&self, hashes: &'static str, rows: &'static str) -> Result<(Hashes<'_>, &[u32])> {
        if !self.artifact.has(hashes) {
            return Ok((Hashes(&[]), &[]));
        }
        let found = self.section::<u64>(hashes)?;
        let rows_of = self.section::<u32>(rows)?;
        self.same_length(hashes, found.len(), 2 * rows_of.len())?;
        let limit = self.section::<u32>("actor")?.len() as u64;
        if let Some(entry) = rows_of.iter().position(|&row| u64::from(row) >= limit) {
            return Err(self.wrong(
                rows,
                SegmentProblem::OutOfRange {
                    entry: entry as u64,
                    found: u64::from(rows_of[entry]),
                    limit,
                },
            ));
        }
        Ok((Hashes(found), rows_of))
    }

    fn section<T: marquee_store::Element>(&self, name: &'static str) -> Result<&[T]> {
        let section = self
            .artifact
            .section::<T>(name)
            .map_err(Error::artifact(&self.path))?;
        Ok(section.data)
    }

    fn same_length(&self, section: &'static str, found: usize, expected: usize) -> Result<()> {
        if found == expected {
            return Ok(());
        }
        Err(self.wrong(
            section,
            SegmentProblem::Length {
                found: found as u64,
                expected: expected as u64,
            },
        ))
    }
}
