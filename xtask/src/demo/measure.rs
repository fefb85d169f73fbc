//! The evaluation, as a table with a sentence on what it means.

use anyhow::Context;
use serde::Deserialize;
use std::collections::BTreeMap;

use crate::shell;

use super::{MODELS, Marquee, with_models};

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
    test_users: usize,
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

/// Evaluates the models against popularity, prints how they compare, and names the best of them.
///
/// # Errors
///
/// When the evaluation fails or its output has another form than it should.
pub(super) fn run(marquee: &Marquee, selection: &[&str]) -> anyhow::Result<String> {
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
    shell::say(format_args!("\n$ {}\n", shell::typed(&command)));
    let text = shell::read(&mut command)?;
    let report: Report =
        serde_json::from_str(&text).context("cannot read what `marquee evaluate` prints")?;
    for line in table(&report)? {
        shell::say(line);
    }
    let (best, _) = best_and_popularity(&report)?;
    Ok(best.model.clone())
}

fn table(report: &Report) -> anyhow::Result<Vec<String>> {
    let Sizes {
        test_users,
        items,
        test,
    } = report.data;
    let size = format!("{test_users} people, {items} titles, {test} hidden likes");
    let mut lines = vec![size];
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

/// What the best model finds, beside what the same list for everybody does.
fn verdict(report: &Report) -> anyhow::Result<String> {
    let (best, popularity) = best_and_popularity(report)?;
    let least = 100.0 * popularity.found()?;
    if best.model == popularity.model {
        return Ok(format!(
            "No model beats the most popular titles here: {least:.0} % of what people liked."
        ));
    }
    Ok(format!(
        "Of what people really liked, {} puts {:.0} % into its first twenty of {} titles; \
         the most popular titles would be {least:.0} %.",
        best.model,
        100.0 * best.found()?,
        report.data.items,
    ))
}

/// The model that finds most, the first of equals, and popularity.
fn best_and_popularity(report: &Report) -> anyhow::Result<(&Outcome, &Outcome)> {
    let popularity = report
        .results
        .iter()
        .find(|outcome| outcome.model == MODELS[0])
        .context("popularity was not evaluated")?;
    let mut best = popularity;
    for outcome in &report.results {
        if outcome.found()? > best.found()? {
            best = outcome;
        }
    }
    Ok((best, popularity))
}

impl Outcome {
    fn metric(&self, name: &str) -> anyhow::Result<&Mean> {
        self.metrics
            .get(name)
            .with_context(|| format!("the evaluation of {} has no {name}", self.model))
    }

    /// Share of the hidden likes among the first twenty, the measure that models are judged by.
    fn found(&self) -> anyhow::Result<f64> {
        self.metric("recall@20").map(|found| found.mean)
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
            r#"{{"data": {{"users": 7, "test_users": 9, "items": 8, "train": 7, "test": 6}}, "results": [{}, {}]}}"#,
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
