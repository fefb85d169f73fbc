//! Transitions in a file: `weights.offsets` (`[n_items + 1]` of `u64`), `weights.columns` (`[entries]` of
//! `u32`) and `weights.values` (`[entries]` of `f32`) are compressed sparse rows with rising columns;
//! `constants`, `[1]` of `f64`: position_decay.

use marquee_core::SparseView;
use marquee_store::{Artifact, ArtifactBuilder};

use super::{NAME, TransitionsModel, TransitionsView};
use crate::{Error, Result, check::Checks, sparse_items::rising};

const FORMAT_VERSION: u32 = 1;
const MATRIX: &str = "weights";
const OFFSETS: &str = "weights.offsets";
const COLUMNS: &str = "weights.columns";
const VALUES: &str = "weights.values";
const CONSTANTS: &str = "constants";

impl TransitionsModel {
    /// The model as an artifact that is still to be written.
    pub fn to_artifact(&self) -> ArtifactBuilder<'_> {
        let rows = self.weights.view();
        let entries = rows.n_entries() as u64;
        let mut artifact = ArtifactBuilder::new(NAME, FORMAT_VERSION);
        artifact.section(OFFSETS, &[rows.offsets().len() as u64], rows.offsets());
        artifact.section(COLUMNS, &[entries], rows.columns());
        artifact.section(VALUES, &[entries], rows.weights().unwrap_or_default());
        artifact.section_owned(CONSTANTS, &[1], vec![self.position_decay]);
        artifact
    }
}

impl<'a> TransitionsView<'a> {
    /// Borrows the model from `artifact`.
    ///
    /// Cost: one pass over the offsets and columns.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the artifact holds something else, [`Error::SectionShape`],
    /// [`Error::SparseSections`], [`Error::ColumnOrder`] or [`Error::Config`] when its sections make no
    /// model.
    pub fn open(artifact: &'a Artifact) -> Result<Self> {
        artifact.expect_kind(NAME, FORMAT_VERSION)?;
        let offsets = artifact.section::<u64>(OFFSETS)?.data;
        let columns = artifact.section::<u32>(COLUMNS)?.data;
        let values = artifact.section::<f32>(VALUES)?.data;
        let n_items = offsets.len().saturating_sub(1);
        let weights = rising(NAME, MATRIX, || {
            SparseView::new(n_items, offsets, columns, Some(values), None)
        })?;
        let constants = artifact.section::<f64>(CONSTANTS)?.data;
        let &[position_decay] = constants else {
            return Err(Error::SectionShape {
                model: NAME,
                section: CONSTANTS,
                found: constants.len(),
                expected: 1,
            });
        };
        Checks(NAME).positive("position_decay", position_decay)?;
        Ok(Self {
            weights,
            position_decay,
        })
    }
}
