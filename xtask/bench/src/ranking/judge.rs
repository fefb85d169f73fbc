//! What contenders said of the test rows, beside what happened.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use marquee_eval::auc;
use marquee_features::TrainingRows;
use marquee_ranking::calibration::reliability;

use crate::{
    folder::{About, Opened, read_floats},
    slices,
};

/// Bins of equal size that probabilities are compared with outcomes in.
const BINS: usize = 20;
/// The contender whose probabilities are looked at by slice.
const SLICED: &str = "network-curves";

/// How good one contender is at one head.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Quality {
    /// None where not both outcomes happened, or for shares and grades.
    auc: Option<f64>,
    log_loss: f64,
    ndcg5: Mean,
    ndcg10: Mean,
    expected_error: f64,
}

/// A sum over requests, and how many there were.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Mean {
    sum: f64,
    n: f64,
}

impl Mean {
    /// NaN where there was nothing.
    fn value(self) -> f64 {
        self.sum / self.n
    }

    fn and(self, other: Self) -> Self {
        Self {
            sum: self.sum + other.sum,
            n: self.n + other.n,
        }
    }
}

/// What was said of one data set.
struct Said {
    opened: Opened,
    /// Names, and values of all rows, a head after the other.
    contenders: Vec<(String, Vec<f32>)>,
}

impl Said {
    /// Reads the truth, where it is known, and what contenders said, in this order.
    fn read(folder: &Path, contenders: &[String]) -> Result<Self> {
        let opened = Opened::open(folder)?;
        let test = opened.test()?;
        let expected = test.features().n_rows() * test.n_heads();
        let truth = ("oracle".to_owned(), folder.join("truth.f32"));
        let predicted = contenders.iter().map(|name| {
            let path = folder.join("predicted").join(format!("{name}.f32"));
            (name.clone(), path)
        });
        let mut read = Vec::new();
        for (name, path) in std::iter::once(truth).chain(predicted) {
            if !path.is_file() {
                continue;
            }
            let values = read_floats(&path)?;
            let found = values.len();
            ensure!(
                found == expected,
                "{}: {found} numbers, expected {expected}",
                path.display()
            );
            read.push((name, values));
        }
        Ok(Self {
            opened,
            contenders: read,
        })
    }

    /// How good a contender is at a head; none where it left the head out.
    fn quality(&self, contender: usize, head: usize) -> Result<Option<Quality>> {
        let test = self.opened.test()?;
        let n_rows = test.features().n_rows();
        let values = &self.contenders[contender].1[head * n_rows..(head + 1) * n_rows];
        let left_out = values.iter().any(|value| value.is_nan());
        Ok((!left_out).then(|| quality(&test, head, values)))
    }
}

/// Prints a table of all contenders, in this order, for each head; the truth goes first where it is known.
///
/// - `folds`: folders of the same data set with other rows to report; requests of all count alike, and
///   nothing but their order is judged.
///
/// # Errors
///
/// When a file is missing or does not fit the data set.
pub(crate) fn judge(folder: &Path, folds: &[PathBuf], contenders: &[String]) -> Result<()> {
    let first = Said::read(folder, contenders)?;
    let rest: Vec<Said> = folds
        .iter()
        .map(|fold| Said::read(fold, contenders))
        .collect::<Result<_>>()?;
    let about = &first.opened.about;
    for (place, head) in about.heads.iter().enumerate() {
        heading(about, head, &first.opened.test()?, place);
        for (at, (name, _)) in first.contenders.iter().enumerate() {
            let Some(mut quality) = first.quality(at, place)? else {
                continue;
            };
            for fold in &rest {
                if let Some(other) = fold.quality(at, place)? {
                    quality.ndcg5 = quality.ndcg5.and(other.ndcg5);
                    quality.ndcg10 = quality.ndcg10.and(other.ndcg10);
                }
            }
            say(&line(name, about, &quality));
        }
    }
    // What is served goes through curves; no other contender's slices say more than that.
    let mut contenders = first.contenders.iter();
    match contenders.find(|contender| contender.0 == SLICED) {
        Some((name, values)) => slices::print(&first.opened, (name, values)),
        None => Ok(()),
    }
}

fn heading(about: &About, head: &str, test: &TrainingRows<'_>, place: usize) {
    let labels = test.label(place);
    let known = labels.iter().filter(|label| !label.is_nan());
    let sum: f64 = known.clone().map(|&label| f64::from(label)).sum();
    let mean = sum / known.count().max(1) as f64;
    let known = match about.graded {
        true => String::new(),
        // What anyone has who knows the mean and nothing else.
        false => format!(", whose log loss is {:.4}", entropy(mean)),
    };
    say(&format!("\n{head} (mean {mean:.4}{known})\n"));
    if about.graded {
        say("| | nDCG@5 | nDCG@10 |\n|---|---|---|");
    } else {
        say("| | AUC | log loss | nDCG@10 | calibration error |\n|---|---|---|---|---|");
    }
}

fn line(name: &str, about: &About, quality: &Quality) -> String {
    let (ndcg5, ndcg10) = (quality.ndcg5.value(), quality.ndcg10.value());
    if about.graded {
        return format!("| {name} | {ndcg5:.4} | {ndcg10:.4} |");
    }
    let number = |value: f64| match value.is_nan() {
        true => "–".to_owned(),
        false => format!("{value:.4}"),
    };
    format!(
        "| {name} | {} | {:.4} | {} | {:.4} |",
        number(quality.auc.unwrap_or(f64::NAN)),
        quality.log_loss,
        // Rows of their own are in no order.
        number(ndcg10),
        quality.expected_error
    )
}

