//! Reading what was written, and refusing what was not asked for rightly.

use super::*;
use crate::{ArtifactBuilder, DType};

fn open(builder: &ArtifactBuilder<'_>) -> Artifact {
    Artifact::from_bytes(&builder.to_bytes().unwrap()).unwrap()
}

#[track_caller]
fn check_fault<T: std::fmt::Debug>(outcome: Result<T>, want: &str) {
    match outcome {
        Err(Error::Artifact { source, .. }) => assert_eq!(source.to_string(), want),
        other => panic!("expected {want:?}, found {other:?}"),
    }
}

#[track_caller]
fn check_round_trip<T: Element + PartialEq + std::fmt::Debug>(data: &[T], dtype: DType) {
    let mut builder = ArtifactBuilder::new("test", 1);
    builder.section("x", &[data.len() as u64], data);
    let artifact = open(&builder);
    assert_eq!(artifact.section::<T>("x").unwrap().data, data);
    assert_eq!(artifact.sections()[0].dtype, dtype);
    artifact.verify().unwrap();
}

#[test]
fn every_type_comes_back() {
    check_round_trip(&[0_u8, 255], DType::U8);
    check_round_trip(&[i8::MIN, 127], DType::I8);
    check_round_trip(&[0_u16, u16::MAX], DType::U16);
    check_round_trip(&[0_u32, u32::MAX], DType::U32);
    check_round_trip(&[0_u64, u64::MAX], DType::U64);
    check_round_trip(&[i32::MIN, i32::MAX], DType::I32);
    check_round_trip(&[i64::MIN, i64::MAX], DType::I64);
    check_round_trip(&[f32::MIN, -0.0, f32::INFINITY], DType::F32);
    check_round_trip(&[f64::MIN, 1e-300, f64::NEG_INFINITY], DType::F64);
    check_round_trip::<f32>(&[], DType::F32);
}

#[test]
fn sections_start_at_multiples_of_64_in_memory() {
    let mut builder = ArtifactBuilder::new("test", 1);
    builder.section("a", &[1], &[1_u8]);
    builder.section("b", &[2], &[1.0_f64, 2.0]);
    builder.section("c", &[0, 7], &[0_u32; 0]);
    let artifact = open(&builder);
    let b = artifact.section::<f64>("b").unwrap();
    assert_eq!(b.data.as_ptr().addr() % 64, 0);
    assert_eq!(b.data, [1.0, 2.0]);
    let c = artifact.section::<u32>("c").unwrap();
    assert_eq!(c.dims::<2>().unwrap(), [0, 7]);
}

#[test]
fn metadata_keeps_its_order() {
    let mut builder = ArtifactBuilder::new("ials", 3);
    builder.meta("seed", 42).meta("k", "").meta("a", "ä");
    let artifact = open(&builder);
    let want = [("seed", "42"), ("k", ""), ("a", "ä")];
    assert!(artifact.metas().eq(want));
    assert_eq!(artifact.meta("a"), Some("ä"));
    assert_eq!(artifact.meta("b"), None);
    assert_eq!((artifact.kind(), artifact.format_version()), ("ials", 3));
    check_fault(artifact.expect_meta("b"), "metadata \"b\" is missing");
}

#[test]
fn kind_and_version_are_checked() {
    let artifact = open(&ArtifactBuilder::new("ials", 3));
    assert_eq!(artifact.expect_kind("ials", 4).unwrap(), 3);
    let want = "\"ials\" of format version 3, expected 1 to 2";
    check_fault(artifact.expect_kind("ials", 2), want);
    let want = "holds \"ials\", expected \"ease\"";
    check_fault(artifact.expect_kind("ease", 3), want);
    let zero = open(&ArtifactBuilder::new("ials", 0));
    let want = "\"ials\" of format version 0, expected 1 to 2";
    check_fault(zero.expect_kind("ials", 2), want);
}

#[test]
fn wrong_questions_name_the_section() {
    let mut builder = ArtifactBuilder::new("test", 1);
    builder.section("x", &[2, 1], &[1_u32, 2]);
    let artifact = open(&builder);
    check_fault(artifact.section::<u32>("y"), "section \"y\" is missing");
    let want = "section \"x\" is of type u32, expected f32";
    check_fault(artifact.section::<f32>("x"), want);
    let want = "section \"x\" has shape [2, 1], expected 1 dimensions";
    check_fault(artifact.section::<u32>("x").unwrap().dims::<1>(), want);
    check_fault(artifact.strings("x"), "section \"x.offsets\" is missing");
    assert!(artifact.has("x") && !artifact.has("y"));
}

