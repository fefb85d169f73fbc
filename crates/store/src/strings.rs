//! A table of strings: offsets and text, in two sections.

use crate::{Fault, map::position};

/// Strings of a table that borrow the artifact's bytes; checked when the view was made.
#[derive(Debug, Clone, Copy)]
pub struct StringsView<'a> {
    /// One more than strings, from 0 to the length of `text`.
    offsets: &'a [u64],
    text: &'a str,
}

/// Name of the section with the offsets of table `name`, `u64`, one more than strings.
pub(crate) fn offsets_section(name: &str) -> String {
    format!("{name}.offsets")
}

/// Name of the section with the UTF-8 text of table `name`.
pub(crate) fn text_section(name: &str) -> String {
    format!("{name}.text")
}

impl<'a> StringsView<'a> {
    /// Checks the arrays of table `name` and puts them together: one pass over both.
    pub(crate) fn new(name: &str, offsets: &'a [u64], text: &'a [u8]) -> Result<Self, Fault> {
        let text = str::from_utf8(text).map_err(|error| Fault::StringText {
            section: text_section(name),
            valid_up_to: error.valid_up_to(),
        })?;
        let this = Self { offsets, text };
        match this.wrong_offset() {
            None => Ok(this),
            Some(entry) => Err(Fault::StringOffset {
                section: offsets_section(name),
                entry,
            }),
        }
    }

    /// Number of strings.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there is no string.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// String `index`, counted from 0.
    #[inline]
    pub fn get(&self, index: usize) -> Option<&'a str> {
        (index < self.len()).then(|| self.at(index))
    }

    /// All strings in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a str> + use<'a> {
        let this = *self;
        (0..this.len()).map(move |index| this.at(index))
    }

    /// String `index`, which exists. The offsets were checked, so the cut cannot fail.
    fn at(&self, index: usize) -> &'a str {
        &self.text[position(self.offsets[index])..position(self.offsets[index + 1])]
    }

    /// The first offset that is not where a string may start or end.
    fn wrong_offset(&self) -> Option<usize> {
        let mut last = 0;
        for (entry, &offset) in self.offsets.iter().enumerate() {
            let at_border = usize::try_from(offset).is_ok_and(|at| self.text.is_char_boundary(at));
            if !at_border || offset < last || (entry == 0 && offset != 0) {
                return Some(entry);
            }
            last = offset;
        }
        let complete = !self.offsets.is_empty() && last == self.text.len() as u64;
        (!complete).then(|| self.offsets.len().saturating_sub(1))
    }
}
