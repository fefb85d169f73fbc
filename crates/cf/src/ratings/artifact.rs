//! A model of ratings in a file: the kind is the name of the training; sections `designs` and, with an
//! implicit part, `links` (`[n_items, samples, d + 1]` of `f32`), `biases` (`[n_items, samples]`),
//! `means`, `scales` and `unknown` (`[samples, d + 1]`), and `scale` (`[2]`: the smallest and the
//! largest rating). The configuration stands in the metadata.

use marquee_store::{Artifact, ArtifactBuilder};

use super::{RatingModel, RatingView, model::Shape};
use crate::{Error, Result};

const FORMAT_VERSION: u32 = 1;

impl RatingModel {
    /// The model as an artifact that is still to be written.
    pub fn to_artifact(&self) -> ArtifactBuilder<'_> {
        let Shape {
            n_items,
            width,
            n_samples,
        } = self.shape;
        let [n_items, width, n] = [n_items, width, n_samples].map(|size| size as u64);
        let mut artifact = ArtifactBuilder::new(self.name, FORMAT_VERSION);
        for (key, value) in &self.metas {
            artifact.meta(key, value);
        }
        artifact
            .section("designs", &[n_items, n, width], &self.designs)
            .section("biases", &[n_items, n], &self.biases)
            .section("means", &[n, width], &self.means)
            .section("scales", &[n, width], &self.scales)
            .section("unknown", &[n, width], &self.unknown)
            .section("scale", &[2], &self.scale);
        if !self.links.is_empty() {
            artifact.section("links", &[n_items, n, width], &self.links);
        }
        artifact
    }
}

impl<'a> RatingView<'a> {
    /// Borrows the model that the training `name` made from `artifact`, at a cost that does not
    /// depend on its size.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the artifact holds something else, [`Error::SectionShape`] when its
    /// sections do not fit each other, [`Error::NotFinite`] for scales that are damaged.
    pub(crate) fn open(artifact: &'a Artifact, name: &'static str) -> Result<Self> {
        artifact.expect_kind(name, FORMAT_VERSION)?;
        let designs = artifact.section::<f32>("designs")?;
        let [n_items, n_samples, width] = designs.dims()?;
        let shape = Shape {
            n_items,
            width,
            n_samples,
        };
        let fits = |section, found, expected| match found == expected {
            true => Ok(()),
            false => Err(Error::SectionShape {
                model: name,
                section,
                found,
                expected,
            }),
        };
        fits("designs", shape.row(), shape.row().max(1))?;
        let numbers = |section: &'static str, expected| -> Result<&'a [f32]> {
            let data = artifact.section::<f32>(section)?.data;
            fits(section, data.len(), expected)?;
            Ok(data)
        };
        let links = if artifact.has("links") {
            numbers("links", n_items * shape.row())?
        } else {
            &[]
        };
        let scale = numbers("scale", 2)?;
        let view = Self {
            name,
            shape,
            scale: [scale[0], scale[1]],
            designs: designs.data,
            biases: numbers("biases", n_items * n_samples)?,
            links,
            means: numbers("means", shape.row())?,
            scales: numbers("scales", shape.row())?,
            unknown: numbers("unknown", shape.row())?,
        };
        let sane = view.scale.iter().all(|value| value.is_finite())
            && view.scale[0] <= view.scale[1]
            && view
                .scales
                .iter()
                .all(|&scale| scale.is_finite() && scale > 0.0);
        match sane {
            true => Ok(view),
            false => Err(Error::NotFinite {
                model: name,
                iteration: 0,
            }),
        }
    }
}