#[test]
fn string_tables_come_back() {
    let words = ["", "äö", "b", "", "日本"];
    let mut builder = ArtifactBuilder::new("test", 1);
    builder.strings("words", words).strings("none", [""; 0]);
    let artifact = open(&builder);
    let table = artifact.strings("words").unwrap();
    assert!(table.iter().eq(words));
    assert_eq!(table.len(), 5);
    assert_eq!((table.get(1), table.get(5)), (Some("äö"), None));
    assert_eq!(table.get(usize::MAX), None);
    assert!(artifact.strings("none").unwrap().is_empty());
    assert!(artifact.has("words"));
}

#[track_caller]
fn check_table(offsets: &[u64], text: &[u8], want: &str) {
    let mut builder = ArtifactBuilder::new("test", 1);
    builder.section("t.offsets", &[offsets.len() as u64], offsets);
    builder.section("t.text", &[text.len() as u64], text);
    check_fault(open(&builder).strings("t"), want);
}

#[test]
fn damaged_string_tables_are_refused() {
    let wrong = |entry| {
        format!(
            "section \"t.offsets\": offset {entry} does not rise from 0 to the end at letters' borders"
        )
    };
    check_table(&[], b"", &wrong(0));
    check_table(&[1, 3], b"abc", &wrong(0));
    check_table(&[0, 2], b"abc", &wrong(1));
    check_table(&[0, 4], b"abc", &wrong(1));
    check_table(&[0, 2, 1, 3], b"abc", &wrong(2));
    check_table(&[0, 1, 2], "ä".as_bytes(), &wrong(1));
    check_table(&[0, u64::MAX], b"abc", &wrong(1));
    let want = "section \"t.text\": not UTF-8 from byte 1 on";
    check_table(&[0, 2], b"a\xff", want);
}

#[test]
fn a_mapped_file_and_a_copy_read_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mqa");
    let data: Vec<u32> = (0..10_000).collect();
    let mut builder = ArtifactBuilder::new("test", 1);
    builder.section("x", &[100, 100], &data);
    builder.write(&path).unwrap();
    let mapped = Artifact::open(&path).unwrap();
    mapped.prefetch();
    mapped.verify().unwrap();
    assert_eq!(mapped.section::<u32>("x").unwrap().data, data);
    assert_eq!(mapped.sections(), open(&builder).sections());
    assert_eq!(mapped.path(), path);
}

#[test]
fn what_is_no_artifact_is_an_error_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Artifact::open(folder.path().join("none")).unwrap_err();
    assert!(missing.to_string().ends_with("none"), "{missing}");
    check_fault(Artifact::open(folder.path()), "not a regular file");
    let short = folder.path().join("short");
    std::fs::write(&short, b"").unwrap();
    let want = "file has 0 bytes, expected 64";
    check_fault(Artifact::open(&short), want);
    check_fault(Artifact::from_bytes(&[]), want);
}

#[test]
fn an_artifact_crosses_threads() {
    fn is_shared<T: Send + Sync + 'static>() {}
    is_shared::<Artifact>();
}

#[test]
fn a_nested_artifact_is_read_in_place_and_outlives_the_outer_one() {
    let mut inner = ArtifactBuilder::new("inner", 2);
    inner.section("x", &[2], &[1.5_f64, -2.0]);
    let mut outer = ArtifactBuilder::new("outer", 1);
    outer.section("before", &[3], &[1_u8, 2, 3]);
    outer.nest("member.0", &inner).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outer.mqa");
    outer.write(&path).unwrap();
    let artifact = Artifact::open(&path).unwrap();
    let nested = artifact.nested("member.0").unwrap();
    artifact.verify().unwrap();
    check_fault(
        artifact.nested("member.1"),
        "section \"member.1\" is missing",
    );
    drop(artifact);
    assert_eq!(nested.kind(), "inner");
    nested.verify().unwrap();
    let x = nested.section::<f64>("x").unwrap();
    assert_eq!(x.data, [1.5, -2.0]);
    assert_eq!(x.data.as_ptr().addr() % 64, 0);
}

#[test]
fn damage_to_a_nested_artifact_names_it() {
    let mut inner = ArtifactBuilder::new("inner", 1);
    inner.section("x", &[1], &[7_u32]);
    let mut outer = ArtifactBuilder::new("outer", 1);
    outer.nest("member.0", &inner).unwrap();
    let whole = outer.to_bytes().unwrap();
    let offset = Artifact::from_bytes(&whole).unwrap().sections()[0].offset;
    for at in position(offset)..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        let artifact = Artifact::from_bytes(&bytes).unwrap();
        assert!(artifact.verify().is_err());
        let nested = artifact.nested("member.0").and_then(|one| one.verify());
        let text = nested.unwrap_err().to_string();
        assert!(text.contains("member.0"), "{text}");
    }
}
