//! Popularity in a file: section `scores`, `[n_items]` of `f32`.

use marquee_store::{Artifact, ArtifactBuilder};

use super::{PopularityModel, PopularityView, train::NAME};
use crate::Result;

const FORMAT_VERSION: u32 = 1;
const SCORES: &str = "scores";

impl PopularityModel {
    /// The model as an artifact that is still to be written.
    pub fn to_artifact(&self) -> ArtifactBuilder<'_> {
        let mut artifact = ArtifactBuilder::new(NAME, FORMAT_VERSION);
        artifact.section(SCORES, &[self.scores.len() as u64], &self.scores);
        artifact
    }
}

impl<'a> PopularityView<'a> {
    /// Borrows the model from `artifact`, at a cost that does not depend on its size.
    ///
    /// # Errors
    ///
    /// [`Error::Store`](crate::Error::Store) when the artifact holds something else.
    pub fn open(artifact: &'a Artifact) -> Result<Self> {
        artifact.expect_kind(NAME, FORMAT_VERSION)?;
        let scores = artifact.section::<f32>(SCORES)?;
        let [_] = scores.dims()?;
        Ok(Self {
            scores: scores.data,
        })
    }
}
