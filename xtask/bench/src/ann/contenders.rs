//! What is measured: exact retrieval over each kind of number, and the index at several widths.

use std::time::Duration;

use anyhow::Result;
use marquee_ann::{
    Allowed, ByteTable, HalfTable, Index, IndexConfig, Searcher, Table, Width, exact,
};
use marquee_math::Scored;
use rustix::time::{ClockId, clock_gettime};

use crate::vectors::{N_TRUE, Vectors};

/// Lists that the index reads, and the rows it multiplies again, for 10 and for 100 rows.
const WIDTHS: [(usize, &[(usize, usize)]); 2] = [
    (
        10,
        &[
            (10, 30),
            (20, 30),
            (40, 30),
            (60, 40),
            (80, 40),
            (120, 40),
            (200, 60),
        ],
    ),
    (
        100,
        &[
            (20, 200),
            (40, 200),
            (60, 200),
            (80, 250),
            (120, 250),
            (200, 300),
        ],
    ),
];
/// Numbers that an exact round reads at most: the larger the table, the fewer queries.
const EXACT_NUMBERS: usize = 1 << 30;

/// All structures over one table.
#[derive(Debug)]
pub(crate) struct Contenders {
    bytes: ByteTable<'static>,
    halves: HalfTable,
    index: Index,
}

/// How many queries one call is handed.
#[derive(Debug, Clone, Copy)]
enum Calls {
    Single,
    Together,
}

impl Contenders {
    /// Builds them; also a line for each: name, seconds of processor time, bytes a vector with the vector
    /// itself, which all of them look at in the end.
    ///
    /// # Errors
    ///
    /// When a vector is refused.
    pub(crate) fn build(vectors: &Vectors, seed: u64) -> Result<(Self, Vec<String>)> {
        let table = Table::new(&vectors.base, vectors.d)?;
        let (bytes, bytes_time) = timed(|| ByteTable::new(table));
        let (halves, halves_time) = timed(|| HalfTable::new(table));
        let config = IndexConfig {
            n_checked: 0,
            ..IndexConfig::default()
        };
        let (index, index_time) = timed(|| Index::build(table, &config, seed));
        let built = Self {
            bytes: bytes?,
            halves: halves?,
            index: index?,
        };
        let line = |name, time: Duration, n_bytes: usize| {
            let each = n_bytes as f64 / table.n_rows() as f64 + 4.0 * table.d() as f64;
            format!("{name}\t{:.2}\t{each:.0}", time.as_secs_f64())
        };
        let lines = vec![
            line("Marquee exact f32", Duration::ZERO, 0),
            line("Marquee exact int8", bytes_time, built.bytes.bytes().len()),
            line("Marquee exact bf16", halves_time, built.halves.n_bytes()),
            line("Marquee index", index_time, built.index.n_bytes()),
        ];
        Ok((built, lines))
    }

    /// Measures each once: name, setting, k, recall, microseconds of processor time a query.
    ///
    /// # Errors
    ///
    /// When a query is refused.
    pub(crate) fn round(&self, vectors: &Vectors) -> Result<Vec<String>> {
        let table = Table::new(&vectors.base, vectors.d)?;
        let all = Allowed::all(table.n_rows());
        let mut lines = Vec::new();
        for calls in [Calls::Single, Calls::Together] {
            for k in [10, 100] {
                let mut exact = |name: &str, search: &Search<'_>| {
                    lines.push(measure_exact(vectors, (name, k), calls, search)?);
                    anyhow::Ok(())
                };
                exact("Marquee exact f32", &|queries| {
                    exact::search(table, queries, k, all)
                })?;
                exact("Marquee exact int8", &|queries| {
                    self.bytes.search(table, queries, k, all)
                })?;
                exact("Marquee exact bf16", &|queries| {
                    self.halves.search(table, queries, k, all)
                })?;
            }
        }
        let mut searcher = Searcher::new(self.index.view(table));
        for (k, widths) in WIDTHS {
            for &(probes, rescored) in widths {
                let width = Width { probes, rescored };
                let queries = vectors.queries.chunks_exact(vectors.d);
                let search = || {
                    queries
                        .map(|query| searcher.search(query, k, width, all))
                        .collect()
                };
                let (found, time) = timed::<marquee_ann::Result<Vec<_>>>(search);
                let setting = format!("{probes} lists");
                lines.push(line(
                    vectors,
                    &setting_of("Marquee index", &setting, k),
                    &found?,
                    time,
                ));
            }
        }
        Ok(lines)
    }
}

/// Answers to several queries, side by side.
type Search<'a> = dyn Fn(&[f32]) -> marquee_ann::Result<Vec<Vec<Scored>>> + 'a;

fn measure_exact(
    vectors: &Vectors,
    (name, k): (&str, usize),
    calls: Calls,
    search: &Search<'_>,
) -> Result<String> {
    let n_queries = vectors.queries.len() / vectors.d;
    let n_most = (EXACT_NUMBERS / vectors.base.len()).max(8);
    let queries = &vectors.queries[..n_queries.min(n_most) * vectors.d];
    let (setting, at_once) = match calls {
        Calls::Single => ("one query a call", vectors.d),
        Calls::Together => ("all in one call", queries.len()),
    };
    let (found, time) = timed(|| -> marquee_ann::Result<Vec<_>> {
        let mut found = Vec::new();
        for queries in queries.chunks(at_once) {
            found.extend(search(queries)?);
        }
        Ok(found)
    });
    Ok(line(vectors, &setting_of(name, setting, k), &found?, time))
}

/// Name, setting and k, as they begin a line.
fn setting_of(name: &str, setting: &str, k: usize) -> (String, usize) {
    (format!("{name}\t{setting}\t{k}"), k)
}

fn line(
    vectors: &Vectors,
    (start, k): &(String, usize),
    found: &[Vec<Scored>],
    time: Duration,
) -> String {
    let mut hits = 0;
    for (found, truth) in found.iter().zip(vectors.truth.chunks_exact(N_TRUE)) {
        let is_true = |scored: &&Scored| truth[..*k].contains(&scored.index);
        hits += found.iter().filter(is_true).count();
    }
    let recall = hits as f64 / (k * found.len()) as f64;
    let micros = time.as_secs_f64() * 1e6 / found.len() as f64;
    format!("{start}\t{recall:.4}\t{micros:.2}")
}

/// The processor time that `work` took: what other programs did meanwhile does not count.
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let now = || Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default();
    let start = now();
    let result = work();
    (result, now().saturating_sub(start))
}
