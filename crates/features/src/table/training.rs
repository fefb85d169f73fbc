//! A table with what followed each row.

use std::ops::Range;

use marquee_core::Timestamp;

use super::{FeatureRows, FeatureTable, Head, check};
use crate::TableFault;

/// Features, outcomes, and what training needs besides.
///
/// The lists of all rows or requests have to be as long as the table ([`check`](Self::check)).
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingTable {
    /// What was known at the time of each request.
    pub features: FeatureTable,
    /// What followed, a column for each head.
    pub labels: Vec<LabelColumn>,
    /// Place of each row on the screen, from 0; [`NONE`](super::NONE) where it is not known.
    pub position: Vec<u32>,
    /// Chance with which the logging policy put each row where it was; NaN where it was not logged.
    pub propensity: Vec<f32>,
    /// How much each row counts, finite and not negative.
    pub weight: Vec<f32>,
    /// The item of each row, as a row of the vocabulary the features were made with, or
    /// [`NONE`](super::NONE).
    pub item: Vec<u32>,
    /// When each request was served.
    pub time: Vec<Timestamp>,
    /// Who was answered, likewise.
    pub viewer: Vec<u32>,
}

/// One outcome of all rows.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelColumn {
    /// Which.
    pub head: Head,
    /// Its value for each row, NaN where it is not known.
    pub values: Vec<f32>,
}

/// A borrowed view of features with their outcomes.
///
/// Requests and rows count from 0 in each view.
#[derive(Debug, Clone, Copy)]
pub struct TrainingRows<'a> {
    pub(super) features: FeatureRows<'a>,
    pub(super) labels: Labels<'a>,
    /// The first row of this view in the whole table, as `labels` are whole columns.
    pub(super) first_row: usize,
    pub(super) position: &'a [u32],
    pub(super) propensity: &'a [f32],
    pub(super) weight: &'a [f32],
    pub(super) item: &'a [u32],
    pub(super) time: Times<'a>,
    pub(super) viewer: &'a [u32],
}

/// Outcomes as they lie in memory or in a file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Labels<'a> {
    Columns(&'a [LabelColumn]),
    /// One column after the other, each `n_rows` long.
    Flat {
        heads: &'a [Head],
        values: &'a [f32],
        n_rows: usize,
    },
}

/// Times as they lie in memory or, in milliseconds, in a file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Times<'a> {
    Known(&'a [Timestamp]),
    Millis(&'a [i64]),
}

impl TrainingTable {
    /// A table of `features` without outcomes: weights are 1, all else is not known.
    pub fn of(features: FeatureTable) -> Self {
        let (n_rows, n_requests) = (features.n_rows(), features.n_requests());
        Self {
            features,
            labels: Vec::new(),
            position: vec![super::NONE; n_rows],
            propensity: vec![f32::NAN; n_rows],
            weight: vec![1.0; n_rows],
            item: vec![super::NONE; n_rows],
            time: vec![Timestamp::EPOCH; n_requests],
            viewer: vec![super::NONE; n_requests],
        }
    }

    /// Checks that all columns have the length of the table and hold what they may.
    ///
    /// # Errors
    ///
    /// [`TableFault`] for the first that does not.
    pub fn check(&self) -> Result<(), TableFault> {
        let (n_rows, n_requests) = (self.features.n_rows(), self.features.n_requests());
        for (at, column) in self.labels.iter().enumerate() {
            if self.labels[..at]
                .iter()
                .any(|other| other.head == column.head)
            {
                let name = column.head.to_string();
                return Err(TableFault::Repeated { name });
            }
            check::count("labels", column.values.len(), n_rows)?;
            label(&column.head, &column.values)?;
        }
        check::count("position", self.position.len(), n_rows)?;
        check::count("propensity", self.propensity.len(), n_rows)?;
        check::count("weight", self.weight.len(), n_rows)?;
        check::count("item", self.item.len(), n_rows)?;
        check::count("time", self.time.len(), n_requests)?;
        check::count("viewer", self.viewer.len(), n_requests)?;
        check::column("propensity", &self.propensity, check::Range::Propensity)?;
        check::column("weight", &self.weight, check::Range::Weight)
    }

    /// The whole table as models take it. Cost: one pass over what stands beside the features.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn view(&self) -> Result<TrainingRows<'_>, TableFault> {
        self.check()?;
        Ok(TrainingRows {
            features: self.features.view(),
            labels: Labels::Columns(&self.labels),
            first_row: 0,
            position: &self.position,
            propensity: &self.propensity,
            weight: &self.weight,
            item: &self.item,
            time: Times::Known(&self.time),
            viewer: &self.viewer,
        })
    }
}

