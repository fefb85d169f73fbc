//! Sparse item weights in a file: the kind is the name of the training, and the sections
//! `weights.offsets` (`[n_items + 1]` of `u64`), `weights.columns` (`[entries]` of `u32`) and
//! `weights.values` (`[entries]` of `f32`) are compressed sparse rows with rising columns.

use marquee_core::{SparseError, SparseView};
use marquee_store::{Artifact, ArtifactBuilder};

use super::{SparseItemModel, SparseItemView};
use crate::{Error, Result};

const FORMAT_VERSION: u32 = 1;
const MATRIX: &str = "weights";
const OFFSETS: &str = "weights.offsets";
const COLUMNS: &str = "weights.columns";
const VALUES: &str = "weights.values";

impl SparseItemModel {
    /// The model as an artifact that is still to be written.
    pub fn to_artifact(&self) -> ArtifactBuilder<'_> {
        let rows = self.weights.view();
        let entries = rows.n_entries() as u64;
        let mut artifact = ArtifactBuilder::new(self.name, FORMAT_VERSION);
        artifact.section(OFFSETS, &[rows.offsets().len() as u64], rows.offsets());
        artifact.section(COLUMNS, &[entries], rows.columns());
        artifact.section(VALUES, &[entries], rows.weights().unwrap_or_default());
        artifact
    }
}

impl<'a> SparseItemView<'a> {
    /// Borrows the model that the training `name` made from `artifact`.
    ///
    /// Cost: one pass over the offsets and columns.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the artifact holds something else, [`Error::SectionShape`],
    /// [`Error::SparseSections`] or [`Error::ColumnOrder`] when its sections make no matrix.
    pub(crate) fn open(artifact: &'a Artifact, name: &'static str) -> Result<Self> {
        artifact.expect_kind(name, FORMAT_VERSION)?;
        let offsets = artifact.section::<u64>(OFFSETS)?.data;
        let columns = artifact.section::<u32>(COLUMNS)?.data;
        let values = artifact.section::<f32>(VALUES)?.data;
        let n_items = offsets.len().saturating_sub(1);
        let weights = rising(name, MATRIX, || {
            SparseView::new(n_items, offsets, columns, Some(values), None)
        })?;
        Ok(Self { name, weights })
    }
}

/// A sparse matrix from sections, unless they make none or the columns of a row do not rise.
///
/// # Errors
///
/// [`Error::SparseSections`] and [`Error::ColumnOrder`].
pub(crate) fn rising<'a>(
    model: &'static str,
    matrix: &'static str,
    sections: impl FnOnce() -> std::result::Result<SparseView<'a>, SparseError>,
) -> Result<SparseView<'a>> {
    let rows = sections().map_err(|source| Error::SparseSections {
        model,
        matrix,
        source,
    })?;
    let rises = |columns: &[u32]| columns.windows(2).all(|pair| pair[0] < pair[1]);
    match rows.rows().position(|row| !rises(row.columns)) {
        Some(row) => Err(Error::ColumnOrder { model, matrix, row }),
        None => Ok(rows),
    }
}
