//! A program asked for a row and for all rows.

use crate::Selection;

use super::Program;

impl Program<'_> {
    pub(super) fn passes(&self, row: usize) -> bool {
        match self {
            Self::Constant(value) => *value,
            Self::All(parts) => parts.iter().all(|part| part.passes(row)),
            Self::Any(parts) => parts.iter().any(|part| part.passes(row)),
            Self::Not(inner) => !inner.passes(row),
            Self::Test(test) => test.passes(row),
        }
    }

    pub(super) fn select(&self, n_rows: usize) -> Selection {
        match self {
            Self::Constant(true) => Selection::all(n_rows),
            Self::Constant(false) => Selection::none(n_rows),
            Self::All(parts) => select_all(parts, n_rows),
            Self::Any(parts) => {
                let first = Selection::none(n_rows);
                let selected = parts.iter().map(|part| part.select(n_rows));
                selected.fold(first, |all, part| all.or(&part))
            }
            Self::Not(inner) => inner.select(n_rows).not(),
            Self::Test(test) => test.select(n_rows),
        }
    }

    /// About how long [`select`](Self::select) takes, in nanoseconds.
    pub(super) fn select_ns(&self, n_rows: usize) -> usize {
        match self {
            Self::Constant(_) => n_rows / 64,
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().map(|part| part.select_ns(n_rows)).sum()
            }
            Self::Not(inner) => n_rows / 64 + inner.select_ns(n_rows),
            Self::Test(test) => test.select_ns(n_rows),
        }
    }

    /// About how long [`passes`](Self::passes) takes at most, in nanoseconds.
    pub(super) fn row_ns(&self) -> usize {
        match self {
            Self::Constant(_) => 1,
            Self::All(parts) | Self::Any(parts) => parts.iter().map(Self::row_ns).sum(),
            Self::Not(inner) => inner.row_ns(),
            Self::Test(test) => test.row_ns(),
        }
    }
}

/// The rows that pass all parts: the cheapest part for all rows, each other one for all rows too, or
/// only for those that are left, if they are few.
fn select_all(parts: &[Program<'_>], n_rows: usize) -> Selection {
    let mut by_cost: Vec<&Program<'_>> = parts.iter().collect();
    by_cost.sort_by_key(|part| part.select_ns(n_rows));
    let mut left = Selection::all(n_rows);
    let mut n_left = n_rows;
    for part in by_cost {
        if n_left.saturating_mul(part.row_ns()) < part.select_ns(n_rows) {
            let fail: Vec<_> = left
                .rows()
                .filter(|row| !part.passes(row.index()))
                .collect();
            fail.into_iter().for_each(|row| left.remove(row.0));
        } else {
            left = left.and(&part.select(n_rows));
        }
        n_left = left.count();
    }
    left
}
