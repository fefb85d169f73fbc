//! A column of texts, one for each row, found by their whole, their start or any part.

use std::ops::Range;

use memchr::memmem::Finder;

use crate::fold::{fold, fold_into};

/// Texts by row. An empty one is missing.
#[derive(Debug)]
pub(crate) struct TextColumn {
    texts: Joined,
    /// The same in lower case.
    folded: Joined,
    /// Rows by rising folded text.
    order: Vec<u32>,
}

/// Texts one behind the other.
#[derive(Debug, Default)]
struct Joined {
    bytes: String,
    /// One more than there are texts.
    offsets: Vec<usize>,
}

impl Joined {
    fn get(&self, row: usize) -> &str {
        &self.bytes[self.offsets[row]..self.offsets[row + 1]]
    }
}

impl TextColumn {
    pub(crate) fn new<'r>(rows: impl IntoIterator<Item = &'r str>) -> Self {
        let mut texts = Joined::default();
        let mut folded = Joined::default();
        texts.offsets.push(0);
        folded.offsets.push(0);
        for text in rows {
            texts.bytes.push_str(text);
            texts.offsets.push(texts.bytes.len());
            fold_into(text, &mut folded.bytes);
            folded.offsets.push(folded.bytes.len());
        }
        let mut order: Vec<u32> = (0..).take(texts.offsets.len() - 1).collect();
        order.sort_by(|&left, &right| {
            let text = |row: u32| folded.get(row as usize);
            text(left).cmp(text(right)).then(left.cmp(&right))
        });
        Self {
            texts,
            folded,
            order,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    pub(crate) fn get(&self, row: usize) -> &str {
        self.texts.get(row)
    }

    pub(crate) fn is_set(&self, row: usize) -> bool {
        !self.get(row).is_empty()
    }

    /// The text of `row` in lower case.
    pub(crate) fn folded(&self, row: usize) -> &str {
        self.folded.get(row)
    }

    /// Rows whose text is `text`, byte by byte, rising.
    pub(crate) fn equal<'c>(&'c self, text: &'c str) -> impl Iterator<Item = u32> + 'c {
        let alike = self.equal_folded(text).iter().copied();
        alike.filter(move |&row| self.get(row as usize) == text)
    }

    /// Rows whose text differs from `text` by the case of letters at most, rising.
    pub(crate) fn equal_folded(&self, text: &str) -> &[u32] {
        let text = fold(text);
        &self.order[self.range(
            |other| other < text.as_str(),
            |other| other <= text.as_str(),
        )]
    }

    /// Rows whose folded text begins with `start`, which is folded and not empty.
    pub(crate) fn starting_with(&self, start: &str) -> &[u32] {
        let range = self.range(
            |other| other < start,
            |other| other < start || other.starts_with(start),
        );
        &self.order[range]
    }

    /// Places in the order of texts, by two questions that the texts below its ends answer with yes.
    fn range(
        &self,
        is_before: impl Fn(&str) -> bool,
        is_not_after: impl Fn(&str) -> bool,
    ) -> Range<usize> {
        let text = |row: &u32| self.folded.get(*row as usize);
        let first = self.order.partition_point(|row| is_before(text(row)));
        let length = self.order[first..].partition_point(|row| is_not_after(text(row)));
        first..first + length
    }

    /// Calls `see` with each row whose folded text has `part` in it, rising; `part` is folded and not
    /// empty. Reads all texts as one.
    pub(crate) fn containing(&self, part: &str, mut see: impl FnMut(usize)) {
        let finder = Finder::new(part);
        let bytes = self.folded.bytes.as_bytes();
        let mut row = 0;
        let mut from = 0;
        while let Some(at) = finder.find(&bytes[from..]).map(|at| from + at) {
            let past = self.folded.offsets[row..].partition_point(|&offset| offset <= at);
            row += past - 1;
            let end = self.folded.offsets[row + 1];
            if at + part.len() <= end {
                see(row);
                from = end;
            } else {
                // It reaches into the next text, so it stands in neither.
                from = at + 1;
            }
        }
    }

    /// Bytes that [`containing`](Self::containing) reads.
    pub(crate) fn folded_bytes(&self) -> usize {
        self.folded.bytes.len()
    }
}
