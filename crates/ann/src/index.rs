//! An index that reads a few percent of the table: lists of rows that lie near each other.
//!
//! Building groups the rows around means (Lloyd's k-means under Euclidean distance, `docs/references.md`)
//! and stores each list's rows as bytes, side by side. A search ranks the lists, reads the best few,
//! and multiplies the best rows found there with the query in full precision.
//!
//! What makes this right for inner products, whose largest rows are often the longest ones rather than
//! the nearest, is the rank of a list: product of the query with its mean, plus a multiple of
//! the query's length times the list's radius (root mean square distance of its rows from the mean). A
//! list of wide spread may hold a long row in the query's direction even where its mean does not point
//! there. No dimension is added and nothing is normalized.
//!
//! Cost of a search over `n` rows in `l` lists: `l` products of bytes for the ranks and about
//! `probes n / l` for the rows. With `l` a multiple of the root of `n` both grow like that root.

mod artifact;
mod build;
mod means;
mod search;

use marquee_math::{ByteLayout, bytes::AlignedBytes};

pub use search::Searcher;

use crate::{Error, Result, Table};

/// How to build an index.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IndexConfig {
    /// Lists, as a multiple of the square root of the number of rows. More lists are longer to rank and
    /// to build but fewer rows are read for the same recall.
    pub lists_per_root: f64,
    /// Passes of k-means over the sample.
    pub iterations: usize,
    /// Rows of the sample for each list.
    pub sample_per_list: usize,
    /// What a list's radius counts in its rank, relative to the product with its mean.
    pub radius_weight: f32,
    /// Rows of the table that are asked for as queries when recall is measured.
    pub n_checked: usize,
}

impl Default for IndexConfig {
    fn default() -> Self {
        Self {
            lists_per_root: 6.0,
            iterations: 6,
            sample_per_list: 32,
            radius_weight: 0.35,
            n_checked: 200,
        }
    }
}

impl IndexConfig {
    fn check(&self) -> Result<()> {
        let refuse = |field, found, expected| {
            Err(Error::Config {
                field,
                found,
                expected,
            })
        };
        if !(self.lists_per_root > 0.0 && self.lists_per_root <= 1e3) {
            return refuse(
                "lists_per_root",
                self.lists_per_root,
                "above 0, at most 1000",
            );
        }
        if !(0.0..=10.0).contains(&self.radius_weight) {
            return refuse("radius_weight", self.radius_weight.into(), "0 to 10");
        }
        if self.iterations > 1000 {
            return refuse("iterations", self.iterations as f64, "at most 1000");
        }
        if self.sample_per_list == 0 {
            return refuse("sample_per_list", 0.0, "at least 1");
        }
        Ok(())
    }
}

/// How much of an index a search reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Width {
    /// Lists.
    pub probes: usize,
    /// Rows whose products are computed in full precision; at least `k` are.
    pub rescored: usize,
}

/// The share of the true best rows that searches found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recall {
    /// Lists that were read.
    pub probes: usize,
    /// Mean share of the true best 10.
    pub at_10: f64,
}

/// An index in memory.
#[derive(Debug, Clone)]
pub struct Index {
    parts: Parts,
    centroids: AlignedBytes,
    offsets: Vec<u64>,
    codes: AlignedBytes,
    rows: Vec<u32>,
    recalls: Vec<f64>,
}

/// Numbers that say how the arrays are cut.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Parts {
    d: usize,
    n_rows: usize,
    n_lists: usize,
    radius_weight: f32,
}

/// An index that is borrowed, from memory or a mapped artifact, with the table that it is of.
#[derive(Debug, Clone, Copy)]
pub struct IndexView<'a> {
    parts: Parts,
    table: Table<'a>,
    /// Means as blocks; the second column is the radius.
    centroids: &'a [u8],
    /// First block of each list, and the end.
    offsets: &'a [u64],
    /// Rows as blocks; each list begins with a block of its own.
    codes: &'a [u8],
    /// The row at each place of each block.
    rows: &'a [u32],
    /// Pairs of probes and recall.
    recalls: &'a [f64],
}

/// Stands at places without a row.
const NO_ROW: u32 = u32::MAX;

impl Parts {
    /// Blocks of means.
    fn centroid_layout(&self) -> ByteLayout {
        ByteLayout::new(self.d, 2)
    }

    /// Blocks of rows.
    fn row_layout(&self) -> ByteLayout {
        ByteLayout::new(self.d, 1)
    }
}

impl Index {
    /// Borrows the index together with `table`, which must be the one that it was built of.
    ///
    /// # Panics
    ///
    /// When `table` has another shape.
    pub fn view<'a>(&'a self, table: Table<'a>) -> IndexView<'a> {
        assert_eq!(table.n_rows(), self.parts.n_rows, "rows of the table");
        assert_eq!(table.d(), self.parts.d, "dimensions of the table");
        IndexView {
            parts: self.parts,
            table,
            centroids: &self.centroids,
            offsets: &self.offsets,
            codes: &self.codes,
            rows: &self.rows,
            recalls: &self.recalls,
        }
    }

    /// Bytes that the index takes, besides the table.
    pub fn n_bytes(&self) -> usize {
        self.centroids.len() + 8 * self.offsets.len() + self.codes.len() + 4 * self.rows.len()
    }
}

impl<'a> IndexView<'a> {
    /// The table.
    pub fn table(&self) -> Table<'a> {
        self.table
    }

    /// Number of lists: more probes read nothing more.
    pub fn n_lists(&self) -> usize {
        self.parts.n_lists
    }

    /// The recall that was measured when the index was built, with rows of the table as queries.
    pub fn recalls(&self) -> impl Iterator<Item = Recall> {
        self.recalls.as_chunks().0.iter().map(|&[probes, at_10]| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a whole number as it was written; a damaged one becomes some number"
            )]
            let probes = probes as usize;
            Recall { probes, at_10 }
        })
    }
}

#[cfg(test)]
mod tests;
