//! Lines of a delimited file cut into rows of the right width.

use std::{collections::VecDeque, io::Read};

use crate::{
    Result,
    fields::{Cut, Delimiter, Fields},
    lines::{Lines, Step, too_long},
    mapping::{Columns, Field},
    read::table::{Encoding, Table},
    reject::{Fault, Reason},
};

/// Lines that one quoted field may run over.
const MAX_QUOTED_LINES: usize = 64;

/// Bytes after which no further line is joined.
const MAX_QUOTED_BYTES: usize = 1 << 20;

/// Row after row of a table. After [`advance`](Self::advance) gave a row, [`row`](Self::row) shows
/// it.
pub(crate) struct Rows<'t> {
    lines: Lines,
    delimiter: Delimiter,
    encoding: Encoding,
    names: &'t [String],
    skip: u64,
    fields: Fields,
    /// The row, where it is not simply the line that was read last.
    built: Vec<u8>,
    is_built: bool,
    line: u64,
    next: u64,
    /// Lines that were read ahead in search of a closing quote that is not there.
    ahead: VecDeque<Vec<u8>>,
}

/// One row that was cut.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    line: &'a [u8],
    fields: &'a Fields,
}

impl<'a> Row<'a> {
    /// A row that was not cut from a line.
    #[cfg(feature = "parquet")]
    pub(crate) fn new(line: &'a [u8], fields: &'a Fields) -> Self {
        Self { line, fields }
    }

    /// The bytes of column `at`; empty where the row has no such column.
    #[inline]
    pub(crate) fn bytes(&self, at: usize) -> &'a [u8] {
        self.fields.get(self.line, at)
    }

    /// The bytes of `field`, if the table has it and the row fills it.
    #[inline]
    pub(crate) fn field(&self, columns: &Columns, field: Field) -> Option<&'a [u8]> {
        let bytes = self.bytes(columns.get(field)?);
        (!bytes.is_empty()).then_some(bytes)
    }
}

impl<'t> Rows<'t> {
    /// Rows of `reader`, whose file `table` describes.
    pub(crate) fn new(reader: Box<dyn Read + Send>, table: &'t Table) -> Self {
        Self {
            lines: Lines::new(reader, &table.path),
            delimiter: table.delimiter,
            encoding: table.encoding,
            names: &table.names,
            skip: table.header_lines,
            fields: Fields::default(),
            built: Vec::new(),
            is_built: false,
            line: 0,
            next: 1,
            ahead: VecDeque::new(),
        }
    }

    /// The line in which the current row starts, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// Unpacked bytes read so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.lines.bytes()
    }

    /// The current row.
    #[inline]
    pub(crate) fn row(&self) -> Row<'_> {
        let line = if self.is_built {
            &self.built
        } else {
            self.lines.text()
        };
        Row {
            line,
            fields: &self.fields,
        }
    }

    /// Goes to the next row that is not blank; `None` at the end, a fault where it cannot be cut.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Io`] when the file cannot be read.
    pub(crate) fn advance(&mut self) -> Result<Option<Result<(), Fault>>> {
        loop {
            self.line = self.next;
            self.next += 1;
            let step = self.next_line()?;
            match step {
                Step::End => return Ok(None),
                _ if self.line <= self.skip => {}
                Step::TooLong => return Ok(Some(Err(too_long()))),
                Step::Line => {
                    if let Some(outcome) = self.cut()? {
                        return Ok(Some(outcome));
                    }
                }
            }
        }
    }

    fn next_line(&mut self) -> Result<Step> {
        if let Some(line) = self.ahead.pop_front() {
            self.built = line;
            self.is_built = true;
            return Ok(Step::Line);
        }
        self.is_built = false;
        let step = self.lines.advance()?;
        if step == Step::Line && self.encoding == Encoding::Latin1 {
            self.decode();
        }
        Ok(step)
    }

    /// Makes UTF-8 of a line that is not.
    fn decode(&mut self) {
        if std::str::from_utf8(self.lines.text()).is_ok() {
            return;
        }
        self.built.clear();
        let mut utf8 = [0; 4];
        for &byte in self.lines.text() {
            let text = char::from(byte).encode_utf8(&mut utf8);
            self.built.extend_from_slice(text.as_bytes());
        }
        self.is_built = true;
    }

    /// Cuts the current line, joining following ones while a quote is open; `None` for a blank line.
    fn cut(&mut self) -> Result<Option<Result<(), Fault>>> {
        let line = if self.is_built {
            &self.built[..]
        } else {
            self.lines.text()
        };
        if line.is_empty() {
            return Ok(None);
        }
        if self.fields.cut(line, self.delimiter) == Cut::OpenQuote && !self.join_lines()? {
            let line = self.row().line;
            let fault = Fault::new(Reason::OpenQuote, "", "a closing quote", line);
            return Ok(Some(Err(fault)));
        }
        Ok(Some(self.check_width()))
    }

    /// Appends following lines until they make a row of the right width; puts them back if they do
    /// not, so that one stray quote costs one row.
    fn join_lines(&mut self) -> Result<bool> {
        let first = self.row().line.to_vec();
        let mut joined = first.clone();
        let mut taken = VecDeque::new();
        while taken.len() < MAX_QUOTED_LINES && joined.len() < MAX_QUOTED_BYTES {
            if self.next_line()? != Step::Line {
                break;
            }
            let next = self.row().line.to_vec();
            joined.push(b'\n');
            joined.extend_from_slice(&next);
            // Only a line with a quote can close the field: without one, cutting again is in vain.
            let may_close = next.contains(&b'"');
            taken.push_back(next);
            if may_close
                && self.fields.cut(&joined, self.delimiter) == Cut::Whole
                && self.fields.is_clean()
                && self.fields.len() == self.names.len()
            {
                self.next += taken.len() as u64;
                self.set_built(joined);
                return Ok(true);
            }
        }
        taken.append(&mut self.ahead);
        self.ahead = taken;
        self.set_built(first);
        Ok(false)
    }

    fn set_built(&mut self, line: Vec<u8>) {
        self.built = line;
        self.is_built = true;
    }

    /// Too many columns are fine as long as what is too many is empty.
    fn check_width(&self) -> Result<(), Fault> {
        let (found, expected) = (self.fields.len(), self.names.len());
        let row = self.row();
        if found == expected
            || found > expected && (expected..found).all(|at| row.bytes(at).is_empty())
        {
            return Ok(());
        }
        let expected = format!("{expected} columns ({})", self.names.join(", "));
        let found = format!("{found} in {}", String::from_utf8_lossy(row.line));
        Err(Fault::new(
            Reason::ColumnCount,
            "",
            expected,
            found.as_bytes(),
        ))
    }
}

#[cfg(test)]
mod tests;
