//! The table that models take: requests, their rows, and what followed.
//!
//! A *request* is one answer that was served (or a group of a single row, for data without answers);
//! its *rows* are the candidates. What is the same for all rows of a request is kept once, so that a
//! network computes that part of its first layer once a request. Dense values are numbers, NaN where
//! nothing is known; sparse values are ids below the size of their column, 0 for unknown; sequences
//! are ragged lists of ids, oldest first.
//!
//! [`FeatureTable`] owns the values and is also the scratch space of serving: cleared and filled
//! again it allocates nothing. [`FeatureRows`] is the borrowed view that models take, whether of a
//! table in memory or of a mapped file.

mod artifact;
mod check;
mod head;
mod rows;
mod schema;
mod training;

use std::sync::Arc;

pub use artifact::{KIND, TrainingFile};
pub use head::Head;
pub use rows::FeatureRows;
pub use schema::{FeatureSchema, MAX_NAME_BYTES, SequenceField, SideSchema, SparseField};
pub use training::{LabelColumn, TrainingRows, TrainingTable};

use crate::{Result, TableFault};

/// Stands for "not known" where a column of a table holds a position, an item or a viewer.
pub const NONE: u32 = u32::MAX;

/// Features of requests and their rows, by the columns of a [`FeatureSchema`].
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureTable {
    schema: Arc<FeatureSchema>,
    /// Requests + 1 offsets into the rows.
    starts: Vec<u64>,
    request_dense: Vec<f32>,
    request_sparse: Vec<u32>,
    /// Requests x sequences + 1 offsets into `sequence_ids`.
    sequence_starts: Vec<u64>,
    sequence_ids: Vec<u32>,
    dense: Vec<f32>,
    sparse: Vec<u32>,
}

/// What is the same for all rows of a request.
#[derive(Debug, Clone, Copy, Default)]
pub struct RequestValues<'a> {
    /// A number for each dense column of the request side, NaN for unknown.
    pub dense: &'a [f32],
    /// An id for each of its sparse columns, 0 for unknown.
    pub sparse: &'a [u32],
    /// Ids of each sequence, oldest first.
    pub sequences: &'a [&'a [u32]],
}

impl FeatureTable {
    /// A table without requests.
    ///
    /// # Errors
    ///
    /// [`TableFault`] when the schema breaks a rule ([`FeatureSchema::check`]).
    pub fn new(schema: Arc<FeatureSchema>) -> Result<Self> {
        schema.check()?;
        Ok(Self {
            schema,
            starts: vec![0],
            request_dense: Vec::new(),
            request_sparse: Vec::new(),
            sequence_starts: vec![0],
            sequence_ids: Vec::new(),
            dense: Vec::new(),
            sparse: Vec::new(),
        })
    }

    /// Takes everything out and keeps the memory.
    pub fn clear(&mut self) {
        self.starts.truncate(1);
        self.request_dense.clear();
        self.request_sparse.clear();
        self.sequence_starts.truncate(1);
        self.sequence_ids.clear();
        self.dense.clear();
        self.sparse.clear();
    }

    /// Its columns.
    pub const fn schema(&self) -> &Arc<FeatureSchema> {
        &self.schema
    }

    /// Adds a request without rows.
    ///
    /// # Errors
    ///
    /// [`TableFault`] when a value is missing, too many, or not one that its column may hold; the
    /// table is as it was then.
    pub fn push_request(&mut self, values: RequestValues<'_>) -> Result<()> {
        let (schema, place) = (&self.schema, self.n_requests() as u64);
        check::count(
            "request dense",
            values.dense.len(),
            schema.request.dense.len(),
        )?;
        check::count(
            "request sparse",
            values.sparse.len(),
            schema.request.sparse.len(),
        )?;
        check::count("sequences", values.sequences.len(), schema.sequences.len())?;
        check::dense(&schema.request.dense, values.dense, place)?;
        check::sparse(&schema.request.sparse, values.sparse, place)?;
        for (field, ids) in schema.sequences.iter().zip(values.sequences) {
            check::sequence(field, ids, place)?;
        }
        self.request_dense.extend_from_slice(values.dense);
        self.request_sparse.extend_from_slice(values.sparse);
        for ids in values.sequences {
            self.sequence_ids.extend_from_slice(ids);
            self.sequence_starts.push(self.sequence_ids.len() as u64);
        }
        self.starts.push(self.n_rows() as u64);
        Ok(())
    }

