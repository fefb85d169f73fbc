//! A graph filter in a file: `users.offsets`, `users.columns`, `items.offsets`, `items.columns` (the
//! graph both ways round, as compressed sparse rows), `user_scales`, `history_scales`, `target_scales`
//! (`f32`), `contexts` and `targets` (`[n_items, d]` of `f32`), and `filter` (`[1]` of `f64`: the
//! sharpness). The configuration stands in the metadata.

use marquee_core::SparseView;
use marquee_store::{Artifact, ArtifactBuilder};

use super::{GraphFilterModel, GraphFilterView, NAME};
use crate::{Error, Result, check::narrow};

const FORMAT_VERSION: u32 = 1;

impl GraphFilterModel {
    /// The model as an artifact that is still to be written.
    pub fn to_artifact(&self) -> ArtifactBuilder<'_> {
        let config = &self.config;
        let n_items = self.target_scales.len() as u64;
        let d = self.view().n_factors as u64;
        let mut artifact = ArtifactBuilder::new(NAME, FORMAT_VERSION);
        artifact
            .meta("user_exponent", config.user_exponent)
            .meta("history_exponent", config.history_exponent)
            .meta("target_exponent", config.target_exponent)
            .meta("sharpness", config.sharpness)
            .meta("low_pass_weight", config.low_pass_weight)
            .meta("factors", config.factors)
            .meta("iterations", config.iterations);
        let vectors = [
            ("user_scales", &self.user_scales),
            ("history_scales", &self.history_scales),
            ("target_scales", &self.target_scales),
        ];
        for (name, values) in vectors {
            artifact.section(name, &[values.len() as u64], values);
        }
        let sides = [
            (["users.offsets", "users.columns"], &self.by_user),
            (["items.offsets", "items.columns"], &self.by_item),
        ];
        for ([offsets, columns], rows) in sides {
            artifact
                .section(offsets, &[rows.offsets.len() as u64], &rows.offsets)
                .section(columns, &[rows.columns.len() as u64], &rows.columns);
        }
        artifact
            .section("contexts", &[n_items, d], &self.contexts)
            .section("targets", &[n_items, d], &self.targets)
            .section_owned("filter", &[1], vec![config.sharpness]);
        artifact
    }
}

impl<'a> GraphFilterView<'a> {
    /// Borrows the model from `artifact`.
    ///
    /// Cost: one pass over the graph.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the artifact holds something else, [`Error::SectionShape`] and
    /// [`Error::SparseSections`] when its sections do not fit each other, [`Error::NotFinite`] for a
    /// damaged sharpness.
    pub fn open(artifact: &'a Artifact) -> Result<Self> {
        artifact.expect_kind(NAME, FORMAT_VERSION)?;
        let numbers = |name| -> Result<&'a [f32]> { Ok(artifact.section::<f32>(name)?.data) };
        let user_scales = numbers("user_scales")?;
        let target_scales = numbers("target_scales")?;
        let history_scales = numbers("history_scales")?;
        let (n_users, n_items) = (user_scales.len(), target_scales.len());
        let matrix = |name| -> Result<(&'a [f32], [usize; 2])> {
            let section = artifact.section::<f32>(name)?;
            Ok((section.data, section.dims()?))
        };
        let (contexts, [n_contexts, d]) = matrix("contexts")?;
        let (targets, [n_targets, width]) = matrix("targets")?;
        let by_user = graph(artifact, ["users.offsets", "users.columns"], n_items)?;
        let by_item = graph(artifact, ["items.offsets", "items.columns"], n_users)?;
        let filter = artifact.section::<f64>("filter")?.data;
        fits("history_scales", history_scales.len(), n_items)?;
        fits("contexts", n_contexts, n_items)?;
        fits("targets", n_targets, n_items)?;
        fits("targets", width, d)?;
        fits("contexts", d, d.max(1))?;
        fits("users.offsets", by_user.n_rows(), n_users)?;
        fits("items.offsets", by_item.n_rows(), n_items)?;
        fits("filter", filter.len(), 1)?;
        if !filter[0].is_finite() {
            return Err(Error::NotFinite {
                model: NAME,
                iteration: 0,
            });
        }
        Ok(Self {
            sharpness: narrow(filter[0]),
            n_factors: d,
            by_user,
            by_item,
            user_scales,
            history_scales,
            target_scales,
            contexts,
            targets,
        })
    }
}

fn graph<'a>(
    artifact: &'a Artifact,
    [offsets, columns]: [&'static str; 2],
    n_columns: usize,
) -> Result<SparseView<'a>> {
    let starts = artifact.section::<u64>(offsets)?.data;
    let entries = artifact.section::<u32>(columns)?.data;
    SparseView::new(n_columns, starts, entries, None, None).map_err(|source| {
        Error::SparseSections {
            model: NAME,
            matrix: columns,
            source,
        }
    })
}

fn fits(section: &'static str, found: usize, expected: usize) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::SectionShape {
        model: NAME,
        section,
        found,
        expected,
    })
}
