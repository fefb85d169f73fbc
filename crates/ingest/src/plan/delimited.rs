//! How to read a table: its delimiter, its header and what its columns are.

use std::path::Path;

use marquee_core::{EventKind, ItemKind};

use crate::{
    Error, Result,
    fields::{Cut, Delimiter, Fields},
    format::{Choice, RecordKind},
    mapping::{ColumnMapping, Columns, Field},
    parse::{self, TimeUnit},
    plan::ReadOptions,
    read::table::{Encoding, EventForm, ItemForm, Records, Table, UserForm},
    source,
};

/// Bytes of a file that are looked at.
pub(super) const HEAD_BYTES: usize = 64 * 1024;

/// A family of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Commas or semicolons, quotes as in RFC 4180.
    Csv,
    /// Tabs, or else `::`, or else runs of blanks; quotes mean nothing.
    Tsv,
    /// Tabs, and a header of `name:type`.
    RecBole,
    /// The CSV files of MovieLens: items are films.
    MovieLens,
}

/// Looks at the first lines of `path` and says how to read it.
///
/// The first line is a header when the mapping names columns by name, when common names of columns
/// are found in it, or when a column of numbers holds none in it. A file without header and without
/// mapping is taken as user, item, rating, timestamp when its first line has two to four numbers.
///
/// # Errors
///
/// [`Error::Io`] when it cannot be read, [`Error::Empty`] when it has no line, [`Error::Column`] when
/// no column of users or items can be found.
pub(crate) fn table_of(path: &Path, dialect: Dialect, options: &ReadOptions) -> Result<Table> {
    let head = source::head(path, HEAD_BYTES)?;
    let first = first_line(&head);
    if first.is_empty() {
        return Err(Error::Empty {
            path: path.to_owned(),
        });
    }
    let delimiter = delimiter_of(dialect, first);
    let cells = cells(first, delimiter);
    let names: Vec<String> = match dialect {
        Dialect::RecBole => cells.iter().map(|cell| untyped(cell).to_owned()).collect(),
        _ => cells.iter().map(|cell| cell.trim().to_owned()).collect(),
    };
    let by_name =
        Columns::find(&names, &options.mapping).map_err(|no| missing(path, &no.0, &names))?;
    let has_header = dialect == Dialect::RecBole || is_header(&cells, &by_name, options);
    let columns = if !has_header && options.mapping.is_empty() && (2..=4).contains(&cells.len()) {
        let order = [Field::User, Field::Item, Field::Rating, Field::Timestamp];
        Columns::in_order(&order[..cells.len()])
    } else {
        by_name
    };
    let (columns, records) = records_of(path, columns, &names, (dialect, options))?;
    let names = if has_header {
        names
    } else {
        (1..=cells.len()).map(|number| number.to_string()).collect()
    };
    Ok(Table {
        path: path.to_owned(),
        delimiter,
        encoding: Encoding::Utf8,
        header_lines: u64::from(has_header),
        names,
        columns,
        records,
    })
}

/// What the columns of these names are, and what the rows are.
///
/// # Errors
///
/// [`Error::Column`] when no column of users or items can be found.
#[cfg(feature = "parquet")]
pub(crate) fn meaning_of(
    path: &Path,
    names: &[String],
    dialect: Dialect,
    options: &ReadOptions,
) -> Result<(Columns, Records)> {
    let columns =
        Columns::find(names, &options.mapping).map_err(|no| missing(path, &no.0, names))?;
    records_of(path, columns, names, (dialect, options))
}

fn records_of(
    path: &Path,
    mut columns: Columns,
    names: &[String],
    how: (Dialect, &ReadOptions),
) -> Result<(Columns, Records)> {
    let (dialect, options) = how;
    adopt_id(&mut columns, names);
    let kind = record_kind(&columns, options.records);
    let records = kind.and_then(|kind| records(kind, dialect, &columns, options));
    let wanted = "of users or of items (name them with a mapping: user=…,item=…)";
    Ok((
        columns,
        records.ok_or_else(|| missing(path, wanted, names))?,
    ))
}

fn missing(path: &Path, wanted: &str, names: &[String]) -> Error {
    Error::Column {
        path: path.to_owned(),
        wanted: wanted.to_owned(),
        columns: names.to_vec(),
    }
}

