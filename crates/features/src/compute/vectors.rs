//! Vectors that are handed in: embeddings of items and viewers, and how alike they are.

use std::collections::BTreeMap;

use marquee_math::{axpy, dot};

use super::values::Moment;
use crate::{
    Error, Plan, Result, TableFault,
    declare::Norm,
    entities::NONE,
    plan::{Op, VectorOf},
};

/// Named tables of vectors by row of items or viewers.
///
/// They stand still while events come, so for a table that will be trained on they should come from
/// before the first of its requests; what they know of later events, the features would know too.
#[derive(Debug, Clone, Default)]
pub struct VectorSet {
    tables: BTreeMap<String, Table>,
}

#[derive(Debug, Clone)]
struct Table {
    dim: usize,
    values: Vec<f32>,
}

impl VectorSet {
    /// Adds a table, in place of one of the same name.
    ///
    /// - `values`: a vector of `dim` finite numbers a row; rows past its end have none.
    ///
    /// # Errors
    ///
    /// [`Error::Table`] when `values` are not whole vectors, or one of them is not finite.
    pub fn insert(&mut self, name: &str, dim: usize, values: Vec<f32>) -> Result<()> {
        if dim == 0 || !values.len().is_multiple_of(dim) {
            return Err(TableFault::Length {
                part: "vectors",
                found: values.len() as u64,
                expected: (values.len() / dim.max(1) * dim) as u64,
            }
            .into());
        }
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            return Err(TableFault::Value {
                column: name.to_owned(),
                place: (at / dim) as u64,
                found: values[at],
                expected: "a finite number",
            }
            .into());
        }
        self.tables.insert(name.to_owned(), Table { dim, values });
        Ok(())
    }

    /// Checks that every table a plan names is there and as long as declared.
    pub(super) fn check(&self, plan: &Plan) -> Result<()> {
        for (name, dim) in &plan.vectors {
            let found = self.tables.get(name).map_or(0, |table| table.dim);
            if found != *dim as usize {
                return Err(Error::Vectors {
                    name: name.clone(),
                    found,
                    expected: *dim as usize,
                });
            }
        }
        Ok(())
    }

    fn get(&self, table: &str, row: u32) -> Option<&[f32]> {
        let table = self.tables.get(table)?;
        let start = (row as usize).checked_mul(table.dim)?;
        table.values.get(start..start.checked_add(table.dim)?)
    }

    /// Copies a vector to the front of `to`, NaN where there is none.
    pub(super) fn copy(&self, table: &str, row: u32, to: &mut [f32]) {
        let dim = self.tables.get(table).map_or(0, |table| table.dim);
        match self.get(table, row) {
            Some(vector) => to[..dim].copy_from_slice(vector),
            None => to[..dim].fill(f32::NAN),
        }
    }
}

/// Compares each candidate's vector with one of the viewer's; NaN where either is missing.
pub(super) fn similarities(moment: &Moment<'_>, op: &Op, vector: &mut Vec<f32>, to: &mut Vec<f32>) {
    let Op::Similarity { items, with, norm } = op else {
        return;
    };
    vector.clear();
    match with {
        VectorOf::Viewer { table } => {
            let found = moment.vectors.get(table, moment.asked.viewer);
            vector.extend_from_slice(found.unwrap_or_default());
        }
        &VectorOf::Recent { marks, last } => {
            let limits = moment.state.plan.limits;
            let newest = moment.log.map(|log| log.newest(marks, limits));
            let newest = newest.into_iter().flatten();
            let before_now =
                newest.filter(|entry| entry.item != NONE && entry.time_ms <= moment.now_ms);
            let found = before_now.take(last as usize);
            let mut count = 0.0;
            for one in found.filter_map(|entry| moment.vectors.get(items, entry.item)) {
                vector.resize(one.len(), 0.0);
                axpy(vector, 1.0, one);
                count += 1.0;
            }
            vector.iter_mut().for_each(|value| *value /= count);
        }
    }
    let own = dot(vector, vector);
    to.extend(moment.asked.items.iter().map(|&item| {
        match moment.vectors.get(items, item) {
            Some(other) if other.len() == vector.len() => match norm {
                Norm::Dot => dot(vector, other),
                Norm::Cosine => {
                    // A vector of length zero points nowhere.
                    let lengths = (own * dot(other, other)).sqrt();
                    if lengths > 0.0 {
                        dot(vector, other) / lengths
                    } else {
                        f32::NAN
                    }
                }
            },
            _ => f32::NAN,
        }
    }));
}
