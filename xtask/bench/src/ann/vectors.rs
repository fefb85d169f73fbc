//! Vectors that look like the factors of a catalog, queries of the same kind, and the true answers.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use marquee_ann::{Allowed, ByteTable, Table};
use marquee_math::{Rng, fill_normal, rng};
use rand::RngExt;

use crate::Args;

/// Directions around which vectors lie.
const N_GROUPS: usize = 256;
/// How many rows each query's answer names.
pub(crate) const N_TRUE: usize = 100;

/// The vectors of a run.
#[derive(Debug)]
pub(crate) struct Vectors {
    pub(crate) d: usize,
    /// What is searched.
    pub(crate) base: Vec<f32>,
    pub(crate) queries: Vec<f32>,
    /// The best [`N_TRUE`] rows of each query, best first.
    pub(crate) truth: Vec<u32>,
}

impl Vectors {
    /// Draws vectors, finds the true answers and writes `base.f32`, `query.f32` and `truth.u32`.
    ///
    /// Groups around normal directions whose coordinates fall with the root of their position; directions
    /// of queries are drawn as those of the rows, lengths of rows are log-normal and those of queries one.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written.
    pub(crate) fn make(args: &Args) -> Result<Self> {
        let d = args.dimensions;
        let mut centers = vec![0.0; N_GROUPS * d];
        fill_normal(&mut rng(args.seed, 0), 1.0, &mut centers);
        let base = draw(
            &centers,
            (args.rows, d),
            args.spread,
            &mut rng(args.seed, 1),
        );
        let queries = draw(&centers, (args.queries, d), 0.0, &mut rng(args.seed, 2));
        let table = Table::new(&base, d)?;
        let all = Allowed::all(table.n_rows());
        let found = ByteTable::new(table)?.search(table, &queries, N_TRUE, all)?;
        let truth = found.iter().flatten().map(|scored| scored.index).collect();
        let vectors = Self {
            d,
            base,
            queries,
            truth,
        };
        vectors.write(&args.folder)?;
        Ok(vectors)
    }

    fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).with_context(|| format!("{}", folder.display()))?;
        let numbers = |numbers: &[f32]| -> Vec<u8> {
            numbers
                .iter()
                .flat_map(|number| number.to_le_bytes())
                .collect()
        };
        let truth: Vec<u8> = self
            .truth
            .iter()
            .flat_map(|row| row.to_le_bytes())
            .collect();
        let files = [
            ("base.f32", numbers(&self.base)),
            ("query.f32", numbers(&self.queries)),
            ("truth.u32", truth),
        ];
        for (name, bytes) in files {
            let path = folder.join(name);
            fs::write(&path, bytes).with_context(|| format!("{}", path.display()))?;
        }
        Ok(())
    }
}

fn draw(centers: &[f32], (n, d): (usize, usize), spread: f64, rng: &mut Rng) -> Vec<f32> {
    let mut lengths = vec![0.0; n];
    fill_normal(rng, spread, &mut lengths);
    let mut rows = vec![0.0; n * d];
    for (row, length) in rows.chunks_mut(d).zip(lengths) {
        fill_normal(rng, 0.6, row);
        let group = rng.random_range(0..N_GROUPS);
        let center = &centers[group * d..][..d];
        for ((position, number), center) in (1_u16..).zip(row.iter_mut()).zip(center) {
            *number = (*number + 0.8 * center) / f32::from(position).sqrt();
        }
        let norm = row.iter().map(|number| number * number).sum::<f32>().sqrt();
        for number in row {
            *number *= length.exp() / norm;
        }
    }
    rows
}
