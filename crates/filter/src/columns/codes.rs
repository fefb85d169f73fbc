//! A column of texts that stand in many rows: numbers into a dictionary, and the rows of each.

use super::TextColumn;

/// Any number of texts for each row.
#[derive(Debug)]
pub(crate) struct CodeColumn {
    /// The text of each number.
    values: TextColumn,
    codes: Lists,
    /// By number, the rows that have it.
    rows: Lists,
}

/// Lists of numbers one behind the other, each rising.
#[derive(Debug)]
struct Lists {
    numbers: Vec<u32>,
    /// One more than there are lists.
    offsets: Vec<usize>,
}

impl Default for Lists {
    fn default() -> Self {
        Self {
            numbers: Vec::new(),
            offsets: vec![0],
        }
    }
}

impl Lists {
    fn get(&self, at: usize) -> &[u32] {
        &self.numbers[self.offsets[at]..self.offsets[at + 1]]
    }

    /// The lists of a matrix, turned around.
    fn transposed(&self, n_lists: usize) -> Self {
        let mut offsets = vec![0; n_lists + 1];
        for &number in &self.numbers {
            offsets[number as usize + 1] += 1;
        }
        for at in 0..n_lists {
            offsets[at + 1] += offsets[at];
        }
        let mut next = offsets.clone();
        let mut numbers = vec![0; self.numbers.len()];
        for at in 0..self.offsets.len() - 1 {
            for &list in self.get(at) {
                numbers[next[list as usize]] = number(at);
                next[list as usize] += 1;
            }
        }
        Self { numbers, offsets }
    }
}

impl CodeColumn {
    /// The dictionary.
    pub(crate) fn values(&self) -> &TextColumn {
        &self.values
    }

    /// The numbers of `row`, rising, none twice.
    pub(crate) fn codes(&self, row: usize) -> &[u32] {
        self.codes.get(row)
    }

    /// The rows that have the number `code`, rising.
    pub(crate) fn rows(&self, code: u32) -> &[u32] {
        self.rows.get(code as usize)
    }

    pub(crate) fn is_set(&self, row: usize) -> bool {
        !self.codes(row).is_empty()
    }
}

/// Takes the numbers of one row after the other.
#[derive(Debug, Default)]
pub(crate) struct Builder(Lists);

impl Builder {
    pub(crate) fn push(&mut self, codes: impl Iterator<Item = u32>) {
        let lists = &mut self.0;
        let start = lists.numbers.len();
        lists.numbers.extend(codes);
        lists.numbers[start..].sort_unstable();
        let mut kept = start;
        for at in start..lists.numbers.len() {
            if at == start || lists.numbers[at] != lists.numbers[at - 1] {
                lists.numbers[kept] = lists.numbers[at];
                kept += 1;
            }
        }
        lists.numbers.truncate(kept);
        lists.offsets.push(kept);
    }

    /// The column whose numbers stand for `values`.
    pub(crate) fn finish(self, values: TextColumn) -> CodeColumn {
        CodeColumn {
            rows: self.0.transposed(values.len()),
            codes: self.0,
            values,
        }
    }
}

/// A row or a dictionary's place as a number.
///
/// # Panics
///
/// When there are more than 2³²: a model has no more rows, and a dictionary of more does not fit memory.
pub(crate) fn number(at: usize) -> u32 {
    u32::try_from(at).expect("rows and dictionaries fit 32 bits")
}
