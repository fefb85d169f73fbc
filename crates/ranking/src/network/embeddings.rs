//! Steps of embeddings: only rows that took part in a batch move.

use marquee_features::FeatureRows;
use marquee_math::elements::{AdagradStep, AdamStep, Used, adagrad, adam};
use rayon::prelude::*;

use super::{
    EmbeddingOptimizer, NetworkConfig,
    chunk::Chunk,
    layout::{Layout, Side, SparseInput},
};
use crate::check::narrow;

/// What the first step of Adagrad is divided by, squared: slopes well below its root move a new row in
/// proportion.
const START: f32 = 0.1;
/// A row that has no place yet.
const NOWHERE: u32 = u32::MAX;

/// How embeddings are moved, and what that takes to remember.
#[derive(Debug, Clone)]
pub(crate) struct Embeddings {
    optimizer: EmbeddingOptimizer,
    regularization: f32,
    /// Sums of squares, or first moments.
    pub(crate) first: Vec<f32>,
    /// Second moments; empty for Adagrad.
    pub(crate) second: Vec<f32>,
    tables: Vec<TableWork>,
}

/// What one table needs, kept from step to step.
#[derive(Debug, Clone)]
struct TableWork {
    start: usize,
    rows: usize,
    uses: Vec<Use>,
    has_sequences: bool,
    /// The place of each row among those touched.
    places: Vec<u32>,
    touched: Vec<u32>,
    counts: Vec<f32>,
    slopes: Vec<f32>,
}

/// An input whose embeddings come from a table.
#[derive(Debug, Clone, Copy)]
struct Use {
    of_request: bool,
    /// The column of the side's ids or numbers.
    at: usize,
    of_numbers: bool,
    /// Where the embedding begins among the inputs.
    column: usize,
}

/// A finished batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) rows: FeatureRows<'a>,
    pub(crate) request_of: &'a [u32],
    pub(crate) places: &'a [u32],
    /// Rows of each chunk.
    pub(crate) chunk_rows: usize,
    pub(crate) stride: usize,
}

impl Embeddings {
    pub(crate) fn new(layout: &Layout, config: &NetworkConfig) -> Self {
        let n = layout.table_rows() * layout.embedding;
        let adam = config.embedding_optimizer == EmbeddingOptimizer::Adam;
        Self {
            optimizer: config.embedding_optimizer,
            regularization: narrow(config.embedding_regularization),
            first: vec![if adam { 0.0 } else { START }; n],
            second: vec![0.0; if adam { n } else { 0 }],
            tables: works(layout),
        }
    }

    /// Moves the rows that took part in a batch.
    ///
    /// - `size`: the step of Adam; `rate`: that of Adagrad.
    pub(crate) fn step(
        &mut self,
        (size, rate): (AdamStep, f32),
        batch: Batch<'_>,
        chunks: &[Chunk],
        tables: &mut [f32],
    ) {
        let d = batch.layout.embedding;
        let adam_too = self.optimizer == EmbeddingOptimizer::Adam;
        let regularization = self.regularization;
        let (mut first, mut second) = (&mut self.first[..], &mut self.second[..]);
        let mut values = tables;
        let mut tasks = Vec::with_capacity(self.tables.len());
        for work in &mut self.tables {
            let n = work.rows * d;
            let own_first = take(&mut first, n);
            let own_second = take(&mut second, if adam_too { n } else { 0 });
            tasks.push((work, own_first, own_second, take(&mut values, n)));
        }
        tasks
            .into_par_iter()
            .for_each(|(work, first, second, values)| {
                work.gather(batch, chunks);
                let n_rows = batch.places.len() as f32;
                let pull = regularization / n_rows;
                if adam_too {
                    work.add_pull(pull, values, d);
                    for (place, &row) in work.touched.iter().enumerate() {
                        let range = row as usize * d..(row as usize + 1) * d;
                        let moments = (&mut first[range.clone()], &mut second[range.clone()]);
                        let slopes = &work.slopes[place * d..(place + 1) * d];
                        adam(moments.0, moments.1, &mut values[range], slopes, size);
                    }
                } else {
                    // Slopes are those of the mean over the rows; sizes are taken of the sum, so that they do not
                    // depend on the size of a batch.
                    let used = Used {
                        rows: &work.touched,
                        counts: &work.counts,
                        slopes: &work.slopes,
                    };
                    let step = AdagradStep {
                        rate,
                        scale: n_rows,
                        pull,
                    };
                    adagrad(d, used, first, values, step);
                }
                work.clear();
            });
    }
}

fn take<'a>(all: &mut &'a mut [f32], n: usize) -> &'a mut [f32] {
    let (own, rest) = std::mem::take(all).split_at_mut(n);
    *all = rest;
    own
}

