//! Text files whose lines are made by several threads and written in order.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use rayon::prelude::{ParallelIterator, ParallelSlice};
use serde::Serialize;

use super::super::{Record, World, WorldError};

/// Records that one task turns into text.
const CHUNK: usize = 4096;

/// Chunks that are in memory as text at the same time.
const CHUNKS: usize = 16;

/// Appends the line of a record to a text, or nothing where the file has none for it.
pub(super) type Line = fn(&World, &Record, &mut Vec<u8>);

/// A text file under construction.
#[derive(Debug)]
pub(super) struct TextFile {
    path: PathBuf,
    file: BufWriter<File>,
    bytes: u64,
}

impl TextFile {
    /// A file that starts with `header`, which ends its own lines.
    pub(super) fn create(path: PathBuf, header: &str) -> Result<Self, WorldError> {
        let file = match File::create(&path) {
            Ok(file) => BufWriter::with_capacity(1 << 16, file),
            Err(source) => return Err(WorldError::Write { path, source }),
        };
        let mut this = Self {
            path,
            file,
            bytes: 0,
        };
        this.append(header.as_bytes())?;
        Ok(this)
    }

    /// Adds the lines of `records`, in their order.
    pub(super) fn write(
        &mut self,
        world: &World,
        records: &[Record],
        line: Line,
    ) -> Result<(), WorldError> {
        for part in records.chunks(CHUNK * CHUNKS) {
            let texts: Vec<Vec<u8>> = part
                .par_chunks(CHUNK)
                .map(|chunk| {
                    let mut text = Vec::with_capacity(chunk.len() * 128);
                    for record in chunk {
                        line(world, record, &mut text);
                    }
                    text
                })
                .collect();
            for text in texts {
                self.append(&text)?;
            }
        }
        Ok(())
    }

    /// Adds `text` as it is.
    pub(super) fn append(&mut self, text: &[u8]) -> Result<(), WorldError> {
        self.bytes += text.len() as u64;
        let written = self.file.write_all(text);
        written.map_err(|source| WorldError::Write {
            path: self.path.clone(),
            source,
        })
    }

    /// Adds `value` as one line of JSON.
    pub(super) fn append_json(&mut self, value: &impl Serialize) -> Result<(), WorldError> {
        let mut line = serde_json::to_vec(value).map_err(|source| WorldError::Json {
            path: self.path.clone(),
            source,
        })?;
        line.push(b'\n');
        self.append(&line)
    }

    /// Closes the file and gives its length.
    pub(super) fn finish(mut self) -> Result<u64, WorldError> {
        match self.file.flush() {
            Ok(()) => Ok(self.bytes),
            Err(source) => Err(WorldError::Write {
                path: self.path,
                source,
            }),
        }
    }
}

/// Writes `value` as a file of one JSON object.
pub(super) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), WorldError> {
    let mut file = TextFile::create(path.to_owned(), "")?;
    file.append_json(value)?;
    file.finish().map(|_| ())
}
