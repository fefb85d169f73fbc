//! What is told of ids in place of embeddings: how often they came, and the mean of each outcome among the rows where
//! they did.
//!
//! In training a row is told what the other folds of requests say of its ids, never what it says itself; later rows
//! are told what all folds say. Columns of the model's tables become others before the first layer sees them.

use std::sync::Arc;

use marquee_features::{
    FeatureRows, FeatureSchema, FeatureTable, Head, LabelColumn, RequestValues, SideSchema,
    SparseField, TrainingRows, TrainingTable,
};

use super::{NAME, NetworkConfig};
use crate::{Error, Result, check::narrow};

/// Folds of requests: the request at place `n` is in fold `n mod FOLDS`.
pub(crate) const FOLDS: usize = 5;
/// Rows of an id that count as much as the mean over all rows.
const SMOOTHING: f64 = 20.0;

/// Which columns a network sees in place of those of its tables.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    /// What the layers see.
    pub(crate) inner: Arc<FeatureSchema>,
    request: Columns,
    row: Columns,
    /// Lists that stay.
    lists: Vec<usize>,
    /// Ids that have a record.
    pub(crate) ids: usize,
    /// Numbers of a record: one for how often, one for each head.
    pub(crate) width: usize,
}

/// Columns of ids of one side.
#[derive(Debug, Clone, PartialEq, Default)]
struct Columns {
    kept: Vec<usize>,
    /// Columns told by records, and the first of those.
    recorded: Vec<(usize, usize)>,
}

impl Plan {
    /// What `config` makes of tables of this schema; `None` where it leaves them as they are.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchColumn`] for a name that no column of ids, and no list that may be left out, has;
    /// [`Error::ColumnTwice`] for one that is named for both.
    pub(crate) fn new(
        schema: &FeatureSchema,
        heads: &[&Head],
        config: &NetworkConfig,
    ) -> Result<Option<Self>> {
        if config.records.is_empty() && config.left_out.is_empty() {
            return Ok(None);
        }
        let sparse = || schema.request.sparse.iter().chain(&schema.row.sparse);
        let is_sparse = |name: &String| sparse().any(|field| field.name == *name);
        let is_list = |name: &String| schema.sequences.iter().any(|list| list.name == *name);
        let unknown = config.records.iter().find(|&name| !is_sparse(name));
        let mut left_out = config.left_out.iter();
        let unknown = unknown.or_else(|| left_out.find(|&name| !is_sparse(name) && !is_list(name)));
        if let Some(column) = unknown {
            return Err(Error::NoSuchColumn {
                model: NAME,
                column: column.clone(),
            });
        }
        let mut both = config.records.iter();
        if let Some(column) = both.find(|&name| config.left_out.contains(name)) {
            return Err(Error::ColumnTwice {
                model: NAME,
                column: column.clone(),
            });
        }
        let mut ids = 0;
        let (request, request_schema) = side(&schema.request, heads, config, &mut ids);
        let (row, row_schema) = side(&schema.row, heads, config, &mut ids);
        let mut inner = FeatureSchema {
            request: request_schema,
            row: row_schema,
            sequences: Vec::new(),
        };
        let mut lists = Vec::new();
        for (at, list) in schema.sequences.iter().enumerate() {
            if config.left_out.contains(&list.name) {
                continue;
            }
            lists.push(at);
            let mut list = list.clone();
            let mut sparse = inner.request.sparse.iter().chain(&inner.row.sparse);
            let shares = list.shares.take();
            list.shares = shares.filter(|name| sparse.any(|field| field.name == *name));
            inner.sequences.push(list);
        }
        inner.check().map_err(marquee_features::Error::from)?;
        Ok(Some(Self {
            inner: Arc::new(inner),
            request,
            row,
            lists,
            ids,
            width: 1 + heads.len(),
        }))
    }

