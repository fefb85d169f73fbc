//! The borrowed view of a table.

use std::ops::Range;

use super::{FeatureSchema, position};

/// Features of some requests and their rows, in memory or mapped from a file.
///
/// Requests and rows count from 0 in each view. Copying it copies a few pointers.
#[derive(Debug, Clone, Copy)]
pub struct FeatureRows<'a> {
    pub(super) schema: &'a FeatureSchema,
    /// Offsets of rows as they are in the whole table; the first one is the first row of this view.
    pub(super) starts: &'a [u64],
    pub(super) request_dense: &'a [f32],
    pub(super) request_sparse: &'a [u32],
    /// The same for sequences.
    pub(super) sequence_starts: &'a [u64],
    pub(super) sequence_ids: &'a [u32],
    pub(super) dense: &'a [f32],
    pub(super) sparse: &'a [u32],
}

impl<'a> FeatureRows<'a> {
    /// The columns.
    pub const fn schema(&self) -> &'a FeatureSchema {
        self.schema
    }

    /// Number of requests.
    pub const fn n_requests(&self) -> usize {
        self.starts.len() - 1
    }

    /// Number of rows of all requests.
    pub fn n_rows(&self) -> usize {
        self.rows_before(self.n_requests())
    }

    /// Rows of a request.
    ///
    /// # Panics
    ///
    /// When there is no such request, as for every function below.
    pub fn rows_of(&self, request: usize) -> Range<usize> {
        self.rows_before(request)..self.rows_before(request + 1)
    }

    /// Numbers of all requests, a request after the other.
    pub const fn request_dense(&self) -> &'a [f32] {
        self.request_dense
    }

    /// Numbers of one request.
    pub fn request_dense_of(&self, request: usize) -> &'a [f32] {
        part(self.request_dense, request, self.schema.request.dense.len())
    }

    /// Ids of all requests, a request after the other.
    pub const fn request_sparse(&self) -> &'a [u32] {
        self.request_sparse
    }

    /// Ids of one request.
    pub fn request_sparse_of(&self, request: usize) -> &'a [u32] {
        part(
            self.request_sparse,
            request,
            self.schema.request.sparse.len(),
        )
    }

    /// Ids of one sequence of a request, oldest first.
    ///
    /// # Panics
    ///
    /// When there is no such request or sequence.
    pub fn sequence(&self, request: usize, field: usize) -> &'a [u32] {
        let n_fields = self.schema.sequences.len();
        assert!(field < n_fields, "sequence {field} of {n_fields}");
        let at = request * n_fields + field;
        let place = |at: usize| position(self.sequence_starts[at] - self.sequence_starts[0]);
        &self.sequence_ids[place(at)..place(at + 1)]
    }

    /// Numbers of all rows, a row after the other.
    pub const fn dense(&self) -> &'a [f32] {
        self.dense
    }

    /// Numbers of one row.
    pub fn dense_of(&self, row: usize) -> &'a [f32] {
        part(self.dense, row, self.schema.row.dense.len())
    }

    /// Ids of all rows, a row after the other.
    pub const fn sparse(&self) -> &'a [u32] {
        self.sparse
    }

    /// Ids of one row.
    pub fn sparse_of(&self, row: usize) -> &'a [u32] {
        part(self.sparse, row, self.schema.row.sparse.len())
    }

    /// The same for some requests in a row. Cost: none that grows with them.
    pub fn slice(&self, requests: Range<usize>) -> Self {
        let rows = self.rows_before(requests.start)..self.rows_before(requests.end);
        let (request, row) = (&self.schema.request, &self.schema.row);
        let lists = times(&requests, self.schema.sequences.len());
        let ids = |at: usize| position(self.sequence_starts[at] - self.sequence_starts[0]);
        Self {
            schema: self.schema,
            starts: &self.starts[requests.start..=requests.end],
            request_dense: &self.request_dense[times(&requests, request.dense.len())],
            request_sparse: &self.request_sparse[times(&requests, request.sparse.len())],
            sequence_ids: &self.sequence_ids[ids(lists.start)..ids(lists.end)],
            sequence_starts: &self.sequence_starts[lists.start..=lists.end],
            dense: &self.dense[times(&rows, row.dense.len())],
            sparse: &self.sparse[times(&rows, row.sparse.len())],
        }
    }

    /// How many rows stand before `request`, which may be the end.
    pub(super) fn rows_before(&self, request: usize) -> usize {
        position(self.starts[request] - self.starts[0])
    }
}

fn part<T>(all: &[T], place: usize, width: usize) -> &[T] {
    &all[place * width..(place + 1) * width]
}

fn times(range: &Range<usize>, width: usize) -> Range<usize> {
    range.start * width..range.end * width
}