fn quality(rows: &TrainingRows<'_>, head: usize, values: &[f32]) -> Quality {
    let labels = rows.label(head);
    let known: Vec<(f32, f32)> = values
        .iter()
        .copied()
        .zip(labels.iter().copied())
        .filter(|(_, label)| !label.is_nan())
        .collect();
    let (said, happened): (Vec<f32>, Vec<f32>) = known.iter().copied().unzip();
    let graded = happened.iter().any(|label| !(0.0..=1.0).contains(label));
    let shares = happened.iter().any(|&label| label > 0.0 && label < 1.0);
    let outcomes: Vec<bool> = happened.iter().map(|&label| label > 0.5).collect();
    let plain = !graded && !shares;
    Quality {
        auc: plain.then(|| auc(&said, &outcomes)).flatten(),
        log_loss: cross_entropy(&known),
        ndcg5: ndcg(rows, head, (values, 5, graded)),
        ndcg10: ndcg(rows, head, (values, 10, graded)),
        expected_error: reliability(&said, &happened, BINS).expected_error(),
    }
}

/// The mean surprise at labels from 0 to 1, in nats; of outcomes the log loss.
fn cross_entropy(rows: &[(f32, f32)]) -> f64 {
    let surprise = rows.iter().map(|&(said, label)| {
        let said = f64::from(said).clamp(1e-7, 1.0 - 1e-7);
        let label = f64::from(label);
        -label * said.ln() - (1.0 - label) * (1.0 - said).ln()
    });
    surprise.sum::<f64>() / rows.len().max(1) as f64
}

/// Mean nDCG over requests of several rows in which anything happened.
///
/// The gain of a label is the label, that of a grade `2^grade - 1`.
fn ndcg(rows: &TrainingRows<'_>, head: usize, (values, k, graded): (&[f32], usize, bool)) -> Mean {
    let features = rows.features();
    let labels = rows.label(head);
    let gain = |label: f32| match graded {
        true => f64::from(label).exp2() - 1.0,
        false => f64::from(label),
    };
    let mut mean = Mean::default();
    for request in 0..features.n_requests() {
        let all = features.rows_of(request);
        let mut of_request: Vec<(f32, f64)> = all
            .filter(|&row| !labels[row].is_nan())
            .map(|row| (values[row], gain(labels[row])))
            .collect();
        // Rows that are alike stay in an order that has nothing to do with what happened.
        of_request.sort_by(|a, b| b.0.total_cmp(&a.0));
        let found = discounted(of_request.iter().map(|row| row.1).take(k));
        of_request.sort_by(|a, b| b.1.total_cmp(&a.1));
        let best = discounted(of_request.iter().map(|row| row.1).take(k));
        if of_request.len() > 1 && best > 0.0 {
            mean.sum += found / best;
            mean.n += 1.0;
        }
    }
    mean
}

/// Mean surprise at an outcome of this chance, in nats, where the chance is known.
fn entropy(chance: f64) -> f64 {
    let part = |chance: f64| {
        if chance > 0.0 {
            -chance * chance.ln()
        } else {
            0.0
        }
    };
    part(chance) + part(1.0 - chance)
}

fn discounted(gains: impl Iterator<Item = f64>) -> f64 {
    let ranked = gains.enumerate();
    ranked
        .map(|(rank, gain)| gain / (rank as f64 + 2.0).log2())
        .sum()
}

#[expect(clippy::print_stdout, reason = "the program's answer")]
fn say(line: &str) {
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use marquee_features::{
        FeatureSchema, FeatureTable, Head, LabelColumn, RequestValues, TrainingTable,
    };

    fn check(requests: &[&[(f32, f32)]], k: usize, graded: bool, expected: f64) {
        let mut features = FeatureTable::new(Arc::new(FeatureSchema::default())).unwrap();
        let mut values = Vec::new();
        let mut labels = Vec::new();
        for request in requests {
            features.push_request(RequestValues::default()).unwrap();
            for &(value, label) in *request {
                features.push_row(&[], &[]).unwrap();
                values.push(value);
                labels.push(label);
            }
        }
        let mut table = TrainingTable::of(features);
        table.labels.push(LabelColumn {
            head: Head::Custom("grade".into()),
            values: labels,
        });
        let rows = table.view().unwrap();
        let found = ndcg(&rows, 0, (&values, k, graded)).value();
        assert!((found - expected).abs() < 1e-9, "{found}");
    }

    #[test]
    fn order_that_is_best_is_one() {
        check(&[&[(0.9, 1.0), (0.1, 0.0)]], 10, false, 1.0);
    }

    #[test]
    fn requests_in_which_nothing_happened_do_not_count() {
        let half = 1.0 / 3.0_f64.log2();
        let second: &[(f32, f32)] = &[(0.9, 0.0), (0.1, 1.0)];
        check(&[second, &[(0.9, 0.0), (0.1, 0.0)]], 10, false, half);
        check(&[second], 1, false, 0.0);
    }

    #[test]
    fn grades_gain_by_powers_of_two() {
        let found = 1.0 + 3.0 / 3.0_f64.log2();
        let best = 3.0 + 1.0 / 3.0_f64.log2();
        check(&[&[(0.9, 1.0), (0.1, 2.0)]], 10, true, found / best);
    }

    #[test]
    fn mean_of_a_sure_thing_surprises_nobody() {
        assert!(entropy(1.0).abs() < 1e-12);
        assert!((entropy(0.5) - std::f64::consts::LN_2).abs() < 1e-12);
    }

    #[test]
    fn surprise_of_even_odds_is_one_bit() {
        let found = cross_entropy(&[(0.5, 1.0), (0.5, 0.25)]);
        assert!((found - std::f64::consts::LN_2).abs() < 1e-9);
    }
}
