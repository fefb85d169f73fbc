//! The files of a folder, and the fixed tables of the older MovieLens releases.

use std::path::Path;

use marquee_core::{EventKind, ItemKind};

use crate::{
    Error, Result,
    fields::Delimiter,
    format::{Choice, Format, RecordKind},
    mapping::{Columns, Field},
    parse::TimeUnit,
    plan::{Dialect, Input, ReadOptions, find, need, plain_name, table_of, with_suffix},
    read::{
        table::{Encoding, EventForm, ItemForm, Records, Table, UserForm},
        tags::{TagFile, TagForm},
    },
    source,
};

/// Genres of `u.item` where there is no `u.genre`.
const GENRES_100K: [&str; 19] = [
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
];

/// The files of `dir` that `format` consists of, catalog first.
pub(super) fn inputs(dir: &Path, format: Format, options: &ReadOptions) -> Result<Vec<Input>> {
    match format {
        Format::MovieLens100K => {
            need(dir, "u.data", format)?;
            tables(dir, &["u.item", "u.user", "u.data"], |path| {
                movielens_100k(path, options)
            })
        }
        Format::MovieLens1M => {
            need(dir, "ratings.dat", format)?;
            tables(dir, &["movies.dat", "users.dat", "ratings.dat"], |path| {
                movielens_1m(path, options)
            })
        }
        Format::MovieLensCsv => movielens_csv(dir, options),
        Format::RecBole => recbole(dir, options),
        Format::Csv => all(dir, ".csv", format, |path| {
            table_of(path, Dialect::Csv, options).map(Input::Table)
        }),
        Format::Tsv => all(dir, ".tsv", format, |path| {
            table_of(path, Dialect::Tsv, options).map(Input::Table)
        }),
        Format::Jsonl => jsonl(dir, options),
        Format::Parquet => all(dir, ".parquet", format, |path| {
            super::file(path, format, options)
        }),
        Format::Adjacency | Format::Sequences => all(dir, ".txt", format, |path| {
            super::file(path, format, options)
        }),
    }
}

/// Those of `names` that `dir` has, each read as `make` says.
fn tables(dir: &Path, names: &[&str], make: impl Fn(&Path) -> Result<Table>) -> Result<Vec<Input>> {
    let paths = names.iter().filter_map(|name| find(dir, name));
    paths.map(|path| make(&path).map(Input::Table)).collect()
}

/// All files of `dir` whose name ends with `suffix`.
fn all(
    dir: &Path,
    suffix: &str,
    format: Format,
    make: impl Fn(&Path) -> Result<Input>,
) -> Result<Vec<Input>> {
    let paths = with_suffix(dir, suffix)?;
    if paths.is_empty() {
        return Err(Error::MissingFile {
            path: dir.join(format!("*{suffix}")),
            format,
        });
    }
    paths.iter().map(|path| make(path)).collect()
}

fn movielens_csv(dir: &Path, options: &ReadOptions) -> Result<Vec<Input>> {
    let items = find(dir, "movies.csv").or_else(|| find(dir, "items.csv"));
    let users = find(dir, "users.csv");
    let ratings = find(dir, "ratings.csv");
    if items.is_none() && ratings.is_none() {
        need(dir, "ratings.csv", Format::MovieLensCsv)?;
    }
    let mut inputs = Vec::new();
    for path in [items, users, ratings].into_iter().flatten() {
        let mut table = table_of(&path, Dialect::MovieLens, options)?;
        if let Records::Items(form) = &mut table.records {
            form.tags = tag_file(dir, "tags.csv", TagForm::Csv);
        }
        inputs.push(Input::Table(table));
    }
    Ok(inputs)
}

/// Records as JSON Lines; events may stand in a table beside them, which is smaller and faster to read.
fn jsonl(dir: &Path, options: &ReadOptions) -> Result<Vec<Input>> {
    let lines = |path: &Path| super::file(path, Format::Jsonl, options);
    let mut inputs = all(dir, ".jsonl", Format::Jsonl, lines)?;
    if let Some(path) = find(dir, "events.csv") {
        inputs.push(Input::Table(table_of(&path, Dialect::Csv, options)?));
    }
    if let Some(path) = find(dir, "events.parquet") {
        inputs.push(super::file(&path, Format::Parquet, options)?);
    }
    Ok(inputs)
}

fn tag_file(dir: &Path, name: &str, form: TagForm) -> Option<TagFile> {
    find(dir, name).map(|path| TagFile { path, form })
}