/// The first line, which is where a header is.
pub(super) fn first_line(head: &[u8]) -> &[u8] {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn delimiter_of(dialect: Dialect, first: &[u8]) -> Delimiter {
    match dialect {
        Dialect::Csv | Dialect::MovieLens => {
            let count = |byte: u8| first.iter().filter(|&&other| other == byte).count();
            let best = [b';', b'\t', b'|']
                .into_iter()
                .filter(|&byte| count(byte) > count(b','))
                .max_by_key(|&byte| count(byte));
            Delimiter::Quoted(best.unwrap_or(b','))
        }
        Dialect::RecBole => Delimiter::Plain(b'\t'),
        Dialect::Tsv if first.contains(&b'\t') => Delimiter::Plain(b'\t'),
        Dialect::Tsv if memchr::memmem::find(first, b"::").is_some() => Delimiter::DoubleColon,
        Dialect::Tsv => Delimiter::Blanks,
    }
}

pub(super) fn cells(line: &[u8], delimiter: Delimiter) -> Vec<String> {
    let mut fields = Fields::default();
    if fields.cut(line, delimiter) == Cut::OpenQuote {
        return Vec::new();
    }
    (0..fields.len())
        .map(|at| String::from_utf8_lossy(fields.get(line, at)).into_owned())
        .collect()
}

/// `item_id:token` without its type.
fn untyped(name: &str) -> &str {
    name.split_once(':').map_or(name, |(name, _)| name)
}

fn is_header(cells: &[String], columns: &Columns, options: &ReadOptions) -> bool {
    // A header of numbers alone is none; a row that holds the word `user` is one.
    let known = Columns::find(cells, &ColumnMapping::default()).unwrap_or_default();
    let telling = [Field::User, Field::Item, Field::Session, Field::Title];
    if options.mapping.has_names() || telling.iter().any(|&field| known.get(field).is_some()) {
        return true;
    }
    let number_is_none = columns
        .get(Field::Rating)
        .is_some_and(|at| parse::number(cells[at].as_bytes()).is_none());
    let time_is_none = columns
        .get(Field::Timestamp)
        .is_some_and(|at| parse::time(cells[at].as_bytes(), TimeUnit::Detect).is_none());
    let any_number = cells
        .iter()
        .any(|cell| parse::number(cell.as_bytes()).is_some());
    number_is_none || time_is_none || !any_number
}

/// A column `id` is the item's, or the user's, where nothing else is and the other columns are
/// those of an item or a user.
fn adopt_id(columns: &mut Columns, names: &[String]) {
    let has = |fields: &[Field]| fields.iter().any(|&field| columns.get(field).is_some());
    if has(&[Field::User, Field::Item, Field::Session]) {
        return;
    }
    let Some(at) = names
        .iter()
        .position(|name| name.eq_ignore_ascii_case("id"))
    else {
        return;
    };
    if has(&[Field::Title, Field::Genres, Field::Description]) {
        columns.set(Field::Item, at);
    } else if has(&[Field::Age, Field::Gender, Field::Occupation, Field::Country]) {
        columns.set(Field::User, at);
    }
}

fn record_kind(columns: &Columns, records: Choice<RecordKind>) -> Option<RecordKind> {
    let actor = columns
        .get(Field::User)
        .or(columns.get(Field::Session))
        .is_some();
    let item = columns.get(Field::Item).is_some();
    match records {
        Choice::Given(RecordKind::Events) => (actor && item).then_some(RecordKind::Events),
        Choice::Given(RecordKind::Items) => item.then_some(RecordKind::Items),
        Choice::Given(RecordKind::Users) => actor.then_some(RecordKind::Users),
        Choice::Given(RecordKind::Creators) => None,
        Choice::Detect if actor && item => Some(RecordKind::Events),
        Choice::Detect if item => Some(RecordKind::Items),
        Choice::Detect => actor.then_some(RecordKind::Users),
    }
}

/// `None` for creators, which no table holds.
fn records(
    kind: RecordKind,
    dialect: Dialect,
    columns: &Columns,
    options: &ReadOptions,
) -> Option<Records> {
    Some(match kind {
        RecordKind::Events => Records::Events(EventForm {
            kind: options.kind.or_else(|| match columns.get(Field::Rating) {
                Some(_) => EventKind::Rate,
                None => EventKind::Open,
            }),
            unit: options.time_unit,
        }),
        RecordKind::Items => Records::Items(ItemForm {
            separator: (dialect == Dialect::RecBole).then_some(' '),
            kind: match dialect {
                Dialect::MovieLens => ItemKind::Movie,
                _ => ItemKind::Other,
            },
            ..ItemForm::default()
        }),
        RecordKind::Users => Records::Users(UserForm::Plain),
        RecordKind::Creators => return None,
    })
}
