//! Events and the truth about impressions as Parquet.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

use marquee_core::ItemIdx;
use parquet::{
    basic::Compression,
    data_type::{ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int32Type, Int64Type},
    errors::ParquetError,
    file::{
        properties::WriterProperties,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::parser::parse_message_type,
};

use super::{
    super::{Deed, Record, Truth, World, WorldError},
    columns::Columns,
};

/// Records of a row group, about.
const GROUP: usize = 1 << 18;

const EVENTS: &str = "message event {
    required binary user (UTF8); optional binary item (UTF8); required binary kind (UTF8);
    optional double rating; required int64 timestamp (TIMESTAMP_MILLIS);
    required binary event_id (UTF8); required binary session (UTF8);
    required binary device (UTF8); required int32 slate; required int32 position;
    optional double duration; optional float propensity;
    optional binary text (UTF8);
}";

/// The files of one world.
#[derive(Debug)]
pub(super) struct ParquetFiles {
    events: Table,
    impressions: Table,
    /// Records that do not fill a row group yet.
    waiting: Vec<Record>,
}

impl ParquetFiles {
    /// `events.parquet` in `out`, `impressions.parquet` in `truth_folder`.
    pub(super) fn create(out: &Path, truth_folder: &Path) -> Result<Self, WorldError> {
        let chances: String = (["propensity", "examination", "affinity"].into_iter())
            .chain(Truth::OUTCOMES)
            .map(|name| format!(" required float {name};"))
            .collect();
        let impressions = format!(
            "message impression {{ required binary event (UTF8); required binary user (UTF8);
            required binary item (UTF8); required int32 position;{chances} }}"
        );
        Ok(Self {
            events: Table::create(out.join("events.parquet"), EVENTS)?,
            impressions: Table::create(truth_folder.join("impressions.parquet"), &impressions)?,
            waiting: Vec::new(),
        })
    }

    /// Adds records; they reach the file a row group at a time.
    pub(super) fn write(&mut self, world: &World, records: &[Record]) -> Result<(), WorldError> {
        for part in records.chunks(GROUP) {
            self.waiting.extend_from_slice(part);
            if self.waiting.len() >= GROUP {
                self.write_group(world)?;
            }
        }
        Ok(())
    }

    /// Ends the files and gives their bytes.
    pub(super) fn finish(mut self, world: &World) -> Result<u64, WorldError> {
        self.write_group(world)?;
        Ok(self.events.finish()? + self.impressions.finish()?)
    }

    fn write_group(&mut self, world: &World) -> Result<(), WorldError> {
        let records = std::mem::take(&mut self.waiting);
        if records.is_empty() {
            return Ok(());
        }
        let columns: Vec<Columns> = (records.iter())
            .map(|record| Columns::of(world, record))
            .collect();
        self.events
            .group(|to| event_columns(world, &records, &columns, to))?;
        let shown: Vec<(&Record, ItemIdx, Truth)> = (records.iter())
            .filter_map(|record| match record.deed {
                Deed::Impression { item, truth } => Some((record, item, truth)),
                _ => None,
            })
            .collect();
        self.impressions
            .group(|to| impression_columns(world, &shown, to))
    }
}

fn event_columns(
    world: &World,
    records: &[Record],
    columns: &[Columns],
    to: &mut Group<'_>,
) -> Result<(), ParquetError> {
    let text = |value: &Option<String>| value.as_deref().map(ByteArray::from);
    required::<ByteArrayType>(to, records.iter().map(|one| user(world, one)))?;
    optional::<ByteArrayType>(to, columns.iter().map(|one| text(&one.item)))?;
    required::<ByteArrayType>(to, records.iter().map(|one| one.deed.kind().name().into()))?;
    optional::<DoubleType>(to, columns.iter().map(|one| one.rating))?;
    required::<Int64Type>(to, records.iter().map(|one| one.time.as_millis()))?;
    required::<ByteArrayType>(to, records.iter().map(|one| event(world, one)))?;
    let session = |one: &Record| world.session_id(one).as_str().into();
    required::<ByteArrayType>(to, records.iter().map(session))?;
    let device = |one: &Record| world.device(one.viewer).into();
    required::<ByteArrayType>(to, records.iter().map(device))?;
    required::<Int32Type>(to, records.iter().map(|one| one.slate.cast_signed()))?;
    required::<Int32Type>(to, records.iter().map(|one| one.position.cast_signed()))?;
    optional::<DoubleType>(to, columns.iter().map(|one| one.duration))?;
    optional::<FloatType>(to, columns.iter().map(|one| one.propensity))?;
    optional::<ByteArrayType>(to, columns.iter().map(|one| text(&one.text)))
}

