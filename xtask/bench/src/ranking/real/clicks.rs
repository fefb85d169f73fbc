//! Samples of display ads: a few thousand rows, enough to see that they are read and learned from.

use std::{collections::HashSet, path::Path};

use anyhow::Result;
use marquee_features::Head;
use marquee_ranking::{NetworkConfig, TreesConfig};

use super::{Columns, Growing, Numbered, narrow, read_rows};
use crate::{
    folder::{self, Cuts, Told},
    settings::{Equal, Settings, TreeIds},
};

/// Criteo: by time, seven tenths train, one tenth judges passes, the rest is reported. The file of test
/// rows has no labels and is left out.
///
/// # Errors
///
/// When a file is missing or is not as expected, or the folder cannot be written.
pub(super) fn criteo(folder: &Path, from: &Path) -> Result<()> {
    let rows = read_rows(&from.join("train.tiny.csv.gz"), 41)?;
    let places = Places {
        label: 1,
        dense: (2..15).collect(),
        sparse: (15..41).collect(),
    };
    write(folder, ("Criteo, a sample", &rows), &places)
}

/// Avazu: the same; of rows that stand in the sample several times, the first counts.
///
/// # Errors
///
/// When a file is missing or is not as expected, or the folder cannot be written.
pub(super) fn avazu(folder: &Path, from: &Path) -> Result<()> {
    let mut rows = read_rows(&from.join("tr.rx.csv.gz"), 24)?;
    let mut seen = HashSet::new();
    rows.retain(|row| seen.insert(row[0].clone()));
    let places = Places {
        label: 1,
        dense: Vec::new(),
        sparse: (2..24).collect(),
    };
    write(folder, ("Avazu, a sample", &rows), &places)
}

/// Which columns of a file are what.
struct Places {
    label: usize,
    dense: Vec<usize>,
    sparse: Vec<usize>,
}

fn write(folder: &Path, (title, rows): (&str, &[Vec<String>]), places: &Places) -> Result<()> {
    let mut words: Vec<Numbered> = places.sparse.iter().map(|_| Numbered::default()).collect();
    let mut ids = Vec::new();
    for row in rows {
        for (&place, numbered) in places.sparse.iter().zip(&mut words) {
            let word = &*row[place];
            ids.push(if word.is_empty() {
                0
            } else {
                numbered.of(word)?
            });
        }
    }
    let dense: Vec<String> = places
        .dense
        .iter()
        .map(|at| format!("number {at}"))
        .collect();
    let dense: Vec<&str> = dense.iter().map(String::as_str).collect();
    let names: Vec<String> = places.sparse.iter().map(|at| format!("id {at}")).collect();
    let mut sparse = Vec::new();
    for (name, numbered) in names.iter().zip(&words) {
        sparse.push((name.as_str(), numbered.size()?));
    }
    let mut growing = Growing::new(&Columns {
        dense: &dense,
        sparse,
        history: None,
        heads: &[Head::Open],
    })?;
    for (row, ids) in rows.iter().zip(ids.chunks_exact(words.len())) {
        let number = |&place: &usize| row[place].parse::<f64>().map_or(f32::NAN, narrow);
        let numbers: Vec<f32> = places.dense.iter().map(number).collect();
        growing.request(None)?;
        let clicked = row[places.label] == "1";
        growing.row(&numbers, ids, &[if clicked { 1.0 } else { 0.0 }])?;
    }
    let told = Told {
        title: format!("{title}, {} rows", rows.len()),
        graded: false,
        settings: settings(),
        truth: None,
    };
    let cuts = Cuts {
        validation: rows.len() * 7 / 10,
        test: rows.len() * 8 / 10,
    };
    folder::write(folder, &growing.finish(), cuts, told)
}

/// Little data: small embeddings, held near nothing.
fn settings() -> Settings {
    Settings {
        network: NetworkConfig {
            embedding: 8,
            hidden: vec![32],
            dropout: 0.2,
            batch: 128,
            epochs: 10,
            embedding_regularization: 0.01,
            ..NetworkConfig::default()
        },
        equal: Equal {
            embedding: 8,
            hidden: vec![32],
            batch: 128,
            epochs: 10,
            patience: 2,
            ..Equal::default()
        },
        trees: TreesConfig {
            leaves: 15,
            ..TreesConfig::default()
        },
        tree_ids: TreeIds::Encoded,
    }
}
