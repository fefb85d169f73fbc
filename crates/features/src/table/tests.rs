use std::{error::Error as _, path::PathBuf};

use marquee_core::Timestamp;
use marquee_store::ArtifactBuilder;
use proptest::prelude::*;

use super::*;
use crate::Error;

fn sparse(name: &str, size: u32) -> SparseField {
    SparseField {
        name: name.into(),
        size,
    }
}

fn schema() -> FeatureSchema {
    FeatureSchema {
        request: SideSchema {
            dense: vec!["age".into()],
            sparse: vec![sparse("country", 3)],
        },
        row: SideSchema {
            dense: vec!["opens".into(), "length".into()],
            sparse: vec![sparse("item", 10)],
        },
        sequences: vec![SequenceField {
            name: "last".into(),
            size: 10,
            max_len: 3,
            shares: Some("item".into()),
        }],
    }
}

/// Two requests of two rows and one row, with an empty request between them.
fn table() -> FeatureTable {
    let mut table = FeatureTable::new(Arc::new(schema())).unwrap();
    let request = |table: &mut FeatureTable, age: f32, country: u32, last: &[u32]| {
        let values = RequestValues {
            dense: &[age],
            sparse: &[country],
            sequences: &[last],
        };
        table.push_request(values).unwrap();
    };
    request(&mut table, 30.0, 1, &[4, 5]);
    table.push_row(&[1.0, f32::NAN], &[7]).unwrap();
    table.push_row(&[2.0, 90.0], &[0]).unwrap();
    request(&mut table, 31.0, 0, &[]);
    request(&mut table, f32::NAN, 2, &[1, 2, 3]);
    table.push_row(&[3.0, 60.0], &[9]).unwrap();
    table
}

fn training() -> TrainingTable {
    let mut training = TrainingTable::of(table());
    training.labels = vec![
        LabelColumn {
            head: Head::Open,
            values: vec![1.0, 0.0, f32::NAN],
        },
        LabelColumn {
            head: Head::Custom("dwell".into()),
            values: vec![12.5, 0.0, -1.0],
        },
    ];
    training.position = vec![0, 1, NONE];
    training.propensity = vec![0.5, 0.25, f32::NAN];
    training.time = [1, 2, 3].map(Timestamp::from_seconds).to_vec();
    training.viewer = vec![5, 6, NONE];
    training
}

/// The same with NaN for NaN, which is never equal to itself.
fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn requests_have_their_rows_and_lists() {
    let table = table();
    let view = table.view();
    assert_eq!((view.n_requests(), view.n_rows()), (3, 3));
    let rows: Vec<_> = (0..3).map(|request| view.rows_of(request)).collect();
    assert_eq!(rows, [0..2, 2..2, 2..3]);
    assert_eq!(view.sparse_of(0), [7]);
    assert_eq!(view.dense_of(2), [3.0, 60.0]);
    assert!(view.dense_of(0)[1].is_nan());
    assert_eq!(view.sequence(0, 0), [4, 5]);
    assert!(view.sequence(1, 0).is_empty());
    assert_eq!(view.sequence(2, 0), [1, 2, 3]);
    assert_eq!(view.request_sparse_of(2), [2]);
}

#[test]
fn slice_counts_from_zero_again() {
    let table = table();
    let late = table.view().slice(1..3);
    assert_eq!((late.n_requests(), late.n_rows()), (2, 1));
    assert_eq!(late.rows_of(1), 0..1);
    assert_eq!(late.dense(), [3.0, 60.0]);
    assert_eq!(late.sequence(1, 0), [1, 2, 3]);
    let last = late.slice(1..2);
    assert_eq!(last.sparse_of(0), [9]);
    assert_eq!(last.sequence(0, 0), [1, 2, 3]);
}

#[test]
fn cleared_table_is_like_a_new_one() {
    let mut used = table();
    used.clear();
    assert_eq!(used, FeatureTable::new(Arc::new(schema())).unwrap());
}

#[track_caller]
fn refused(got: Result<()>, want: &TableFault) {
    match got {
        Err(Error::Table { source }) => assert_eq!(source, *want),
        other => panic!("{other:?}"),
    }
}

