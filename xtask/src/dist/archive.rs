//! A compressed tar archive that depends on nothing but its contents: no times, no owners.
//!
//! The format is POSIX ustar: a header of 512 bytes before each file, contents filled up to 512,
//! two empty blocks at the end.

use std::io::Write;

use anyhow::{Context, ensure};
use flate2::{Compression, GzBuilder};

const BLOCK: usize = 512;
/// Bytes that a name may have, so that it needs no prefix field.
const MAX_NAME: usize = 100;

/// A file of the archive.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its name.
    pub(super) name: String,
    /// What is in it.
    pub(super) bytes: Vec<u8>,
    /// Permissions, as chmod takes them.
    mode: u32,
}

impl Entry {
    /// A file that everybody may run.
    pub(super) fn program(name: &str, bytes: Vec<u8>) -> Self {
        Self {
            name: name.to_owned(),
            bytes,
            mode: 0o755,
        }
    }

    /// A file that everybody may read.
    pub(super) fn document(name: &str, bytes: Vec<u8>) -> Self {
        Self {
            name: name.to_owned(),
            bytes,
            mode: 0o644,
        }
    }
}

/// Packs the entries into a folder named `folder`.
///
/// # Errors
///
/// When a name is longer than 100 bytes or a file larger than 8 GiB.
pub(super) fn pack(folder: &str, entries: &[Entry]) -> anyhow::Result<Vec<u8>> {
    let mut tar = Vec::new();
    for entry in entries {
        let name = format!("{folder}/{}", entry.name);
        tar.extend(header(&name, entry)?);
        tar.extend(&entry.bytes);
        tar.resize(tar.len().next_multiple_of(BLOCK), 0);
    }
    tar.resize(tar.len() + 2 * BLOCK, 0);

    let mut gzip = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::best());
    gzip.write_all(&tar)?;
    Ok(gzip.finish()?)
}

fn header(name: &str, entry: &Entry) -> anyhow::Result<[u8; BLOCK]> {
    ensure!(
        name.len() <= MAX_NAME,
        "name in an archive is longer than {MAX_NAME} bytes: {name}"
    );
    let size = u64::try_from(entry.bytes.len())?;
    let mut header = [0; BLOCK];
    put(&mut header, 0, name.as_bytes());
    put(&mut header, 100, octal(entry.mode.into(), 7)?.as_bytes());
    put(&mut header, 108, octal(0, 7)?.as_bytes());
    put(&mut header, 116, octal(0, 7)?.as_bytes());
    put(&mut header, 124, octal(size, 11)?.as_bytes());
    put(&mut header, 136, octal(0, 11)?.as_bytes());
    put(&mut header, 156, b"0");
    put(&mut header, 257, b"ustar\x0000");
    // The sum of all bytes, with the sum's own field counted as spaces.
    put(&mut header, 148, b"        ");
    let sum = header.iter().map(|&byte| u64::from(byte)).sum();
    put(
        &mut header,
        148,
        format!("{}\0 ", octal(sum, 6)?).as_bytes(),
    );
    Ok(header)
}

fn put(header: &mut [u8; BLOCK], at: usize, bytes: &[u8]) {
    header[at..at + bytes.len()].copy_from_slice(bytes);
}

fn octal(number: u64, digits: usize) -> anyhow::Result<String> {
    let text = format!("{number:0digits$o}");
    (text.len() == digits)
        .then_some(text)
        .with_context(|| format!("{number} does not fit {digits} octal digits"))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn unpacked(entries: &[Entry]) -> Vec<u8> {
        let packed = pack("marquee-1", entries).unwrap();
        let mut tar = Vec::new();
        flate2::read::GzDecoder::new(packed.as_slice())
            .read_to_end(&mut tar)
            .unwrap();
        tar
    }

    #[test]
    fn header_and_contents_stand_in_whole_blocks() {
        let tar = unpacked(&[Entry::document("README.md", vec![b'x'; 513])]);
        assert_eq!(tar.len(), BLOCK * (1 + 2 + 2));
        assert!(tar.starts_with(b"marquee-1/README.md\0"));
        assert_eq!(&tar[124..135], b"00000001001");
        assert_eq!(&tar[257..263], b"ustar\0");
        assert_eq!(tar[BLOCK + 512], b'x');
        assert_eq!(tar[BLOCK + 513], 0);
    }

    #[test]
    fn checksum_counts_its_own_field_as_spaces() {
        let tar = unpacked(&[Entry::program("marquee", Vec::new())]);
        let sum: u64 = (0..BLOCK)
            .map(|at| {
                if (148..156).contains(&at) {
                    b' '
                } else {
                    tar[at]
                }
            })
            .map(u64::from)
            .sum();
        assert_eq!(&tar[148..156], format!("{sum:06o}\0 ").as_bytes());
    }

    #[test]
    fn name_that_does_not_fit_is_an_error() {
        let long = "n".repeat(MAX_NAME);
        assert!(pack("marquee-1", &[Entry::document(&long, Vec::new())]).is_err());
    }
}
