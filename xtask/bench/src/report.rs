//! One line of a Markdown table.

use std::io::{Write, stdout};

use anyhow::Result;

use crate::load::Outcome;

/// Prints the outcome as a row: label, calls a second, mean, percentiles in milliseconds, failures.
///
/// # Errors
///
/// When standard output is closed.
pub(crate) fn row(label: &str, outcome: &Outcome) -> Result<()> {
    let millis = |percentile: f64| {
        let micros = outcome.latency_us.value_at_quantile(percentile);
        format!("{:.2}", micros as f64 / 1e3)
    };
    let rate = outcome.latency_us.len() as f64 / outcome.seconds;
    writeln!(
        stdout().lock(),
        "| {label} | {rate:.0} | {:.2} | {} | {} | {} | {:.2} | {} | {} |",
        outcome.latency_us.mean() / 1e3,
        millis(0.5),
        millis(0.99),
        millis(0.999),
        outcome.latency_us.max() as f64 / 1e3,
        outcome.failed,
        outcome.degraded,
    )?;
    Ok(())
}
