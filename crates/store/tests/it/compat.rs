//! Stored artifacts of every container version keep opening, with the values they were given.

use std::path::Path;

use marquee_store::Artifact;

use crate::common::{exercise, sample};

fn stored(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compat");
    std::fs::read(folder.join(name)).expect("a stored artifact")
}

#[test]
fn version_1_keeps_opening() {
    let file = stored("v1.mqa");
    exercise(&file).unwrap();
    let artifact = Artifact::from_bytes(&file).unwrap();
    assert_eq!(artifact.expect_kind("sample", 7).unwrap(), 7);
    let metas = [("seed", "42"), ("note", "größer als acht Bytes")];
    assert!(artifact.metas().eq(metas));
    let names: Vec<_> = artifact.sections().iter().map(|info| &*info.name).collect();
    let want = [
        "u8",
        "i8",
        "u16",
        "u32",
        "u64",
        "i32",
        "i64",
        "matrix.f32",
        "f64",
        "empty",
        "ids.offsets",
        "ids.text",
    ];
    assert_eq!(names, want);
    assert_eq!(artifact.section::<u8>("u8").unwrap().data, [0, 1, 255]);
    assert_eq!(artifact.section::<i8>("i8").unwrap().data, [-128, 127]);
    assert_eq!(artifact.section::<u16>("u16").unwrap().data, [0, 65_535]);
    assert_eq!(artifact.section::<u32>("u32").unwrap().data, [0, u32::MAX]);
    assert_eq!(artifact.section::<u64>("u64").unwrap().data, [0, u64::MAX]);
    assert_eq!(
        artifact.section::<i32>("i32").unwrap().data,
        [i32::MIN, i32::MAX]
    );
    assert_eq!(
        artifact.section::<i64>("i64").unwrap().data,
        [i64::MIN, i64::MAX]
    );
    let matrix = artifact.section::<f32>("matrix.f32").unwrap();
    assert_eq!(matrix.dims::<2>().unwrap(), [2, 3]);
    let bits = matrix.data.iter().map(|number| number.to_bits());
    let want = [0.0_f32, -0.0, 1.5, -2.25, 1e-30, 1e30].map(f32::to_bits);
    assert!(bits.eq(want));
    let pi = artifact.section::<f64>("f64").unwrap();
    assert_eq!(pi.data[0].to_bits(), std::f64::consts::PI.to_bits());
    assert_eq!(artifact.section::<f32>("empty").unwrap().shape, [0, 16]);
    let ids = artifact.strings("ids").unwrap();
    assert!(ids.iter().eq(["film-1", "", "映画", "a"]));
}

/// The writer is the one that wrote the stored file: a change of its bytes has to be meant, and then
/// gives a new version of the container and a new stored file.
#[test]
fn the_writer_still_makes_the_same_bytes() {
    assert_eq!(sample().unwrap(), stored("v1.mqa"));
}