    /// Adds a row to the last request.
    ///
    /// # Errors
    ///
    /// As [`push_request`](Self::push_request), and [`TableFault::NoRequest`] before the first one.
    pub fn push_row(&mut self, dense: &[f32], sparse: &[u32]) -> Result<()> {
        let (schema, place) = (&self.schema, self.n_rows() as u64);
        if self.starts.len() < 2 {
            return Err(TableFault::NoRequest.into());
        }
        check::count("row dense", dense.len(), schema.row.dense.len())?;
        check::count("row sparse", sparse.len(), schema.row.sparse.len())?;
        check::dense(&schema.row.dense, dense, place)?;
        check::sparse(&schema.row.sparse, sparse, place)?;
        self.dense.extend_from_slice(dense);
        self.sparse.extend_from_slice(sparse);
        let last = self.starts.len() - 1;
        self.starts[last] += 1;
        Ok(())
    }

    /// Adds a request of `n_rows` rows whose values are written in place, by who knows that they
    /// are such as their columns may hold.
    pub(crate) fn open_request(&mut self, n_rows: usize) -> NewRequest<'_> {
        let (request, row) = (&self.schema.request, &self.schema.row);
        let (dense_width, sparse_width) = (row.dense.len(), row.sparse.len());
        self.starts.push((self.n_rows() + n_rows) as u64);
        let lists = self.schema.sequences.len();
        let end = self.sequence_ids.len() as u64;
        NewRequest {
            request_dense: more(&mut self.request_dense, request.dense.len(), f32::NAN),
            request_sparse: more(&mut self.request_sparse, request.sparse.len(), 0),
            dense: more(&mut self.dense, n_rows * dense_width, f32::NAN),
            sparse: more(&mut self.sparse, n_rows * sparse_width, 0),
            dense_width,
            sparse_width,
            sequence_starts: more(&mut self.sequence_starts, lists, end),
            sequence_ids: &mut self.sequence_ids,
        }
    }

    /// Number of requests.
    pub fn n_requests(&self) -> usize {
        self.starts.len() - 1
    }

    /// Number of rows of all requests.
    pub fn n_rows(&self) -> usize {
        position(self.starts[self.starts.len() - 1])
    }

    /// The whole table as models take it.
    pub fn view(&self) -> FeatureRows<'_> {
        FeatureRows {
            schema: &self.schema,
            starts: &self.starts,
            request_dense: &self.request_dense,
            request_sparse: &self.request_sparse,
            sequence_starts: &self.sequence_starts,
            sequence_ids: &self.sequence_ids,
            dense: &self.dense,
            sparse: &self.sparse,
        }
    }
}

/// The place of a request in a table, to be filled.
pub(crate) struct NewRequest<'t> {
    pub(crate) request_dense: &'t mut [f32],
    pub(crate) request_sparse: &'t mut [u32],
    pub(crate) dense: &'t mut [f32],
    pub(crate) sparse: &'t mut [u32],
    pub(crate) dense_width: usize,
    pub(crate) sparse_width: usize,
    /// Where each list ends.
    pub(crate) sequence_starts: &'t mut [u64],
    pub(crate) sequence_ids: &'t mut Vec<u32>,
}

/// `n` more values at the end of `all`.
fn more<T: Copy>(all: &mut Vec<T>, n: usize, value: T) -> &mut [T] {
    let start = all.len();
    all.resize(start + n, value);
    &mut all[start..]
}

/// An offset as a position in memory; offsets are checked against what is there before.
fn position(offset: u64) -> usize {
    usize::try_from(offset).expect("memory holds what offsets point at")
}

#[cfg(test)]
mod tests;
