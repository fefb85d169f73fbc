//! How good a ranker is on impressions that it has not seen.

use std::path::Path;

use marquee_eval::{auc, auc_error, log_loss};
use marquee_features::{Head, TrainingRows};
use marquee_ranking::{
    Link, Ranker,
    calibration::{Reliability, reliability, reliability_by_slice},
};
use marquee_store::replace_file;
use serde::Serialize;

use super::{
    curves::{Curves, Places},
    slices::{SliceBy, Sliced},
};
use crate::Result;

/// File of the report in a version directory.
pub const REPORT_FILE: &str = "report.json";
/// Bins of equal size over which an expected calibration error is taken.
const BINS: usize = 20;
/// The same of a slice, which has fewer rows.
const SLICE_BINS: usize = 10;

/// How a training of a second stage went.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RankerReport {
    /// The version that proposes its candidates.
    pub base: String,
    /// Events that were replayed.
    pub events: usize,
    /// Impressions it was trained on.
    pub train_rows: usize,
    /// Later impressions by which passes were judged and curves were fitted.
    pub validation_rows: usize,
    /// Impressions later still, by which it was measured.
    pub test_rows: usize,
    /// What followed that no impression could be credited with.
    pub uncredited: u64,
    /// Outcomes that happen too rarely to be learned.
    pub too_rare: Vec<String>,
    /// What was measured of each outcome.
    pub heads: Vec<HeadReport>,
}

/// One outcome, on the test rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeadReport {
    /// The outcome.
    pub head: String,
    /// Share of the rows in which it happened; for the share watched its mean.
    pub mean: f64,
    /// Rows it was learned from in which it happened; for the share watched, those of which anything was.
    pub learned_from: usize,
    /// Area under the ROC curve; for the share watched, of whether anything was watched. None where
    /// all rows are alike.
    pub auc: Option<f64>,
    /// How far that area strays by chance among so few rows: its standard error.
    pub auc_error: Option<f64>,
    /// Which rows all that follows is about: those that its curve is meant for.
    pub places: Places,
    /// Mean negative logarithm of the probability given to what happened, in nats; none for shares.
    pub log_loss: Option<f64>,
    /// The same of somebody who knows nothing but the mean of these rows.
    pub base_log_loss: Option<f64>,
    /// Mean distance of probabilities from what happened, over bins of equal size, before curves.
    pub raw_calibration_error: f64,
    /// Probabilities beside what happened.
    #[serde(flatten)]
    pub calibration: Calibrated,
    /// The same by age of the item, activity of the viewer and genre; slices without rows are left out.
    pub slices: Vec<SliceReport>,
}

/// One slice of the rows of an outcome.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SliceReport {
    /// What rows were told apart by.
    pub by: SliceBy,
    /// Which of them.
    pub slice: String,
    /// Probabilities beside what happened.
    #[serde(flatten)]
    pub calibration: Calibrated,
}

/// Probabilities beside what happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibrated {
    /// Number of rows.
    pub rows: usize,
    /// Mean of their probabilities.
    pub predicted: f64,
    /// Mean of what happened.
    pub observed: f64,
    /// Mean distance of probabilities from what happened, over bins of equal size.
    pub calibration_error: f64,
    /// What that would be by chance alone, were every probability right.
    pub chance_error: f64,
    /// The bins.
    pub reliability: Reliability,
}

impl From<Reliability> for Calibrated {
    fn from(reliability: Reliability) -> Self {
        Self {
            rows: reliability.n_rows(),
            predicted: reliability.predicted(),
            observed: reliability.observed(),
            calibration_error: reliability.expected_error(),
            chance_error: reliability.chance_error(),
            reliability,
        }
    }
}

impl RankerReport {
    /// Writes the report beside a version's files.
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join(REPORT_FILE);
        let written = replace_file(&path, |to| Ok(serde_json::to_writer_pretty(to, self)?));
        Ok(written?)
    }
}

