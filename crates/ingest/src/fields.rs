//! Cutting a line into fields.

use std::ops::Range;

use memchr::{memchr, memchr_iter, memmem};

/// What stands between two fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delimiter {
    /// One byte, and fields may be quoted as in RFC 4180: `"a ""b"", c"`.
    Quoted(u8),
    /// One byte, and quotes mean nothing.
    Plain(u8),
    /// `::`, as in the `.dat` files of MovieLens.
    DoubleColon,
    /// Any run of blanks and tabs.
    Blanks,
}

/// Up to this length a loop over bytes is faster than searches for the delimiter.
const SHORT_BYTES: usize = 64;

/// The fields of one line.
///
/// Kept between lines so that cutting one allocates nothing.
#[derive(Default)]
pub(crate) struct Fields {
    ranges: Vec<Range<usize>>,
    /// Fields with their quotes taken off; used instead of the line when it has any.
    unquoted: Vec<u8>,
    has_quotes: bool,
    /// Whether every closing quote ended its field.
    is_clean: bool,
}

/// What cutting a line came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// All fields are there.
    Whole,
    /// A quoted field goes on in the next line.
    OpenQuote,
}

impl Fields {
    /// Cuts `line`, forgetting the fields of the line before.
    pub(crate) fn cut(&mut self, line: &[u8], delimiter: Delimiter) -> Cut {
        self.clear();
        match delimiter {
            Delimiter::Quoted(byte) | Delimiter::Plain(byte) if line.len() <= SHORT_BYTES => {
                let quotes = matches!(delimiter, Delimiter::Quoted(_));
                if !self.cut_short(line, byte) && quotes {
                    self.clear();
                    return self.cut_quoted(line, byte);
                }
            }
            Delimiter::Quoted(byte) if memchr(b'"', line).is_some() => {
                return self.cut_quoted(line, byte);
            }
            Delimiter::Quoted(byte) | Delimiter::Plain(byte) => {
                self.push_between(line.len(), 1, memchr_iter(byte, line));
            }
            Delimiter::DoubleColon => {
                self.push_between(line.len(), 2, memmem::find_iter(line, b"::"));
            }
            Delimiter::Blanks => self.cut_blanks(line),
        }
        Cut::Whole
    }

    /// Whether every quoted field ended at its closing quote, as in a file that was written right.
    pub(crate) fn is_clean(&self) -> bool {
        self.is_clean
    }

    /// Forgets all fields.
    pub(crate) fn clear(&mut self) {
        self.ranges.clear();
        self.has_quotes = false;
        self.is_clean = true;
    }

    /// Appends a field, and its bytes to `line`.
    #[cfg(feature = "parquet")]
    pub(crate) fn push(&mut self, line: &mut Vec<u8>, bytes: &[u8]) {
        let start = line.len();
        line.extend_from_slice(bytes);
        self.ranges.push(start..line.len());
    }

    /// Number of fields.
    pub(crate) fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Field `at` of the line that was cut last; empty when there is none.
    #[inline]
    pub(crate) fn get<'a>(&'a self, line: &'a [u8], at: usize) -> &'a [u8] {
        let Some(range) = self.ranges.get(at) else {
            return b"";
        };
        let all = if self.has_quotes {
            &self.unquoted
        } else {
            line
        };
        &all[range.clone()]
    }

    /// Cuts at every delimiter; gives whether the line is without quotes.
    #[inline]
    fn cut_short(&mut self, line: &[u8], delimiter: u8) -> bool {
        let mut start = 0;
        let mut has_quotes = false;
        for (at, &byte) in line.iter().enumerate() {
            has_quotes |= byte == b'"';
            if byte == delimiter {
                self.ranges.push(start..at);
                start = at + 1;
            }
        }
        self.ranges.push(start..line.len());
        !has_quotes
    }

    fn push_between(&mut self, end: usize, width: usize, stops: impl Iterator<Item = usize>) {
        let mut start = 0;
        for stop in stops {
            self.ranges.push(start..stop);
            start = stop + width;
        }
        self.ranges.push(start..end);
    }

    fn cut_blanks(&mut self, line: &[u8]) {
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        let mut at = 0;
        while let Some(start) = line[at..].iter().position(|b| !blank(b)) {
            let start = at + start;
            let length = line[start..].iter().position(blank);
            at = length.map_or(line.len(), |length| start + length);
            self.ranges.push(start..at);
        }
    }

    /// A field is quoted when it starts with a quote; `""` inside is one quote; what stands between
    /// its closing quote and the next delimiter belongs to it as it is.
    fn cut_quoted(&mut self, line: &[u8], delimiter: u8) -> Cut {
        self.has_quotes = true;
        self.unquoted.clear();
        let mut at = 0;
        loop {
            let start = self.unquoted.len();
            if line.get(at) == Some(&b'"') {
                let Some(after) = self.copy_quoted(line, at + 1) else {
                    return Cut::OpenQuote;
                };
                at = after;
                self.is_clean &= line.get(at).is_none_or(|&byte| byte == delimiter);
            }
            let stop = memchr(delimiter, &line[at..]).map(|length| at + length);
            self.unquoted
                .extend_from_slice(&line[at..stop.unwrap_or(line.len())]);
            self.ranges.push(start..self.unquoted.len());
            match stop {
                Some(stop) => at = stop + 1,
                None => return Cut::Whole,
            }
        }
    }

    /// Copies from behind an opening quote; gives the place behind the closing one, if there is one.
    fn copy_quoted(&mut self, line: &[u8], mut at: usize) -> Option<usize> {
        loop {
            let quote = at + memchr(b'"', &line[at..])?;
            self.unquoted.extend_from_slice(&line[at..quote]);
            if line.get(quote + 1) != Some(&b'"') {
                return Some(quote + 1);
            }
            self.unquoted.push(b'"');
            at = quote + 2;
        }
    }
}

#[cfg(test)]
mod tests;
