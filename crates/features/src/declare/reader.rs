//! Typed access to a TOML table that remembers which keys were asked for.

use toml::de::{DeTable, DeValue};

use super::type_of;
use crate::{DeclarationFault, Error, Result};

/// A byte of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place(pub(crate) usize);

impl Place {
    /// Line and column, from 1.
    pub(crate) fn line_and_column(self, text: &str) -> (usize, usize) {
        let before = &text[..text.floor_char_boundary(self.0.min(text.len()))];
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        (line, before[start..].chars().count() + 1)
    }

    pub(crate) fn fault(self, text: &str, source: DeclarationFault) -> Error {
        let (line, column) = self.line_and_column(text);
        Error::Declaration {
            line,
            column,
            source: Box::new(source),
        }
    }
}

/// A text of the file with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) at: Place,
}

/// One table of the file.
pub(crate) struct Reader<'t> {
    source: &'t str,
    table: &'t DeTable<'t>,
    at: Place,
    asked: Vec<&'static str>,
}

const KEY_LENGTHS: [(&str, i64); 6] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
    ("w", 604_800_000),
];

/// The longest length of time: a hundred years.
const LONGEST_MS: f64 = 3.156e12;

impl<'t> Reader<'t> {
    pub(crate) const fn new(source: &'t str, table: &'t DeTable<'t>, at: Place) -> Self {
        Self {
            source,
            table,
            at,
            asked: Vec::new(),
        }
    }