fn recbole(dir: &Path, options: &ReadOptions) -> Result<Vec<Input>> {
    let mut inputs = Vec::new();
    for (suffix, records) in [
        (".item", RecordKind::Items),
        (".user", RecordKind::Users),
        (".inter", RecordKind::Events),
    ] {
        let options = ReadOptions {
            records: Choice::Given(records),
            ..options.clone()
        };
        for path in with_suffix(dir, suffix)? {
            let table = table_of(&path, Dialect::RecBole, &options)?;
            inputs.push(Input::Table(table));
        }
    }
    if inputs.is_empty() {
        return Err(Error::MissingFile {
            path: dir.join("*.inter"),
            format: Format::RecBole,
        });
    }
    Ok(inputs)
}

/// One file of MovieLens 100K.
///
/// # Errors
///
/// [`Error::UnknownFormat`] when it is none of them, [`Error::Io`] when `u.genre` cannot be read.
pub(super) fn movielens_100k(path: &Path, options: &ReadOptions) -> Result<Table> {
    let dir = path.parent().unwrap_or(Path::new("."));
    Ok(match plain_name(path).as_str() {
        "u.data" => events(path, Delimiter::Plain(b'\t'), options),
        "u.user" => Table {
            records: Records::Users(UserForm::Plain),
            ..fixed(
                path,
                Delimiter::Plain(b'|'),
                &["user", "age", "gender", "occupation", "zip"],
            )
        },
        "u.item" => {
            let genres = genres_100k(dir)?;
            let mut names = vec!["item", "title", "release date", "video release date", "url"];
            names.extend(genres.iter().map(String::as_str));
            let mut table = fixed(path, Delimiter::Plain(b'|'), &names);
            table.columns = Columns::in_order(&[Field::Item, Field::Title, Field::Released]);
            table.records = Records::Items(ItemForm {
                kind: ItemKind::Movie,
                flags: Some((5, genres)),
                ..ItemForm::default()
            });
            table
        }
        _ => return Err(no_such_file(path)),
    })
}

/// One file of MovieLens 1M or 10M.
///
/// # Errors
///
/// [`Error::UnknownFormat`] when it is none of them.
pub(super) fn movielens_1m(path: &Path, options: &ReadOptions) -> Result<Table> {
    let dir = path.parent().unwrap_or(Path::new("."));
    Ok(match plain_name(path).as_str() {
        "ratings.dat" => events(path, Delimiter::DoubleColon, options),
        "users.dat" => Table {
            records: Records::Users(UserForm::MovieLens1M),
            ..fixed(
                path,
                Delimiter::DoubleColon,
                &["user", "gender", "age", "occupation", "zip"],
            )
        },
        "movies.dat" => Table {
            records: Records::Items(ItemForm {
                separator: Some('|'),
                kind: ItemKind::Movie,
                tags: tag_file(dir, "tags.dat", TagForm::Dat),
                ..ItemForm::default()
            }),
            ..fixed(path, Delimiter::DoubleColon, &["item", "title", "genres"])
        },
        _ => return Err(no_such_file(path)),
    })
}

fn no_such_file(path: &Path) -> Error {
    Error::UnknownFormat {
        path: path.to_owned(),
        reason: "MovieLens has no file of this name",
    }
}

fn events(path: &Path, delimiter: Delimiter, options: &ReadOptions) -> Table {
    let mut table = fixed(path, delimiter, &["user", "item", "rating", "timestamp"]);
    table.records = Records::Events(EventForm {
        kind: EventKind::Rate,
        unit: options.time_unit,
    });
    table
}

/// A table without header whose columns have these names.
fn fixed(path: &Path, delimiter: Delimiter, names: &[&str]) -> Table {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let columns = Columns::find(&names, &crate::ColumnMapping::default());
    Table {
        path: path.to_owned(),
        delimiter,
        encoding: Encoding::Latin1,
        header_lines: 0,
        names,
        columns: columns.unwrap_or_default(),
        records: Records::Events(EventForm {
            kind: EventKind::Rate,
            unit: TimeUnit::Seconds,
        }),
    }
}

/// Names of the genre columns: `u.genre` holds `name|column`.
fn genres_100k(dir: &Path) -> Result<Vec<String>> {
    let Some(path) = find(dir, "u.genre") else {
        return Ok(GENRES_100K.map(str::to_owned).to_vec());
    };
    let text = source::head(&path, super::delimited::HEAD_BYTES)?;
    let text = String::from_utf8_lossy(&text);
    let mut genres: Vec<(usize, String)> = text
        .lines()
        .filter_map(|line| line.split_once('|'))
        .filter_map(|(name, at)| Some((at.trim().parse().ok()?, name.to_owned())))
        .collect();
    genres.sort();
    Ok(genres.into_iter().map(|(_, name)| name).collect())
}
