//! A data set as files: one table that we map, and the same as flat arrays for contenders in other
//! languages.
//!
//! | file | what |
//! |---|---|
//! | `table.mqa` | all rows, by time, as `marquee-features` writes them |
//! | `about.json` | [`About`]: columns, parts, settings |
//! | `dense.f32`, `sparse.u32` | rows; columns of the request come before those of the row |
//! | `labels.f32` | a head after the other |
//! | `position.u32`, `request.u32` | of each row; `u32::MAX` for no position |
//! | `history.u32` | the first list of each request, its end, padded with 0 in front |
//! | `truth.f32` | where it is known: true chances of the test rows, a head after the other |
//! | `predicted/NAME.f32` | what a contender said of the test rows, likewise; NaN for heads left out |
//!
//! Arrays are little-endian.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    ops::Range,
    path::Path,
};

use anyhow::{Context, Result};
use marquee_features::{FeatureRows, NONE, TrainingFile, TrainingRows, TrainingTable};
use serde::{Deserialize, Serialize};

use crate::settings::Settings;

/// What a data set is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct About {
    /// For the heading of its tables.
    pub(crate) title: String,
    /// Names of the columns of numbers.
    pub(crate) dense: Vec<String>,
    /// Names of the columns of ids.
    pub(crate) sparse: Vec<String>,
    /// Their sizes.
    pub(crate) sizes: Vec<u32>,
    /// The list of each request.
    pub(crate) history: Option<History>,
    /// What is to be predicted, by name.
    pub(crate) heads: Vec<String>,
    /// Whether labels are grades, and the order of each request's rows is what counts.
    pub(crate) graded: bool,
    /// Whether rows have positions.
    pub(crate) positions: bool,
    /// Number of all requests.
    pub(crate) n_requests: usize,
    /// First row of the validation part, of the test part, and the end.
    pub(crate) rows: [usize; 3],
    /// The same in requests.
    pub(crate) requests: [usize; 3],
    /// How contenders are set.
    pub(crate) settings: Settings,
}

/// A list of ids for each request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct History {
    /// The column of ids, among all of them, whose ids they are.
    pub(crate) column: usize,
    /// The longest list.
    pub(crate) length: usize,
}

/// Where the parts of a table begin, in requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cuts {
    pub(crate) validation: usize,
    pub(crate) test: usize,
}

/// What else is said of a table.
pub(crate) struct Told<'a> {
    pub(crate) title: String,
    pub(crate) graded: bool,
    pub(crate) settings: Settings,
    /// True chances of the test rows, a head after the other.
    pub(crate) truth: Option<&'a [f32]>,
}

/// Writes a data set.
///
/// # Errors
///
/// When the table breaks a rule or the folder cannot be written.
pub(crate) fn write(
    folder: &Path,
    table: &TrainingTable,
    cuts: Cuts,
    told: Told<'_>,
) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("{}", folder.display()))?;
    table.write(folder.join("table.mqa"))?;
    let rows = table.view()?;
    let features = rows.features();
    let each_row = |with: &mut dyn FnMut(usize, usize) -> Result<()>| -> Result<()> {
        for request in 0..features.n_requests() {
            for row in features.rows_of(request) {
                with(request, row)?;
            }
        }
        Ok(())
    };
    dump(folder, "dense.f32", |to| {
        each_row(&mut |request, row| {
            floats(to, features.request_dense_of(request))?;
            floats(to, features.dense_of(row))
        })
    })?;
    dump(folder, "sparse.u32", |to| {
        each_row(&mut |request, row| {
            words(to, features.request_sparse_of(request))?;
            words(to, features.sparse_of(row))
        })
    })?;
    dump(folder, "request.u32", |to| {
        each_row(&mut |request, _| words(to, &[u32::try_from(request)?]))
    })?;
    dump(folder, "labels.f32", |to| {
        (0..rows.n_heads()).try_for_each(|head| floats(to, rows.label(head)))
    })?;
    dump(folder, "position.u32", |to| words(to, rows.position()))?;
    if let Some(truth) = told.truth {
        dump(folder, "truth.f32", |to| floats(to, truth))?;
    }
    let about = about(&rows, cuts, told);
    if let Some(history) = &about.history {
        dump(folder, "history.u32", |to| lists(to, &features, history))?;
    }
    let path = folder.join("about.json");
    let text = serde_json::to_string_pretty(&about)?;
    fs::write(&path, text).with_context(|| format!("{}", path.display()))
}

