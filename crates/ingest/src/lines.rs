//! Lines of a file, one buffer for all of them.

use std::{
    io::{self, Read},
    ops::Range,
    path::PathBuf,
};

use memchr::memchr;

use crate::{
    Error, Result,
    reject::{Fault, Reason},
};

/// The longest line that is read; a user of an adjacency file with a million items fits.
pub(crate) const MAX_LINE_BYTES: usize = 16 << 20;

const FIRST_BUFFER_BYTES: usize = 256 * 1024;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// What reading on came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The next line, which [`Lines::text`] gives.
    Line,
    /// A line of more than [`MAX_LINE_BYTES`], which was skipped.
    TooLong,
    /// There is no further line.
    End,
}

/// Reads line after line; memory is bounded by the longest line that is accepted.
///
/// A line ends at `\n` or `\r\n`, the last one also at the end of the file. A byte order mark at the
/// start is skipped.
pub(crate) struct Lines {
    reader: Box<dyn Read + Send>,
    path: PathBuf,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    line: Range<usize>,
    number: u64,
    bytes: u64,
    ended: bool,
}

impl Lines {
    /// Lines of the unpacked `reader`; `path` is only for messages.
    pub(crate) fn new(reader: Box<dyn Read + Send>, path: impl Into<PathBuf>) -> Self {
        Self {
            reader,
            path: path.into(),
            buffer: vec![0; FIRST_BUFFER_BYTES],
            start: 0,
            end: 0,
            line: 0..0,
            number: 0,
            bytes: 0,
            ended: false,
        }
    }

    /// Number of the line that was read last, from 1.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Unpacked bytes read so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The line that was read last, without its end.
    #[inline]
    pub(crate) fn text(&self) -> &[u8] {
        &self.buffer[self.line.clone()]
    }

    /// Reads the next line.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the file cannot be read or unpacked.
    pub(crate) fn advance(&mut self) -> Result<Step> {
        let mut searched = 0;
        loop {
            let rest = &self.buffer[self.start + searched..self.end];
            if let Some(at) = memchr(b'\n', rest) {
                let line = self.start..self.start + searched + at;
                self.start = line.end + 1;
                return Ok(self.finish(line));
            }
            searched = self.end - self.start;
            if self.ended {
                if searched == 0 {
                    return Ok(Step::End);
                }
                let line = self.start..self.end;
                self.start = self.end;
                return Ok(self.finish(line));
            }
            if searched > MAX_LINE_BYTES {
                self.skip_line()?;
                self.number += 1;
                return Ok(Step::TooLong);
            }
            self.fill()?;
        }
    }

    fn finish(&mut self, mut line: Range<usize>) -> Step {
        self.number += 1;
        if self.number == 1 && self.buffer[line.clone()].starts_with(BOM) {
            line.start += BOM.len();
        }
        if self.buffer[line.clone()].ends_with(b"\r") {
            line.end -= 1;
        }
        let step = if line.len() > MAX_LINE_BYTES {
            Step::TooLong
        } else {
            Step::Line
        };
        self.line = line;
        step
    }

    /// Reads more behind what is left, which moves to the front.
    fn fill(&mut self) -> Result<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == self.buffer.len() {
            self.buffer.resize(2 * self.end, 0);
        }
        let read = read_some(&mut self.reader, &mut self.buffer[self.end..]);
        let n = read.map_err(Error::io("read", &self.path))?;
        self.ended = n == 0;
        self.end += n;
        self.bytes += n as u64;
        Ok(())
    }

    /// Drops everything up to the end of the line.
    fn skip_line(&mut self) -> Result<()> {
        loop {
            self.start = self.end;
            self.fill()?;
            if let Some(at) = memchr(b'\n', &self.buffer[..self.end]) {
                self.start = at + 1;
                return Ok(());
            }
            if self.ended {
                return Ok(());
            }
        }
    }
}

fn read_some(reader: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(buffer) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// The fault of a line that was skipped.
pub(crate) fn too_long() -> Fault {
    let expected = format!("at most {MAX_LINE_BYTES} bytes");
    Fault::new(Reason::LongLine, "", expected, b"more")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: impl Into<Vec<u8>>) -> Vec<Option<Vec<u8>>> {
        let reader = Box::new(io::Cursor::new(text.into()));
        let mut lines = Lines::new(reader, "x");
        let mut all = Vec::new();
        loop {
            match lines.advance().unwrap() {
                Step::Line => all.push(Some(lines.text().to_vec())),
                Step::TooLong => all.push(None),
                Step::End => break,
            }
        }
        assert_eq!(lines.number(), all.len() as u64);
        all
    }

    fn text(line: &str) -> Option<Vec<u8>> {
        Some(line.into())
    }

    #[test]
    fn ends_are_taken_off() {
        assert_eq!(
            lines("a\nb\r\n\nc"),
            [text("a"), text("b"), text(""), text("c")]
        );
        assert!(lines("").is_empty());
        assert_eq!(lines("\n"), [text("")]);
    }

    #[test]
    fn byte_order_mark_is_skipped() {
        assert_eq!(
            lines("\u{feff}a\n\u{feff}b"),
            [text("a"), text("\u{feff}b")]
        );
    }

    #[test]
    fn lines_longer_than_the_buffer_are_whole() {
        let long = "x".repeat(3 * FIRST_BUFFER_BYTES + 7);
        assert_eq!(
            lines(format!("a\n{long}\nb")),
            [text("a"), text(&long), text("b")]
        );
    }

    #[test]
    fn a_line_past_the_limit_is_skipped_and_reading_goes_on() {
        let long = "x".repeat(MAX_LINE_BYTES + 1);
        assert_eq!(lines(format!("a\n{long}\nb")), [text("a"), None, text("b")]);
        assert_eq!(lines(long), [None]);
    }
}
