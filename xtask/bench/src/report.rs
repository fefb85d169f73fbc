//! What was measured, in lines of Markdown tables.

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

/// Prints a table of the components that the answers ran, and how many candidates they considered.
///
/// # Errors
///
/// When standard output is closed.
pub(crate) fn stages(outcome: &Outcome) -> Result<()> {
    let mut out = stdout().lock();
    let answers = outcome.latency_us.len().max(1);
    writeln!(
        out,
        "\n{:.0} candidates an answer\n\n| component | mean µs | p50 µs | p99 µs |\n|---|---|---|---|",
        outcome.candidates as f64 / answers as f64,
    )?;
    for (name, micros) in &outcome.stages {
        writeln!(
            out,
            "| {name} | {:.0} | {} | {} |",
            micros.mean(),
            micros.value_at_quantile(0.5),
            micros.value_at_quantile(0.99),
        )?;
    }
    Ok(())
}
