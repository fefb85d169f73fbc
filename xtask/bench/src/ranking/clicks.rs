//! A file of synthetic clicks: rows of 20 ids and 10 numbers, with the chance of a click.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, ensure};
use marquee_features::{
    FeatureSchema, FeatureTable, Head, LabelColumn, RequestValues, SideSchema, SparseField,
    TrainingTable,
};
use marquee_ranking::{NetworkConfig, TreesConfig};

use crate::{
    folder::{self, Cuts, Told, read_floats, read_words},
    settings::{Equal, Settings, TreeIds},
};

/// Columns of ids and of numbers.
const IDS: usize = 20;
const NUMBERS: usize = 10;

/// Makes the data set: four fifths of the rows train, the last twentieth of them to judge passes; the
/// last fifth is reported.
///
/// # Errors
///
/// When a file is missing or its length does not fit those of the others.
pub(crate) fn make(folder: &Path, prefix: &Path) -> Result<()> {
    let ids = read_words(&with(prefix, ".cat.u32"))?;
    let numbers = read_floats(&with(prefix, ".num.f32"))?;
    let path = with(prefix, ".y.u8");
    let clicks = fs::read(&path).with_context(|| format!("{}", path.display()))?;
    let truth = read_floats(&with(prefix, ".p.f32"))?;
    let n = clicks.len();
    let fits = ids.len() == n * IDS && numbers.len() == n * NUMBERS && truth.len() == n;
    ensure!(fits && n >= 100, "{}: lengths differ", prefix.display());
    let size = |column: usize| {
        let most = ids.iter().skip(column).step_by(IDS).max();
        most.map_or(1, |most| most + 2)
    };
    let schema = FeatureSchema {
        row: SideSchema {
            dense: (0..NUMBERS).map(|at| format!("number {at}")).collect(),
            sparse: (0..IDS)
                .map(|at| SparseField {
                    name: format!("id {at}"),
                    size: size(at),
                })
                .collect(),
        },
        ..FeatureSchema::default()
    };
    let mut features = FeatureTable::new(Arc::new(schema))?;
    for (ids, numbers) in ids.chunks_exact(IDS).zip(numbers.chunks_exact(NUMBERS)) {
        features.push_request(RequestValues::default())?;
        // 0 stands for an unknown id.
        let ids: Vec<u32> = ids.iter().map(|id| id + 1).collect();
        features.push_row(numbers, &ids)?;
    }
    let mut table = TrainingTable::of(features);
    table.labels.push(LabelColumn {
        head: Head::Open,
        values: clicks.iter().map(|&click| f32::from(click)).collect(),
    });
    let test = n * 8 / 10;
    let cuts = Cuts {
        validation: test * 95 / 100,
        test,
    };
    let told = Told {
        title: format!("synthetic clicks, {n} rows"),
        graded: false,
        settings: settings(),
        truth: Some(&truth[test..]),
    };
    folder::write(folder, &table, cuts, told)
}

fn settings() -> Settings {
    Settings {
        network: NetworkConfig {
            knots: 16,
            cross: Vec::new(),
            hidden: Vec::new(),
            pairs: 1,
            embedding_rate: 0.15,
            epochs: 2,
            patience: 1,
            ..NetworkConfig::default()
        },
        equal: Equal {
            epochs: 2,
            ..Equal::default()
        },
        trees: TreesConfig {
            trees: 200,
            leaves: 127,
            leaf_rows: 50,
            ..TreesConfig::default()
        },
        tree_ids: TreeIds::Encoded,
    }
}

fn with(prefix: &Path, ending: &str) -> PathBuf {
    let mut path = OsString::from(prefix);
    path.push(ending);
    path.into()
}
