//! Graded judgments in libsvm form: requests are shuffled; number `n` is reported in fold `n mod 5`, judges trees in
//! the fold before, and is trained on in the others.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use marquee_features::Head;
use marquee_math::rng;
use marquee_ranking::{NetworkConfig, TreesConfig, trees::Objective};
use rand::RngExt as _;

use super::{Columns, Growing, read_text};
use crate::{
    folder::{self, Cuts, Told},
    settings::{Equal, Settings, TreeIds},
};

const FOLDS: usize = 5;
/// Columns are numbered from 1.
const COLUMNS: usize = 301;

/// Makes the data set of a fold.
///
/// # Errors
///
/// When a file is missing or is not as expected, or the folder cannot be written.
pub(super) fn make(folder: &Path, from: &Path, (fold, seed): (usize, u64)) -> Result<()> {
    ensure!(fold < FOLDS, "fold {fold} of {FOLDS}");
    let path = from.join("rank.train.gz");
    let text = read_text(&path)?;
    let sizes = read_text(&from.join("rank.train.query"))?;
    let mut lines = text.lines().enumerate();
    let mut requests = Vec::new();
    for size in sizes.lines() {
        let rows = lines.by_ref().take(size.trim().parse()?);
        let rows = rows.map(|(number, line)| {
            judgment(line).with_context(|| format!("{} line {}", path.display(), number + 1))
        });
        requests.push(rows.collect::<Result<Vec<_>>>()?);
    }
    let mut draw = rng(seed, 0);
    for last in (1..requests.len()).rev() {
        requests.swap(last, draw.random_range(0..=last));
    }
    let names: Vec<String> = (0..COLUMNS).map(|at| format!("number {at}")).collect();
    let mut growing = Growing::new(&Columns {
        dense: &names.iter().map(String::as_str).collect::<Vec<_>>(),
        sparse: Vec::new(),
        history: None,
        heads: &[Head::Custom("grade".to_owned())],
    })?;
    let judging = (fold + FOLDS - 1) % FOLDS;
    let mut add = |wanted: &dyn Fn(usize) -> bool| {
        for (_, rows) in requests
            .iter()
            .enumerate()
            .filter(|(at, _)| wanted(at % FOLDS))
        {
            growing.request(None)?;
            for (grade, numbers) in rows {
                growing.row(numbers, &[], &[*grade])?;
            }
        }
        anyhow::Ok(growing.n_requests())
    };
    let validation = add(&|of| of != fold && of != judging)?;
    let test = add(&|of| of == judging)?;
    add(&|of| of == fold)?;
    let told = Told {
        title: format!("graded judgments, fold {fold}"),
        graded: true,
        settings: settings(),
        truth: None,
    };
    folder::write(folder, &growing.finish(), Cuts { validation, test }, told)
}

fn settings() -> Settings {
    Settings {
        network: NetworkConfig::default(),
        equal: Equal::default(),
        trees: TreesConfig {
            objective: Objective::Order,
            leaf_rows: 50,
            leaf_curvature: 5.0,
            ..TreesConfig::default()
        },
        tree_ids: TreeIds::Encoded,
    }
}

/// `grade column:value column:value`; what is not named is 0.
fn judgment(line: &str) -> Result<(f32, Vec<f32>)> {
    let mut words = line.split_whitespace();
    let grade = words.next().context("an empty line")?.parse()?;
    let mut numbers = vec![0.0; COLUMNS];
    for word in words {
        let (column, value) = word.split_once(':').context("expected column:value")?;
        let place: usize = column.parse()?;
        *numbers.get_mut(place).context("a column beyond the last")? = value.parse()?;
    }
    Ok((grade, numbers))
}
