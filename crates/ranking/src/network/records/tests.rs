use marquee_features::{FeatureRows, LabelColumn};
use marquee_store::Artifact;

use super::*;
use crate::{
    Ranker,
    network::{NetworkModel, NetworkView, TrainingSet, train, train::tests::whole},
    samples, silent,
};

/// Ids of a request and of a row are told by records, the list of items has embeddings of its own.
fn config() -> NetworkConfig {
    NetworkConfig {
        records: vec!["viewer".into(), "item".into()],
        left_out: vec!["genre".into(), "words".into()],
        ..whole()
    }
}

/// The record of an id of a column, counted anew: rows of all requests that `counts` says.
fn counted(
    table: &TrainingTable,
    id_of: impl Fn(usize, usize) -> u32,
    id: u32,
    counts: impl Fn(usize) -> bool,
    scale: f64,
) -> Vec<f32> {
    let rows = table.view().unwrap();
    let features = rows.features();
    let mut record = Vec::new();
    let mut seen = Vec::new();
    for request in (0..features.n_requests()).filter(|&request| counts(request)) {
        let here = features.rows_of(request);
        seen.extend(here.filter(|&row| id_of(request, row) == id));
    }
    record.push(narrow((scale * seen.len() as f64).ln_1p()));
    for LabelColumn { values, .. } in &table.labels {
        let known = |rows: &mut dyn Iterator<Item = usize>| -> Vec<f64> {
            let labels = rows.map(|row| f64::from(values[row]));
            labels.filter(|label| !label.is_nan()).collect()
        };
        let all = known(&mut (0..values.len()));
        let own = known(&mut seen.iter().copied());
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        let sum = scale * own.iter().sum::<f64>() + 20.0 * mean;
        record.push(narrow(sum / (scale * own.len() as f64 + 20.0)));
    }
    record
}

#[track_caller]
fn check_close(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
}

#[test]
fn a_row_is_told_what_other_folds_say_and_later_ones_what_all_say() {
    let mut table = samples::table(23, 6, 4);
    table.labels[0].values[7] = f32::NAN;
    let rows = table.view().unwrap();
    let folds = Folds::learn(&rows, &config()).unwrap().unwrap();
    let features = rows.features();
    let viewer = |request: usize, _: usize| features.request_sparse_of(request)[0];
    let item = |_: usize, row: usize| features.sparse_of(row)[0];
    let told = [
        (folds.training(&rows).unwrap(), 1.25),
        (folds.judging(&rows).unwrap(), 1.0),
    ];
    for (told, scale) in &told {
        let told: FeatureRows<'_> = told.features.view();
        for request in 0..features.n_requests() {
            let counts = |other: usize| *scale < 1.1 || other % FOLDS != request % FOLDS;
            let id = viewer(request, 0);
            let record = counted(&table, viewer, id, counts, *scale);
            check_close(&told.request_dense_of(request)[2..], &record);
            assert_eq!(
                told.request_sparse_of(request),
                &features.request_sparse_of(request)[1..]
            );
            assert_eq!(told.sequence(request, 0), features.sequence(request, 0));
            assert_eq!(told.sequence(request, 1), features.sequence(request, 2));
            for row in features.rows_of(request) {
                let record = counted(&table, item, item(request, row), counts, *scale);
                check_close(&told.dense_of(row)[2..], &record);
                assert!(told.sparse_of(row).is_empty());
            }
        }
    }
}

#[test]
fn what_a_row_says_itself_does_not_reach_it() {
    let mut table = samples::table(23, 6, 4);
    let told = |table: &TrainingTable| {
        let rows = table.view().unwrap();
        let folds = Folds::learn(&rows, &config()).unwrap().unwrap();
        folds.training(&rows).unwrap().features
    };
    let before = told(&table);
    // The mean of all rows stays as it was: two labels of one request change places.
    let rows = table.features.view().rows_of(3);
    let labels = &mut table.labels[0].values;
    let other = rows
        .clone()
        .find(|&row| (labels[row] - labels[rows.start]).abs() > 0.5)
        .unwrap();
    labels.swap(rows.start, other);
    let after = told(&table);
    let dense = |table: &FeatureTable, row| table.view().dense_of(row).to_vec();
    let same = |row| {
        let pairs = dense(&before, row).into_iter().zip(dense(&after, row));
        pairs.into_iter().all(|(a, b)| a.to_bits() == b.to_bits())
    };
    assert!(rows.clone().all(same));
    assert!(!(0..table.features.n_rows()).all(same));
}