fn about(rows: &TrainingRows<'_>, cuts: Cuts, told: Told<'_>) -> About {
    let features = rows.features();
    let schema = features.schema();
    let sparse = || schema.request.sparse.iter().chain(&schema.row.sparse);
    let dense = schema.request.dense.iter().chain(&schema.row.dense);
    let history = schema.sequences.first().and_then(|list| {
        let shares = list.shares.as_ref()?;
        Some(History {
            column: sparse().position(|field| field.name == *shares)?,
            length: list.max_len as usize,
        })
    });
    let before = |request: usize| match request {
        0 => 0,
        _ => features.rows_of(request - 1).end,
    };
    let n_requests = features.n_requests();
    let requests = [cuts.validation, cuts.test, n_requests];
    About {
        title: told.title,
        dense: dense.cloned().collect(),
        sparse: sparse().map(|field| field.name.clone()).collect(),
        sizes: sparse().map(|field| field.size).collect(),
        history,
        heads: (0..rows.n_heads())
            .map(|head| rows.head(head).to_string())
            .collect(),
        graded: told.graded,
        positions: rows.position().iter().any(|&position| position != NONE),
        n_requests,
        rows: requests.map(before),
        requests,
        settings: told.settings,
    }
}

/// The last ids of the first list of each request, padded in front.
fn lists(to: &mut impl Write, features: &FeatureRows<'_>, history: &History) -> Result<()> {
    for request in 0..features.n_requests() {
        let ids = features.sequence(request, 0);
        let ids = &ids[ids.len().saturating_sub(history.length)..];
        for _ in ids.len()..history.length {
            words(to, &[0])?;
        }
        words(to, ids)?;
    }
    Ok(())
}

/// An opened data set.
pub(crate) struct Opened {
    pub(crate) about: About,
    file: TrainingFile,
}

impl Opened {
    /// Opens what [`write()`] wrote.
    ///
    /// # Errors
    ///
    /// When it is not there or damaged.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let path = folder.join("about.json");
        let text = fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
        Ok(Self {
            about: serde_json::from_str(&text).with_context(|| format!("{}", path.display()))?,
            file: TrainingFile::open(folder.join("table.mqa"))?,
        })
    }

    /// All rows.
    pub(crate) fn all(&self) -> Result<TrainingRows<'_>> {
        self.part(0..self.about.requests[2])
    }

    fn part(&self, requests: Range<usize>) -> Result<TrainingRows<'_>> {
        Ok(self.file.view()?.slice(requests))
    }

    /// Rows to learn from.
    pub(crate) fn train(&self) -> Result<TrainingRows<'_>> {
        self.part(0..self.about.requests[0])
    }

    /// Rows to judge passes on.
    pub(crate) fn validation(&self) -> Result<TrainingRows<'_>> {
        self.part(self.about.requests[0]..self.about.requests[1])
    }

    /// Rows that are reported.
    pub(crate) fn test(&self) -> Result<TrainingRows<'_>> {
        self.part(self.about.requests[1]..self.about.requests[2])
    }
}

/// Writes what a contender said of the test rows.
///
/// # Errors
///
/// When the folder cannot be written.
pub(crate) fn write_predicted(folder: &Path, name: &str, values: &[f32]) -> Result<()> {
    let to = folder.join("predicted");
    fs::create_dir_all(&to).with_context(|| format!("{}", to.display()))?;
    dump(&to, &format!("{name}.f32"), |to| floats(to, values))
}

/// Numbers of an array file.
///
/// # Errors
///
/// When it cannot be read.
pub(crate) fn read_floats(path: &Path) -> Result<Vec<f32>> {
    let bytes = fs::read(path).with_context(|| format!("{}", path.display()))?;
    let numbers = bytes.as_chunks().0.iter();
    Ok(numbers.map(|four| f32::from_le_bytes(*four)).collect())
}

/// Ids of an array file.
///
/// # Errors
///
/// When it cannot be read.
pub(crate) fn read_words(path: &Path) -> Result<Vec<u32>> {
    let bytes = fs::read(path).with_context(|| format!("{}", path.display()))?;
    let numbers = bytes.as_chunks().0.iter();
    Ok(numbers.map(|four| u32::from_le_bytes(*four)).collect())
}

fn dump(
    folder: &Path,
    name: &str,
    with: impl FnOnce(&mut BufWriter<File>) -> Result<()>,
) -> Result<()> {
    let path = folder.join(name);
    let file = File::create(&path).with_context(|| format!("{}", path.display()))?;
    let mut to = BufWriter::with_capacity(1 << 20, file);
    with(&mut to).with_context(|| format!("{}", path.display()))?;
    to.flush().with_context(|| format!("{}", path.display()))
}

fn floats(to: &mut impl Write, values: &[f32]) -> Result<()> {
    for value in values {
        to.write_all(&value.to_le_bytes())?;
    }
    Ok(())
}

fn words(to: &mut impl Write, values: &[u32]) -> Result<()> {
    for value in values {
        to.write_all(&value.to_le_bytes())?;
    }
    Ok(())
}