#[test]
fn id_past_its_column_is_refused_and_nothing_is_pushed() {
    let mut table = table();
    let before = format!("{table:?}");
    let want = TableFault::Id {
        column: "item".into(),
        place: 3,
        found: 10,
        size: 10,
    };
    refused(table.push_row(&[0.0, 0.0], &[10]), &want);
    assert_eq!(format!("{table:?}"), before);
}

#[test]
fn infinite_number_is_refused() {
    let want = TableFault::Value {
        column: "length".into(),
        place: 3,
        found: f32::INFINITY,
        expected: "a finite number, or NaN for unknown",
    };
    refused(table().push_row(&[0.0, f32::INFINITY], &[1]), &want);
}

#[test]
fn row_before_any_request_is_refused() {
    let mut table = FeatureTable::new(Arc::new(schema())).unwrap();
    refused(table.push_row(&[0.0, 0.0], &[1]), &TableFault::NoRequest);
}

#[test]
fn list_longer_than_it_may_be_is_refused() {
    let values = RequestValues {
        dense: &[0.0],
        sparse: &[0],
        sequences: &[&[1, 1, 1, 1]],
    };
    let want = TableFault::TooLong {
        column: "last".into(),
        place: 3,
        found: 4,
        most: 3,
    };
    refused(table().push_request(values), &want);
}

#[test]
fn missing_value_is_refused() {
    let want = TableFault::Length {
        part: "row dense",
        found: 1,
        expected: 2,
    };
    refused(table().push_row(&[0.0], &[1]), &want);
}

#[test]
fn names_are_unique_over_both_sides() {
    let mut bad = schema();
    bad.row.dense[0] = "age".into();
    let want = TableFault::Repeated { name: "age".into() };
    assert_eq!(bad.check(), Err(want));
}

#[test]
fn sequence_shares_only_a_column_of_its_size() {
    let mut bad = schema();
    bad.row.sparse[0].size = 11;
    assert!(matches!(bad.check(), Err(TableFault::Shares { .. })));
}

#[test]
fn fingerprint_changes_with_everything_and_is_stable() {
    let base = schema().fingerprint();
    let mut others = vec![base];
    let changes: [fn(&mut FeatureSchema); 6] = [
        |s| s.request.dense.push("x".into()),
        |s| s.row.dense.push("x".into()),
        |s| s.row.dense.swap(0, 1),
        |s| s.request.sparse[0].size = 4,
        |s| s.sequences[0].max_len = 4,
        |s| s.sequences[0].shares = None,
    ];
    for change in changes {
        let mut other = schema();
        change(&mut other);
        others.push(other.fingerprint());
    }
    others.sort_unstable();
    others.dedup();
    assert_eq!(others.len(), changes.len() + 1);
    // Models store it: a change of this number refuses every model trained before.
    assert_eq!(base, 10_977_737_392_496_503_202);
}

#[test]
fn head_names_are_read_back() {
    let custom = [Head::Custom("dwell".into())];
    for head in Head::STANDARD.into_iter().chain(custom) {
        assert_eq!(Head::from_name(&head.to_string()), Ok(head));
    }
    assert!(Head::from_name("custom:").is_err());
    assert!(Head::from_name("opened").is_err());
}

