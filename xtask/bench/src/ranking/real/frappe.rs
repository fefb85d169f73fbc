//! Frappe: which app is used in a moment.
//!
//! Of each training positive there are two negatives: the same viewer and moment with an app drawn evenly
//! among those that are in no training positive of the viewer. Of the published labeled rows those of
//! even place judge passes and the others are reported.

use std::{collections::HashSet, path::Path};

use anyhow::{Context, Result};
use marquee_features::Head;
use marquee_math::rng;
use marquee_ranking::{NetworkConfig, TreesConfig};
use rand::RngExt as _;

use super::{Columns, Growing, read_rows};
use crate::{
    folder::{self, Cuts, Told},
    settings::{Equal, Settings, TreeIds},
};

const COLUMNS: [&str; 10] = [
    "viewer",
    "app",
    "daytime",
    "weekday",
    "isweekend",
    "homework",
    "cost",
    "weather",
    "country",
    "city",
];
const NEGATIVES: usize = 2;

/// Makes the data set.
///
/// # Errors
///
/// When a file is missing or is not as expected, or the folder cannot be written.
pub(super) fn make(folder: &Path, from: &Path, seed: u64) -> Result<()> {
    let positives = numbers(&from.join("train_positives.csv.gz"), COLUMNS.len())?;
    let labeled = numbers(&from.join("validation_labelled.csv.gz"), COLUMNS.len() + 1)?;
    let size = |column: usize| {
        let positives = positives.iter().map(|row| row[column]);
        let labeled = labeled.iter().map(|row| row[column + 1]);
        positives.chain(labeled).max().map_or(1, |most| most + 2)
    };
    let columns = Columns {
        dense: &[],
        sparse: COLUMNS
            .iter()
            .copied()
            .zip((0..COLUMNS.len()).map(size))
            .collect(),
        history: None,
        heads: &[Head::Open],
    };
    let n_apps = columns.sparse[1].1 - 1;
    let mut growing = Growing::new(&columns)?;
    let mut add = |row: &[u32], label: u32| {
        let ids: Vec<u32> = row.iter().map(|id| id + 1).collect();
        growing.request(None)?;
        growing.row(&[], &ids, &[if label == 1 { 1.0 } else { 0.0 }])?;
        anyhow::Ok(growing.n_requests())
    };
    let known: HashSet<[u32; 2]> = positives.iter().map(|row| [row[0], row[1]]).collect();
    let mut drawn = rng(seed, 0);
    let mut validation = 0;
    for positive in &positives {
        add(positive, 1)?;
        for _ in 0..NEGATIVES {
            let mut other = positive.clone();
            while known.contains(&[other[0], other[1]]) {
                other[1] = drawn.random_range(0..n_apps);
            }
            validation = add(&other, 0)?;
        }
    }
    let mut test = validation;
    for row in labeled.iter().step_by(2) {
        test = add(&row[1..], row[0])?;
    }
    for row in labeled.iter().skip(1).step_by(2) {
        add(&row[1..], row[0])?;
    }
    let told = Told {
        title: format!(
            "Frappe, {} positives and two negatives each",
            positives.len()
        ),
        graded: false,
        settings: settings(),
        truth: None,
    };
    folder::write(folder, &growing.finish(), Cuts { validation, test }, told)
}

fn settings() -> Settings {
    Settings {
        network: NetworkConfig {
            embedding: 64,
            cross: Vec::new(),
            pairs: 4,
            hidden: Vec::new(),
            batch: 1024,
            epochs: 12,
            embedding_rate: 0.1,
            embedding_regularization: 7e-3,
            ..NetworkConfig::default()
        },
        equal: Equal {
            epochs: 8,
            patience: 2,
            ..Equal::default()
        },
        trees: TreesConfig {
            trees: 300,
            leaves: 63,
            ..TreesConfig::default()
        },
        tree_ids: TreeIds::Encoded,
    }
}

fn numbers(path: &Path, n_columns: usize) -> Result<Vec<Vec<u32>>> {
    let rows = read_rows(path, n_columns)?;
    let number = |text: &String| {
        let number = text.parse::<u32>();
        number.with_context(|| format!("{}: expected a number, found {text:?}", path.display()))
    };
    rows.iter()
        .map(|row| row.iter().map(number).collect())
        .collect()
}
