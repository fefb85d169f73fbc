//! Which column of a table is which field.

mod field;

pub(crate) use field::FIELD_NAMES;
pub use field::Field;
use field::{FIELDS, N_FIELDS};

use crate::{Error, Result, error::MappingProblem};

/// What a person says about the columns of a table: `user=viewer,item=3,rating=`.
///
/// A column is given by its name, or by its number from 1 where the file has no header or no column
/// of that name. An empty column means that the file has no such field, whatever its header says.
/// Fields that are not mentioned are found by the common names of their columns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnMapping {
    pairs: Vec<(Field, String)>,
}

impl std::str::FromStr for ColumnMapping {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut this = Self::default();
        for part in text.split(',').filter(|part| !part.trim().is_empty()) {
            let wrong = |problem| Error::Mapping {
                part: part.to_owned(),
                problem,
            };
            let (name, column) = part
                .split_once('=')
                .ok_or_else(|| wrong(MappingProblem::NotAPair))?;
            let field =
                Field::from_name(name.trim()).ok_or_else(|| wrong(MappingProblem::UnknownField))?;
            if this.column(field).is_some() {
                return Err(wrong(MappingProblem::Repeated));
            }
            this = this.with(field, column.trim());
        }
        Ok(this)
    }
}

impl ColumnMapping {
    /// The same mapping, and `field` in `column`.
    #[must_use]
    pub fn with(mut self, field: Field, column: impl Into<String>) -> Self {
        self.pairs.retain(|(other, _)| *other != field);
        self.pairs.push((field, column.into()));
        self
    }

    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Whether any column is given by its name rather than its number.
    pub(crate) fn has_names(&self) -> bool {
        self.pairs
            .iter()
            .any(|(_, column)| !column.is_empty() && column.parse::<usize>().is_err())
    }

    fn column(&self, field: Field) -> Option<&str> {
        let found = self.pairs.iter().find(|(other, _)| *other == field);
        found.map(|(_, column)| column.as_str())
    }
}

/// The place of each field in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Columns([Option<u16>; N_FIELDS]);

/// A column that a mapping names and a table does not have.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoColumn(pub(crate) String);

impl Columns {
    /// Fields in the first columns, in this order.
    pub(crate) fn in_order(fields: &[Field]) -> Self {
        let mut this = Self::default();
        for (at, &field) in fields.iter().enumerate() {
            this.set(field, at);
        }
        this
    }

    /// Finds the fields in a header, by the mapping first and then by common names.
    ///
    /// # Errors
    ///
    /// [`NoColumn`] when the mapping names a column that is not there.
    pub(crate) fn find(header: &[String], mapping: &ColumnMapping) -> Result<Self, NoColumn> {
        let mut this = Self::default();
        let mut taken = vec![false; header.len()];
        for (field, column) in &mapping.pairs {
            if column.is_empty() {
                continue;
            }
            let at = position(header, column).ok_or_else(|| NoColumn(column.clone()))?;
            this.set(*field, at);
            taken[at] = true;
        }
        let names: Vec<String> = header.iter().map(|name| normalized(name)).collect();
        for (field, _, known) in FIELDS {
            if mapping.column(field).is_some() {
                continue;
            }
            let found = known
                .iter()
                .find_map(|want| (0..names.len()).find(|&at| !taken[at] && names[at] == *want));
            if let Some(at) = found {
                this.set(field, at);
                taken[at] = true;
            }
        }
        Ok(this)
    }

    /// The column of `field`, if there is one.
    #[inline]
    pub(crate) fn get(&self, field: Field) -> Option<usize> {
        self.0[field as usize].map(usize::from)
    }

    /// Whether any field is in column `at`.
    #[cfg(feature = "parquet")]
    pub(crate) fn uses(&self, at: usize) -> bool {
        self.0
            .iter()
            .flatten()
            .any(|&column| usize::from(column) == at)
    }

    /// Puts `field` into column `at`; columns past 65,535 are as if they were not there.
    pub(crate) fn set(&mut self, field: Field, at: usize) {
        self.0[field as usize] = u16::try_from(at).ok();
    }
}

fn position(header: &[String], column: &str) -> Option<usize> {
    let by_name = header.iter().position(|name| name == column);
    by_name.or_else(|| {
        let number = column.parse::<usize>().ok()?;
        (1..=header.len()).contains(&number).then(|| number - 1)
    })
}

fn normalized(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests;
