//! What the writer refuses, and that it makes the same bytes each time.

use super::*;
use crate::{Artifact, MAX_DIMENSIONS, MAX_HEADER_BYTES, MAX_METAS, MAX_NAME_BYTES, MAX_SECTIONS};

#[track_caller]
fn check_refused(fill: impl FnOnce(&mut ArtifactBuilder<'_>), want: &str) {
    let mut builder = ArtifactBuilder::new("test", 1);
    fill(&mut builder);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mqa");
    match builder.write(&path) {
        Err(Error::Artifact { source, .. }) => assert_eq!(source.to_string(), want),
        other => panic!("expected {want:?}, found {other:?}"),
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn shape_must_fit_the_array() {
    let want = "section \"x\": 12 bytes, expected shape [2, 2] of u32";
    check_refused(
        |a| {
            a.section("x", &[2, 2], &[1_u32, 2, 3]);
        },
        want,
    );
    let want = "section \"x\": 0 bytes, expected shape [9223372036854775808, 2] of u32";
    check_refused(
        |a| {
            a.section("x", &[1 << 63, 2], &[0_u32; 0]);
        },
        want,
    );
}

#[test]
fn a_number_alone_has_no_extents() {
    let mut builder = ArtifactBuilder::new("test", 1);
    builder.section("bias", &[], &[0.5_f32]);
    let artifact = Artifact::from_bytes(&builder.to_bytes().unwrap()).unwrap();
    let bias = artifact.section::<f32>("bias").unwrap();
    let [] = bias.dims().unwrap();
    assert_eq!(bias.data, [0.5]);
}

#[test]
fn names_stand_once() {
    let want = "header: section \"x\" stands twice";
    check_refused(
        |a| {
            a.section("x", &[1], &[1_u8]).section("x", &[1], &[2_u8]);
        },
        want,
    );
    let want = "header: metadata key \"seed\" stands twice";
    check_refused(
        |a| {
            a.meta("seed", 1).meta("seed", 2);
        },
        want,
    );
    let want = "header: section \"ids.text\" stands twice";
    check_refused(
        |a| {
            a.section("ids.text", &[1], &[1_u8]).strings("ids", ["a"]);
        },
        want,
    );
}

#[test]
fn names_are_plain() {
    let want = "header: section \"\" is not an acceptable name";
    check_refused(
        |a| {
            a.section("", &[1], &[1_u8]);
        },
        want,
    );
    let want = "header: section \"a b\" is not an acceptable name";
    check_refused(
        |a| {
            a.section("a b", &[1], &[1_u8]);
        },
        want,
    );
    let want = "header: metadata key \"\" is not an acceptable name";
    check_refused(
        |a| {
            a.meta("", 1);
        },
        want,
    );
    let long = "x".repeat(MAX_NAME_BYTES + 1);
    let want = format!("header: section {long:?} is not an acceptable name");
    check_refused(
        |a| {
            a.section(&long, &[1], &[1_u8]);
        },
        &want,
    );
    let kind = ArtifactBuilder::new("Grüße", 1).to_bytes().unwrap_err();
    assert!(matches!(
        kind,
        Error::Artifact {
            source: Fault::Name { what: "kind", .. },
            ..
        }
    ));
}

#[test]
fn limits_of_the_header_hold_for_the_writer() {
    let many = |a: &mut ArtifactBuilder<'_>| {
        for n in 0..=MAX_SECTIONS {
            a.section(&n.to_string(), &[0], &[0_u8; 0]);
        }
    };
    let want = "header: 4097 sections, at most 4096 are accepted";
    check_refused(many, want);
    let many = |a: &mut ArtifactBuilder<'_>| {
        for n in 0..=MAX_METAS {
            a.meta(&n.to_string(), n);
        }
    };
    let want = "header: 4097 metadata pairs, at most 4096 are accepted";
    check_refused(many, want);
    let long = "x".repeat(usize::try_from(MAX_HEADER_BYTES).unwrap());
    let want = "header: 16777221 header bytes, at most 16777216 are accepted";
    check_refused(
        |a| {
            a.meta("k", &long);
        },
        want,
    );
    let want = "header: 9 dimensions, at most 8 are accepted";
    check_refused(
        |a| {
            a.section("x", &[1; MAX_DIMENSIONS + 1], &[1_u8]);
        },
        want,
    );
}

#[test]
fn limits_themselves_are_accepted() {
    let mut builder = ArtifactBuilder::new("test", 1);
    for n in 0..MAX_SECTIONS {
        builder.section(&n.to_string(), &[1; MAX_DIMENSIONS], &[7_u8]);
    }
    let artifact = Artifact::from_bytes(&builder.to_bytes().unwrap()).unwrap();
    artifact.verify().unwrap();
    assert_eq!(artifact.section::<u8>("4095").unwrap().data, [7]);
}

#[test]
fn chunks_make_the_bytes_of_the_whole() {
    let data: Vec<f32> = (0_u16..1000).map(f32::from).collect();
    let mut whole = ArtifactBuilder::new("test", 1);
    whole.section("x", &[10, 100], &data);
    let mut chunks = ArtifactBuilder::new("test", 1);
    chunks.section_from_chunks("x", &[10, 100], data.chunks(77));
    let mut owned = ArtifactBuilder::new("test", 1);
    owned.section_owned("x", &[10, 100], data.clone());
    let want = whole.to_bytes().unwrap();
    assert_eq!(chunks.to_bytes().unwrap(), want);
    assert_eq!(owned.to_bytes().unwrap(), want);
}

#[test]
fn a_file_holds_the_bytes_of_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mqa");
    let mut builder = ArtifactBuilder::new("test", 1);
    builder.meta("seed", 42).strings("ids", ["a", "b"]);
    builder.write(&path).unwrap();
    builder.write(&path).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), builder.to_bytes().unwrap());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn an_artifact_without_anything_is_an_artifact() {
    let bytes = ArtifactBuilder::new("test", 1).to_bytes().unwrap();
    let artifact = Artifact::from_bytes(&bytes).unwrap();
    artifact.verify().unwrap();
    assert!(artifact.sections().is_empty());
    assert_eq!(artifact.metas().len(), 0);
}
