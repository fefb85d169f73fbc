//! What values of a table have to obey, whether they are pushed or read from a file.

use super::{FeatureRows, SequenceField, SparseField};
use crate::TableFault;

type Checked = Result<(), TableFault>;

/// `found` values where `expected` are asked for.
pub(super) fn count(part: &'static str, found: usize, expected: usize) -> Checked {
    if found == expected {
        return Ok(());
    }
    Err(TableFault::Length {
        part,
        found: found as u64,
        expected: expected as u64,
    })
}

/// Numbers are finite, or NaN for unknown.
pub(super) fn dense(names: &[String], values: &[f32], place: u64) -> Checked {
    match values.iter().position(|value| value.is_infinite()) {
        None => Ok(()),
        Some(at) => Err(TableFault::Value {
            column: names[at].clone(),
            place,
            found: values[at],
            expected: "a finite number, or NaN for unknown",
        }),
    }
}

/// Ids are below the size of their column.
pub(super) fn sparse(fields: &[SparseField], values: &[u32], place: u64) -> Checked {
    let mut both = fields.iter().zip(values);
    match both.find(|(field, value)| **value >= field.size) {
        None => Ok(()),
        Some((field, &found)) => Err(TableFault::Id {
            column: field.name.clone(),
            place,
            found,
            size: field.size,
        }),
    }
}

/// A list is no longer than it may be, and its ids are below its size.
pub(super) fn sequence(field: &SequenceField, ids: &[u32], place: u64) -> Checked {
    if ids.len() as u64 > u64::from(field.max_len) {
        return Err(TableFault::TooLong {
            column: field.name.clone(),
            place,
            found: ids.len() as u64,
            most: field.max_len,
        });
    }
    match ids.iter().find(|&&id| id >= field.size) {
        None => Ok(()),
        Some(&found) => Err(TableFault::Id {
            column: field.name.clone(),
            place,
            found,
            size: field.size,
        }),
    }
}

/// Offsets rise from 0 to `end`, and there is one more than `lists`.
pub(super) fn offsets(part: &'static str, offsets: &[u64], lists: u64, end: usize) -> Checked {
    let found = offsets.len() as u64;
    let expected = lists.saturating_add(1);
    if found != expected {
        return Err(TableFault::Length {
            part,
            found,
            expected,
        });
    }
    if offsets[0] != 0 {
        return Err(TableFault::Offset { part, entry: 0 });
    }
    if let Some(at) = offsets.windows(2).position(|pair| pair[0] > pair[1]) {
        let entry = at as u64 + 1;
        return Err(TableFault::Offset { part, entry });
    }
    if offsets[offsets.len() - 1] != end as u64 {
        return Err(TableFault::Offset {
            part,
            entry: found - 1,
        });
    }
    Ok(())
}

/// Every value of a view whose offsets and lengths are right already.
pub(super) fn values(rows: &FeatureRows<'_>) -> Checked {
    let schema = rows.schema();
    for request in 0..rows.n_requests() {
        let place = request as u64;
        dense(&schema.request.dense, rows.request_dense_of(request), place)?;
        sparse(
            &schema.request.sparse,
            rows.request_sparse_of(request),
            place,
        )?;
        for (at, field) in schema.sequences.iter().enumerate() {
            sequence(field, rows.sequence(request, at), place)?;
        }
    }
    for row in 0..rows.n_rows() {
        let place = row as u64;
        dense(&schema.row.dense, rows.dense_of(row), place)?;
        sparse(&schema.row.sparse, rows.sparse_of(row), place)?;
    }
    Ok(())
}

/// What a column of numbers beside the features may hold.
#[derive(Clone, Copy)]
pub(super) enum Range {
    /// Finite or NaN.
    Any,
    /// 0 to 1 or NaN.
    Share,
    /// Above 0, at most 1, or NaN.
    Propensity,
    /// Finite and not negative.
    Weight,
}

/// Every number of a column is in its range.
pub(super) fn column(name: &str, values: &[f32], range: Range) -> Checked {
    let (fits, expected): (fn(f32) -> bool, _) = match range {
        Range::Any => (|x| !x.is_infinite(), "a finite number, or NaN for unknown"),
        Range::Share => (
            |x| x.is_nan() || (0.0..=1.0).contains(&x),
            "0 to 1, or NaN for unknown",
        ),
        Range::Propensity => (
            |x| x.is_nan() || (x > 0.0 && x <= 1.0),
            "above 0 and at most 1, or NaN where it was not logged",
        ),
        Range::Weight => (|x| x.is_finite() && x >= 0.0, "a finite number from 0"),
    };
    match values.iter().position(|&value| !fits(value)) {
        None => Ok(()),
        Some(at) => Err(TableFault::Value {
            column: name.to_owned(),
            place: at as u64,
            found: values[at],
            expected,
        }),
    }
}
