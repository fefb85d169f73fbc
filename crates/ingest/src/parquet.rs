//! Parquet with flat columns, read and written row group by row group.
//!
//! The cells of a row become the text that the same row would have in a CSV file, so that column
//! mapping, checks and messages are the same for both. A timestamp becomes milliseconds, a date its
//! ISO form, a missing value an empty cell. Nested columns are passed over.
//!
//! Cost: a few million rows a second. Memory: one page of each column that is used, and
//! [`BATCH_ROWS`] cells of it.

mod cells;
mod write;

use std::{
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use ::parquet::{
    errors::ParquetError,
    file::reader::{FileReader, SerializedFileReader},
    schema::types::ColumnDescriptor,
};
use cells::{Cells, Form};
pub use write::ParquetEvents;

use crate::{
    Error, Result,
    fields::{Delimiter, Fields},
    mapping::{Columns, Field},
    parse::TimeUnit,
    plan::{Dialect, ReadOptions, meaning_of},
    read::{
        rows::Row,
        table::{Encoding, Maker, Records, Table},
    },
    row::Sink,
};

/// Rows that are taken from a row group at once.
const BATCH_ROWS: usize = 1 << 13;

/// How to read one Parquet file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    table: Table,
    /// Columns of the file, as leaves of its schema, that the table's columns are.
    leaves: Vec<usize>,
}

impl Plan {
    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.table.path
    }
}

/// Reads the schema of `path` and says what its columns are.
///
/// # Errors
///
/// [`Error::Io`] or [`Error::Parquet`] when it cannot be read, [`Error::Column`] when no column of
/// users or items can be found.
pub(crate) fn plan(path: &Path, options: &ReadOptions) -> Result<Plan> {
    let reader = open(path)?;
    let schema = reader.metadata().file_metadata().schema_descr();
    let leaves: Vec<usize> = (0..schema.num_columns())
        .filter(|&leaf| is_flat(&schema.column(leaf)))
        .collect();
    let names: Vec<String> = leaves
        .iter()
        .map(|&leaf| schema.column(leaf).name().to_owned())
        .collect();
    let (columns, mut records) = meaning_of(path, &names, Dialect::Csv, options)?;
    if let (Records::Events(form), Some(at)) = (&mut records, columns.get(Field::Timestamp))
        && Form::of(&schema.column(leaves[at])).is_time()
    {
        // The file itself says how it counts time; the cells are milliseconds.
        form.unit = TimeUnit::Millis;
    }
    let table = Table {
        path: path.to_owned(),
        delimiter: Delimiter::Plain(0),
        encoding: Encoding::Utf8,
        header_lines: 0,
        names,
        columns,
        records,
    };
    Ok(Plan { table, leaves })
}

/// Reads all rows.
///
/// # Errors
///
/// [`Error::Io`] or [`Error::Parquet`] when the file cannot be read, and what the sink gives.
pub(crate) fn read(plan: &Plan, sink: &mut dyn Sink) -> Result<()> {
    let reader = open(&plan.table.path)?;
    let total_bytes = plan.table.path.metadata().map_or(0, |file| file.len());
    let groups = reader.num_row_groups();
    let mut reading = Reading {
        plan,
        maker: Maker::new(&plan.table)?,
        used: used(&plan.table.columns, plan.leaves.len()),
        row: 0,
    };
    for group in 0..groups {
        reading.group(
            &*guarded(&plan.table.path, || reader.get_row_group(group))?,
            sink,
        )?;
        sink.progress(total_bytes * (group as u64 + 1) / groups as u64)?;
    }
    Ok(())
}

/// A pass over the rows of a file.
struct Reading<'p> {
    plan: &'p Plan,
    maker: Maker<'p>,
    /// Columns of the table that any field is in.
    used: Vec<usize>,
    /// Number of the row, from 1 once one was read.
    row: u64,
}

impl Reading<'_> {
    fn group(
        &mut self,
        group: &dyn ::parquet::file::reader::RowGroupReader,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        let path = &self.plan.table.path;
        let mut columns = Vec::with_capacity(self.used.len());
        for &at in &self.used {
            let leaf = self.plan.leaves[at];
            let reader = guarded(path, || group.get_column_reader(leaf))?;
            let form = Form::of(&group.metadata().column(leaf).column_descr_ptr());
            columns.push(Cells::new(reader, form));
        }
        loop {
            let mut rows = None;
            for cells in &mut columns {
                let read = guarded(path, || cells.read(BATCH_ROWS))?;
                let first = *rows.get_or_insert(read);
                if first != read {
                    let differ = ParquetError::General("columns differ in length".to_owned());
                    return guarded(path, || Err(differ));
                }
            }
            match rows {
                None | Some(0) => return Ok(()),
                Some(rows) => self.batch(rows, &columns, sink)?,
            }
        }
    }

    fn batch(&mut self, rows: usize, columns: &[Cells], sink: &mut dyn Sink) -> Result<()> {
        let mut line = Vec::new();
        let mut fields = Fields::default();
        for row in 0..rows {
            self.row += 1;
            line.clear();
            fields.clear();
            let mut next = 0;
            for at in 0..self.plan.table.names.len() {
                let is_used = self.used.get(next) == Some(&at);
                let cell = if is_used { columns[next].get(row) } else { b"" };
                next += usize::from(is_used);
                fields.push(&mut line, cell);
            }
            let row = Row::new(&line, &fields);
            if let Err(fault) = self.maker.take(row, sink)? {
                sink.reject(fault.at(&self.plan.table.path, self.row))?;
            }
        }
        Ok(())
    }
}

fn open(path: &Path) -> Result<SerializedFileReader<File>> {
    let file = File::open(path).map_err(Error::io("open", path))?;
    guarded(path, || SerializedFileReader::new(file))
}

/// Calls the parquet crate, which panics on some damaged files: to us these are damaged files like
/// others. Whatever a panic leaves half done is dropped with the error and never used again.
fn guarded<T>(path: &Path, call: impl FnOnce() -> Result<T, ParquetError>) -> Result<T> {
    let outcome = catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|_| {
        let problem = "damaged in a way its reader does not foresee";
        Err(ParquetError::General(problem.to_owned()))
    });
    outcome.map_err(|source| Error::Parquet {
        path: path.to_owned(),
        source,
    })
}

/// Whether a column is one value a row, or none.
fn is_flat(column: &ColumnDescriptor) -> bool {
    column.max_rep_level() == 0 && column.path().parts().len() == 1
}

/// Columns that any field is in, rising.
fn used(columns: &Columns, n_columns: usize) -> Vec<usize> {
    (0..n_columns).filter(|&at| columns.uses(at)).collect()
}

#[cfg(test)]
mod tests;
