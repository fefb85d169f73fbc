//! Rows of a delimited text file.

use std::path::PathBuf;

use marquee_core::{EventKind, ItemKind};

use crate::{
    Result,
    fields::Delimiter,
    mapping::Columns,
    parse::TimeUnit,
    read::{
        PROGRESS_ROWS,
        events::EventMaker,
        records::{ItemMaker, UserMaker},
        rows::{Row, Rows},
        tags::TagFile,
    },
    reject::Fault,
    row::Sink,
    source,
};

/// How to read one delimited file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table {
    pub(crate) path: PathBuf,
    pub(crate) delimiter: Delimiter,
    pub(crate) encoding: Encoding,
    /// Lines before the first row: one where the file has a header.
    pub(crate) header_lines: u64,
    /// Names of all columns, for messages; every row must have as many.
    pub(crate) names: Vec<String>,
    pub(crate) columns: Columns,
    pub(crate) records: Records,
}

/// In what bytes the text of a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// UTF-8; other bytes are refused.
    Utf8,
    /// ISO 8859-1, as the older MovieLens files are; a line that is valid UTF-8 is taken as that,
    /// since copies of these files were converted.
    Latin1,
}

/// What the rows of a table are.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Records {
    /// What people did.
    Events(EventForm),
    /// Catalog records of items.
    Items(ItemForm),
    /// Catalog records of users.
    Users(UserForm),
}

/// How a table writes events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventForm {
    /// Kind of the rows that name none.
    pub(crate) kind: EventKind,
    pub(crate) unit: TimeUnit,
}

/// How a table writes items.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ItemForm {
    /// What stands between two genres; found by their text where it is not given.
    pub(crate) separator: Option<char>,
    /// Kind of the items that name none.
    pub(crate) kind: ItemKind,
    /// Genres given as columns of 0 and 1: the first column, and the genre of each.
    pub(crate) flags: Option<(usize, Vec<String>)>,
    /// A table of the same folder that says who gave which item which tag.
    pub(crate) tags: Option<TagFile>,
}

/// How a table writes users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UserForm {
    /// As they are.
    Plain,
    /// Age and occupation as the codes of MovieLens 1M.
    MovieLens1M,
}

/// Reads a table from its first to its last row.
///
/// # Errors
///
/// [`crate::Error::Io`] when the file cannot be read, and what the sink gives.
pub(crate) fn read(table: &Table, sink: &mut dyn Sink) -> Result<()> {
    let mut rows = Rows::new(source::open(&table.path)?, table);
    let mut maker = Maker::new(table)?;
    let mut next_report = PROGRESS_ROWS;
    while let Some(cut) = rows.advance()? {
        let taken = match cut {
            Ok(()) => maker.take(rows.row(), sink)?,
            Err(fault) => Err(fault),
        };
        if let Err(fault) = taken {
            sink.reject(fault.at(&table.path, rows.line()))?;
        }
        if rows.line() >= next_report {
            next_report = rows.line() + PROGRESS_ROWS;
            sink.progress(rows.bytes())?;
        }
    }
    sink.progress(rows.bytes())
}

/// Makes records of rows.
pub(crate) enum Maker<'t> {
    Events(EventMaker<'t>),
    Items(ItemMaker<'t>),
    Users(UserMaker<'t>),
}

impl<'t> Maker<'t> {
    /// # Errors
    ///
    /// [`crate::Error::Io`] when a file of tags cannot be read.
    pub(crate) fn new(table: &'t Table) -> Result<Self> {
        Ok(match &table.records {
            Records::Events(form) => Self::Events(EventMaker::new(&table.columns, *form)),
            Records::Items(form) => Self::Items(ItemMaker::new(&table.columns, form)?),
            Records::Users(form) => Self::Users(UserMaker::new(&table.columns, *form)),
        })
    }

    /// Gives the record of `row` to the sink; a fault is the row's, an error the sink's.
    pub(crate) fn take(&mut self, row: Row<'_>, sink: &mut dyn Sink) -> Result<Result<(), Fault>> {
        Ok(match self {
            Self::Events(maker) => match maker.event(row) {
                Ok(event) => {
                    sink.event(&event)?;
                    Ok(())
                }
                Err(fault) => Err(fault),
            },
            Self::Items(maker) => match maker.item(row) {
                Ok(item) => {
                    sink.item(item)?;
                    Ok(())
                }
                Err(fault) => Err(fault),
            },
            Self::Users(maker) => match maker.user(row) {
                Ok(user) => {
                    sink.user(user)?;
                    Ok(())
                }
                Err(fault) => Err(fault),
            },
        })
    }
}
