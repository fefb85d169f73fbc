//! No single change to a file goes unnoticed, and the error says where it lies.

use std::error::Error as _;

use marquee_store::{Artifact, Error, Result};

use crate::common::{exercise, sample};

/// The message below the file's name.
fn message(outcome: Result<()>) -> String {
    let error = outcome.expect_err("damage goes unnoticed");
    assert!(matches!(error, Error::Artifact { .. }), "{error}");
    error.source().map(ToString::to_string).unwrap_or_default()
}

/// What an error about byte `at` of the sample has to name.
fn part_of(artifact: &Artifact, header_end: usize, at: usize) -> String {
    if at < 64 {
        return "preamble: ".to_owned();
    }
    if at < header_end {
        return "header: ".to_owned();
    }
    let at = at as u64;
    let sections = artifact.sections();
    let next = sections.iter().find(|info| at < info.offset + info.bytes);
    let info = next.expect("the last section ends with the file");
    if at < info.offset {
        // Empty sections have no bytes of their own, but padding in front of them.
        let before = sections.iter().find(|info| at < info.offset);
        let before = before.map(|info| info.name.clone()).unwrap_or_default();
        return format!("padding before section {before:?}: ");
    }
    format!("section {:?}: ", info.name)
}

#[test]
fn every_flipped_bit_is_noticed_where_it_lies() {
    let good = sample().unwrap();
    exercise(&good).unwrap();
    let artifact = Artifact::from_bytes(&good).unwrap();
    let header_end = 64 + usize::from(u16::from_le_bytes([good[24], good[25]]));
    for at in 0..good.len() {
        let want = part_of(&artifact, header_end, at);
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            // A string table is read before everything is verified, and may notice the damage first.
            let found = message(Artifact::from_bytes(&bad).and_then(|bad| bad.verify()));
            assert!(found.starts_with(&want), "byte {at}: {found}, not {want}");
            assert!(exercise(&bad).is_err());
        }
    }
}

#[test]
fn every_truncation_is_noticed() {
    let good = sample().unwrap();
    for length in 0..good.len() {
        let found = message(exercise(&good[..length]));
        assert!(found.starts_with(&format!("file has {length} bytes, expected")));
    }
}

#[test]
fn bytes_behind_the_last_one_are_noticed() {
    let mut file = sample().unwrap();
    let length = file.len();
    for extra in 1..200 {
        file.push(0);
        let want = format!("file has {} bytes, expected {length}", length + extra);
        assert_eq!(message(exercise(&file)), want);
    }
}

#[test]
fn a_damaged_file_on_disk_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.mqa");
    let mut file = sample().unwrap();
    let last = file.len() - 1;
    file[last] ^= 1;
    std::fs::write(&path, &file).unwrap();
    let artifact = Artifact::open(&path).unwrap();
    let error = artifact.verify().unwrap_err();
    assert_eq!(error.to_string(), format!("artifact {}", path.display()));
    let source = error.source().map(ToString::to_string).unwrap();
    assert!(
        source.starts_with("section \"ids.text\": checksum "),
        "{source}"
    );
}
