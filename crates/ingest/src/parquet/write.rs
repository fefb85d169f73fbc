//! Events as a flat Parquet table, for analysis elsewhere.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

use ::parquet::{
    basic::{Compression, ZstdLevel},
    data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type},
    errors::ParquetError,
    file::{
        properties::WriterProperties,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::parser::parse_message_type,
};
use marquee_core::{Actor, Event};

use crate::{Error, Result, extra::Extra, value_of};

/// Events of a row group.
const GROUP: usize = 1 << 16;

/// Of an event that a user did, `session` is the visit in which it happened; without a `user`, it is
/// who did it.
const SCHEMA: &str = "message event {
    optional binary event_id (UTF8); optional binary user (UTF8); optional binary session (UTF8);
    required binary kind (UTF8); optional binary item (UTF8); required double rating;
    required int64 timestamp (TIMESTAMP(MILLIS,true)); optional binary device (UTF8);
    optional binary page (UTF8); optional int32 row; optional int32 position;
    optional binary artwork (UTF8); optional binary recommendation (UTF8);
    optional double duration; optional binary text (UTF8); optional binary creator (UTF8);
    optional binary retracts (UTF8);
}";

/// A Parquet file of events under construction, compressed by Zstandard.
///
/// One row an event. `rating` is the number that came with it: seconds of a play, a rating, a thumb, or
/// one. `text` is a comment, a search or the reason of a report. JSON Lines hold the same and more: they
/// read back to the last bit.
pub struct ParquetEvents {
    path: PathBuf,
    writer: SerializedFileWriter<File>,
    /// Events that do not fill a row group yet.
    waiting: Vec<Event>,
}

impl std::fmt::Debug for ParquetEvents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParquetEvents")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl ParquetEvents {
    /// Begins the file `path`; one that is there is overwritten.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when it cannot be made, [`Error::Parquet`] when it cannot be written.
    pub fn create(path: &Path) -> Result<Self> {
        let file = File::create(path).map_err(Error::io("write", path))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .build();
        let writer = parse_message_type(SCHEMA).and_then(|schema| {
            SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))
        });
        Ok(Self {
            writer: writer.map_err(|source| refused(path, source))?,
            path: path.to_owned(),
            waiting: Vec::new(),
        })
    }

    /// Adds an event; it reaches the file with its row group.
    ///
    /// # Errors
    ///
    /// [`Error::Parquet`] when the disk refuses.
    pub fn push(&mut self, event: Event) -> Result<()> {
        self.waiting.push(event);
        if self.waiting.len() < GROUP {
            return Ok(());
        }
        self.write_group()
    }

    /// Ends the file and gives its size in bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Parquet`] when the disk refuses.
    pub fn finish(mut self) -> Result<u64> {
        self.write_group()?;
        let ended = self.writer.finish();
        ended.map_err(|source| refused(&self.path, source))?;
        Ok(self.writer.bytes_written() as u64)
    }

    fn write_group(&mut self) -> Result<()> {
        let events = std::mem::take(&mut self.waiting);
        if events.is_empty() {
            return Ok(());
        }
        let written = self.writer.next_row_group().and_then(|mut group| {
            columns(&events, &mut group)?;
            group.close().map(drop)
        });
        written.map_err(|source| refused(&self.path, source))
    }
}

fn refused(path: &Path, source: ParquetError) -> Error {
    Error::Parquet {
        path: path.to_owned(),
        source,
    }
}

type Group<'a> = SerializedRowGroupWriter<'a, File>;

/// One column after the other, in the order of the schema.
fn columns(events: &[Event], to: &mut Group<'_>) -> std::result::Result<(), ParquetError> {
    let extras: Vec<Extra> = events.iter().map(Extra::of).collect();
    let surfaces = || extras.iter().map(|extra| extra.surface.as_ref());
    let text = |text: &str| ByteArray::from(text);
    texts(to, events.iter().map(|one| Some(one.id.as_ref()?.as_str())))?;
    texts(to, events.iter().map(user))?;
    texts(to, events.iter().map(session))?;
    required::<ByteArrayType>(to, events.iter().map(|one| text(one.action.kind().name())))?;
    texts(
        to,
        events.iter().map(|one| Some(one.action.item()?.as_str())),
    )?;
    required::<DoubleType>(
        to,
        events.iter().map(|one| f64::from(value_of(&one.action))),
    )?;
    required::<Int64Type>(to, events.iter().map(|one| one.time.as_millis()))?;
    texts(to, events.iter().map(|one| one.device.as_deref()))?;
    texts(to, surfaces().map(|one| Some(one?.page.as_str())))?;
    optional::<Int32Type>(to, surfaces().map(|one| Some(one?.row.cast_signed())))?;
    optional::<Int32Type>(to, surfaces().map(|one| Some(one?.position.cast_signed())))?;
    texts(
        to,
        surfaces().map(|one| Some(one?.artwork.as_ref()?.as_str())),
    )?;
    texts(
        to,
        extras
            .iter()
            .map(|one| Some(one.recommendation.as_ref()?.as_str())),
    )?;
    optional::<DoubleType>(to, extras.iter().map(|one| Some(one.duration?.0)))?;
    texts(to, extras.iter().map(|one| one.text.as_deref()))?;
    texts(
        to,
        extras
            .iter()
            .map(|one| Some(one.creator.as_ref()?.as_str())),
    )?;
    texts(
        to,
        extras
            .iter()
            .map(|one| Some(one.retracts.as_ref()?.as_str())),
    )
}

