//! Which columns a table has.

use std::collections::HashSet;

use twox_hash::XxHash3_64;

use crate::TableFault;

/// The longest name of a column, in bytes.
pub const MAX_NAME_BYTES: usize = 128;

/// Columns of a table: those of a request, those of a row, and the sequences of a request.
///
/// A model stores the [`fingerprint`](Self::fingerprint) of the schema it was trained on and refuses
/// a table with another one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeatureSchema {
    /// Columns with one value for each request.
    pub request: SideSchema,
    /// Columns with one value for each row.
    pub row: SideSchema,
    /// Lists of ids, one of each for each request.
    pub sequences: Vec<SequenceField>,
}

/// Columns of one side, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SideSchema {
    /// Names of the columns of numbers.
    pub dense: Vec<String>,
    /// Columns of ids.
    pub sparse: Vec<SparseField>,
}

/// A column of ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SparseField {
    /// Its name.
    pub name: String,
    /// Ids are `0..size`, and 0 stands for unknown; at least 1.
    pub size: u32,
}

/// A list of ids for each request, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SequenceField {
    /// Its name.
    pub name: String,
    /// Ids are `0..size`, and 0 stands for unknown; at least 1.
    pub size: u32,
    /// The longest list.
    pub max_len: u32,
    /// The sparse column whose ids these are, if any: a model uses one embedding for both.
    pub shares: Option<String>,
}

impl FeatureSchema {
    /// Checks names, sizes, and that what is shared exists.
    ///
    /// # Errors
    ///
    /// [`TableFault`] for the first column that breaks a rule.
    pub fn check(&self) -> Result<(), TableFault> {
        let mut seen = HashSet::new();
        for name in self.names() {
            if name.is_empty() || name.len() > MAX_NAME_BYTES {
                return Err(TableFault::Name { name: name.into() });
            }
            if !seen.insert(name) {
                return Err(TableFault::Repeated { name: name.into() });
            }
        }
        let sparse = self.request.sparse.iter().chain(&self.row.sparse);
        let sparse = sparse.map(|field| (&field.name, field.size));
        let listed = self.sequences.iter().map(|field| (&field.name, field.size));
        for (name, size) in sparse.chain(listed) {
            if size == 0 {
                return Err(TableFault::Size { name: name.clone() });
            }
        }
        self.sequences
            .iter()
            .try_for_each(|field| self.check_shared(field))
    }

    fn check_shared(&self, field: &SequenceField) -> Result<(), TableFault> {
        let Some(shares) = &field.shares else {
            return Ok(());
        };
        let mut sparse = self.request.sparse.iter().chain(&self.row.sparse);
        if sparse.any(|other| other.name == *shares && other.size == field.size) {
            return Ok(());
        }
        Err(TableFault::Shares {
            name: field.name.clone(),
            size: field.size,
            shares: shares.clone(),
        })
    }

    /// Names of all columns: request side, row side (dense before sparse), sequences.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let sides = [&self.request, &self.row].into_iter();
        let sides = sides.flat_map(|side| {
            let sparse = side.sparse.iter().map(|field| &*field.name);
            side.dense.iter().map(|name| &**name).chain(sparse)
        });
        sides.chain(self.sequences.iter().map(|field| &*field.name))
    }

    /// A hash of every name, size and place: equal for equal schemas, on any machine and for good.
    pub fn fingerprint(&self) -> u64 {
        let mut bytes = Vec::new();
        for side in [&self.request, &self.row] {
            number(&mut bytes, side.dense.len() as u64);
            side.dense.iter().for_each(|name| text(&mut bytes, name));
            number(&mut bytes, side.sparse.len() as u64);
            for field in &side.sparse {
                text(&mut bytes, &field.name);
                number(&mut bytes, u64::from(field.size));
            }
        }
        for field in &self.sequences {
            text(&mut bytes, &field.name);
            number(&mut bytes, u64::from(field.size));
            number(&mut bytes, u64::from(field.max_len));
            text(&mut bytes, field.shares.as_deref().unwrap_or_default());
        }
        XxHash3_64::oneshot(&bytes)
    }
}

fn number(bytes: &mut Vec<u8>, value: u64) {
    bytes.extend_from_slice(&value.to_le_bytes());
}

/// The length goes first, so that no two lists of texts give the same bytes.
fn text(bytes: &mut Vec<u8>, text: &str) {
    number(bytes, text.len() as u64);
    bytes.extend_from_slice(text.as_bytes());
}
