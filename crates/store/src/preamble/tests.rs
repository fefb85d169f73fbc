//! Each field of the preamble, wrong behind a right checksum.

use super::*;

const RIGHT: Preamble = Preamble {
    header_bytes: 28,
    header_checksum: 7,
    file_bytes: 92,
};

/// A file of 92 bytes with `edit` done to its preamble, whose checksum is made right again.
#[track_caller]
fn check(edit: impl FnOnce(&mut [u8]), want: &str) {
    let mut file = RIGHT.encode().to_vec();
    file.resize(92, 0);
    edit(&mut file);
    let checksum = XxHash3_64::oneshot(&file[CHECKED]);
    file[56..64].copy_from_slice(&checksum.to_le_bytes());
    match Preamble::decode(&file) {
        Err(fault) => assert_eq!(fault.to_string(), want),
        Ok(preamble) => panic!("expected {want:?}, found {preamble:?}"),
    }
}

#[test]
fn what_is_encoded_is_decoded() {
    let mut file = RIGHT.encode().to_vec();
    file.resize(92, 0);
    assert_eq!(Preamble::decode(&file).unwrap(), RIGHT);
}

#[test]
fn wrong_fields_are_named() {
    check(
        |file| file[0] = b'P',
        "preamble: starts with [50, 4d, 51, 41, 0d, 0a, 1a, 0a], expected [89, 4d, 51, 41, 0d, 0a, 1a, 0a]",
    );
    let want = "preamble: container version 2, expected 1";
    check(|file| file[8] = 2, want);
    let want = "preamble: reserved bytes at 12 are not zero";
    check(|file| file[15] = 1, want);
    let want = "preamble: reserved bytes at 48 are not zero";
    check(|file| file[48] = 1, want);
    let want = "preamble: header of 28 bytes at 65, expected at 64 and within the file";
    check(|file| file[16] = 65, want);
    let want = "preamble: header of 29 bytes at 64, expected at 64 and within the file";
    check(|file| file[24] = 29, want);
    let want = "preamble: header of 0 bytes at 64, expected at 64 and within the file";
    check(|file| file[24] = 0, want);
    let want = "header: 18446744073709551615 header bytes, at most 16777216 are accepted";
    check(|file| file[24..32].fill(0xff), want);
    let want = "file has 92 bytes, expected 93";
    check(|file| file[32] = 93, want);
    let want = "file has 92 bytes, expected 0";
    check(|file| file[32] = 0, want);
}
