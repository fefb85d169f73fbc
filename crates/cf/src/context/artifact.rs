//! Two vectors an item in a file: the kind is the name of the training; sections `item_factors` and
//! `context_factors` (`[n_items, d]` of `f32`), `biases` (`[n_items]` of `f32`) and `fold_in` (`[1]` of
//! `f64`: the exponent of the history's length). The configuration stands in the metadata.

use marquee_store::{Artifact, ArtifactBuilder};

use super::{ContextModel, ContextView};
use crate::{Error, Result};

const FORMAT_VERSION: u32 = 1;
const ITEMS: &str = "item_factors";
const CONTEXTS: &str = "context_factors";
const BIASES: &str = "biases";
const FOLD_IN: &str = "fold_in";

impl ContextModel {
    /// The model as an artifact that is still to be written.
    pub fn to_artifact(&self) -> ArtifactBuilder<'_> {
        let (n_items, d) = (self.biases.len() as u64, self.n_factors as u64);
        let mut artifact = ArtifactBuilder::new(self.name, FORMAT_VERSION);
        for (key, value) in &self.metas {
            artifact.meta(key, value);
        }
        artifact
            .section(ITEMS, &[n_items, d], &self.item_factors)
            .section(CONTEXTS, &[n_items, d], &self.context_factors)
            .section(BIASES, &[n_items], &self.biases)
            .section_owned(FOLD_IN, &[1], vec![self.length_exponent]);
        artifact
    }
}

impl<'a> ContextView<'a> {
    /// Borrows the model that the training `name` made from `artifact`, at a cost that does not
    /// depend on its size.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the artifact holds something else, [`Error::SectionShape`] when its
    /// sections do not fit each other, [`Error::NotFinite`] for a damaged exponent.
    pub(crate) fn open(artifact: &'a Artifact, name: &'static str) -> Result<Self> {
        artifact.expect_kind(name, FORMAT_VERSION)?;
        let items = artifact.section::<f32>(ITEMS)?;
        let contexts = artifact.section::<f32>(CONTEXTS)?;
        let biases = artifact.section::<f32>(BIASES)?;
        let fold_in = artifact.section::<f64>(FOLD_IN)?;
        let ([n_items, d], [n_contexts, width]) = (items.dims()?, contexts.dims()?);
        let ([n_biases], [n_numbers]) = (biases.dims()?, fold_in.dims()?);
        let fits = [
            (CONTEXTS, n_contexts, n_items),
            (CONTEXTS, width, d),
            (ITEMS, d, d.max(1)),
            (BIASES, n_biases, n_items),
            (FOLD_IN, n_numbers, 1),
        ];
        if let Some(&(section, found, expected)) = fits.iter().find(|fit| fit.1 != fit.2) {
            return Err(Error::SectionShape {
                model: name,
                section,
                found,
                expected,
            });
        }
        let length_exponent = fold_in.data[0];
        if !length_exponent.is_finite() {
            return Err(Error::NotFinite {
                model: name,
                iteration: 0,
            });
        }
        Ok(Self {
            name,
            n_factors: d,
            length_exponent,
            item_factors: items.data,
            context_factors: contexts.data,
            biases: biases.data,
        })
    }
}
