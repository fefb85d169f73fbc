//! An expression made ready for one catalog, one viewer and one moment.

use marquee_core::{ItemIdx, Timestamp};

use crate::{Columns, Error, Expr, Limits, Result, Selection, ViewerFields};

mod bind;
mod run;
mod test;

use test::Test;

/// An expression with its names looked up in [`Columns`], its viewer's fields filled in and its moment
/// fixed.
///
/// It answers for all rows at once ([`select`](Self::select)) or for one at a time
/// ([`passes`](Self::passes)); both say the same, and the same as [`Expr::holds`] of the record.
#[derive(Debug)]
pub struct Filter<'c> {
    columns: &'c Columns,
    program: Program<'c>,
    /// For records that were put since the columns were made.
    expr: &'c Expr,
    viewer: ViewerFields<'c>,
    now: Timestamp,
}

/// About how long an expression takes on one record, in nanoseconds.
const CHANGED_NS: usize = 400;

/// An expression over columns. Constants stand at its root only.
#[derive(Debug)]
enum Program<'c> {
    Constant(bool),
    /// At least two.
    All(Vec<Program<'c>>),
    /// At least two.
    Any(Vec<Program<'c>>),
    Not(Box<Program<'c>>),
    Test(Test<'c>),
}

impl<'c> Filter<'c> {
    /// Looks up what `expr` names. A text that no record has is no error: the test holds for no row.
    ///
    /// Cost: a few searches in sorted texts for each test; `contains` and `starts with` over genres,
    /// tags, creators, languages and series read their dictionaries.
    pub fn compile(
        expr: &'c Expr,
        columns: &'c Columns,
        viewer: &ViewerFields<'c>,
        now: Timestamp,
    ) -> Self {
        let binder = bind::Binder {
            columns,
            viewer,
            now,
        };
        Self {
            columns,
            program: binder.node(&expr.root),
            expr,
            viewer: *viewer,
            now,
        }
    }

    /// Number of rows that it can be asked of.
    pub fn n_rows(&self) -> usize {
        self.columns.n_rows()
    }

    /// What every row gets, where that does not depend on the row.
    pub fn constant(&self) -> Option<bool> {
        match self.program {
            Program::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// Whether the item passes.
    ///
    /// # Panics
    ///
    /// When there is no such row.
    pub fn passes(&self, item: ItemIdx) -> bool {
        match self.columns.changed(item.index()) {
            Some(record) => self.expr.holds(record, &self.viewer, self.now),
            None => self.program.passes(item.index()),
        }
    }

    /// All rows that pass, as bits.
    ///
    /// # Errors
    ///
    /// [`Error::TooCostly`] when rows times tests are more than `limits` allow.
    pub fn select(&self, limits: &Limits) -> Result<Selection> {
        self.afford(self.n_rows(), limits)?;
        let columned = self.program.select(self.columns.n_columned());
        let mut selected = columned.extended(self.n_rows());
        for (row, record) in self.columns.all_changed() {
            if self.expr.holds(record, &self.viewer, self.now) {
                selected.insert(row);
            } else {
                selected.remove(row);
            }
        }
        Ok(selected)
    }

    /// The way that costs less when about `n_asked` rows are going to be asked: all bits at once, or
    /// each row by itself.
    ///
    /// # Errors
    ///
    /// [`Error::TooCostly`] when both ways make more tests than `limits` allow.
    pub fn for_asking(self, n_asked: usize, limits: &Limits) -> Result<Passing<'c>> {
        let all_at_once = self.afford(self.n_rows(), limits);
        let by_row = self.program.row_ns().saturating_mul(n_asked);
        let by_bits = self.program.select_ns(self.columns.n_columned());
        if all_at_once.is_ok() && by_bits + self.columns.n_changed() * CHANGED_NS <= by_row {
            return Ok(Passing::Bits(self.select(limits)?));
        }
        match self.afford(n_asked.min(self.n_rows()), limits) {
            Ok(()) => Ok(Passing::ByRow(self)),
            Err(error) => Err(error),
        }
    }

    /// Whether `n_rows` times the tests are within `limits`.
    fn afford(&self, n_rows: usize, limits: &Limits) -> Result<()> {
        let tests = (n_rows as u64).saturating_mul(self.expr.n_leaves as u64);
        if tests <= limits.max_row_tests {
            return Ok(());
        }
        Err(Error::TooCostly {
            leaves: self.expr.n_leaves,
            rows: n_rows,
            limit: limits.max_row_tests,
        })
    }
}

/// Which rows pass: known for all of them, or found out row by row.
#[derive(Debug)]
pub enum Passing<'c> {
    /// Known.
    Bits(Selection),
    /// Found out when asked.
    ByRow(Filter<'c>),
}

impl Passing<'_> {
    /// Whether the item passes.
    ///
    /// # Panics
    ///
    /// When there is no such row.
    pub fn contains(&self, item: ItemIdx) -> bool {
        match self {
            Self::Bits(selection) => selection.contains(item),
            Self::ByRow(filter) => filter.passes(item),
        }
    }
}

#[cfg(test)]
mod tests;
