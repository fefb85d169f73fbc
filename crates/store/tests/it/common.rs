//! What several tests, and the fuzz target, share: a sample, true checksums, and a reader that asks
//! an artifact everything.

use marquee_store::{
    Artifact, ArtifactBuilder, CONTAINER_VERSION, DType, Element, MAGIC, PREAMBLE_BYTES, Result,
};
use twox_hash::XxHash3_64;

/// An artifact with every type, padding, empty sections, a number alone and string tables.
///
/// # Errors
///
/// Never, as long as the writer accepts its own sample.
pub(crate) fn sample() -> Result<Vec<u8>> {
    let mut builder = ArtifactBuilder::new("sample", 7);
    builder
        .meta("seed", 42)
        .meta("note", "größer als acht Bytes");
    builder.section("u8", &[3], &[0_u8, 1, 255]);
    builder.section("i8", &[2], &[-128_i8, 127]);
    builder.section("u16", &[2], &[0_u16, 65_535]);
    builder.section("u32", &[2], &[0_u32, u32::MAX]);
    builder.section("u64", &[2], &[0_u64, u64::MAX]);
    builder.section("i32", &[2], &[i32::MIN, i32::MAX]);
    builder.section("i64", &[2], &[i64::MIN, i64::MAX]);
    builder.section(
        "matrix.f32",
        &[2, 3],
        &[0.0_f32, -0.0, 1.5, -2.25, 1e-30, 1e30],
    );
    builder.section("f64", &[], &[std::f64::consts::PI]);
    builder.section("empty", &[0, 16], &[0.0_f32; 0]);
    builder.strings("ids", ["film-1", "", "映画", "a"]);
    builder.to_bytes()
}

/// Gives `file` a preamble that is true of it: a header of `header_bytes`, or of all there is, with
/// right checksums. What is wrong in the file then lies behind the checksums.
pub(crate) fn seal(file: &mut [u8], header_bytes: u64) {
    let Some(room) = file.len().checked_sub(PREAMBLE_BYTES) else {
        return;
    };
    let header_bytes = usize::try_from(header_bytes).map_or(room, |bytes| bytes.min(room));
    let header_checksum = XxHash3_64::oneshot(&file[PREAMBLE_BYTES..][..header_bytes]);
    let file_bytes = file.len() as u64;
    file[0..8].copy_from_slice(&MAGIC);
    file[8..12].copy_from_slice(&CONTAINER_VERSION.to_le_bytes());
    file[12..16].fill(0);
    file[16..24].copy_from_slice(&(PREAMBLE_BYTES as u64).to_le_bytes());
    file[24..32].copy_from_slice(&(header_bytes as u64).to_le_bytes());
    file[32..40].copy_from_slice(&file_bytes.to_le_bytes());
    file[40..48].copy_from_slice(&header_checksum.to_le_bytes());
    file[48..56].fill(0);
    let checksum = XxHash3_64::oneshot(&file[..56]);
    file[56..64].copy_from_slice(&checksum.to_le_bytes());
}

/// Length of the header that the preamble of `file` states.
pub(crate) fn header_bytes(file: &[u8]) -> u64 {
    let mut number = [0; 8];
    if let Some(bytes) = file.get(24..32) {
        number.copy_from_slice(bytes);
    }
    u64::from_le_bytes(number)
}

/// Opens `file` and asks for everything in it, which must not panic. Says whether every answer was
/// one and every byte was verified.
pub(crate) fn exercise(file: &[u8]) -> Result<()> {
    let artifact = Artifact::from_bytes(file)?;
    let _ = (artifact.kind(), artifact.format_version());
    for (key, value) in artifact.metas() {
        assert_eq!(artifact.meta(key), Some(value));
    }
    for info in artifact.sections() {
        assert!(artifact.has(&info.name));
        let elements = ask(&artifact, &info.name, info.dtype)?;
        assert_eq!(elements as u64 * info.dtype.width(), info.bytes);
        if let Some(table) = info.name.strip_suffix(".offsets") {
            let strings = artifact.strings(table)?;
            for (index, string) in strings.iter().enumerate() {
                assert_eq!(strings.get(index), Some(string));
            }
            assert_eq!(strings.get(strings.len()), None);
        }
    }
    artifact.verify()
}

/// Reads all of a section and returns its length; asking for another type has to fail.
fn ask(artifact: &Artifact, name: &str, dtype: DType) -> Result<usize> {
    let lengths = [
        read::<u8>(artifact, name),
        read::<i8>(artifact, name),
        read::<u16>(artifact, name),
        read::<u32>(artifact, name),
        read::<u64>(artifact, name),
        read::<i32>(artifact, name),
        read::<i64>(artifact, name),
        read::<f32>(artifact, name),
        read::<f64>(artifact, name),
    ];
    let answers = lengths.iter().filter(|length| length.is_ok()).count();
    assert_eq!(answers, 1, "{name} is of type {dtype} and no other");
    lengths.into_iter().find(Result::is_ok).unwrap_or(Ok(0))
}

fn read<T: Element>(artifact: &Artifact, name: &str) -> Result<usize> {
    let section = artifact.section::<T>(name)?;
    let product: u64 = section.shape.iter().product();
    assert_eq!(product, section.data.len() as u64);
    let last = section.data.iter().copied().last();
    assert_eq!(last.is_some(), !section.data.is_empty());
    Ok(section.data.len())
}
