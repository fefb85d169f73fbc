//! Which id has which dense row.

use std::{collections::HashMap, sync::Arc};

use crate::id::{IdError, check_id};

/// Ids and their rows, in the order in which they were first seen.
///
/// Memory: the text of every id once, and about 24 bytes besides.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    rows: HashMap<Arc<str>, u32>,
    ids: Vec<Arc<str>>,
}

/// Why ids do not make a vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VocabularyError {
    /// An id is empty or too long.
    #[error("row {row}")]
    Id {
        /// The row it would have had.
        row: usize,
        /// What is wrong with it.
        source: IdError,
    },
    /// An id stands twice.
    #[error("id {id:?} stands at row {first} and again at row {second}")]
    Repeated {
        /// The id.
        id: String,
        /// Its first row.
        first: u32,
        /// Its second row.
        second: usize,
    },
    /// There are more ids than rows.
    #[error("a vocabulary holds at most {} ids", u32::MAX)]
    Full,
}

impl Vocabulary {
    /// A vocabulary of `ids`, rows in their order.
    ///
    /// # Errors
    ///
    /// [`VocabularyError`] when an id is no id or stands twice.
    pub fn from_ids<T: AsRef<str>>(
        ids: impl IntoIterator<Item = T>,
    ) -> Result<Self, VocabularyError> {
        let mut this = Self::default();
        for (row, id) in ids.into_iter().enumerate() {
            let id = id.as_ref();
            if let Some(first) = this.row(id) {
                return Err(VocabularyError::Repeated {
                    id: id.to_owned(),
                    first,
                    second: row,
                });
            }
            this.insert(id)?;
        }
        Ok(this)
    }

    /// The row of `id`, a new one if it was not there.
    ///
    /// # Errors
    ///
    /// [`VocabularyError`] when it is no id or there is no row left.
    pub fn insert(&mut self, id: &str) -> Result<u32, VocabularyError> {
        if let Some(&row) = self.rows.get(id) {
            return Ok(row);
        }
        let row = self.ids.len();
        check_id(id).map_err(|source| VocabularyError::Id { row, source })?;
        let next = u32::try_from(row).map_err(|_| VocabularyError::Full)?;
        let id: Arc<str> = Arc::from(id);
        self.ids.push(Arc::clone(&id));
        self.rows.insert(id, next);
        Ok(next)
    }

    /// The row of `id`, if it is there.
    pub fn row(&self, id: &str) -> Option<u32> {
        self.rows.get(id).copied()
    }

    /// The id of `row`, if there is one.
    pub fn id(&self, row: u32) -> Option<&str> {
        self.ids.get(row as usize).map(|id| &**id)
    }

    /// Ids in the order of their rows.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = &str> {
        self.ids.iter().map(|id| &**id)
    }

    /// Number of ids.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no id.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_follow_the_order_of_first_sight() {
        let mut words = Vocabulary::default();
        assert_eq!(words.insert("b"), Ok(0));
        assert_eq!(words.insert("a"), Ok(1));
        assert_eq!(words.insert("b"), Ok(0));
        assert_eq!(words.row("a"), Some(1));
        assert_eq!(words.id(0), Some("b"));
        assert_eq!(words.id(2), None);
    }

    #[test]
    fn repeated_ids_are_refused() {
        let got = Vocabulary::from_ids(["a", "b", "a"]);
        assert!(matches!(
            got,
            Err(VocabularyError::Repeated {
                first: 0,
                second: 2,
                ..
            })
        ));
    }
}