fn works(layout: &Layout) -> Vec<TableWork> {
    let tables = layout.tables.iter().map(|table| TableWork {
        start: table.start,
        rows: table.rows,
        uses: Vec::new(),
        has_sequences: false,
        places: vec![NOWHERE; table.rows],
        touched: Vec::new(),
        counts: Vec::new(),
        slopes: Vec::new(),
    });
    let mut works: Vec<TableWork> = tables.collect();
    for (of_request, side) in [(true, &layout.request), (false, &layout.row)] {
        for (input, at, of_numbers) in inputs(side) {
            works[input.table].uses.push(Use {
                of_request,
                at,
                of_numbers,
                column: input.column,
            });
        }
        for input in &side.sequences {
            works[input.table].has_sequences = true;
        }
    }
    works
}

/// Inputs with a table, the column of ids or numbers they come from, and whether it is of numbers.
fn inputs(side: &Side) -> impl Iterator<Item = (SparseInput, usize, bool)> + '_ {
    let sparse = side.sparse.iter().enumerate();
    let sparse = sparse.map(|(at, &input)| (input, at, false));
    let dense = side.dense.iter().enumerate();
    let knots = dense.filter_map(|(at, input)| Some((input.knots?, at, true)));
    sparse.chain(knots)
}

impl TableWork {
    /// Adds up the slopes of each row, in the order of the batch.
    fn gather(&mut self, batch: Batch<'_>, chunks: &[Chunk]) {
        let Batch { layout, stride, .. } = batch;
        let d = layout.embedding;
        for (chunk, places) in chunks.iter().zip(batch.places.chunks(batch.chunk_rows)) {
            for at in 0..self.uses.len() {
                let used = self.uses[at];
                let slopes = chunk.pass.dx.chunks_exact(stride);
                for (&place, dx) in places.iter().zip(slopes) {
                    let dx = &dx[used.column..][..d];
                    self.add_use(batch, used, place, dx);
                }
            }
            if self.has_sequences {
                let rows = self.start..self.start + self.rows;
                let touched = chunk.touched.ids.iter();
                for (&row, slopes) in touched.zip(chunk.touched.slopes.chunks_exact(d)) {
                    if rows.contains(&(row as usize)) {
                        let row = row - crate::check::row(self.start);
                        self.add(row, 1.0, slopes);
                    }
                }
            }
        }
    }

    #[inline]
    fn add_use(&mut self, batch: Batch<'_>, used: Use, place: u32, dx: &[f32]) {
        let rows = batch.rows;
        let request = batch.request_of[place as usize] as usize;
        if !used.of_numbers {
            let id = if used.of_request {
                rows.request_sparse_of(request)[used.at]
            } else {
                rows.sparse_of(place as usize)[used.at]
            };
            self.add(id, 1.0, dx);
            return;
        }
        let (value, side) = if used.of_request {
            (
                rows.request_dense_of(request)[used.at],
                &batch.layout.request,
            )
        } else {
            (rows.dense_of(place as usize)[used.at], &batch.layout.row)
        };
        let between = side.dense[used.at].column.between(value);
        self.add(between.place, 1.0 - between.share, dx);
        if between.share > 0.0 {
            self.add(between.place + 1, between.share, dx);
        }
    }

    #[inline]
    fn add(&mut self, row: u32, factor: f32, dx: &[f32]) {
        let d = dx.len();
        let place = &mut self.places[row as usize];
        if *place == NOWHERE {
            *place = crate::check::row(self.touched.len());
            self.touched.push(row);
            self.counts.push(factor);
            self.slopes.extend(dx.iter().map(|slope| factor * slope));
            return;
        }
        let place = *place as usize;
        self.counts[place] += factor;
        let slopes = &mut self.slopes[place * d..(place + 1) * d];
        for (slope, dx) in slopes.iter_mut().zip(dx) {
            *slope += factor * dx;
        }
    }

    /// Adds what pulls values to zero to the slopes.
    fn add_pull(&mut self, pull: f32, values: &[f32], d: usize) {
        let rows = self.touched.iter().zip(&self.counts);
        for ((&row, &count), slopes) in rows.zip(self.slopes.chunks_exact_mut(d)) {
            let values = &values[row as usize * d..][..d];
            for (slope, value) in slopes.iter_mut().zip(values) {
                *slope += pull * count * value;
            }
        }
    }

    fn clear(&mut self) {
        for &row in &self.touched {
            self.places[row as usize] = NOWHERE;
        }
        self.touched.clear();
        self.counts.clear();
        self.slopes.clear();
    }
}