    /// Writes rows as layers see them into an emptied table.
    ///
    /// - `tell`: appends the record of an id, by its place among all, for a row of this request.
    fn fill(
        &self,
        rows: &FeatureRows<'_>,
        tell: impl Fn(usize, usize, &mut Vec<f32>),
        to: &mut FeatureTable,
    ) -> Result<()> {
        to.clear();
        let (mut dense, mut sparse) = (Vec::new(), Vec::new());
        for request in 0..rows.n_requests() {
            let tell = |id, dense: &mut Vec<f32>| tell(request, id, dense);
            dense.clear();
            dense.extend_from_slice(rows.request_dense_of(request));
            let ids = rows.request_sparse_of(request);
            self.request.fill(ids, tell, (&mut dense, &mut sparse));
            let lists = self.lists.iter();
            let lists: Vec<&[u32]> = lists.map(|&list| rows.sequence(request, list)).collect();
            to.push_request(RequestValues {
                dense: &dense,
                sparse: &sparse,
                sequences: &lists,
            })?;
            for row in rows.rows_of(request) {
                dense.clear();
                dense.extend_from_slice(rows.dense_of(row));
                let ids = rows.sparse_of(row);
                self.row.fill(ids, tell, (&mut dense, &mut sparse));
                to.push_row(&dense, &sparse)?;
            }
        }
        Ok(())
    }

    /// The same by records that were kept.
    ///
    /// # Errors
    ///
    /// [`Error::Features`] when a table breaks a rule of its schema.
    pub(crate) fn retell(
        &self,
        records: &[f32],
        rows: &FeatureRows<'_>,
        to: &mut FeatureTable,
    ) -> Result<()> {
        let tell = |_, id: usize, dense: &mut Vec<f32>| {
            dense.extend_from_slice(&records[id * self.width..][..self.width]);
        };
        self.fill(rows, tell, to)
    }

    /// Every recorded id of a row, by its place among all.
    fn recorded_of<'a>(
        &'a self,
        rows: &FeatureRows<'a>,
        request: usize,
        row: usize,
    ) -> impl Iterator<Item = usize> + 'a {
        let of_request = self.request.recorded(rows.request_sparse_of(request));
        of_request.chain(self.row.recorded(rows.sparse_of(row)))
    }
}

fn side(
    schema: &SideSchema,
    heads: &[&Head],
    config: &NetworkConfig,
    ids: &mut usize,
) -> (Columns, SideSchema) {
    let mut columns = Columns::default();
    let mut inner = SideSchema {
        dense: schema.dense.clone(),
        sparse: Vec::new(),
    };
    for (at, SparseField { name, size }) in schema.sparse.iter().enumerate() {
        if config.records.contains(name) {
            columns.recorded.push((at, *ids));
            *ids += *size as usize;
            inner.dense.push(format!("{name}: rows"));
            let means = heads.iter().map(|head| format!("{name}: {head}"));
            inner.dense.extend(means);
        } else if !config.left_out.contains(name) {
            columns.kept.push(at);
            inner.sparse.push(schema.sparse[at].clone());
        }
    }
    (columns, inner)
}

impl Columns {
    fn recorded<'a>(&'a self, ids: &'a [u32]) -> impl Iterator<Item = usize> + 'a {
        let recorded = self.recorded.iter();
        recorded.map(|&(column, first)| first + ids[column] as usize)
    }

    /// Appends records to `dense`, and puts ids that stay into `sparse`.
    fn fill(
        &self,
        ids: &[u32],
        tell: impl Fn(usize, &mut Vec<f32>),
        (dense, sparse): (&mut Vec<f32>, &mut Vec<u32>),
    ) {
        for id in self.recorded(ids) {
            tell(id, dense);
        }
        sparse.clear();
        sparse.extend(self.kept.iter().map(|&column| ids[column]));
    }
}

/// Rows of an id; for each head those whose label is known, and the sum of their labels.
#[derive(Debug, Clone, Default)]
struct Sums {
    rows: f64,
    known: Vec<f64>,
    labels: Vec<f64>,
}

impl Sums {
    fn new(n_heads: usize) -> Self {
        Self {
            rows: 0.0,
            known: vec![0.0; n_heads],
            labels: vec![0.0; n_heads],
        }
    }

    fn add(&mut self, labels: impl Iterator<Item = f32>) {
        self.rows += 1.0;
        let sums = self.known.iter_mut().zip(&mut self.labels);
        for ((known, sum), label) in sums.zip(labels) {
            if !label.is_nan() {
                *known += 1.0;
                *sum += f64::from(label);
            }
        }
    }

    fn add_all(&mut self, other: &Self) {
        self.rows += other.rows;
        let pairs = |to: &mut Vec<f64>, from: &Vec<f64>| {
            to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        };
        pairs(&mut self.known, &other.known);
        pairs(&mut self.labels, &other.labels);
    }
}