struct Folder {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

fn folder() -> Folder {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.mqa");
    Folder {
        _folder: folder,
        path,
    }
}

#[track_caller]
fn assert_same(a: &TrainingRows<'_>, b: &TrainingRows<'_>) {
    let (x, y) = (a.features(), b.features());
    assert_eq!(x.schema(), y.schema());
    assert_eq!((x.n_requests(), x.n_rows()), (y.n_requests(), y.n_rows()));
    for request in 0..x.n_requests() {
        assert_eq!(x.rows_of(request), y.rows_of(request));
        for field in 0..x.schema().sequences.len() {
            assert_eq!(x.sequence(request, field), y.sequence(request, field));
        }
        assert_eq!(a.time(request), b.time(request));
    }
    assert_eq!(bits(x.request_dense()), bits(y.request_dense()));
    assert_eq!(x.request_sparse(), y.request_sparse());
    assert_eq!(bits(x.dense()), bits(y.dense()));
    assert_eq!(x.sparse(), y.sparse());
    assert_eq!(a.n_heads(), b.n_heads());
    for head in 0..a.n_heads() {
        assert_eq!(a.head(head), b.head(head));
        assert_eq!(bits(a.label(head)), bits(b.label(head)));
    }
    assert_eq!(a.position(), b.position());
    assert_eq!(bits(a.propensity()), bits(b.propensity()));
    assert_eq!(bits(a.weight()), bits(b.weight()));
    assert_eq!((a.item(), a.viewer()), (b.item(), b.viewer()));
}

#[test]
fn file_holds_what_was_written() {
    let (training, file) = (training(), folder());
    training.write(&file.path).unwrap();
    let opened = TrainingFile::open(&file.path).unwrap();
    let (mapped, owned) = (opened.view().unwrap(), training.view().unwrap());
    assert_same(&mapped, &owned);
    assert_same(&mapped.slice(1..3), &owned.slice(1..3));
    assert_same(&mapped.slice(1..3).slice(1..2), &owned.slice(2..3));
    assert_eq!(mapped.slice(2..3).label(1), [-1.0]);
}

#[test]
fn table_without_anything_is_a_file_too() {
    let file = folder();
    let schema = Arc::new(FeatureSchema::default());
    let empty = TrainingTable::of(FeatureTable::new(schema).unwrap());
    empty.write(&file.path).unwrap();
    let opened = TrainingFile::open(&file.path).unwrap();
    assert_eq!(opened.view().unwrap().features().n_rows(), 0);
}

#[test]
fn label_outside_of_its_head_is_refused() {
    let mut training = training();
    training.labels[0].values[1] = 2.0;
    assert!(matches!(
        training.view(),
        Err(TableFault::Value { place: 1, .. })
    ));
}

/// Writes the table with one section or meta in another form, and opens it.
#[track_caller]
fn hostile(change: impl FnOnce(&mut TrainingTable)) -> String {
    let file = folder();
    let mut training = training();
    change(&mut training);
    // Past the checks of `write`, as a hostile writer would.
    let bytes = training.artifact().to_bytes().unwrap();
    std::fs::write(&file.path, bytes).unwrap();
    let error = TrainingFile::open(&file.path).unwrap_err();
    format!("{error}: {}", error.source().unwrap())
}

#[test]
fn files_that_lie_are_refused() {
    type Lie = fn(&mut TrainingTable);
    let cases: [(Lie, &str); 10] = [
        (|t| t.features.starts[1] = 3, "starts: offset 2"),
        (|t| t.features.starts[3] = 9, "starts: offset 3"),
        (|t| t.features.starts.truncate(3), "starts has 3 values"),
        (
            |t| t.features.sequence_starts[0] = 1,
            "sequence_starts: offset 0",
        ),
        (
            |t| t.features.sparse[2] = 10,
            "id 10, expected less than 10",
        ),
        (|t| t.features.sequence_ids[0] = 99, "id 99"),
        (|t| t.weight[0] = f32::NAN, "\"weight\" at 0"),
        (|t| t.propensity[0] = 0.0, "\"propensity\" at 0"),
        (|t| t.viewer.truncate(2), "viewer has 2 values"),
        (|t| t.labels[1].head = Head::Open, "stands twice"),
    ];
    for (change, want) in cases {
        let got = hostile(change);
        assert!(got.contains(want), "{got}, expected {want}");
    }
}

#[test]
fn artifact_of_another_kind_is_refused() {
    let file = folder();
    ArtifactBuilder::new("other", 1).write(&file.path).unwrap();
    assert!(matches!(
        TrainingFile::open(&file.path),
        Err(Error::Store { .. })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any change of one byte is an error or leaves the values as they were.
    #[test]
    fn damaged_files_never_panic(place in any::<prop::sample::Index>(), flip in 1_u8..) {
        let file = folder();
        let training = training();
        training.write(&file.path).unwrap();
        let mut bytes = std::fs::read(&file.path).unwrap();
        let at = place.index(bytes.len());
        bytes[at] ^= flip;
        std::fs::write(&file.path, &bytes).unwrap();
        prop_assert!(TrainingFile::open(&file.path).is_err());
    }
}
