//! Telling the format of a path from its names and first lines.

use std::{collections::HashSet, path::Path};

use memchr::memmem;

use crate::{
    Error, Result,
    fields::Delimiter,
    format::{Choice, Format, RecordKind},
    parse,
    plan::{
        delimited::{HEAD_BYTES, cells, first_line},
        find, plain_name, with_suffix,
    },
    source,
};

/// Lines of a file that are looked at.
const SAMPLE_LINES: usize = 50;

/// The format of a file or folder.
///
/// Names decide where they can (`ratings.dat`, `.inter`, `.csv`); otherwise the first lines of the
/// file do.
///
/// # Errors
///
/// [`Error::UnknownFormat`] when it cannot be told, [`Error::Io`] when the path cannot be read.
pub fn detect(path: &Path) -> Result<Format> {
    if path.is_dir() {
        return of_folder(path);
    }
    let name = plain_name(path);
    let by_name = match name.as_str() {
        "u.data" | "u.item" | "u.user" => Some(Format::MovieLens100K),
        "ratings.dat" | "movies.dat" | "users.dat" => Some(Format::MovieLens1M),
        _ => match name.rsplit_once('.').map(|(_, suffix)| suffix) {
            Some("inter" | "item" | "user") => Some(Format::RecBole),
            Some("jsonl" | "ndjson") => Some(Format::Jsonl),
            Some("parquet") => Some(Format::Parquet),
            Some("csv") => Some(Format::Csv),
            Some("tsv" | "tab") => Some(Format::Tsv),
            _ => None,
        },
    };
    match by_name {
        // A name may lie about a file that is not there; reading finds out.
        Some(format) => Ok(format),
        None => by_content(path),
    }
}

fn of_folder(dir: &Path) -> Result<Format> {
    let has = |name| find(dir, name).is_some();
    if has("u.data") {
        return Ok(Format::MovieLens100K);
    }
    if has("ratings.dat") {
        return Ok(Format::MovieLens1M);
    }
    if has("movies.csv") || (has("ratings.csv") && has("items.csv")) {
        return Ok(Format::MovieLensCsv);
    }
    for (suffix, format) in [
        (".inter", Format::RecBole),
        (".jsonl", Format::Jsonl),
        (".parquet", Format::Parquet),
    ] {
        if !with_suffix(dir, suffix)?.is_empty() {
            return Ok(format);
        }
    }
    Err(Error::UnknownFormat {
        path: dir.to_owned(),
        reason: "the folder holds none of u.data, ratings.dat, movies.csv, *.inter, *.jsonl, \
                 *.parquet; a folder of other tables is imported file by file",
    })
}

fn by_content(path: &Path) -> Result<Format> {
    let unknown = |reason| Error::UnknownFormat {
        path: path.to_owned(),
        reason,
    };
    let head = source::head(path, HEAD_BYTES)?;
    if head.starts_with(b"PAR1") {
        return Ok(Format::Parquet);
    }
    let first = first_line(&head);
    if first.is_empty() {
        return Err(unknown("its first line is empty"));
    }
    if std::str::from_utf8(first).is_err() {
        return Err(unknown("its first line is not UTF-8"));
    }
    if first.starts_with(b"{") {
        return Ok(Format::Jsonl);
    }
    if first.contains(&b'\t') {
        let typed = cells(first, Delimiter::Plain(b'\t')).iter().all(|cell| {
            [":token", ":float", ":token_seq", ":float_seq"]
                .iter()
                .any(|t| cell.ends_with(t))
        });
        return Ok(if typed { Format::RecBole } else { Format::Tsv });
    }
    if first.contains(&b',') || first.contains(&b';') {
        return Ok(Format::Csv);
    }
    let rows = sample(&head);
    if is_adjacency(&rows) {
        return Ok(Format::Adjacency);
    }
    if is_table_of_numbers(&rows) {
        return Ok(Format::Tsv);
    }
    Err(unknown(
        "its first lines are neither JSON, nor a table with tabs or commas, nor adjacency text",
    ))
}

/// The first lines, cut at blanks or `::`; the last one of a long file is left out, as it may be cut.
fn sample(head: &[u8]) -> Vec<Vec<String>> {
    let mut lines: Vec<&[u8]> = head.split(|&byte| byte == b'\n').collect();
    if lines.len() > 1 {
        lines.pop();
    }
    let rows = lines.into_iter().take(SAMPLE_LINES).map(|line| {
        let delimiter = match memmem::find(line, b"::") {
            Some(_) => Delimiter::DoubleColon,
            None => Delimiter::Blanks,
        };
        cells(line.trim_ascii_end(), delimiter)
    });
    rows.filter(|row| !row.is_empty()).collect()
}

/// Whether every line is a list of ids that starts with a user of its own.
fn is_adjacency(rows: &[Vec<String>]) -> bool {
    let users: HashSet<&String> = rows.iter().map(|row| &row[0]).collect();
    users.len() == rows.len()
        && rows.iter().any(|row| row.len() > 1)
        && rows.iter().flatten().all(|id| !id.contains(['.', ':']))
}

/// Whether every line has the same two to four numbers: user, item, rating, timestamp.
fn is_table_of_numbers(rows: &[Vec<String>]) -> bool {
    let Some(first) = rows.first() else {
        return false;
    };
    (2..=4).contains(&first.len())
        && rows.iter().all(|row| row.len() == first.len())
        && rows
            .iter()
            .flatten()
            .all(|cell| parse::number(cell.as_bytes()).is_some())
}

/// What the lines of a JSON Lines file are: by its name, or else by the fields of its first line.
///
/// # Errors
///
/// [`Error::UnknownFormat`] when neither tells.
pub(super) fn json_records(path: &Path, given: Choice<RecordKind>) -> Result<RecordKind> {
    if let Choice::Given(records) = given {
        return Ok(records);
    }
    let name = plain_name(path);
    let by_name = RecordKind::ALL.into_iter().find(|kind| {
        // `item` is in `items`, so that a name with either tells.
        name.contains(kind.name().trim_end_matches('s'))
    });
    if let Some(records) = by_name {
        return Ok(records);
    }
    let head = source::head(path, HEAD_BYTES)?;
    let fields: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(first_line(&head)).unwrap_or_default();
    let has = |names: &[&str]| names.iter().any(|&name| fields.contains_key(name));
    if has(&["actor", "action"]) {
        Ok(RecordKind::Events)
    } else if has(&["age", "gender", "occupation", "country", "joined"]) {
        Ok(RecordKind::Users)
    } else if has(&["title", "kind", "genres", "tags", "creators", "description"]) {
        Ok(RecordKind::Items)
    } else if has(&["name", "groups"]) {
        Ok(RecordKind::Creators)
    } else {
        Err(Error::UnknownFormat {
            path: path.to_owned(),
            reason: "neither its name nor its first line says whether it holds events, items, \
                     users or creators",
        })
    }
}