/// Records as training needs them: by fold.
#[derive(Debug)]
pub(crate) struct Folds {
    pub(crate) plan: Plan,
    /// Records by all folds but one, a fold after the other, and by all of them.
    without: Vec<Vec<f32>>,
}

impl Folds {
    /// Counts the rows of a training table; `None` where `config` leaves columns as they are.
    ///
    /// Memory: for each id and fold four numbers and four for each head.
    ///
    /// # Errors
    ///
    /// As [`Plan::new`].
    pub(crate) fn learn(rows: &TrainingRows<'_>, config: &NetworkConfig) -> Result<Option<Self>> {
        let places: Vec<usize> = (0..rows.n_heads())
            .filter(|&place| config.head(&rows.head(place).to_string()).loss_weight > 0.0)
            .collect();
        let heads: Vec<&Head> = places.iter().map(|&place| rows.head(place)).collect();
        let features = rows.features();
        let Some(plan) = Plan::new(features.schema(), &heads, config)? else {
            return Ok(None);
        };
        let mut sums = vec![Sums::new(heads.len()); plan.ids * FOLDS];
        let mut all = Sums::new(heads.len());
        for request in 0..features.n_requests() {
            for row in features.rows_of(request) {
                let labels = || places.iter().map(|&place| rows.label(place)[row]);
                all.add(labels());
                for id in plan.recorded_of(&features, request, row) {
                    sums[id * FOLDS + request % FOLDS].add(labels());
                }
            }
        }
        let means = all.labels.iter().zip(&all.known);
        let means: Vec<f64> = means.map(|(sum, known)| sum / known.max(1.0)).collect();
        let without = (0..=FOLDS).map(|fold| {
            let mut records = Vec::with_capacity(plan.ids * plan.width);
            for folds in sums.chunks_exact(FOLDS) {
                let mut sum = Sums::new(heads.len());
                let others = folds.iter().enumerate().filter(|(at, _)| *at != fold);
                others.for_each(|(_, one)| sum.add_all(one));
                // Fewer folds say less; an id is told as if all of them had spoken.
                let scale = match fold {
                    FOLDS => 1.0,
                    _ => FOLDS as f64 / (FOLDS - 1) as f64,
                };
                records.push(narrow((scale * sum.rows).ln_1p()));
                for ((known, labels), mean) in sum.known.iter().zip(&sum.labels).zip(&means) {
                    let smoothed = scale * labels + SMOOTHING * mean;
                    records.push(narrow(smoothed / (scale * known + SMOOTHING)));
                }
            }
            records
        });
        let without = without.collect();
        Ok(Some(Self { plan, without }))
    }

    /// A table to learn from, each row without what its own fold says. Memory: a copy of the table.
    ///
    /// # Errors
    ///
    /// [`Error::Features`] when a table breaks a rule of its schema.
    pub(crate) fn training(&self, rows: &TrainingRows<'_>) -> Result<TrainingTable> {
        self.table(rows, |request| request % FOLDS)
    }

    /// A table to be judged on, told what all folds say.
    ///
    /// # Errors
    ///
    /// As [`training`](Self::training).
    pub(crate) fn judging(&self, rows: &TrainingRows<'_>) -> Result<TrainingTable> {
        self.table(rows, |_| FOLDS)
    }

    fn table(
        &self,
        rows: &TrainingRows<'_>,
        without: impl Fn(usize) -> usize,
    ) -> Result<TrainingTable> {
        let mut features = FeatureTable::new(Arc::clone(&self.plan.inner))?;
        let width = self.plan.width;
        let tell = |request, id: usize, dense: &mut Vec<f32>| {
            let records = &self.without[without(request)];
            dense.extend_from_slice(&records[id * width..][..width]);
        };
        self.plan.fill(&rows.features(), tell, &mut features)?;
        let mut table = TrainingTable::of(features);
        let labels = (0..rows.n_heads()).map(|place| LabelColumn {
            head: rows.head(place).clone(),
            values: rows.label(place).to_vec(),
        });
        table.labels = labels.collect();
        table.position = rows.position().to_vec();
        table.propensity = rows.propensity().to_vec();
        table.weight = rows.weight().to_vec();
        Ok(table)
    }

    /// What is kept: the records of all folds.
    pub(crate) fn into_records(mut self) -> Vec<f32> {
        self.without.pop().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