    pub(crate) const fn source(&self) -> &'t str {
        self.source
    }

    pub(crate) const fn place(&self) -> Place {
        self.at
    }

    pub(crate) fn fault(&self, at: Place, fault: DeclarationFault) -> Error {
        at.fault(self.source, fault)
    }

    pub(crate) fn missing(&self, key: &'static str) -> Error {
        self.fault(self.at, DeclarationFault::Missing { key })
    }

    fn get(&mut self, key: &'static str) -> Option<(&'t DeValue<'t>, Place)> {
        self.asked.push(key);
        let value = self.table.get(key)?;
        Some((value.get_ref(), Place(value.span().start)))
    }

    /// Whether a key is there, which does not count as asking for it.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    fn wrong(&self, key: &'static str, value: (&DeValue<'_>, Place), want: &'static str) -> Error {
        let fault = DeclarationFault::Type {
            key,
            found: type_of(value.0),
            expected: want,
        };
        self.fault(value.1, fault)
    }

    pub(crate) fn word(&mut self, key: &'static str) -> Result<Option<Word>> {
        match self.get(key) {
            None => Ok(None),
            Some((DeValue::String(text), at)) => Ok(Some(Word {
                text: text.to_string(),
                at,
            })),
            Some(other) => Err(self.wrong(key, other, "a text")),
        }
    }

    pub(crate) fn required(&mut self, key: &'static str) -> Result<Word> {
        self.word(key)?.ok_or_else(|| self.missing(key))
    }

    pub(crate) fn flag(&mut self, key: &'static str) -> Result<Option<bool>> {
        match self.get(key) {
            None => Ok(None),
            Some((DeValue::Boolean(flag), _)) => Ok(Some(*flag)),
            Some(other) => Err(self.wrong(key, other, "true or false")),
        }
    }

    pub(crate) fn number(&mut self, key: &'static str) -> Result<Option<(f64, Place)>> {
        let Some((value, at)) = self.get(key) else {
            return Ok(None);
        };
        match number_of(value) {
            Some(number) => Ok(Some((number, at))),
            None => Err(self.wrong(key, (value, at), "a number")),
        }
    }

    /// A whole number of `least..=most`.
    pub(crate) fn whole(
        &mut self,
        key: &'static str,
        least: u32,
        most: u32,
    ) -> Result<Option<u32>> {
        let Some((value, at)) = self.get(key) else {
            return Ok(None);
        };
        let DeValue::Integer(digits) = value else {
            return Err(self.wrong(key, (value, at), "a whole number"));
        };
        let found = u32::from_str_radix(digits.as_str(), digits.radix()).ok();
        match found.filter(|found| (least..=most).contains(found)) {
            Some(found) => Ok(Some(found)),
            None => {
                let found = number_of(value).unwrap_or(f64::NAN);
                Err(self.out_of_range(key, found, at, "a whole number within its limits"))
            }
        }
    }

    pub(crate) fn out_of_range(
        &self,
        key: &'static str,
        found: f64,
        at: Place,
        expected: &'static str,
    ) -> Error {
        let fault = DeclarationFault::Range {
            key,
            found,
            expected,
        };
        self.fault(at, fault)
    }

    /// A length of time above zero, in milliseconds.
    pub(crate) fn length(&mut self, key: &'static str) -> Result<Option<i64>> {
        let at = self.table.get(key).map(|value| Place(value.span().start));
        let found = self.signed_length(key)?;
        match (found, at) {
            (Some(millis), Some(at)) if millis <= 0 => {
                let found = millis as f64 / 1000.0;
                Err(self.out_of_range(key, found, at, "a length of time above zero"))
            }
            _ => Ok(found),
        }
    }

    /// A length of time that may be negative or zero, in milliseconds.
    pub(crate) fn signed_length(&mut self, key: &'static str) -> Result<Option<i64>> {
        let Some((value, at)) = self.get(key) else {
            return Ok(None);
        };
        self.length_of(key, value, at).map(Some)
    }

    fn length_of(&self, key: &'static str, value: &DeValue<'_>, at: Place) -> Result<i64> {
        let (found, length) = match value {
            DeValue::String(text) => (text.to_string(), parse_length(text)),
            DeValue::Integer(digits) => (digits.to_string(), None),
            DeValue::Float(digits) => (digits.to_string(), None),
            other => return Err(self.wrong(key, (other, at), "a length of time")),
        };
        length.ok_or_else(|| self.fault(at, DeclarationFault::Unit { key, found }))
    }

    fn list(&mut self, key: &'static str) -> Result<Option<Vec<(&'t DeValue<'t>, Place)>>> {
        match self.get(key) {
            None => Ok(None),
            Some((DeValue::Array(array), _)) => {
                let values = array.iter();
                let placed = values.map(|value| (value.get_ref(), Place(value.span().start)));
                Ok(Some(placed.collect()))
            }
            Some(other) => Err(self.wrong(key, other, "a list")),
        }
    }

    pub(crate) fn words(&mut self, key: &'static str) -> Result<Option<Vec<Word>>> {
        let Some(list) = self.list(key)? else {
            return Ok(None);
        };
        if list.is_empty() {
            let at = self
                .table
                .get(key)
                .map_or(self.at, |value| Place(value.span().start));
            return Err(self.out_of_range(key, 0.0, at, "one word at the least"));
        }
        let word = |(value, at): (&DeValue<'_>, Place)| match value {
            DeValue::String(text) => Ok(Word {
                text: text.to_string(),
                at,
            }),
            other => Err(self.wrong(key, (other, at), "a list of texts")),
        };
        list.into_iter().map(word).collect::<Result<_>>().map(Some)
    }

    /// Numbers, or lengths of time in milliseconds; with the place of the list.
    pub(crate) fn borders(&mut self, key: &'static str) -> Result<(Borders, Place)> {
        let list = self.list(key)?.ok_or_else(|| self.missing(key))?;
        let at = self
            .table
            .get(key)
            .map_or(self.at, |value| Place(value.span().start));
        let timed = matches!(list.first(), Some((DeValue::String(_), _)));
        let mut values = Vec::with_capacity(list.len());
        for (value, at) in list {
            let number = if timed {
                Some(self.length_of(key, value, at)? as f64)
            } else {
                number_of(value)
            };
            let number = number.ok_or_else(|| self.wrong(key, (value, at), "a number"))?;
            if values.last().is_some_and(|&last| number <= last) || !number.is_finite() {
                return Err(self.out_of_range(key, number, at, "rising finite numbers"));
            }
            values.push(number);
        }
        if values.is_empty() || values.len() > 10_000 {
            let found = values.len() as f64;
            return Err(self.out_of_range(key, found, at, "1 to 10000 borders"));
        }
        let borders = if timed {
            Borders::Millis(values)
        } else {
            Borders::Numbers(values)
        };
        Ok((borders, at))
    }

    /// An array of tables.
    pub(crate) fn tables(&mut self, key: &'static str) -> Result<Vec<(&'t DeTable<'t>, Place)>> {
        let list = self.list(key)?.unwrap_or_default();
        let table = |(value, at): (&'t DeValue<'t>, Place)| match value {
            DeValue::Table(table) => Ok((table, at)),
            other => Err(self.wrong(key, (other, at), "a table")),
        };
        list.into_iter().map(table).collect()
    }

    pub(crate) fn table(&mut self, key: &'static str) -> Result<Option<(&'t DeTable<'t>, Place)>> {
        match self.get(key) {
            None => Ok(None),
            Some((DeValue::Table(table), at)) => Ok(Some((table, at))),
            Some(other) => Err(self.wrong(key, other, "a table")),
        }
    }

    /// Refuses keys that nobody asked for.
    pub(crate) fn finish(self) -> Result<()> {
        let mut keys = self.table.keys();
        let unknown = keys.find(|key| !self.asked.iter().any(|asked| *asked == &**key.get_ref()));
        let Some(key) = unknown else {
            return Ok(());
        };
        let fault = DeclarationFault::UnknownKey {
            key: key.get_ref().to_string(),
            expected: self.asked.join(", "),
        };
        Err(self.fault(Place(key.span().start), fault))
    }
}

/// Where a number is cut into classes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Borders {
    Numbers(Vec<f64>),
    Millis(Vec<f64>),
}

fn number_of(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(digits) => {
            let whole = i64::from_str_radix(digits.as_str(), digits.radix()).ok()?;
            Some(whole as f64)
        }
        DeValue::Float(digits) => digits.as_str().parse().ok().filter(|x: &f64| x.is_finite()),
        _ => None,
    }
}

/// `7d`, `1.5h`, `-30m` in milliseconds.
#[expect(
    clippy::cast_possible_truncation,
    reason = "within a hundred years, which is compared before"
)]
fn parse_length(text: &str) -> Option<i64> {
    let split = text.find(|letter: char| letter.is_ascii_alphabetic())?;
    let (digits, unit) = text.split_at(split);
    let factor = KEY_LENGTHS.iter().find(|(name, _)| *name == unit)?.1;
    let plain = |letter: char| letter.is_ascii_digit() || letter == '.' || letter == '-';
    let number: f64 = digits.parse().ok().filter(|_| digits.chars().all(plain))?;
    let millis = number * factor as f64;
    (millis.abs() <= LONGEST_MS).then_some(millis.round() as i64)
}
