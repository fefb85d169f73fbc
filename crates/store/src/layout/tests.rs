//! Headers that are well-formed archives and lie about the file.

use twox_hash::XxHash3_64;

use super::*;
use crate::{Artifact, DType, Error, PREAMBLE_BYTES, preamble::Preamble};

/// A right header of two sections: 3 x u8, then 2 x u32.
fn header() -> Header {
    let section = |name: &str, dtype, shape: &[u64], bytes| SectionInfo {
        name: name.to_owned(),
        dtype,
        shape: shape.to_vec(),
        offset: 0,
        bytes,
        checksum: 0,
    };
    Header {
        kind: "test".to_owned(),
        format_version: 1,
        metas: vec![("seed".to_owned(), "42".to_owned())],
        sections: vec![
            section("a", DType::U8, &[3], 3),
            section("b", DType::U32, &[2, 1], 8),
        ],
    }
}

/// A file with right checksums of preamble and header, whatever the header says.
fn file_of(header: &Header, file_bytes: u64) -> Vec<u8> {
    let encoded = header.encode().unwrap();
    let preamble = Preamble {
        header_bytes: encoded.len() as u64,
        header_checksum: XxHash3_64::oneshot(&encoded),
        file_bytes,
    };
    let mut bytes = preamble.encode().to_vec();
    bytes.extend_from_slice(&encoded);
    bytes.resize(usize::try_from(file_bytes).unwrap(), 0);
    bytes
}

/// Places the sections rightly, lets `lie` change the header, and opens the file.
fn open(lie: impl FnOnce(&mut Header)) -> Result<Artifact, Error> {
    let mut header = header();
    let header_bytes = header.encode().unwrap().len();
    let file_bytes = header
        .place_sections((PREAMBLE_BYTES + header_bytes) as u64)
        .unwrap();
    lie(&mut header);
    Artifact::from_bytes(&file_of(&header, file_bytes))
}

#[track_caller]
fn check_refused(lie: impl FnOnce(&mut Header), want: &str) {
    check_fault(open(lie), want);
}

#[track_caller]
fn check_fault(outcome: Result<Artifact, Error>, want: &str) {
    match outcome {
        Err(Error::Artifact { source, .. }) => {
            let found = source.to_string();
            assert!(found.contains(want), "expected {want:?}, found {found:?}");
        }
        other => panic!("expected {want:?}, found {other:?}"),
    }
}

#[test]
fn the_truth_is_accepted() {
    let artifact = open(|_| {}).unwrap();
    assert_eq!(artifact.section::<u32>("b").unwrap().data, [0, 0]);
}

#[test]
fn sizes_that_do_not_fit_the_shape_are_refused() {
    check_refused(|h| h.sections[0].bytes = 4, "section \"a\": 4 bytes");
    check_refused(|h| h.sections[0].shape = vec![4], "section \"a\": 3 bytes");
    check_refused(
        |h| h.sections[1].dtype = DType::U8,
        "section \"b\": 8 bytes",
    );
}

#[test]
fn huge_claims_are_refused() {
    let huge = |h: &mut Header| {
        h.sections[1].shape = vec![u64::MAX / 4, 1];
        h.sections[1].bytes = u64::MAX / 4 * 4;
    };
    check_refused(huge, "section \"b\": starts at");
    let huge = |h: &mut Header| {
        h.sections[1].shape = vec![1 << 40, 1];
        h.sections[1].bytes = 1 << 42;
    };
    check_refused(huge, "sections end at byte 4398046");
    let overflow = |h: &mut Header| h.sections[1].shape = vec![1 << 63, 2];
    check_refused(overflow, "section \"b\": 8 bytes, expected shape");
}

#[test]
fn sections_that_do_not_tile_the_file_are_refused() {
    let overlap = |h: &mut Header| h.sections[1].offset = h.sections[0].offset;
    check_refused(overlap, "section \"b\": starts at");
    check_refused(|h| h.sections[1].offset += 64, "section \"b\": starts at");
    check_refused(
        |h| h.sections[0].offset = 0,
        "section \"a\": starts at byte 0",
    );
    check_refused(|h| h.sections[0].offset += 1, "section \"a\": starts at");
    check_refused(
        |h| h.sections[0].offset = u64::MAX,
        "section \"a\": starts at",
    );
    check_refused(|h| h.sections.swap(0, 1), "section \"b\": starts at");
}

#[test]
fn sections_that_end_before_the_file_are_refused() {
    let mut header = header();
    let header_end = (PREAMBLE_BYTES + header.encode().unwrap().len()) as u64;
    let file_bytes = header.place_sections(header_end).unwrap();
    let outcome = Artifact::from_bytes(&file_of(&header, file_bytes + 1));
    check_fault(outcome, "header: sections end at byte");
}

#[test]
fn names_that_stand_twice_or_are_not_plain_are_refused() {
    let twice = |h: &mut Header| h.sections[1].name = "a".to_owned();
    check_refused(twice, "section \"a\" stands twice");
    let odd = |h: &mut Header| h.sections[1].name = "\n".to_owned();
    check_refused(odd, "section \"\\n\" is not an acceptable name");
    let odd = |h: &mut Header| h.kind = String::new();
    check_refused(odd, "kind \"\" is not an acceptable name");
    let odd = |h: &mut Header| h.metas[0].0 = String::new();
    check_refused(odd, "metadata key \"\" is not an acceptable name");
}
