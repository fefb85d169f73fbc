//! What a ranker is worth on impressions that it has not seen.

use anyhow::Result;
use marquee_engine::{HeadReport, RankerReport, SliceReport, ranking::Places};

use crate::output;

/// Prints each outcome, and how far its chances are from what happened in each slice.
pub(super) fn show(report: &RankerReport) -> Result<()> {
    output::line(format_args!(
        "orders candidates of {}; learned from {} impressions, judged by the next {}, measured on the {} after them",
        report.base,
        output::count(report.train_rows as u64),
        output::count(report.validation_rows as u64),
        output::count(report.test_rows as u64),
    ))?;
    let titles = [
        "outcome",
        "mean",
        "learned from",
        "AUC",
        "at",
        "rows",
        "log loss",
        "of the mean",
        "calibration error",
        "by chance",
    ];
    let rows: Vec<Vec<String>> = report.heads.iter().map(outcome).collect();
    output::table(&titles, &rows)?;
    if !report.too_rare.is_empty() {
        output::line(format_args!(
            "too rare to learn: {}",
            report.too_rare.join(", ")
        ))?;
    }
    slices(&report.heads)
}

fn outcome(head: &HeadReport) -> Vec<String> {
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| format!("{v:.4}"));
    let at = match head.places {
        Places::First => "first place",
        Places::All => "all places",
    };
    vec![
        head.head.clone(),
        format!("{:.4}", head.mean),
        output::count(head.learned_from as u64),
        area(head),
        at.to_owned(),
        output::count(head.calibration.rows as u64),
        number(head.log_loss),
        number(head.base_log_loss),
        format!("{:.4}", head.calibration.calibration_error),
        format!("{:.4}", head.calibration.chance_error),
    ]
}

/// The area with how far it strays by chance.
fn area(head: &HeadReport) -> String {
    match head.auc.zip(head.auc_error) {
        Some((area, error)) => format!("{area:.4} ± {error:.4}"),
        None => "-".to_owned(),
    }
}

/// How much larger than by chance alone an error is that is marked.
const MARKED: f64 = 2.0;

/// A line for each slice, a column for each outcome.
fn slices(heads: &[HeadReport]) -> Result<()> {
    let mut named: Vec<&SliceReport> = Vec::new();
    for slice in heads.iter().flat_map(|head| &head.slices) {
        if !named.iter().any(|other| same(other, slice)) {
            named.push(slice);
        }
    }
    if named.is_empty() {
        return Ok(());
    }
    output::line("")?;
    output::line("calibration error by slice; * more than twice what chance alone explains")?;
    let mut titles = vec!["slice", "rows"];
    titles.extend(heads.iter().map(|head| &*head.head));
    let rows: Vec<Vec<String>> = named.iter().map(|slice| line(slice, heads)).collect();
    output::table(&titles, &rows)
}

fn line(slice: &SliceReport, heads: &[HeadReport]) -> Vec<String> {
    let by = format!("{:?}", slice.by).to_lowercase();
    let rows = output::count(slice.calibration.rows as u64);
    let errors = heads.iter().map(|head| {
        let found = head.slices.iter().find(|other| same(other, slice));
        found.map_or_else(|| "-".to_owned(), error)
    });
    let start = [format!("{by} {}", slice.slice), rows];
    start.into_iter().chain(errors).collect()
}

fn error(slice: &SliceReport) -> String {
    let found = &slice.calibration;
    let mark = match found.calibration_error > MARKED * found.chance_error {
        true => "*",
        false => "",
    };
    format!("{:.4}{mark}", found.calibration_error)
}

fn same(a: &SliceReport, b: &SliceReport) -> bool {
    a.by == b.by && a.slice == b.slice
}
