//! Which inputs a network has and where they lie: what is the same for all rows of a request first, then
//! what is the row's own.

use marquee_features::{FeatureRows, FeatureSchema, SideSchema};
use marquee_math::elements::{Knots, interpolate, prefetch};

use super::tables::Tables;
use crate::dense::DenseColumn;

/// Rows whose numbers are filled in together.
const ROWS: usize = 16;

/// Columns of the inputs, and the tables of embeddings behind them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layout {
    /// Numbers of an embedding.
    pub(crate) embedding: usize,
    pub(crate) tables: Vec<Table>,
    pub(crate) request: Side,
    pub(crate) row: Side,
    /// Inputs of a request.
    pub(crate) request_width: usize,
    /// All inputs.
    pub(crate) width: usize,
}

/// Embeddings of one set of ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) rows: usize,
    /// Rows of all tables before it.
    pub(crate) start: usize,
}

/// Inputs of one side; the order is that of the schema.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Side {
    pub(crate) sparse: Vec<SparseInput>,
    pub(crate) sequences: Vec<SequenceInput>,
    pub(crate) dense: Vec<DenseInput>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SparseInput {
    pub(crate) table: usize,
    /// First column of its embedding.
    pub(crate) column: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SequenceInput {
    /// Which sequence of the schema.
    pub(crate) field: usize,
    pub(crate) table: usize,
    pub(crate) column: usize,
    /// Where the embedding of the candidate that looks at it begins; a sequence that no candidate
    /// shares ids with is averaged.
    pub(crate) query: Option<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DenseInput {
    /// What was learned of the column.
    pub(crate) column: DenseColumn,
    pub(crate) value: usize,
    pub(crate) missing: Option<usize>,
    /// Table of the embeddings of its knots and their first column.
    pub(crate) knots: Option<SparseInput>,
}

/// Counts columns and rows while inputs are laid out.
struct Builder {
    layout: Layout,
}

impl Builder {
    fn table(&mut self, rows: usize) -> usize {
        let last = self.layout.tables.last();
        let start = last.map_or(0, |table| table.start + table.rows);
        self.layout.tables.push(Table { rows, start });
        self.layout.tables.len() - 1
    }

    fn columns(&mut self, n: usize) -> usize {
        self.layout.width += n;
        self.layout.width - n
    }

    fn sparse(&mut self, schema: &SideSchema) -> Vec<SparseInput> {
        let embedding = self.layout.embedding;
        let fields = schema.sparse.iter().map(|field| SparseInput {
            table: self.table(field.size as usize),
            column: self.columns(embedding),
        });
        fields.collect()
    }

    fn dense(&mut self, columns: &[DenseColumn]) -> Vec<DenseInput> {
        let embedding = self.layout.embedding;
        let knots: Vec<Option<SparseInput>> = columns
            .iter()
            .map(|column| {
                (!column.knots.is_empty()).then(|| SparseInput {
                    table: self.table(column.table_rows()),
                    column: self.columns(embedding),
                })
            })
            .collect();
        let columns = columns.iter().zip(knots);
        let inputs = columns.map(|(column, knots)| DenseInput {
            value: self.columns(1),
            missing: column.missing.then(|| self.columns(1)),
            column: column.clone(),
            knots,
        });
        inputs.collect()
    }
}

impl Layout {
    /// Lays out the inputs for tables of `schema`, whose dense columns (of the request, then of the
    /// row) are as `dense` says.
    ///
    /// - `attention`: numbers by which candidates look at lists; 0 for lists that are averaged evenly.
    pub(crate) fn new(
        schema: &FeatureSchema,
        dense: &[DenseColumn],
        (embedding, attention): (usize, usize),
    ) -> Self {
        let mut builder = Builder {
            layout: Self {
                embedding,
                tables: Vec::new(),
                request: Side::default(),
                row: Side::default(),
                request_width: 0,
                width: 0,
            },
        };
        let (request, row) = dense.split_at(schema.request.dense.len());
        let mut side = Side {
            sparse: builder.sparse(&schema.request),
            ..Side::default()
        };
        let place =
            |side: &SideSchema, name: &str| side.sparse.iter().position(|field| field.name == name);
        // Lists of candidates' ids that are averaged: their table comes with the columns of the row.
        let mut averaged = Vec::new();
        for (field, sequence) in schema.sequences.iter().enumerate() {
            let shares = sequence.shares.as_deref();
            let candidate = shares.and_then(|name| place(&schema.row, name));
            if candidate.is_some() && attention > 0 {
                continue;
            }
            if let Some(place) = candidate {
                averaged.push((side.sequences.len(), place));
            }
            let shared = shares.and_then(|name| place(&schema.request, name));
            let table = match shared {
                Some(place) => side.sparse[place].table,
                None if candidate.is_some() => usize::MAX,
                None => builder.table(sequence.size as usize),
            };
            let column = builder.columns(embedding);
            side.sequences.push(SequenceInput {
                field,
                table,
                column,
                query: None,
            });
        }
        side.dense = builder.dense(request);
        builder.layout.request = side;
        builder.layout.request_width = builder.layout.width;
        let mut side = Side {
            sparse: builder.sparse(&schema.row),
            ..Side::default()
        };
        for (list, place) in averaged {
            builder.layout.request.sequences[list].table = side.sparse[place].table;
        }
        for (field, sequence) in schema.sequences.iter().enumerate() {
            let shares = sequence.shares.as_deref();
            let place = shares.and_then(|name| place(&schema.row, name));
            let Some(place) = place.filter(|_| attention > 0) else {
                continue;
            };
            let SparseInput { table, column } = side.sparse[place];
            side.sequences.push(SequenceInput {
                field,
                table,
                column: builder.columns(embedding),
                query: Some(column),
            });
        }
        side.dense = builder.dense(row);
        builder.layout.row = side;
        builder.layout
    }

    /// Where each embedding begins, in order.
    pub(crate) fn embeddings(&self) -> Vec<usize> {
        let of_side = |side: &Side| -> Vec<usize> {
            let sparse = side.sparse.iter().map(|input| input.column);
            let sequences = side.sequences.iter().map(|input| input.column);
            let knots = side.dense.iter().filter_map(|input| input.knots);
            let knots = knots.map(|input| input.column);
            sparse.chain(sequences).chain(knots).collect()
        };
        let mut columns = of_side(&self.request);
        columns.extend(of_side(&self.row));
        columns
    }

    /// Rows of all tables.
    pub(crate) fn table_rows(&self) -> usize {
        self.tables
            .last()
            .map_or(0, |table| table.start + table.rows)
    }

    /// Writes the inputs of a request that need no weights but embeddings.
    pub(crate) fn fill_request(
        &self,
        tables: Tables<'_>,
        rows: &FeatureRows<'_>,
        request: usize,
        to: &mut [f32],
    ) {
        self.fill_sparse(&self.request, tables, rows.request_sparse_of(request), to);
        for input in &self.request.sequences {
            let to = &mut to[input.column..][..self.embedding];
            to.fill(0.0);
            let ids = rows.sequence(request, input.field);
            let share = share_of(ids);
            for &id in known(ids) {
                tables.add(self.row_of(input.table, id), share, to);
            }
        }
        let dense = |_| rows.request_dense_of(request);
        let stride = to.len();
        self.fill_dense(&self.request, tables, (&dense, 1), (to, stride));
    }

    /// Asks memory for the embeddings of a row that is filled soon.
    pub(crate) fn prefetch(&self, tables: Tables<'_>, rows: &FeatureRows<'_>, row: usize) {
        let Some(numbers) = tables.whole() else {
            return;
        };
        for (input, &id) in self.row.sparse.iter().zip(rows.sparse_of(row)) {
            prefetch(&numbers[self.row_of(input.table, id) * self.embedding..]);
        }
    }

    /// Writes the inputs of some rows, `stride` apart, but for what they see in sequences.
    pub(crate) fn fill_rows(
        &self,
        tables: Tables<'_>,
        rows: &FeatureRows<'_>,
        places: &[u32],
        (to, stride): (&mut [f32], usize),
    ) {
        for (&place, to) in places.iter().zip(to.chunks_exact_mut(stride)) {
            self.fill_sparse(&self.row, tables, rows.sparse_of(place as usize), to);
        }
        let dense = |at: usize| rows.dense_of(places[at] as usize);
        self.fill_dense(&self.row, tables, (&dense, places.len()), (to, stride));
    }

    fn fill_sparse(&self, side: &Side, tables: Tables<'_>, ids: &[u32], to: &mut [f32]) {
        match (self.embedding, tables.whole()) {
            (8, Some(tables)) => self.copy_sparse::<8>(side, tables, ids, to),
            (16, Some(tables)) => self.copy_sparse::<16>(side, tables, ids, to),
            (32, Some(tables)) => self.copy_sparse::<32>(side, tables, ids, to),
            _ => {
                for (input, &id) in side.sparse.iter().zip(ids) {
                    let to = &mut to[input.column..][..self.embedding];
                    tables.read(self.row_of(input.table, id), to);
                }
            }
        }
    }

    /// Embeddings of a length that is known are copied without a call.
    fn copy_sparse<const N: usize>(
        &self,
        side: &Side,
        tables: &[f32],
        ids: &[u32],
        to: &mut [f32],
    ) {
        let (vectors, _) = tables.as_chunks::<N>();
        for (input, &id) in side.sparse.iter().zip(ids) {
            let from = &vectors[self.row_of(input.table, id)];
            let to = to[input.column..].first_chunk_mut::<N>();
            *to.expect("inputs have room for embeddings") = *from;
        }
    }

    /// Writes numbers and what stands for them, a column after the other.
    ///
    /// - `values`: those of a row, and the number of rows.
    fn fill_dense<'v>(
        &self,
        side: &Side,
        tables: Tables<'_>,
        (values, n_rows): (&dyn Fn(usize) -> &'v [f32], usize),
        (to, stride): (&mut [f32], usize),
    ) {
        let mut decoded = Vec::new();
        for (first, to) in (0..n_rows).step_by(ROWS).zip(to.chunks_mut(ROWS * stride)) {
            let mut from: [&[f32]; ROWS] = [&[]; ROWS];
            let n = ROWS.min(n_rows - first);
            for (at, from) in from[..n].iter_mut().enumerate() {
                *from = values(first + at);
            }
            let mut scaled = [0.0; ROWS];
            for (place, input) in side.dense.iter().enumerate() {
                for (scaled, from) in scaled.iter_mut().zip(&from[..n]) {
                    *scaled = input.column.scaled_or_unknown(from[place]);
                }
                for (at, &value) in scaled[..n].iter().enumerate() {
                    let to = &mut to[at * stride..];
                    let unknown = value.is_nan();
                    to[input.value] = if unknown { 0.0 } else { value };
                    if let Some(missing) = input.missing {
                        to[missing] = f32::from(u8::from(unknown));
                    }
                }
                let Some(table) = input.knots else {
                    continue;
                };
                let known = Knots {
                    knots: &input.column.knots,
                    vectors: self.vectors(tables, table.table, &mut decoded),
                };
                let to = &mut to[table.column..];
                interpolate(&scaled[..n], known, to, stride);
            }
        }
    }

    /// All embeddings of a table, whole.
    fn vectors<'t>(&self, tables: Tables<'t>, table: usize, to: &'t mut Vec<f32>) -> &'t [f32] {
        let Table { rows, start } = self.tables[table];
        let d = self.embedding;
        if let Some(numbers) = tables.whole() {
            return &numbers[start * d..(start + rows) * d];
        }
        to.resize(rows * d, 0.0);
        for (row, to) in to.chunks_exact_mut(d).enumerate() {
            tables.read(start + row, to);
        }
        to
    }

    /// The row of an id in all tables.
    #[inline]
    pub(crate) fn row_of(&self, table: usize, id: u32) -> usize {
        self.tables[table].start + id as usize
    }
}

/// The ids of a sequence that mean something.
pub(crate) fn known(ids: &[u32]) -> impl Iterator<Item = &u32> + Clone {
    ids.iter().filter(|&&id| id != 0)
}

/// The share of each known id in the mean of all.
pub(crate) fn share_of(ids: &[u32]) -> f32 {
    1.0 / known(ids).count().max(1) as f32
}

/// `to += factor * from`, for few numbers.
#[inline]
pub(crate) fn add(to: &mut [f32], factor: f32, from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += factor * from;
    }
}