/// Checks the values of one outcome.
pub(super) fn label(head: &Head, values: &[f32]) -> Result<(), TableFault> {
    let range = if head.is_share() {
        check::Range::Share
    } else {
        check::Range::Any
    };
    check::column(&head.to_string(), values, range)
}

impl<'a> TrainingRows<'a> {
    /// The features.
    pub const fn features(&self) -> FeatureRows<'a> {
        self.features
    }

    /// Number of outcomes of a row.
    pub const fn n_heads(&self) -> usize {
        match self.labels {
            Labels::Columns(columns) => columns.len(),
            Labels::Flat { heads, .. } => heads.len(),
        }
    }

    /// Which outcome stands at a place.
    ///
    /// # Panics
    ///
    /// When there is no such place.
    pub const fn head(&self, place: usize) -> &'a Head {
        match self.labels {
            Labels::Columns(columns) => &columns[place].head,
            Labels::Flat { heads, .. } => &heads[place],
        }
    }

    /// The outcome of each row by the place of its head, NaN where it is not known.
    ///
    /// # Panics
    ///
    /// When there is no such head.
    pub fn label(&self, head: usize) -> &'a [f32] {
        let rows = self.first_row..self.first_row + self.features.n_rows();
        match self.labels {
            Labels::Columns(columns) => &columns[head].values[rows],
            Labels::Flat { values, n_rows, .. } => {
                &values[head * n_rows..(head + 1) * n_rows][rows]
            }
        }
    }

    /// The place of a head, if there is one.
    pub fn place_of(&self, head: &Head) -> Option<usize> {
        (0..self.n_heads()).find(|&place| self.head(place) == head)
    }

    /// Place of each row on the screen, or [`NONE`](super::NONE).
    pub const fn position(&self) -> &'a [u32] {
        self.position
    }

    /// Chance of each row under the logging policy, NaN where it was not logged.
    pub const fn propensity(&self) -> &'a [f32] {
        self.propensity
    }

    /// How much each row counts.
    pub const fn weight(&self) -> &'a [f32] {
        self.weight
    }

    /// The item of each row, or [`NONE`](super::NONE).
    pub const fn item(&self) -> &'a [u32] {
        self.item
    }

    /// When a request was served.
    ///
    /// # Panics
    ///
    /// When there is no such request.
    pub fn time(&self, request: usize) -> Timestamp {
        match self.time {
            Times::Known(times) => times[request],
            Times::Millis(times) => Timestamp::from_millis(times[request]),
        }
    }

    /// Who asked each request, or [`NONE`](super::NONE).
    pub const fn viewer(&self) -> &'a [u32] {
        self.viewer
    }

    /// The same for some requests in a row. Cost: none that grows with them.
    ///
    /// # Panics
    ///
    /// When there are no such requests.
    pub fn slice(&self, requests: Range<usize>) -> Self {
        let first = self.features.rows_before(requests.start);
        let rows = first..self.features.rows_before(requests.end);
        Self {
            features: self.features.slice(requests.clone()),
            labels: self.labels,
            first_row: self.first_row + first,
            position: &self.position[rows.clone()],
            propensity: &self.propensity[rows.clone()],
            weight: &self.weight[rows.clone()],
            item: &self.item[rows],
            time: match self.time {
                Times::Known(times) => Times::Known(&times[requests.clone()]),
                Times::Millis(times) => Times::Millis(&times[requests.clone()]),
            },
            viewer: &self.viewer[requests],
        }
    }
}
