use std::{fs, sync::Arc};

use ::parquet::{
    data_type::{ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type},
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};
use proptest::prelude::{any, prop, proptest};

use super::*;
use crate::{Choice, DataFolder, Format, ImportRequest, Reason, RecordKind};

/// A table of users (the third unnamed), items, ratings and times, `groups` times.
fn table(schema: &str, times: &[i64], groups: usize) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties).unwrap();
    for _ in 0..groups {
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let users: Vec<ByteArray> = ["ann", "bob"].map(ByteArray::from).to_vec();
        column
            .typed::<ByteArrayType>()
            .write_batch(&users, Some(&[1, 1, 0]), None)
            .unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column
            .typed::<Int32Type>()
            .write_batch(&[7, 8, 9], None, None)
            .unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column
            .typed::<DoubleType>()
            .write_batch(&[4.5, 3.0, 2.0], None, None)
            .unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column
            .typed::<Int64Type>()
            .write_batch(times, None, None)
            .unwrap();
        column.close().unwrap();
        group.close().unwrap();
    }
    writer.into_inner().unwrap()
}

const MICROS: &str = "message m {
    optional binary user_id (UTF8);
    required int32 item_id;
    required double rating;
    required int64 timestamp (TIMESTAMP(MICROS,true));
}";

fn import(bytes: &[u8]) -> (crate::ImportReport, Vec<String>) {
    let tmp = tempfile::tempdir().unwrap();
    let file = tmp.path().join("r.parquet");
    fs::write(&file, bytes).unwrap();
    let mut folder = DataFolder::open_or_create(tmp.path().join("data")).unwrap();
    let report = folder
        .import(&ImportRequest::new(file), &mut |_| {})
        .unwrap();
    let mut out = Vec::new();
    folder.export(RecordKind::Events, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    (report, text.lines().map(str::to_owned).collect())
}

#[test]
fn rows_of_all_groups_are_read_and_missing_ids_refused() {
    let (report, events) = import(&table(MICROS, &[1_500_000, 2_000_000, 3_000_000], 2));
    assert_eq!(events.len(), 4);
    assert_eq!(
        events[0],
        r#"{"actor":{"user":"ann"},"time":1500,"action":{"kind":"rate","item":"7","rating":4.5}}"#
    );
    let bad: Vec<_> = report
        .rejections
        .first()
        .iter()
        .map(|one| (one.line, one.reason))
        .collect();
    assert_eq!(bad, [(3, Reason::EmptyId), (6, Reason::EmptyId)]);
    assert_eq!(report.files[0].format, Format::Parquet);
}

#[test]
fn plain_numbers_are_times_as_in_csv() {
    let schema = MICROS.replace(" (TIMESTAMP(MICROS,true))", "");
    let (_, events) = import(&table(&schema, &[10, 20, 30], 1));
    assert!(events[0].contains("\"time\":10000,"), "{}", events[0]);
}

#[test]
fn a_table_without_users_and_items_names_its_columns() {
    let schema = MICROS.replace("item_id", "thing");
    let tmp = tempfile::tempdir().unwrap();
    let file = tmp.path().join("r.parquet");
    fs::write(&file, table(&schema, &[1, 2, 3], 1)).unwrap();
    let mut options = ReadOptions {
        records: Choice::Given(RecordKind::Events),
        ..ReadOptions::default()
    };
    let error = plan(&file, &options).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("user_id, thing, rating, timestamp"),
        "{error}"
    );
    options.mapping = "item=thing".parse().unwrap();
    plan(&file, &options).unwrap();
}

#[test]
fn what_is_no_parquet_is_an_error() {
    let tmp = tempfile::tempdir().unwrap();
    let file = tmp.path().join("r.parquet");
    fs::write(&file, b"PAR1 and no more").unwrap();
    let error = plan(&file, &ReadOptions::default()).unwrap_err();
    assert!(matches!(error, Error::Parquet { .. }), "{error}");
}

proptest! {
    #[test]
    fn a_damaged_file_never_panics(
        at in any::<prop::sample::Index>(),
        bits in 1_u8..,
        cut in any::<prop::sample::Index>(),
    ) {
        let whole = table(MICROS, &[1, 2, 3], 2);
        let mut damaged = whole.clone();
        damaged[at.index(whole.len())] ^= bits;
        let tmp = tempfile::tempdir().unwrap();
        let file = tmp.path().join("r.parquet");
        for bytes in [&damaged[..], &whole[..cut.index(whole.len())]] {
            fs::write(&file, bytes).unwrap();
            let mut folder = DataFolder::open_or_create(tmp.path().join("data")).unwrap();
            drop(folder.import(&ImportRequest::new(&file), &mut |_| {}));
        }
    }
}
