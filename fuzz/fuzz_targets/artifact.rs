//! Any bytes at all open as an artifact or give an error, and no question about it panics.
//!
//! The first byte says what the others are: a file as it is, a file whose checksums are made right,
//! so that the header is read, or edits to a good file.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use marquee_store::Error;

#[path = "../../crates/store/tests/it/common.rs"]
mod common;

/// The file that edits are made to.
static SAMPLE: LazyLock<Vec<u8>> =
    LazyLock::new(|| common::sample().expect("the sample is a good artifact"));

fuzz_target!(|input: &[u8]| {
    let Some((mode, rest)) = input.split_first() else {
        return;
    };
    let file = match mode % 4 {
        0 => rest.to_vec(),
        1 => sealed(rest),
        2 => edited(rest, Region::Header),
        _ => edited(rest, Region::File),
    };
    let outcome = common::exercise(&file);
    assert!(
        !matches!(outcome, Err(Error::Io { .. })),
        "bytes in memory have no file system"
    );
});

/// Which part of the good file is edited.
#[derive(Clone, Copy)]
enum Region {
    Header,
    File,
}

/// A file of which `rest` is all behind the preamble; its first two bytes say how long the header is.
fn sealed(rest: &[u8]) -> Vec<u8> {
    let Some((length, body)) = rest.split_first_chunk() else {
        return Vec::new();
    };
    let mut file = vec![0; 64];
    file.extend_from_slice(body);
    common::seal(&mut file, u64::from(u16::from_le_bytes(*length)));
    file
}

/// The good file with edits of four bytes each: where (two bytes), how, and with what.
fn edited(edits: &[u8], region: Region) -> Vec<u8> {
    let mut file = SAMPLE.clone();
    let header_bytes = common::header_bytes(&file);
    let range = match region {
        Region::Header => usize::try_from(header_bytes).expect("the sample is small"),
        Region::File => file.len() - 64,
    };
    for edit in edits.chunks_exact(4) {
        let at = 64 + usize::from(u16::from_le_bytes([edit[0], edit[1]])) % range;
        match edit[2] % 3 {
            0 => file[at] = edit[3],
            1 => file[at] ^= edit[3],
            _ => file[at] = file[at].wrapping_add(edit[3]),
        }
    }
    common::seal(&mut file, header_bytes);
    file
}
