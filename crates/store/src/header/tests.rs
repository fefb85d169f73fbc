//! What an archive cannot claim.

use super::*;

fn header(metas: &[(&str, &str)]) -> Header {
    let metas = metas.iter();
    Header {
        kind: "test".to_owned(),
        format_version: 1,
        metas: metas
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
        sections: Vec::new(),
    }
}

#[test]
fn what_is_encoded_is_decoded() {
    let mut header = header(&[("key", "value"), ("longer than eight", "")]);
    header.sections.push(SectionInfo {
        name: "factors".to_owned(),
        dtype: DType::F32,
        shape: vec![u64::MAX, 0],
        offset: 1,
        bytes: 2,
        checksum: 3,
    });
    let bytes = header.encode().unwrap();
    assert_eq!(Header::decode(&bytes).unwrap(), header);
}

/// If texts of an archive could lie upon each other, a small header could unfold to any size.
#[test]
fn texts_that_share_their_bytes_are_refused() {
    let [first, second] = ["x".repeat(100), "y".repeat(100)];
    let mut bytes = header(&[("a", &first), ("b", &second)]).encode().unwrap();
    let text = bytes.iter().position(|&byte| byte == b'x').unwrap();
    // How a string of 100 bytes starts; the offset to its text follows.
    let start = [0b1010_0100, 1, 0, 0];
    let strings = bytes.windows(4).enumerate();
    let at = strings.filter(|pair| pair.1 == start).nth(1).unwrap().0;
    let back = i32::try_from(at - text).unwrap();
    bytes[at + 4..at + 8].copy_from_slice(&(-back).to_le_bytes());
    let outcome = Header::decode(&bytes);
    assert!(matches!(outcome, Err(Fault::HeaderMalformed { .. })));
}

#[test]
fn an_unknown_type_names_its_section() {
    let mut header = header(&[]);
    header.sections.push(SectionInfo {
        name: "x".to_owned(),
        dtype: DType::F64,
        shape: vec![1],
        offset: 0,
        bytes: 8,
        checksum: 0,
    });
    let mut bytes = header.encode().unwrap();
    let name = bytes.iter().position(|&byte| byte == b'x').unwrap();
    assert_eq!(bytes[name + 8], DType::F64.code());
    bytes[name + 8] = 10;
    match Header::decode(&bytes) {
        Err(fault) => assert_eq!(fault.to_string(), "section \"x\": unknown element type 10"),
        Ok(header) => panic!("{header:?}"),
    }
}

#[test]
fn more_sections_than_the_limit_are_refused_by_the_reader_too() {
    let mut header = header(&[]);
    for _ in 0..=MAX_SECTIONS {
        header.sections.push(SectionInfo {
            name: "x".to_owned(),
            dtype: DType::U8,
            shape: Vec::new(),
            offset: 0,
            bytes: 1,
            checksum: 0,
        });
    }
    let bytes = rkyv::to_bytes::<BoxedError>(&header.to_record()).unwrap();
    let outcome = Header::decode(&bytes);
    assert!(matches!(
        outcome,
        Err(Fault::Limit {
            what: "sections",
            ..
        })
    ));
}
