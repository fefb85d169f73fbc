//! One test over columns: its answer for a row, for all rows, and what each costs.

use marquee_core::Timestamp;

use crate::{
    Selection,
    columns::{CodeColumn, NumberColumn, TextColumn, WindowColumn},
    expr::Membership,
    literal::Span,
};

/// A test with its names looked up.
#[derive(Debug)]
pub(crate) enum Test<'c> {
    Open(&'c WindowColumn, Timestamp),
    /// The kind's bit is one of these.
    Kinds(&'c [u16], u16),
    /// One of the numbers, or set and none of them; rising.
    Codes(&'c CodeColumn, Membership, Vec<u32>),
    HasCode(&'c CodeColumn),
    /// One of the rows, or set and none of them; rising.
    Rows(&'c TextColumn, Membership, Vec<u32>),
    /// The folded text begins with this, which is not empty.
    Start(&'c TextColumn, String),
    /// The folded text has this in it, which is not empty.
    Part(&'c TextColumn, String),
    HasText(&'c TextColumn),
    /// In one of the spans, which rise and do not meet.
    Spans(&'c NumberColumn, Vec<Span>),
    HasNumber(&'c NumberColumn),
}

impl Test<'_> {
    pub(crate) fn passes(&self, row: usize) -> bool {
        match self {
            Self::Open(windows, now) => windows.is_open(row, *now),
            Self::Kinds(kinds, bits) => kinds[row] & bits != 0,
            Self::Codes(column, membership, wanted) => {
                let codes = column.codes(row);
                let any = codes.iter().any(|code| wanted.binary_search(code).is_ok());
                match membership {
                    Membership::In => any,
                    Membership::NotIn => !codes.is_empty() && !any,
                }
            }
            Self::HasCode(column) => column.is_set(row),
            Self::Rows(column, membership, rows) => {
                let any = rows
                    .binary_search_by(|one| (*one as usize).cmp(&row))
                    .is_ok();
                match membership {
                    Membership::In => any,
                    Membership::NotIn => column.is_set(row) && !any,
                }
            }
            Self::Start(column, start) => column.folded(row).starts_with(start),
            Self::Part(column, part) => column.folded(row).contains(part),
            Self::HasText(column) => column.is_set(row),
            Self::Spans(column, spans) => column.get(row).is_some_and(|value| {
                let at = spans.partition_point(|span| span.last < value);
                spans.get(at).is_some_and(|span| span.contains(value))
            }),
            Self::HasNumber(column) => column.get(row).is_some(),
        }
    }

    /// The rows of `n_rows` that pass.
    pub(crate) fn select(&self, n_rows: usize) -> Selection {
        let mut selected = Selection::none(n_rows);
        match self {
            Self::Open(windows, now) => {
                selected = Selection::all(n_rows);
                windows.closed(*now).for_each(|row| selected.remove(row));
            }
            Self::Kinds(kinds, bits) => {
                for (word, kinds) in selected.words_mut().iter_mut().zip(kinds.chunks(64)) {
                    for (at, kind) in kinds.iter().enumerate() {
                        *word |= u64::from(kind & bits != 0) << at;
                    }
                }
            }
            Self::Codes(column, membership, wanted) => {
                for &code in wanted {
                    column
                        .rows(code)
                        .iter()
                        .for_each(|&row| selected.insert(row));
                }
                if *membership == Membership::NotIn {
                    selected = each(n_rows, |row| column.is_set(row)).without(&selected);
                }
            }
            Self::HasCode(column) => return each(n_rows, |row| column.is_set(row)),
            Self::Rows(column, membership, rows) => {
                rows.iter().for_each(|&row| selected.insert(row));
                if *membership == Membership::NotIn {
                    selected = each(n_rows, |row| column.is_set(row)).without(&selected);
                }
            }
            Self::Start(column, start) => {
                let rows = column.starting_with(start);
                rows.iter().for_each(|&row| selected.insert(row));
            }
            Self::Part(column, part) => {
                let words = selected.words_mut();
                column.containing(part, |row| words[row / 64] |= 1 << (row % 64));
            }
            Self::HasText(column) => return each(n_rows, |row| column.is_set(row)),
            Self::Spans(column, spans) if spans.len() <= MANY_SPANS => {
                for &span in spans {
                    column.within(span, selected.words_mut());
                }
            }
            Self::Spans(..) => return each(n_rows, |row| self.passes(row)),
            Self::HasNumber(column) => {
                return Selection::from_words(column.set().to_vec(), n_rows);
            }
        }
        selected
    }

    /// About how long [`select`](Self::select) takes, in nanoseconds. Only ratios matter.
    pub(crate) fn select_ns(&self, n_rows: usize) -> usize {
        let base = n_rows / 64;
        base + match self {
            Self::Open(windows, _) => 4 * windows.len(),
            Self::Kinds(..) => n_rows / 2,
            Self::Codes(column, membership, wanted) => {
                let rows: usize = wanted.iter().map(|&code| column.rows(code).len()).sum();
                rows + negated(*membership, n_rows)
            }
            Self::Rows(_, membership, rows) => rows.len() + negated(*membership, n_rows),
            Self::Start(column, start) => column.starting_with(start).len(),
            Self::Part(column, _) => column.folded_bytes() / 8,
            Self::HasCode(_) | Self::HasText(_) => n_rows,
            Self::Spans(_, spans) if spans.len() <= MANY_SPANS => spans.len() * n_rows / 2,
            Self::Spans(..) => 8 * n_rows,
            Self::HasNumber(_) => 0,
        }
    }

    /// About how long [`passes`](Self::passes) takes, in nanoseconds.
    pub(crate) fn row_ns(&self) -> usize {
        match self {
            Self::Kinds(..) | Self::HasNumber(_) | Self::HasCode(_) | Self::HasText(_) => 2,
            Self::Open(..) | Self::Spans(..) | Self::Start(..) => 5,
            Self::Codes(..) | Self::Rows(..) => 8,
            Self::Part(..) => 40,
        }
    }
}

/// From here on a search among spans is quicker than a pass over the column for each.
const MANY_SPANS: usize = 8;

fn negated(membership: Membership, n_rows: usize) -> usize {
    match membership {
        Membership::In => 0,
        Membership::NotIn => n_rows,
    }
}

fn each(n_rows: usize, passes: impl Fn(usize) -> bool) -> Selection {
    let mut selected = Selection::none(n_rows);
    for (at, word) in selected.words_mut().iter_mut().enumerate() {
        for row in at * 64..(at * 64 + 64).min(n_rows) {
            *word |= u64::from(passes(row)) << (row % 64);
        }
    }
    selected
}
