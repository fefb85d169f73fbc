//! A table of numbers only, for trees: beside the numbers there are, the position, and for each column of
//! ids how often its id came and the mean of the head's labels there, smoothed.
//!
//! A training row is told what the other folds of requests say, never what it says itself.

use std::sync::Arc;

use anyhow::Result;
use marquee_features::{
    FeatureRows, FeatureSchema, FeatureTable, Head, LabelColumn, NONE, RequestValues, SideSchema,
    TrainingRows, TrainingTable,
};

use crate::{folder::Opened, settings::TreeIds};

/// Folds of requests.
const FOLDS: usize = 5;
/// Rows of an id that count as much as the mean over all ids.
const SMOOTHING: f64 = 20.0;

/// The table for one head.
pub(crate) struct Encoded {
    table: TrainingTable,
    requests: [usize; 3],
}

impl Encoded {
    /// Encodes the rows of a data set for the head at a place. Memory: a copy of its numbers.
    ///
    /// # Errors
    ///
    /// When the data set cannot be read.
    pub(crate) fn new(opened: &Opened, head: usize) -> Result<Self> {
        let all = opened.all()?;
        let features = all.features();
        let labels = all.label(head);
        let trained = opened.about.rows[0];
        let mut counts: Vec<Counts> = opened
            .about
            .sizes
            .iter()
            .map(|&size| Counts::new(size))
            .collect();
        let mut total = Sum::default();
        each_row(&features, |request, row| {
            let label = f64::from(labels[row]);
            if row >= trained || label.is_nan() {
                return Ok(());
            }
            total.add(label);
            let ids = features.request_sparse_of(request).iter();
            for (counts, &id) in counts.iter_mut().zip(ids.chain(features.sparse_of(row))) {
                counts.of(id)[request % FOLDS].add(label);
            }
            Ok(())
        })?;
        let mean = total.labels / total.rows.max(1.0);
        let mut table = FeatureTable::new(Arc::new(schema(opened)))?;
        let (mut values, mut last) = (Vec::new(), usize::MAX);
        each_row(&features, |request, row| {
            if request != last {
                table.push_request(RequestValues::default())?;
                last = request;
            }
            values.clear();
            values.extend_from_slice(features.request_dense_of(request));
            values.extend_from_slice(features.dense_of(row));
            if opened.about.positions {
                let position = all.position()[row];
                let known = position != NONE;
                values.push(if known {
                    narrow(f64::from(position))
                } else {
                    f32::NAN
                });
            }
            if opened.about.settings.tree_ids == TreeIds::LeftOut {
                return Ok(table.push_row(&values, &[])?);
            }
            let fold = (row < trained).then_some(request % FOLDS);
            let ids = features.request_sparse_of(request).iter();
            for (counts, &id) in counts.iter_mut().zip(ids.chain(features.sparse_of(row))) {
                let sum = Counts::without(counts.of(id), fold);
                values.push(narrow(sum.rows.ln_1p()));
                values.push(narrow(
                    (sum.labels + SMOOTHING * mean) / (sum.rows + SMOOTHING),
                ));
            }
            Ok(table.push_row(&values, &[])?)
        })?;
        let mut table = TrainingTable::of(table);
        table.labels.push(LabelColumn {
            head: Head::from_name(&opened.about.heads[head])?,
            values: labels.to_vec(),
        });
        Ok(Self {
            table,
            requests: opened.about.requests,
        })
    }

    /// Rows to learn from, to judge passes on, and that are reported.
    ///
    /// # Errors
    ///
    /// Never: the table was checked as it was made.
    pub(crate) fn parts(&self) -> Result<[TrainingRows<'_>; 3]> {
        let all = self.table.view()?;
        let [validation, test, end] = self.requests;
        Ok([0..validation, validation..test, test..end].map(|requests| all.slice(requests)))
    }
}

fn schema(opened: &Opened) -> FeatureSchema {
    let about = &opened.about;
    let position = about.positions.then(|| "position".to_owned());
    let ids: &[String] = match about.settings.tree_ids {
        TreeIds::Encoded => &about.sparse,
        TreeIds::LeftOut => &[],
    };
    let encoded = ids.iter();
    let encoded = encoded.flat_map(|name| [format!("rows of {name}"), format!("label of {name}")]);
    FeatureSchema {
        row: SideSchema {
            dense: about
                .dense
                .iter()
                .cloned()
                .chain(position)
                .chain(encoded)
                .collect(),
            sparse: Vec::new(),
        },
        ..FeatureSchema::default()
    }
}

fn each_row(
    features: &FeatureRows<'_>,
    mut with: impl FnMut(usize, usize) -> Result<()>,
) -> Result<()> {
    for request in 0..features.n_requests() {
        for row in features.rows_of(request) {
            with(request, row)?;
        }
    }
    Ok(())
}

/// Rows, and the sum of their labels.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    rows: f64,
    labels: f64,
}

impl Sum {
    fn add(&mut self, label: f64) {
        self.rows += 1.0;
        self.labels += label;
    }
}

/// What is known of each id of a column, by fold.
struct Counts(Vec<[Sum; FOLDS]>);

impl Counts {
    fn new(size: u32) -> Self {
        Self(vec![[Sum::default(); FOLDS]; size as usize])
    }

    fn of(&mut self, id: u32) -> &mut [Sum; FOLDS] {
        &mut self.0[id as usize]
    }

    /// The sum over all folds but one.
    fn without(folds: &[Sum; FOLDS], fold: Option<usize>) -> Sum {
        let others = folds.iter().enumerate().filter(|(at, _)| Some(*at) != fold);
        others.fold(Sum::default(), |sum, (_, one)| Sum {
            rows: sum.rows + one.rows,
            labels: sum.labels + one.labels,
        })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "features need no more digits"
)]
fn narrow(value: f64) -> f32 {
    value as f32
}
