//! Features of a viewer at a moment, for some candidates: the one way in which they are computed,
//! for an answer as for a training table.
//!
//! What is the same for all candidates is computed once: numbers of the viewer and the moment, and
//! sums over the viewer's latest events by each trait that a feature asks for. Then each feature
//! fills its column. Everything lies in [`Scratch`] and in the table, which keep their memory from
//! one request to the next.

mod candidates;
mod combine;
mod pairs;
mod request;
mod row;
mod tie;
mod values;
mod vectors;

pub(crate) use pairs::halved;
pub use tie::{Tie, TiePart};
pub(crate) use values::LENGTH_CLASSES;
pub use vectors::VectorSet;

use marquee_core::Timestamp;

use crate::{
    FeatureState, FeatureTable, Result, TableFault,
    entities::text_hash,
    plan::{Output, Side},
    table::NewRequest as Rows,
};
use candidates::Candidates;
use pairs::PairSums;
use tie::TieSums;
use values::Moment;

/// Who asks, when and where, and about which items.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Row of the viewer; [`NONE`](crate::NONE) for nobody who is known.
    pub viewer: u32,
    /// Now. Later events do not count, save in totals and in the tile of now; a state that is replayed
    /// up to now has none.
    pub time: Timestamp,
    /// Kind of device, as events name it.
    pub device: Option<&'a str>,
    /// Page, as events name it.
    pub page: Option<&'a str>,
    /// Rows of the candidates; a row without a record has unknown features.
    pub items: &'a [u32],
    /// Their places on the screen, or nothing where they have none yet.
    pub positions: &'a [u32],
}

/// Memory that computing uses, kept from one request to the next.
#[derive(Debug, Default)]
pub struct Scratch {
    /// A column for each feature, of one value where it belongs to the request.
    columns: Vec<Column>,
    candidates: Candidates,
    pairs: Vec<PairSums>,
    ties: TieSums,
    /// Traits of the viewer's last items, for overlaps.
    seen: pairs::RowMap,
    /// Ids of a list.
    ids: Vec<u32>,
    /// Values of a feature for each trait that the viewer met.
    of_traits: Vec<f32>,
    /// A vector that candidates are compared with.
    vector: Vec<f32>,
}

/// Values of one feature.
#[derive(Debug, Default)]
struct Column {
    dense: Vec<f32>,
    sparse: Vec<u32>,
}

impl FeatureState {
    /// Adds a request with a row for each candidate to `to`.
    ///
    /// - `vectors`: the tables that features of vectors name.
    /// - `to`: a table of this plan's schema.
    ///
    /// Cost: linear in candidates, and in the events that are kept of the viewer. Nothing is
    /// allocated once the scratch and the table have grown to the size of a request.
    ///
    /// # Errors
    ///
    /// [`Error::Table`](crate::Error::Table) when the table has other columns or there are positions
    /// for some candidates only, [`Error::Vectors`](crate::Error::Vectors) when a table of vectors is
    /// missing or of another length. The table is as it was then.
    pub fn compute(
        &self,
        asked: &Asked<'_>,
        vectors: &VectorSet,
        scratch: &mut Scratch,
        to: &mut FeatureTable,
    ) -> Result<()> {
        self.check_asked(asked, to)?;
        vectors.check(&self.plan)?;
        let moment = Moment {
            state: self,
            asked,
            vectors,
            now_ms: asked.time.as_millis(),
            log: self.log(asked.viewer),
            viewer: self.entities.viewer_record(asked.viewer),
            device: asked.device.map_or(0, text_hash),
            page: asked.page.map_or(0, text_hash),
        };
        let n = self.plan.nodes.len();
        scratch.columns.resize_with(n, Column::default);
        scratch.candidates.fill(&moment);
        pairs::fill(&moment, &scratch.candidates, &mut scratch.pairs);
        let mut rows = to.open_request(asked.items.len());
        for place in 0..n {
            let node = &self.plan.nodes[place];
            match node.side {
                Side::Request => request::fill(&moment, place, scratch, &mut rows),
                Side::Row => row::fill(&moment, place, scratch, &mut rows),
            }
            if let (Some(column), Output::Dense(1) | Output::Sparse(_)) = (node.column, node.output)
            {
                put(&mut rows, node.side, column, &scratch.columns[place]);
            }
        }
        for &place in &self.plan.sequences {
            request::sequence(&moment, place, scratch, &mut rows);
        }
        Ok(())
    }

    fn check_asked(&self, asked: &Asked<'_>, to: &FeatureTable) -> Result<()> {
        let (here, there) = (&self.plan.schema, to.schema());
        if !std::sync::Arc::ptr_eq(here, there) && here != there {
            return Err(TableFault::Fingerprint {
                found: there.fingerprint(),
                expected: here.fingerprint(),
            }
            .into());
        }
        let (found, expected) = (asked.positions.len(), asked.items.len());
        if found != 0 && found != expected {
            return Err(TableFault::Length {
                part: "positions",
                found: found as u64,
                expected: expected as u64,
            }
            .into());
        }
        Ok(())
    }
}

/// Writes a feature's values into its column.
fn put(to: &mut Rows<'_>, side: Side, column: usize, values: &Column) {
    match side {
        Side::Request => {
            if let Some(&value) = values.dense.first() {
                to.request_dense[column] = value;
            }
            if let Some(&value) = values.sparse.first() {
                to.request_sparse[column] = value;
            }
        }
        Side::Row => {
            let cells = to
                .dense
                .iter_mut()
                .skip(column)
                .step_by(to.dense_width.max(1));
            cells
                .zip(&values.dense)
                .for_each(|(cell, value)| *cell = *value);
            let cells = to
                .sparse
                .iter_mut()
                .skip(column)
                .step_by(to.sparse_width.max(1));
            cells
                .zip(&values.sparse)
                .for_each(|(cell, value)| *cell = *value);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
