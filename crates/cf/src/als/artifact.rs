//! iALS in a file.
//!
//! Sections `item_factors` (`[n_items, d]` of `f32`), `item_norms` (`[n_items]` of `f32`), `spectrum`
//! (`[d]` of `f32`) and `fold_in` (`[5]` of `f64`: regularization, its exponent, unobserved weight,
//! weight exponent, unit of confidence), `user_gram` (`[d, d]` of `f32`) and `n_users` (`[1]` of `u64`); for large catalogs also `item_codes` (bytes), the copy of
//! `item_factors` that `marquee_ann::ByteTable` reads, and `index.*`, the lists of `marquee_ann::Index`. The configuration stands in the metadata for people to read.

use marquee_ann::{ByteTable, Index, IndexConfig, IndexView, Table};
use marquee_store::{Artifact, ArtifactBuilder};

use super::{
    AlsModel, AlsView, NAME,
    confidence::Confidence,
    model::{Penalty, UserSide},
};
use crate::{Error, Result};

const FORMAT_VERSION: u32 = 1;
const FACTORS: &str = "item_factors";
const NORMS: &str = "item_norms";
const SPECTRUM: &str = "spectrum";
const FOLD_IN: &str = "fold_in";
const CODES: &str = "item_codes";
const USER_GRAM: &str = "user_gram";
const N_USERS: &str = "n_users";
/// Fewer items are scored faster than looked up.
const LEAST_ITEMS: usize = 8192;
/// Of which rows an index begins with; no result depends on it but which near items are missed.
const INDEX_SEED: u64 = 1;

impl AlsModel {
    /// The model as an artifact that is still to be written.
    pub fn to_artifact(&self) -> ArtifactBuilder<'_> {
        let (n_items, d) = (self.item_norms.len() as u64, self.spectrum.len() as u64);
        let config = &self.config;
        let mut artifact = ArtifactBuilder::new(NAME, FORMAT_VERSION);
        artifact
            .meta("factors", config.factors)
            .meta("iterations", config.iterations)
            .meta("regularization", config.regularization)
            .meta("regularization_exponent", config.regularization_exponent)
            .meta("unobserved_weight", config.unobserved_weight)
            .meta("weight_exponent", config.weight_exponent)
            .meta("solver", config.solver.name())
            .meta("precision", config.precision.name())
            .meta("cg_steps", config.cg_steps)
            .meta("block", config.block)
            .meta("init_std", config.init_std);
        let fold_in = vec![
            f64::from(config.regularization),
            f64::from(config.regularization_exponent),
            f64::from(config.unobserved_weight),
            self.confidence.exponent,
            self.confidence.unit,
        ];
        artifact
            .section(FACTORS, &[n_items, d], &self.item_factors)
            .section(NORMS, &[n_items], &self.item_norms)
            .section(SPECTRUM, &[d], &self.spectrum)
            .section_owned(FOLD_IN, &[5], fold_in)
            .section(USER_GRAM, &[d, d], &self.user_gram)
            .section_owned(N_USERS, &[1], vec![self.n_users as u64]);
        if let Some(codes) = self.codes() {
            let bytes = codes.bytes().to_vec();
            artifact.section_owned(CODES, &[bytes.len() as u64], bytes);
        }
        if let Some(index) = self.index() {
            index.join(&mut artifact);
        }
        artifact
    }

    /// The items' vectors as a table to search; none for small catalogs.
    fn large_table(&self) -> Option<Table<'_>> {
        if self.item_norms.len() < LEAST_ITEMS {
            return None;
        }
        Table::new(&self.item_factors, self.spectrum.len()).ok()
    }

    /// A copy to look the best items up in; none where a vector is too long.
    fn codes(&self) -> Option<ByteTable<'static>> {
        ByteTable::new(self.large_table()?).ok()
    }

    /// Lists of near items; none where a vector is too long.
    fn index(&self) -> Option<Index> {
        Index::build(self.large_table()?, &IndexConfig::default(), INDEX_SEED).ok()
    }
}

impl<'a> AlsView<'a> {
    /// Borrows the model from `artifact`, at a cost that does not depend on its size.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the artifact holds something else, [`Error::SectionShape`] when its
    /// sections do not fit each other.
    pub fn open(artifact: &'a Artifact) -> Result<Self> {
        artifact.expect_kind(NAME, FORMAT_VERSION)?;
        let factors = artifact.section::<f32>(FACTORS)?;
        let norms = artifact.section::<f32>(NORMS)?;
        let spectrum = artifact.section::<f32>(SPECTRUM)?;
        let fold_in = artifact.section::<f64>(FOLD_IN)?;
        let ([n_items, d], [n_norms], [n_values]) =
            (factors.dims()?, norms.dims()?, spectrum.dims()?);
        let [n_numbers] = fold_in.dims()?;
        check_extent(NORMS, n_norms, n_items)?;
        check_extent(SPECTRUM, n_values, d)?;
        check_extent(FOLD_IN, n_numbers, 5)?;
        let table = Table::new(factors.data, d)?;
        let codes = match artifact.has(CODES) {
            true => {
                let bytes = artifact.section::<u8>(CODES)?.data;
                Some(ByteTable::from_bytes(table, bytes)?)
            }
            false => None,
        };
        Ok(Self {
            codes,
            user_side: user_side(artifact, d)?,
            index: IndexView::within(artifact, table)?,
            penalty: Penalty {
                regularization: fold_in.data[0],
                exponent: fold_in.data[1],
                unobserved_weight: fold_in.data[2],
                n_others: n_items,
            },
            confidence: Confidence {
                exponent: fold_in.data[3],
                unit: fold_in.data[4],
            },
            item_factors: factors.data,
            item_norms: norms.data,
            spectrum: spectrum.data,
        })
    }
}

/// Versions that were trained before new items could be folded in have none.
fn user_side(artifact: &Artifact, d: usize) -> Result<Option<UserSide<'_>>> {
    if !artifact.has(USER_GRAM) {
        return Ok(None);
    }
    let gram = artifact.section::<f32>(USER_GRAM)?;
    let [rows, columns] = gram.dims()?;
    check_extent(USER_GRAM, rows, d)?;
    check_extent(USER_GRAM, columns, d)?;
    let count = artifact.section::<u64>(N_USERS)?;
    let [n_numbers] = count.dims()?;
    check_extent(N_USERS, n_numbers, 1)?;
    Ok(Some(UserSide {
        gram: gram.data,
        n_users: usize::try_from(count.data[0]).unwrap_or(usize::MAX),
    }))
}

pub(super) fn check_extent(section: &'static str, found: usize, expected: usize) -> Result<()> {
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
