//! The worked example of the document is what the writer makes.

use marquee_store::ArtifactBuilder;

const DOCUMENT: &str = include_str!("../../../../docs/artifact-format.md");

/// The bytes of the lines that start with `0000: `, `0010: ` and so on, in order.
fn dump() -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in DOCUMENT.lines() {
        let Some((offset, rest)) = line.split_once(": ") else {
            continue;
        };
        if offset.len() != 4 || usize::from_str_radix(offset, 16) != Ok(bytes.len()) {
            continue;
        }
        let hex = rest.split("  ").next().unwrap_or_default();
        let pairs = hex.split(' ').map(|pair| u8::from_str_radix(pair, 16));
        bytes.extend(pairs.map(|byte| byte.expect("two hexadecimal digits")));
    }
    bytes
}

#[test]
fn the_example_of_the_document_is_what_is_written() {
    let mut builder = ArtifactBuilder::new("demo", 1);
    builder.meta("seed", 42);
    builder.section("item_factors", &[2, 2], &[1.0_f32, 0.5, -1.0, 2.0]);
    builder.strings("ids", ["a", "bc"]);
    let want = builder.to_bytes().unwrap();
    assert_eq!(dump(), want);
}
