//! Public data sets as tables, from a folder that holds each in a folder of its own.

mod clicks;
mod frappe;
mod grades;
mod movielens;
mod retail;

use std::{
    collections::HashMap,
    fs::{self, File},
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, ensure};
use clap::{Parser, ValueEnum};
use flate2::read::MultiGzDecoder;
use marquee_features::{
    FeatureSchema, FeatureTable, Head, LabelColumn, RequestValues, SequenceField, SideSchema,
    SparseField, TrainingTable,
};

/// Which data set to read.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    /// The data set
    #[arg(long)]
    set: Set,
    /// The folder that holds the folders of all data sets
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Seed of what is drawn
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Of graded judgments, the fifth of the requests that is reported
    #[arg(long, default_value_t = 0)]
    fold: usize,
}

/// A public data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Set {
    /// Apps and the moments they were used in
    Frappe,
    /// Ratings of 4 and more among all ratings of films
    Movielens,
    /// Views, carts and purchases
    Retailrocket,
    /// Graded judgments of documents
    Grades,
    /// A few thousand display ads of one kind
    Criteo,
    /// And of another
    Avazu,
}

/// Makes the data set and writes it.
///
/// # Errors
///
/// When a file is missing or is not as expected, or the folder cannot be written.
pub(crate) fn make(folder: &Path, options: &Options) -> Result<()> {
    let data = &options.data;
    match options.set {
        Set::Frappe => frappe::make(folder, &data.join("frappe"), options.seed),
        Set::Movielens => movielens::make(folder, &data.join("ml-latest-small")),
        Set::Retailrocket => {
            let from = data.join("retailrocket-multibehavior");
            retail::make(folder, &from, options.seed)
        }
        Set::Grades => grades::make(
            folder,
            &data.join("ltr-lightgbm"),
            (options.fold, options.seed),
        ),
        Set::Criteo => clicks::criteo(folder, &data.join("criteo-tiny")),
        Set::Avazu => clicks::avazu(folder, &data.join("avazu-tiny")),
    }
}

/// A table as it grows.
struct Growing {
    features: FeatureTable,
    labels: Vec<Vec<f32>>,
    heads: Vec<Head>,
}

/// Columns of a table, all of the row but for the list.
struct Columns<'a> {
    dense: &'a [&'a str],
    sparse: Vec<(&'a str, u32)>,
    /// The longest list of what the viewer had before, and the column of ids that it shares.
    history: Option<(u32, usize)>,
    heads: &'a [Head],
}

impl Growing {
    fn new(columns: &Columns<'_>) -> Result<Self> {
        let field = |&(name, size): &(&str, u32)| SparseField {
            name: name.to_owned(),
            size,
        };
        let history = columns.history.map(|(max_len, column)| SequenceField {
            name: "history".to_owned(),
            size: columns.sparse[column].1,
            max_len,
            shares: Some(columns.sparse[column].0.to_owned()),
        });
        let schema = FeatureSchema {
            row: SideSchema {
                dense: columns.dense.iter().map(|&name| name.to_owned()).collect(),
                sparse: columns.sparse.iter().map(field).collect(),
            },
            sequences: history.into_iter().collect(),
            ..FeatureSchema::default()
        };
        Ok(Self {
            features: FeatureTable::new(Arc::new(schema))?,
            labels: vec![Vec::new(); columns.heads.len()],
            heads: columns.heads.to_vec(),
        })
    }

    /// A request, with what the viewer had before where the table has a list.
    fn request(&mut self, history: Option<&[u32]>) -> Result<()> {
        let lists: Vec<&[u32]> = history.into_iter().collect();
        self.features.push_request(RequestValues {
            sequences: &lists,
            ..RequestValues::default()
        })?;
        Ok(())
    }

    /// A row of the last request.
    fn row(&mut self, dense: &[f32], sparse: &[u32], labels: &[f32]) -> Result<()> {
        self.features.push_row(dense, sparse)?;
        for (to, &label) in self.labels.iter_mut().zip(labels) {
            to.push(label);
        }
        Ok(())
    }

    fn n_requests(&self) -> usize {
        self.features.n_requests()
    }

    fn finish(self) -> TrainingTable {
        let mut table = TrainingTable::of(self.features);
        let columns = self.heads.into_iter().zip(self.labels);
        table.labels = columns
            .map(|(head, values)| LabelColumn { head, values })
            .collect();
        table
    }
}

/// The text of a file, unpacked where its name ends in `.gz`.
fn read_text(path: &Path) -> Result<String> {
    let shown = || format!("{}", path.display());
    if path.extension().is_none_or(|ending| ending != "gz") {
        return fs::read_to_string(path).with_context(shown);
    }
    let mut text = String::new();
    let mut unpacked = MultiGzDecoder::new(File::open(path).with_context(shown)?);
    unpacked.read_to_string(&mut text).with_context(shown)?;
    Ok(text)
}

/// Rows of a comma-separated file without its header; fields between quotes may hold commas.
fn read_rows(path: &Path, n_columns: usize) -> Result<Vec<Vec<String>>> {
    let text = read_text(path)?;
    let mut rows = Vec::new();
    for (number, line) in text.lines().enumerate().skip(1) {
        let row = fields(line);
        let found = row.len();
        ensure!(
            found == n_columns,
            "{} line {}: {found} fields, expected {n_columns}",
            path.display(),
            number + 1
        );
        rows.push(row);
    }
    Ok(rows)
}

fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            _ => {
                if let Some(last) = fields.last_mut() {
                    last.push(letter);
                }
            }
        }
    }
    fields
}

/// Numbers words from 1 on, in the order in which they come; 0 stands for none.
#[derive(Default)]
struct Numbered(HashMap<String, u32>);

impl Numbered {
    fn of(&mut self, word: &str) -> Result<u32> {
        if let Some(&known) = self.0.get(word) {
            return Ok(known);
        }
        let next = u32::try_from(self.0.len() + 1)?;
        self.0.insert(word.to_owned(), next);
        Ok(next)
    }

    /// Ids are below it.
    fn size(&self) -> Result<u32> {
        Ok(u32::try_from(self.0.len() + 1)?)
    }
}

/// The logarithm of one more than a count, as a feature.
fn log_count(count: f64) -> f32 {
    narrow(count.ln_1p())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "features need no more digits"
)]
fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_between_quotes_are_part_of_a_field() {
        let found = fields("3,\"American President, The (1995)\",Comedy");
        assert_eq!(found, ["3", "American President, The (1995)", "Comedy"]);
        assert_eq!(fields("1,,2"), ["1", "", "2"]);
    }
}
