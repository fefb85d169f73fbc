//! From a path to the files to read and how: which format it is, and what its columns mean.

mod delimited;
mod detect;
mod folder;

use std::path::{Path, PathBuf};

use marquee_core::EventKind;

use crate::{
    Error, Result,
    format::{Choice, Format, RecordKind},
    mapping::ColumnMapping,
    parse::TimeUnit,
    read::{adjacency, adjacency::Actors, jsonl, table, table::Table},
    row::Sink,
};

#[cfg(feature = "parquet")]
pub(crate) use delimited::meaning_of;
pub(crate) use delimited::{Dialect, table_of};
pub use detect::detect;

/// How to read what is imported, as far as it should not be found out from the data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadOptions {
    /// The format of the paths.
    pub format: Choice<Format>,
    /// Which column is which field; for tables and Parquet.
    pub mapping: ColumnMapping,
    /// How the column of times counts.
    pub time_unit: TimeUnit,
    /// What the rows are; for JSON Lines and tables that do not tell.
    pub records: Choice<RecordKind>,
    /// Kind of the events that name none: found out, a rating where there is a column of ratings and
    /// an open otherwise.
    pub kind: Choice<EventKind>,
}

/// One file to read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Input {
    Table(Table),
    Adjacency {
        path: PathBuf,
        kind: EventKind,
        actors: Actors,
    },
    Jsonl {
        path: PathBuf,
        records: RecordKind,
    },
    #[cfg(feature = "parquet")]
    Parquet(crate::parquet::Plan),
}

impl Input {
    /// The file.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Table(table) => &table.path,
            Self::Adjacency { path, .. } | Self::Jsonl { path, .. } => path,
            #[cfg(feature = "parquet")]
            Self::Parquet(plan) => plan.path(),
        }
    }

    /// The format of the file, when that of the path is `of_path`: tables may stand beside JSON Lines.
    pub(crate) fn format(&self, of_path: Format) -> Format {
        match (of_path, self) {
            (Format::Jsonl, Self::Table(_)) => Format::Csv,
            #[cfg(feature = "parquet")]
            (Format::Jsonl, Self::Parquet(_)) => Format::Parquet,
            (format, _) => format,
        }
    }

    /// Reads the file from start to end.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when it cannot be read, and what the sink gives.
    pub(crate) fn read(&self, sink: &mut dyn Sink) -> Result<()> {
        match self {
            Self::Table(table) => table::read(table, sink),
            Self::Adjacency { path, kind, actors } => adjacency::read(path, *kind, *actors, sink),
            Self::Jsonl { path, records } => jsonl::read(path, *records, sink),
            #[cfg(feature = "parquet")]
            Self::Parquet(plan) => crate::parquet::read(plan, sink),
        }
    }
}

/// What reading a path comes to.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) format: Format,
    pub(crate) inputs: Vec<Input>,
}

/// Finds the files of `path` and how to read each of them.
///
/// # Errors
///
/// [`Error::UnknownFormat`] when the format cannot be told, [`Error::MissingFile`] when a folder
/// lacks a file its format needs, [`Error::Column`] when a table lacks a column.
pub(crate) fn plan(path: &Path, options: &ReadOptions) -> Result<Plan> {
    let format = match options.format {
        Choice::Given(format) => format,
        Choice::Detect => detect(path)?,
    };
    let inputs = if path.is_dir() {
        folder::inputs(path, format, options)?
    } else {
        vec![file(path, format, options)?]
    };
    Ok(Plan { format, inputs })
}

/// How to read one file.
fn file(path: &Path, format: Format, options: &ReadOptions) -> Result<Input> {
    let kind = |default| options.kind.or_else(|| default);
    Ok(match format {
        Format::MovieLens100K => Input::Table(folder::movielens_100k(path, options)?),
        Format::MovieLens1M => Input::Table(folder::movielens_1m(path, options)?),
        Format::MovieLensCsv => Input::Table(table_of(path, Dialect::MovieLens, options)?),
        Format::RecBole => Input::Table(table_of(path, Dialect::RecBole, options)?),
        Format::Csv => Input::Table(table_of(path, Dialect::Csv, options)?),
        Format::Tsv => Input::Table(table_of(path, Dialect::Tsv, options)?),
        Format::Adjacency => Input::Adjacency {
            path: path.to_owned(),
            kind: kind(EventKind::Open),
            actors: Actors::First,
        },
        Format::Sequences => Input::Adjacency {
            path: path.to_owned(),
            kind: kind(EventKind::Open),
            actors: Actors::Line,
        },
        Format::Jsonl => Input::Jsonl {
            path: path.to_owned(),
            records: detect::json_records(path, options.records)?,
        },
        Format::Parquet => parquet(path, options)?,
    })
}

#[cfg(feature = "parquet")]
fn parquet(path: &Path, options: &ReadOptions) -> Result<Input> {
    crate::parquet::plan(path, options).map(Input::Parquet)
}

#[cfg(not(feature = "parquet"))]
fn parquet(path: &Path, _options: &ReadOptions) -> Result<Input> {
    Err(Error::NotBuilt {
        path: path.to_owned(),
        format: Format::Parquet,
    })
}

/// A file name without `.gz` or `.zst`, in lower case.
fn plain_name(path: &Path) -> String {
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .to_ascii_lowercase();
    let plain = name
        .strip_suffix(".gz")
        .or_else(|| name.strip_suffix(".zst"));
    plain.unwrap_or(&name).to_owned()
}

/// The file `name` of `dir`, plain or packed, if it is there.
fn find(dir: &Path, name: &str) -> Option<PathBuf> {
    ["", ".gz", ".zst"]
        .iter()
        .map(|packed| dir.join(format!("{name}{packed}")))
        .find(|path| path.is_file())
}

/// The file `name` of `dir`, plain or packed.
fn need(dir: &Path, name: &str, format: Format) -> Result<PathBuf> {
    find(dir, name).ok_or_else(|| Error::MissingFile {
        path: dir.join(name),
        format,
    })
}

/// Files of `dir` whose plain name ends with `suffix`, in the order of their names.
fn with_suffix(dir: &Path, suffix: &str) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(dir).map_err(Error::io("read", dir))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::io("read", dir))?.path();
        if path.is_file() && plain_name(&path).ends_with(suffix) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests;
