use std::io::Write;

use super::*;

fn written(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    to.write_all(bytes).unwrap();
    to.finish().unwrap()
}

#[test]
fn packed_and_plain_copies_have_the_same_content() {
    let text = b"user,item\na,b\n".repeat(100_000);
    let plain = content(written(&text).path()).unwrap();
    let packed = content(written(&gzip(&text)).path()).unwrap();
    let z = zstd::stream::encode_all(&text[..], 1).unwrap();
    let zstd = content(written(&z).path()).unwrap();
    assert_eq!(plain.bytes, text.len() as u64);
    assert_eq!(plain, packed);
    assert_eq!(plain, zstd);
    assert_ne!(plain.hash, content(written(b"other").path()).unwrap().hash);
}

#[test]
fn gzip_of_several_members_is_read_to_its_end() {
    let mut two = gzip(b"one");
    two.extend(gzip(b"two"));
    assert_eq!(head(written(&two).path(), 100).unwrap(), b"onetwo");
}

#[test]
fn files_shorter_than_a_magic_number_are_plain() {
    assert_eq!(head(written(b"").path(), 10).unwrap(), b"");
    assert_eq!(head(written(&GZIP[..1]).path(), 10).unwrap(), &GZIP[..1]);
}

#[test]
fn a_cut_gzip_is_an_error_that_names_the_file() {
    let packed = gzip(&b"abcdefgh".repeat(1000));
    let file = written(&packed[..packed.len() / 2]);
    let error = content(file.path()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains(&file.path().display().to_string())
    );
}
