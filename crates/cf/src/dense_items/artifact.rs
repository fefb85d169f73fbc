//! Dense item weights in a file: the kind is the name of the training, and the section `weights` is
//! `[n_items, n_items]` of `f32`, row of the history's item, column of the scored item.

use marquee_store::{Artifact, ArtifactBuilder};

use super::{DenseItemModel, DenseItemView};
use crate::{Error, Result};

const FORMAT_VERSION: u32 = 1;
const WEIGHTS: &str = "weights";

impl DenseItemModel {
    /// The model as an artifact that is still to be written.
    pub fn to_artifact(&self) -> ArtifactBuilder<'_> {
        let n_items = self.n_items as u64;
        let mut artifact = ArtifactBuilder::new(self.name, FORMAT_VERSION);
        artifact.section(WEIGHTS, &[n_items, n_items], &self.weights);
        artifact
    }
}

impl<'a> DenseItemView<'a> {
    /// Borrows the model that the training `name` made from `artifact`, at a cost that does not
    /// depend on its size.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the artifact holds something else, [`Error::SectionShape`] when the
    /// weights are not square.
    pub(crate) fn open(artifact: &'a Artifact, name: &'static str) -> Result<Self> {
        artifact.expect_kind(name, FORMAT_VERSION)?;
        let section = artifact.section::<f32>(WEIGHTS)?;
        let [n_items, n_columns] = section.dims()?;
        if n_columns != n_items {
            return Err(Error::SectionShape {
                model: name,
                section: WEIGHTS,
                found: n_columns,
                expected: n_items,
            });
        }
        Ok(Self {
            name,
            n_items,
            weights: section.data,
        })
    }
}
