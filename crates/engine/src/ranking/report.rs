//! How good a ranker is on impressions that it has not seen.

use marquee_eval::{auc, log_loss};
use marquee_features::{Head, TrainingRows};
use marquee_ranking::{Calibration, Link, Ranker, calibration::reliability};
use serde::Serialize;

use crate::Result;

/// Bins of equal size over which an expected calibration error is taken.
const BINS: usize = 20;

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
    /// Area under the ROC curve; for the share watched, of whether anything was watched. None where
    /// all rows are alike.
    pub auc: Option<f64>,
    /// Mean negative logarithm of the probability given to what happened, in nats; none for shares.
    pub log_loss: Option<f64>,
    /// The same of somebody who knows nothing but the mean.
    pub base_log_loss: Option<f64>,
    /// Mean distance of probabilities from what happened, over bins of equal size, before curves.
    pub raw_calibration_error: f64,
    /// The same after curves.
    pub calibration_error: f64,
}

/// Measures each head of `ranker` on `rows`.
pub(super) fn measure(
    ranker: &dyn Ranker,
    calibration: &Calibration,
    rows: &TrainingRows<'_>,
) -> Result<Vec<HeadReport>> {
    let n = rows.features().n_rows();
    let mut scores = vec![0.0; n * ranker.heads().len()];
    ranker.score(&rows.features(), &mut scores)?;
    let mut chances = scores.clone();
    calibration.apply(n, &mut chances)?;
    let heads = ranker.heads().iter().enumerate();
    Ok(heads
        .map(|(at, head)| {
            let place = rows.place_of(head);
            let labels = place.map_or(&[][..], |place| rows.label(place));
            let part = at * n..(at + 1) * n;
            let (scores, chances) = (&scores[part.clone()], &chances[part]);
            head_report(head, ranker.link(at), (scores, chances), labels)
        })
        .collect())
}

fn head_report(
    head: &Head,
    link: Link,
    (scores, chances): (&[f32], &[f32]),
    labels: &[f32],
) -> HeadReport {
    let known = |place: &usize| !labels[*place].is_nan();
    let rows: Vec<usize> = (0..labels.len()).filter(known).collect();
    let pick = |from: &[f32]| rows.iter().map(|&row| from[row]).collect::<Vec<f32>>();
    let (scores, chances, labels) = (pick(scores), pick(chances), pick(labels));
    let raw: Vec<f32> = scores.iter().map(|&score| link.mean(score)).collect();
    let happened: Vec<bool> = labels.iter().map(|&label| label > 0.0).collect();
    let mean = labels.iter().map(|&label| f64::from(label)).sum::<f64>();
    let mean = mean / labels.len().max(1) as f64;
    let is_share = *head == Head::WatchFraction;
    let loss = |of: &[f32]| log_loss(of, &happened).filter(|_| !is_share);
    HeadReport {
        head: head.to_string(),
        mean,
        auc: auc(&scores, &happened),
        log_loss: loss(&chances),
        base_log_loss: Some(entropy(mean)).filter(|_| !is_share && !labels.is_empty()),
        raw_calibration_error: reliability(&raw, &labels, BINS).expected_error(),
        calibration_error: reliability(&chances, &labels, BINS).expected_error(),
    }
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