fn trained(table: &TrainingTable) -> NetworkModel {
    let rows = [table.view().unwrap()];
    let set = TrainingSet {
        passes: &rows,
        validation: Some(rows[0]),
    };
    train(set, &config(), 5, &mut silent()).unwrap()
}

fn scores(view: &NetworkView<'_>, rows: &FeatureRows<'_>) -> Vec<u32> {
    let mut values = vec![0.0; rows.n_rows() * view.heads().len()];
    view.score(rows, &mut values).unwrap();
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn a_network_with_records_is_kept_and_scores_rows_alone_as_together() {
    let table = samples::table(23, 6, 4);
    let model = trained(&table);
    let bytes = model.to_artifact().to_bytes().unwrap();
    let artifact = Artifact::from_bytes(&bytes).unwrap();
    let view = NetworkView::open(&artifact).unwrap();
    assert_eq!(**view.schema(), *samples::schema());
    let rows = table.features.view();
    let all = scores(&view, &rows);
    assert_eq!(all, scores(&model.view(), &rows));
    for request in 0..rows.n_requests() {
        let alone = scores(&view, &rows.slice(request..request + 1));
        let places = rows.rows_of(request);
        for (head, alone) in alone.chunks_exact(places.len()).enumerate() {
            assert_eq!(alone, &all[head * rows.n_rows()..][places.clone()]);
        }
    }
}

#[test]
fn a_network_without_its_records_is_refused() {
    let table = samples::table(23, 6, 4);
    let mut model = trained(&table);
    model.records.truncate(3);
    let plan = model.description.plan.clone().unwrap();
    model.records.resize((plan.ids - 1) * plan.width, 0.0);
    let mut artifact = marquee_store::ArtifactBuilder::new(NAME, 1);
    let description = model.description.to_json();
    let d = model.description.shape.layout.embedding as u64;
    artifact.section_owned("description", &[description.len() as u64], description);
    artifact.section(
        "embeddings",
        &[model.tables.len() as u64 / d, d],
        &model.tables,
    );
    artifact.section("weights", &[model.weights.len() as u64], &model.weights);
    artifact.section("records", &[model.records.len() as u64], &model.records);
    let bytes = artifact.to_bytes().unwrap();
    let artifact = Artifact::from_bytes(&bytes).unwrap();
    let found = NetworkView::open(&artifact);
    let expected = plan.ids * plan.width;
    assert!(
        matches!(found, Err(Error::SectionShape { section: "records", expected: e, .. }) if e == expected),
        "{found:?}"
    );
}

#[test]
fn columns_that_are_not_there_are_named() {
    let table = samples::table(5, 4, 4);
    let rows = [table.view().unwrap()];
    let set = TrainingSet {
        passes: &rows,
        validation: None,
    };
    for (records, left_out, name) in [
        (vec!["shelf".to_owned()], vec![], "shelf"),
        (vec!["watched".to_owned()], vec![], "watched"),
        (vec![], vec!["views".to_owned()], "views"),
    ] {
        let config = NetworkConfig {
            records,
            left_out,
            ..whole()
        };
        let found = train(set, &config, 5, &mut silent());
        assert!(
            matches!(&found, Err(Error::NoSuchColumn { column, .. }) if column == name),
            "{found:?}"
        );
    }
    let config = NetworkConfig {
        records: vec!["item".to_owned()],
        left_out: vec!["item".to_owned()],
        ..whole()
    };
    let found = train(set, &config, 5, &mut silent());
    assert!(
        matches!(&found, Err(Error::ColumnTwice { column, .. }) if column == "item"),
        "{found:?}"
    );
}