fn impression_columns(
    world: &World,
    shown: &[(&Record, ItemIdx, Truth)],
    to: &mut Group<'_>,
) -> Result<(), ParquetError> {
    required::<ByteArrayType>(to, shown.iter().map(|one| event(world, one.0)))?;
    required::<ByteArrayType>(to, shown.iter().map(|one| user(world, one.0)))?;
    let item = |one: &(_, ItemIdx, _)| world.item_id(one.1).as_str().into();
    required::<ByteArrayType>(to, shown.iter().map(item))?;
    required::<Int32Type>(to, shown.iter().map(|one| one.0.position.cast_signed()))?;
    required::<FloatType>(to, shown.iter().map(|one| one.2.propensity))?;
    required::<FloatType>(to, shown.iter().map(|one| one.2.examination))?;
    required::<FloatType>(to, shown.iter().map(|one| one.2.affinity))?;
    for outcome in 0..Truth::OUTCOMES.len() {
        required::<FloatType>(to, shown.iter().map(|one| one.2.outcomes()[outcome]))?;
    }
    Ok(())
}

fn user(world: &World, record: &Record) -> ByteArray {
    world.user_id(record.viewer).as_str().into()
}

fn event(world: &World, record: &Record) -> ByteArray {
    let id = world.event_id(record.viewer, record.number);
    id.as_str().into()
}

type Group<'a> = SerializedRowGroupWriter<'a, File>;

/// Writes the next column, which has a value in each row.
fn required<T: DataType>(
    to: &mut Group<'_>,
    values: impl Iterator<Item = T::T>,
) -> Result<(), ParquetError> {
    let values: Vec<T::T> = values.collect();
    column::<T>(to, &values, None)
}

/// Writes the next column, which has a value in some rows.
fn optional<T: DataType>(
    to: &mut Group<'_>,
    values: impl Iterator<Item = Option<T::T>>,
) -> Result<(), ParquetError> {
    let mut there = Vec::new();
    let mut levels = Vec::new();
    for value in values {
        levels.push(i16::from(value.is_some()));
        there.extend(value);
    }
    column::<T>(to, &there, Some(&levels))
}

fn column<T: DataType>(
    to: &mut Group<'_>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let mut writer = to
        .next_column()?
        .ok_or_else(|| ParquetError::General("the schema has fewer columns".to_owned()))?;
    writer.typed::<T>().write_batch(values, levels, None)?;
    writer.close()
}

/// One Parquet file under construction.
struct Table {
    path: PathBuf,
    writer: SerializedFileWriter<File>,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Table {
    fn create(path: PathBuf, schema: &str) -> Result<Self, WorldError> {
        let file = match File::create(&path) {
            Ok(file) => file,
            Err(source) => return Err(WorldError::Write { path, source }),
        };
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .build();
        let writer = parse_message_type(schema).and_then(|schema| {
            SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))
        });
        match writer {
            Ok(writer) => Ok(Self { path, writer }),
            Err(source) => Err(WorldError::Parquet { path, source }),
        }
    }

    /// Writes a row group with what `fill` gives.
    fn group(
        &mut self,
        fill: impl FnOnce(&mut Group<'_>) -> Result<(), ParquetError>,
    ) -> Result<(), WorldError> {
        let written = self.writer.next_row_group().and_then(|mut group| {
            fill(&mut group)?;
            group.close()
        });
        written.map(|_| ()).map_err(|source| WorldError::Parquet {
            path: self.path.clone(),
            source,
        })
    }

    fn finish(mut self) -> Result<u64, WorldError> {
        let path = self.path;
        let ended = self
            .writer
            .finish()
            .map(|_| self.writer.bytes_written() as u64);
        ended.map_err(|source| WorldError::Parquet { path, source })
    }
}