/// Measures each head of `ranker`, which learned from the rows of `train`, on `rows`.
pub(super) fn measure(
    ranker: &dyn Ranker,
    curves: &Curves,
    (train, rows): (&TrainingRows<'_>, &TrainingRows<'_>),
    sliced: &[Sliced],
) -> Result<Vec<HeadReport>> {
    let n = rows.features().n_rows();
    let mut scores = vec![0.0; n * ranker.heads().len()];
    ranker.score(&rows.features(), &mut scores)?;
    let mut chances = scores.clone();
    curves.calibration.apply(n, &mut chances)?;
    let heads = ranker.heads().iter().zip(&curves.places).enumerate();
    let reports = heads.map(|(at, (head, &places))| {
        let place = rows.place_of(head);
        let labels = place.map_or(&[][..], |place| rows.label(place));
        let part = at * n..(at + 1) * n;
        let seen = train
            .place_of(head)
            .map_or(&[][..], |place| train.label(place));
        let said = Said {
            learned_from: count(&happened(seen)),
            link: ranker.link(at),
            scores: &scores[part.clone()],
            chances: &chances[part],
            labels,
        };
        let known: Vec<usize> = (0..labels.len())
            .filter(|&row| !labels[row].is_nan())
            .collect();
        let there = known.iter().copied();
        let there: Vec<usize> = there.filter(|&row| places.count(rows, row)).collect();
        said.report((head, places), (&known, &there), sliced)
    });
    Ok(reports.collect())
}

/// What was said of all rows for one head, and what happened.
#[derive(Clone, Copy)]
struct Said<'a> {
    /// Rows of the training in which it happened.
    learned_from: usize,
    link: Link,
    scores: &'a [f32],
    chances: &'a [f32],
    labels: &'a [f32],
}

impl Said<'_> {
    /// - `known`: the rows of which it is known what happened.
    /// - `there`: those among them that its curve is meant for.
    fn report(
        &self,
        (head, places): (&Head, Places),
        (known, there): (&[usize], &[usize]),
        sliced: &[Sliced],
    ) -> HeadReport {
        let labels = pick(self.labels, known);
        let mean = mean(&labels);
        let outcomes = happened(&labels);
        let auc = auc(&pick(self.scores, known), &outcomes);
        let hits = count(&outcomes);
        let (labels, chances) = (pick(self.labels, there), pick(self.chances, there));
        let raw = pick(self.scores, there);
        let raw: Vec<f32> = raw.iter().map(|&score| self.link.mean(score)).collect();
        let is_share = *head == Head::WatchFraction;
        let loss = log_loss(&chances, &happened(&labels));
        let base = (!labels.is_empty()).then(|| entropy(self::mean(&labels)));
        let slices = sliced.iter().flat_map(|sliced| {
            let slices = pick(&sliced.of_row, there);
            let found = reliability_by_slice(&chances, &labels, &slices, SLICE_BINS);
            found.into_iter().map(|(at, reliability)| SliceReport {
                by: sliced.by,
                slice: sliced.names[at].clone(),
                calibration: reliability.into(),
            })
        });
        HeadReport {
            head: head.to_string(),
            mean,
            learned_from: self.learned_from,
            auc,
            auc_error: auc.and_then(|area| auc_error(area, hits, outcomes.len() - hits)),
            places,
            log_loss: loss.filter(|_| !is_share),
            base_log_loss: base.filter(|_| !is_share),
            raw_calibration_error: reliability(&raw, &labels, BINS).expected_error(),
            calibration: reliability(&chances, &labels, BINS).into(),
            slices: slices.collect(),
        }
    }
}

fn pick<T: Copy>(from: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().map(|&row| from[row]).collect()
}

fn happened(labels: &[f32]) -> Vec<bool> {
    labels.iter().map(|&label| label > 0.0).collect()
}

fn count(outcomes: &[bool]) -> usize {
    outcomes.iter().filter(|&&happened| happened).count()
}

fn mean(labels: &[f32]) -> f64 {
    let sum: f64 = labels.iter().map(|&label| f64::from(label)).sum();
    sum / labels.len().max(1) as f64
}

/// The log loss of a share of `mean` where everybody is given just that.
fn entropy(mean: f64) -> f64 {
    let part = |share: f64| {
        if share > 0.0 {
            -share * share.ln()
        } else {
            0.0
        }
    };
    part(mean) + part(1.0 - mean)
}
