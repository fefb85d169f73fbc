//! Values of one Parquet column as text.

use std::io::Write;

use ::parquet::{
    basic::{ConvertedType, LogicalType, TimeUnit, Type},
    column::reader::{ColumnReader, ColumnReaderImpl},
    data_type::{DataType, Int96},
    errors::ParquetError,
    schema::types::ColumnDescriptor,
};
use jiff::{ToSpan, civil};

/// What the numbers of a column stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Themselves.
    Plain,
    /// A moment; this many make a millisecond.
    PerMillisecond(i64),
    /// A moment in the old form of 96 bits.
    Int96,
    /// Days since 1970.
    Days,
    /// A decimal number with this many digits behind the point.
    Decimal(u32),
}

impl Form {
    pub(super) fn of(column: &ColumnDescriptor) -> Self {
        match column.logical_type_ref() {
            Some(LogicalType::Timestamp(time)) => match time.unit {
                TimeUnit::MILLIS => return Self::PerMillisecond(1),
                TimeUnit::MICROS => return Self::PerMillisecond(1_000),
                TimeUnit::NANOS => return Self::PerMillisecond(1_000_000),
            },
            Some(LogicalType::Date) => return Self::Days,
            _ => {}
        }
        match column.converted_type() {
            ConvertedType::TIMESTAMP_MILLIS => Self::PerMillisecond(1),
            ConvertedType::TIMESTAMP_MICROS => Self::PerMillisecond(1_000),
            ConvertedType::DATE => Self::Days,
            ConvertedType::DECIMAL => {
                Self::Decimal(u32::try_from(column.type_scale()).unwrap_or(0))
            }
            _ if column.physical_type() == Type::INT96 => Self::Int96,
            _ => Self::Plain,
        }
    }

    /// Whether a cell of this form is a number of milliseconds.
    pub(super) fn is_time(self) -> bool {
        matches!(self, Self::PerMillisecond(_) | Self::Int96)
    }
}

/// Some rows of one column.
pub(super) struct Cells {
    reader: ColumnReader,
    form: Form,
    text: Vec<u8>,
    ends: Vec<usize>,
    /// 1 where a row has a value, for columns that may lack one.
    levels: Vec<i16>,
}

impl Cells {
    pub(super) fn new(reader: ColumnReader, form: Form) -> Self {
        Self {
            reader,
            form,
            text: Vec::new(),
            ends: Vec::new(),
            levels: Vec::new(),
        }
    }

    /// The text of row `row` of the current batch.
    pub(super) fn get(&self, row: usize) -> &[u8] {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.text[start..self.ends[row]]
    }

    /// Takes the next rows, at most `limit`; gives their number, zero at the end.
    pub(super) fn read(&mut self, limit: usize) -> Result<usize, ParquetError> {
        self.text.clear();
        self.ends.clear();
        self.levels.clear();
        let form = self.form;
        let mut to = Texts {
            text: &mut self.text,
            ends: &mut self.ends,
            levels: &mut self.levels,
        };
        match &mut self.reader {
            ColumnReader::BoolColumnReader(reader) => {
                to.take(reader, limit, |text, value: &bool| {
                    text.push(if *value { b'1' } else { b'0' });
                })
            }
            ColumnReader::Int32ColumnReader(reader) => {
                to.take(reader, limit, |text, value: &i32| {
                    whole(text, i64::from(*value), form);
                })
            }
            ColumnReader::Int64ColumnReader(reader) => {
                to.take(reader, limit, |text, value: &i64| whole(text, *value, form))
            }
            ColumnReader::Int96ColumnReader(reader) => {
                to.take(reader, limit, |text, value: &Int96| {
                    show(text, value.to_millis())
                })
            }
            ColumnReader::FloatColumnReader(reader) => {
                to.take(reader, limit, |text, value: &f32| show(text, value))
            }
            ColumnReader::DoubleColumnReader(reader) => {
                to.take(reader, limit, |text, value: &f64| show(text, value))
            }
            ColumnReader::ByteArrayColumnReader(reader) => to.take(
                reader,
                limit,
                |text, value: &::parquet::data_type::ByteArray| {
                    text.extend_from_slice(value.data());
                },
            ),
            ColumnReader::FixedLenByteArrayColumnReader(reader) => to.take(
                reader,
                limit,
                |text, value: &::parquet::data_type::FixedLenByteArray| {
                    text.extend_from_slice(value.data());
                },
            ),
        }
    }
}

struct Texts<'a> {
    text: &'a mut Vec<u8>,
    ends: &'a mut Vec<usize>,
    levels: &'a mut Vec<i16>,
}

impl Texts<'_> {
    fn take<D: DataType>(
        &mut self,
        reader: &mut ColumnReaderImpl<D>,
        limit: usize,
        show: impl Fn(&mut Vec<u8>, &D::T),
    ) -> Result<usize, ParquetError> {
        let mut values: Vec<D::T> = Vec::new();
        let (rows, ..) = reader.read_records(limit, Some(&mut *self.levels), None, &mut values)?;
        // A column that never lacks a value has no levels.
        let is_dense = values.len() == rows;
        if !is_dense && self.levels.len() != rows {
            return Err(ParquetError::General("levels differ from rows".to_owned()));
        }
        let mut values = values.iter();
        for row in 0..rows {
            if is_dense || self.levels[row] > 0 {
                let value = values.next();
                let value =
                    value.ok_or_else(|| ParquetError::EOF("values end early".to_owned()))?;
                show(self.text, value);
            }
            self.ends.push(self.text.len());
        }
        Ok(rows)
    }
}

fn whole(text: &mut Vec<u8>, value: i64, form: Form) {
    match form {
        Form::PerMillisecond(units) => show(text, value.div_euclid(units)),
        Form::Days => match date(value) {
            Some(date) => show(text, date),
            // No date that can be shown; the number is refused where a date is needed.
            None => show(text, value),
        },
        Form::Decimal(scale) => {
            let factor = 10_i64.checked_pow(scale).unwrap_or(i64::MAX);
            show(text, value as f64 / factor as f64);
        }
        Form::Plain | Form::Int96 => show(text, value),
    }
}

fn date(days: i64) -> Option<civil::Date> {
    let days = i32::try_from(days).ok()?;
    civil::date(1970, 1, 1).checked_add(days.days()).ok()
}

fn show(text: &mut Vec<u8>, value: impl std::fmt::Display) {
    // A vector takes any bytes.
    drop(write!(text, "{value}"));
}
