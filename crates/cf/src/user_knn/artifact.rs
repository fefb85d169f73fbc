//! User neighbors in a file: `taken.*` (users by items) and `compared.*` (items by users) as compressed
//! sparse rows, `user_sizes` `[n_users]` and `item_weights` `[n_items]` of `f32`, and `constants`,
//! `[3]` of `f64`: neighbors, shrinkage, asymmetry.

use marquee_core::{SparseRows, SparseView};
use marquee_store::{Artifact, ArtifactBuilder};

use super::{NAME, UserKnnModel, UserKnnView, model::Constants};
use crate::{Error, Result, check::Checks};

const FORMAT_VERSION: u32 = 1;
const USER_SIZES: &str = "user_sizes";
const ITEM_WEIGHTS: &str = "item_weights";
const CONSTANTS: &str = "constants";
const TAKEN: Names = Names {
    matrix: "taken",
    offsets: "taken.offsets",
    columns: "taken.columns",
    values: "taken.values",
};
const COMPARED: Names = Names {
    matrix: "compared",
    offsets: "compared.offsets",
    columns: "compared.columns",
    values: "compared.values",
};

/// Names of a sparse matrix and its sections.
struct Names {
    matrix: &'static str,
    offsets: &'static str,
    columns: &'static str,
    values: &'static str,
}

impl UserKnnModel {
    /// The model as an artifact that is still to be written.
    pub fn to_artifact(&self) -> ArtifactBuilder<'_> {
        let mut artifact = ArtifactBuilder::new(NAME, FORMAT_VERSION);
        add(&mut artifact, &TAKEN, &self.taken);
        add(&mut artifact, &COMPARED, &self.compared);
        let n_users = self.user_sizes.len() as u64;
        artifact.section(USER_SIZES, &[n_users], &self.user_sizes);
        let n_items = self.item_weights.len() as u64;
        artifact.section(ITEM_WEIGHTS, &[n_items], &self.item_weights);
        let Constants {
            neighbors,
            shrinkage,
            asymmetry,
        } = self.constants;
        let constants = vec![f64::from(neighbors), shrinkage, asymmetry];
        artifact.section_owned(CONSTANTS, &[3], constants);
        artifact
    }
}

impl<'a> UserKnnView<'a> {
    /// Borrows the model from `artifact`.
    ///
    /// Cost: one pass over the offsets and columns.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the artifact holds something else, [`Error::SectionShape`],
    /// [`Error::SparseSections`], [`Error::ColumnOrder`] or [`Error::Config`] when its sections do not
    /// fit each other.
    pub fn open(artifact: &'a Artifact) -> Result<Self> {
        artifact.expect_kind(NAME, FORMAT_VERSION)?;
        let user_sizes = artifact.section::<f32>(USER_SIZES)?.data;
        let item_weights = artifact.section::<f32>(ITEM_WEIGHTS)?.data;
        let (n_users, n_items) = (user_sizes.len(), item_weights.len());
        let constants = artifact.section::<f64>(CONSTANTS)?.data;
        Ok(Self {
            taken: matrix(artifact, &TAKEN, n_users, n_items)?,
            compared: matrix(artifact, &COMPARED, n_items, n_users)?,
            user_sizes,
            item_weights,
            constants: read_constants(constants)?,
        })
    }
}

fn add<'a>(artifact: &mut ArtifactBuilder<'a>, names: &Names, rows: &'a SparseRows) {
    let view = rows.view();
    let entries = view.n_entries() as u64;
    let offsets = view.offsets();
    artifact.section(names.offsets, &[offsets.len() as u64], offsets);
    artifact.section(names.columns, &[entries], view.columns());
    // Weights that are all one are not kept.
    if let Some(values) = view.weights() {
        artifact.section(names.values, &[entries], values);
    }
}

fn matrix<'a>(
    artifact: &'a Artifact,
    names: &Names,
    n_rows: usize,
    n_columns: usize,
) -> Result<SparseView<'a>> {
    let offsets = artifact.section::<u64>(names.offsets)?.data;
    let columns = artifact.section::<u32>(names.columns)?.data;
    let values = if artifact.has(names.values) {
        Some(artifact.section::<f32>(names.values)?.data)
    } else {
        None
    };
    if offsets.len() != n_rows + 1 {
        return Err(Error::SectionShape {
            model: NAME,
            section: names.offsets,
            found: offsets.len(),
            expected: n_rows + 1,
        });
    }
    crate::sparse_items::rising(NAME, names.matrix, || {
        SparseView::new(n_columns, offsets, columns, values, None)
    })
}

fn read_constants(constants: &[f64]) -> Result<Constants> {
    let &[neighbors, shrinkage, asymmetry] = constants else {
        return Err(Error::SectionShape {
            model: NAME,
            section: CONSTANTS,
            found: constants.len(),
            expected: 3,
        });
    };
    let checks = Checks(NAME);
    let whole = neighbors.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(&neighbors);
    checks.holds("neighbors", neighbors, "1 to 4294967295", whole)?;
    checks.not_negative("shrinkage", shrinkage)?;
    checks.fraction("asymmetry", asymmetry)?;
    Ok(Constants {
        neighbors: whole_number(neighbors),
        shrinkage,
        asymmetry,
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the caller checked that it is a whole number in range"
)]
fn whole_number(number: f64) -> u32 {
    number as u32
}
