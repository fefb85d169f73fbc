//! Entries as bytes: the smallest parts, from which `event` and `catalog` put records together.
//!
//! Numbers are LEB128 varints of at most ten bytes, signed ones zigzag. A text is its length and its
//! UTF-8. An id is the same, but a length of zero, which no id has, says that 16 bytes of a UUID
//! follow, whose text is the id. Decoding takes any bytes and gives an entry or a [`Problem`].

mod catalog;
mod entry;
mod event;

use marquee_core::{IdError, Seconds};

use crate::Problem;

pub(crate) use entry::{decode_entry, encode_entry};

/// The longest free text, in bytes; one entry may not be longer either.
const MAX_TEXT_BYTES: u64 = 1 << 20;
/// The most elements of one list.
const MAX_LIST: u64 = 1 << 16;
/// Bytes of a UUID's text: 32 digits and four hyphens.
const UUID_TEXT: usize = 36;

/// Appends `value` as a varint.
pub(crate) fn put_varint(to: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        to.push(low_byte(value) | 0x80);
        value >>= 7;
    }
    to.push(low_byte(value));
}

/// Appends `value` as a zigzag varint.
pub(crate) fn put_signed(to: &mut Vec<u8>, value: i64) {
    put_varint(to, (value << 1 ^ value >> 63).cast_unsigned());
}

/// Appends a free text.
fn put_text(to: &mut Vec<u8>, text: &str) {
    put_varint(to, text.len() as u64);
    to.extend_from_slice(text.as_bytes());
}

/// Appends an id.
fn put_id(to: &mut Vec<u8>, id: &str) {
    match pack_uuid(id.as_bytes()) {
        Some(packed) => {
            to.push(0);
            to.extend_from_slice(&packed);
        }
        None => put_text(to, id),
    }
}

/// Appends a length of time: whole milliseconds as a varint, anything else bit by bit.
fn put_seconds(to: &mut Vec<u8>, seconds: Seconds) {
    let millis = seconds.as_millis();
    let whole = Seconds::from_millis(millis).0.to_bits() == seconds.0.to_bits();
    match u64::try_from(millis) {
        Ok(millis) if whole && millis < 1 << 60 => put_varint(to, millis << 1),
        _ => {
            to.push(1);
            to.extend_from_slice(&seconds.0.to_le_bytes());
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the low byte is what is wanted"
)]
const fn low_byte(value: u64) -> u8 {
    value as u8
}

/// The 16 bytes of a UUID written in the usual way, in lower case; nothing for any other text.
fn pack_uuid(text: &[u8]) -> Option<[u8; 16]> {
    let text: &[u8; UUID_TEXT] = text.try_into().ok()?;
    let mut packed = [0; 16];
    let mut at = 0;
    for (index, byte) in packed.iter_mut().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            if text[at] != b'-' {
                return None;
            }
            at += 1;
        }
        *byte = digit(text[at])? << 4 | digit(text[at + 1])?;
        at += 2;
    }
    Some(packed)
}

/// The text of [`pack_uuid`].
fn unpack_uuid(packed: &[u8; 16]) -> [u8; UUID_TEXT] {
    let mut text = [b'-'; UUID_TEXT];
    let mut at = 0;
    for (index, byte) in packed.iter().enumerate() {
        at += usize::from(matches!(index, 4 | 6 | 8 | 10));
        text[at] = b"0123456789abcdef"[usize::from(byte >> 4)];
        text[at + 1] = b"0123456789abcdef"[usize::from(byte & 15)];
        at += 2;
    }
    text
}

const fn digit(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    }
}

/// Takes parts from the front of some bytes.
#[derive(Debug, Clone)]
pub(crate) struct Decoder<'a> {
    rest: &'a [u8],
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What was not taken yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn bytes(&mut self, n: usize) -> Result<&'a [u8], Problem> {
        let (taken, rest) = self.rest.split_at_checked(n).ok_or(Problem::Short)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Problem> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(Problem::Short)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Problem> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    pub(crate) fn varint(&mut self) -> Result<u64, Problem> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                // The tenth byte holds one bit; what it would shift out must not be lost silently.
                let fits = shift < 63 || byte <= 1;
                return if fits { Ok(value) } else { Err(too_long()) };
            }
        }
        Err(too_long())
    }

    pub(crate) fn signed(&mut self) -> Result<i64, Problem> {
        let value = self.varint()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// A varint that is at most `limit`.
    pub(crate) fn limited(&mut self, what: &'static str, limit: u64) -> Result<usize, Problem> {
        let found = self.varint()?;
        match usize::try_from(found) {
            Ok(value) if found <= limit => Ok(value),
            _ => Err(Problem::Limit { what, found, limit }),
        }
    }

    fn short(&mut self, what: &'static str) -> Result<u32, Problem> {
        let found = self.varint()?;
        u32::try_from(found).map_err(|_| Problem::Limit {
            what,
            found,
            limit: u32::MAX.into(),
        })
    }

    fn text(&mut self) -> Result<&'a str, Problem> {
        let length = self.limited("length of a text", MAX_TEXT_BYTES)?;
        str::from_utf8(self.bytes(length)?).map_err(|_| Problem::Text)
    }

    /// An id, made by `make`.
    fn id<T>(&mut self, make: impl FnOnce(IdText<'a>) -> Result<T, IdError>) -> Result<T, Problem> {
        let text = if self.rest.first() == Some(&0) {
            self.byte()?;
            IdText::Uuid(unpack_uuid(&self.array()?))
        } else {
            IdText::Plain(self.text()?)
        };
        Ok(make(text)?)
    }

    fn seconds(&mut self) -> Result<Seconds, Problem> {
        let value = self.varint()?;
        match (value & 1, i64::try_from(value >> 1)) {
            (0, Ok(millis)) => Ok(Seconds::from_millis(millis)),
            _ if value == 1 => Ok(Seconds(f64::from_le_bytes(self.array()?))),
            _ => Err(Problem::Unknown {
                what: "form of a length of time",
                found: value,
            }),
        }
    }

    /// Checks that everything was taken.
    fn finish(self) -> Result<(), Problem> {
        match self.rest.len() {
            0 => Ok(()),
            bytes => Err(Problem::Trailing { bytes }),
        }
    }
}

/// The text of an id, as it was stored.
enum IdText<'a> {
    Plain(&'a str),
    Uuid([u8; UUID_TEXT]),
}

impl AsRef<str> for IdText<'_> {
    fn as_ref(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Uuid(text) => str::from_utf8(text).expect("digits and hyphens are ASCII"),
        }
    }
}

fn too_long() -> Problem {
    Problem::Limit {
        what: "length of a number in bits",
        found: 70,
        limit: 64,
    }
}

#[cfg(test)]
mod tests;
