//! The evaluation, as a table with a sentence on what it means.

use anyhow::Context;
use serde::Deserialize;
use std::collections::BTreeMap;

use crate::shell;

use super::{MODELS, Marquee, typed, with_models};

/// The measures shown, and how they are headed.
const SHOWN: [(&str, &str); 3] = [
    ("ndcg@10", "nDCG@10"),
    ("recall@20", "recall@20"),
    ("hit@10", "hit@10"),
];

/// The part of the evaluation's JSON that is shown.
#[derive(Debug, Deserialize)]
struct Report {
    data: Sizes,
    results: Vec<Outcome>,
}

#[derive(Debug, Deserialize)]
struct Sizes {
    users: usize,
    items: usize,
    test: usize,
}

#[derive(Debug, Deserialize)]
struct Outcome {
    model: String,
    metrics: BTreeMap<String, Mean>,
    train_seconds: f64,
}

#[derive(Debug, Deserialize)]
struct Mean {
    mean: f64,
    se: Option<f64>,
}

/// Evaluates the models against popularity and prints how they compare.
///
/// # Errors
///
/// When the evaluation fails or its output has another form than it should.
pub(super) fn run(marquee: &Marquee, selection: &[&str]) -> anyhow::Result<()> {
    let options = [
        "--protocol",
        "strong",
        "--k",
        "10,20",
        "--min-per-user",
        "5",
    ];
    let mut arguments: Vec<&str> = options.to_vec();
    arguments.extend(with_models(selection));
    arguments.push("--json");
    let mut command = marquee.command(&["evaluate"], &arguments);
    shell::say(
        "People the models have never seen: a part of what each one liked is shown to the model,\n\
         the rest is hidden, and the model ranks every title there is. How much comes to the top?",
    );
    shell::say(format_args!("\n$ {}\n", typed(&command)));
    let text = shell::read(&mut command)?;
    let report: Report =
        serde_json::from_str(&text).context("cannot read what `marquee evaluate` prints")?;
    for line in table(&report)? {
        shell::say(line);
    }
    Ok(())
}

fn table(report: &Report) -> anyhow::Result<Vec<String>> {
    let Sizes { users, items, test } = report.data;
    let mut lines = vec![format!(
        "{users} people, {items} titles, {test} hidden likes"
    )];
    let mut header = format!("{:<12}", "model");
    for (_, name) in SHOWN {
        header += &format!("{name:>18}");
    }
    lines.push(header + &format!("{:>14}", "training"));
    for outcome in &report.results {
        let mut line = format!("{:<12}", outcome.model);
        for (metric, _) in SHOWN {
            let Mean { mean, se } = outcome.metric(metric)?;
            let error = se.map_or_else(String::new, |se| format!(" ±{se:.3}"));
            line += &format!("{:>18}", format!("{mean:.3}{error}"));
        }
        lines.push(line + &format!("{:>14}", format!("{:.2} s", outcome.train_seconds)));
    }
    lines.push(String::new());
    lines.push(verdict(report)?);
    Ok(lines)
}

/// How many times as much the best model finds as the same list for everybody does.
fn verdict(report: &Report) -> anyhow::Result<String> {
    let (metric, _) = SHOWN[1];
    let found = |outcome: &Outcome| outcome.metric(metric).map(|found| found.mean);
    let popularity = report
        .results
        .iter()
        .find(|outcome| outcome.model == MODELS[0])
        .context("popularity was not evaluated")?;
    let mut best = popularity;
    for outcome in &report.results {
        if found(outcome)? > found(best)? {
            best = outcome;
        }
    }
    let (most, least) = (found(best)?, found(popularity)?);
    Ok(format!(
        "Of what people really liked, {} puts {:.0} % into its first twenty of {} titles; \
         the most popular titles would be {:.0} %.",
        best.model,
        100.0 * most,
        report.data.items,
        100.0 * least,
    ))
}

impl Outcome {
    fn metric(&self, name: &str) -> anyhow::Result<&Mean> {
        self.metrics
            .get(name)
            .with_context(|| format!("the evaluation of {} has no {name}", self.model))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_names_the_best_model() {
        let result = |model: &str, recall: f64| {
            format!(
                r#"{{"model": "{model}", "train_seconds": 1.5, "metrics": {{
                    "ndcg@10": {{"mean": 0.2, "se": 0.01}},
                    "recall@20": {{"mean": {recall}, "se": 0.01}},
                    "hit@10": {{"mean": 0.5, "se": null}} }} }}"#
            )
        };
        let json = format!(
            r#"{{"data": {{"users": 9, "items": 8, "train": 7, "test": 6}}, "results": [{}, {}]}}"#,
            result("popularity", 0.2),
            result("ease", 0.41)
        );
        let lines = table(&serde_json::from_str(&json).unwrap()).unwrap();
        assert_eq!(lines[0], "9 people, 8 titles, 6 hidden likes");
        assert!(lines[3].starts_with("ease") && lines[3].contains("0.410 ±0.010"));
        let verdict = lines.last().unwrap();
        assert!(verdict.contains("ease puts 41 %") && verdict.contains("20 %"));
    }
}
