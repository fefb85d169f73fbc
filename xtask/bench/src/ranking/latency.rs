//! How long requests of 500 rows take on the calling thread.

use std::{sync::Arc, time::Instant};

use anyhow::Result;
use marquee_features::{FeatureRows, FeatureTable, RequestValues};
use marquee_ranking::Ranker;
use serde::Serialize;

use crate::contender::cpu_seconds;

/// Rows of a request.
pub(crate) const ROWS: usize = 500;
/// Requests that are asked in turn, and how often.
const REQUESTS: usize = 60;
const ROUNDS: usize = 6;

/// Milliseconds of a request.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Latency {
    p50_ms: f64,
    p99_ms: f64,
    cpu_ms: f64,
}

impl Latency {
    /// One model after the other, as for heads with a model each.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            p50_ms: self.p50_ms + other.p50_ms,
            p99_ms: self.p99_ms + other.p99_ms,
            cpu_ms: self.cpu_ms + other.cpu_ms,
        }
    }
}

/// Scores requests whose rows come one after the other from `rows`, each with the request's side of its
/// first row. The first round only warms up.
///
/// # Errors
///
/// When the ranker refuses the table.
pub(crate) fn measure(ranker: &dyn Ranker, rows: &FeatureRows<'_>) -> Result<Latency> {
    let tables = tables(rows)?;
    let mut values = vec![0.0; ROWS * ranker.heads().len()];
    let mut times = Vec::new();
    let mut cpu = 0.0;
    for round in 0..ROUNDS {
        let before = cpu_seconds();
        for table in &tables {
            let started = Instant::now();
            ranker.score(&table.view(), &mut values)?;
            if round > 0 {
                times.push(started.elapsed().as_secs_f64() * 1e3);
            }
        }
        if round > 0 {
            cpu += cpu_seconds() - before;
        }
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = share * times.len() as f64;
        // Few enough that the place is exact.
        let found = times.iter().enumerate().find(|(at, _)| *at as f64 >= place);
        found.map_or(0.0, |(_, time)| *time)
    };
    Ok(Latency {
        p50_ms: at(0.5),
        p99_ms: at(0.99),
        cpu_ms: cpu * 1e3 / times.len().max(1) as f64,
    })
}

fn tables(rows: &FeatureRows<'_>) -> Result<Vec<FeatureTable>> {
    let schema = Arc::new(rows.schema().clone());
    let mut request_of = Vec::new();
    for request in 0..rows.n_requests() {
        request_of.extend(rows.rows_of(request).map(|_| request));
    }
    let n_rows = request_of.len().max(1);
    let mut tables = Vec::new();
    for number in 0..REQUESTS {
        let first = number * ROWS;
        let request = request_of[first % n_rows];
        let lists: Vec<&[u32]> = (0..schema.sequences.len())
            .map(|list| rows.sequence(request, list))
            .collect();
        let mut table = FeatureTable::new(Arc::clone(&schema))?;
        table.push_request(RequestValues {
            dense: rows.request_dense_of(request),
            sparse: rows.request_sparse_of(request),
            sequences: &lists,
        })?;
        for row in (first..first + ROWS).map(|row| row % n_rows) {
            table.push_row(rows.dense_of(row), rows.sparse_of(row))?;
        }
        tables.push(table);
    }
    Ok(tables)
}