fn user(event: &Event) -> Option<&str> {
    match &event.actor {
        Actor::User(user) => Some(user.as_str()),
        Actor::Session(_) => None,
    }
}

fn session(event: &Event) -> Option<&str> {
    match &event.actor {
        Actor::User(_) => Some(event.session.as_ref()?.as_str()),
        Actor::Session(session) => Some(session.as_str()),
    }
}

fn texts<'a>(
    to: &mut Group<'_>,
    values: impl Iterator<Item = Option<&'a str>>,
) -> std::result::Result<(), ParquetError> {
    optional::<ByteArrayType>(to, values.map(|value| value.map(ByteArray::from)))
}

/// Writes the next column, which has a value in each row.
fn required<T: DataType>(
    to: &mut Group<'_>,
    values: impl Iterator<Item = T::T>,
) -> std::result::Result<(), ParquetError> {
    let values: Vec<T::T> = values.collect();
    column::<T>(to, &values, None)
}

/// Writes the next column, which has a value in some rows.
fn optional<T: DataType>(
    to: &mut Group<'_>,
    values: impl Iterator<Item = Option<T::T>>,
) -> std::result::Result<(), ParquetError> {
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
) -> std::result::Result<(), ParquetError> {
    let mut writer = to
        .next_column()?
        .ok_or_else(|| ParquetError::General("the schema has fewer columns".to_owned()))?;
    writer.typed::<T>().write_batch(values, levels, None)?;
    writer.close()
}

#[cfg(test)]
mod tests {
    use marquee_core::{Action, EventId, ItemId, Seconds, SessionId, Surface, Timestamp, UserId};

    use super::*;
    use crate::{DataFolder, ImportRequest, Retracted};

    fn play(number: u32) -> Event {
        Event {
            id: Some(EventId::new(format!("e{number}")).unwrap()),
            actor: Actor::User(UserId::new(format!("u{}", number % 7)).unwrap()),
            time: Timestamp::from_millis(1_000 + i64::from(number)),
            action: Action::Play {
                item: ItemId::new(format!("film {}", number % 11)).unwrap(),
                watched: Seconds(number.into()),
                duration: Some(Seconds(90.5)),
            },
            surface: Some(Surface {
                page: "home".to_owned(),
                position: 3,
                ..Surface::default()
            }),
            device: Some("tv".to_owned()),
            session: Some(SessionId::new("s").unwrap()),
            recommendation: None,
        }
    }

    #[test]
    fn what_was_written_is_read_back() {
        let tmp = tempfile::tempdir().unwrap();
        let path = tmp.path().join("events.parquet");
        let mut file = ParquetEvents::create(&path).unwrap();
        // Some more than a row group.
        let count = u32::try_from(GROUP).unwrap() + 5;
        (0..count).for_each(|number| file.push(play(number)).unwrap());
        let bytes = file.finish().unwrap();
        assert_eq!(bytes, std::fs::metadata(&path).unwrap().len());

        let mut folder = DataFolder::open_or_create(tmp.path().join("data")).unwrap();
        let report = folder
            .import(&ImportRequest::new(path), &mut |_| {})
            .unwrap();
        assert_eq!(report.counts.events, u64::from(count));
        let mut number = 0;
        let check = &mut |event: Event| {
            let mut want = play(number);
            want.surface = None;
            if let Action::Play { duration, .. } = &mut want.action {
                *duration = None;
            }
            assert_eq!(event, want);
            number += 1;
            Ok(())
        };
        folder.each_event(Retracted::Included, check).unwrap();
        assert_eq!(number, count);
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let got = ParquetEvents::create(Path::new("/nowhere/at/all.parquet"));
        assert!(matches!(got, Err(Error::Io { .. })));
    }
}
