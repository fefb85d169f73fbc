//! The index of a segment as an artifact.

use marquee_store::ArtifactBuilder;

use super::{filter, memory::Chains, memory::MemoryIndex};
use crate::segment::SegmentHeader;

/// Kind of the artifact.
pub(crate) const KIND: &str = "journal-index";
/// Version of its sections.
pub(crate) const FORMAT_VERSION: u32 = 1;

/// The artifact's bytes; they are the same for the same segment.
///
/// - `end`: how many bytes of the segment count.
/// - `checksum`: of its last frame. Both tie the index to exactly these bytes.
///
/// # Errors
///
/// None that these sections can cause.
pub(crate) fn build(
    index: &MemoryIndex,
    header: &SegmentHeader,
    end: u64,
    checksum: u64,
) -> marquee_store::Result<Vec<u8>> {
    let mut artifact = ArtifactBuilder::new(KIND, FORMAT_VERSION);
    artifact
        .meta("segment", format!("{:016x}", header.checksum()))
        .meta("end", end)
        .meta("checksum", format!("{checksum:016x}"))
        .meta(
            "earliest",
            index.earliest.map_or(String::new(), |t| t.to_string()),
        )
        .meta(
            "latest",
            index.latest.map_or(String::new(), |t| t.to_string()),
        );

    let frames = [index.frame_offset.len() as u64];
    artifact.section("frame_offset", &frames, &index.frame_offset);
    artifact.section("frame_seq", &frames, &index.frame_seq);
    artifact.section("frame_received", &frames, &index.frame_received);
    let records = [index.record_offset.len() as u64];
    artifact.section("record_offset", &records, &index.record_offset);
    let gapless = (index.record_seq.last()).is_none_or(|&last| u64::from(last) + 1 == records[0]);
    if !gapless {
        artifact.section("record_seq", &records, &index.record_seq);
    }
    add_ids(&mut artifact, &index.ids);
    add_postings(&mut artifact, "actor", &index.actors);
    add_postings(&mut artifact, "item", &index.items);
    artifact.section("catalog", &[index.catalog.len() as u64], &index.catalog);
    artifact.to_bytes()
}

/// Pairs of hash and record, rising, and the filter over the hashes.
fn add_ids(artifact: &mut ArtifactBuilder<'_>, ids: &Chains) {
    let mut hashes = Vec::new();
    let mut records = Vec::new();
    for key in ids.keys() {
        let mut of_key: Vec<u32> = ids.of(key).collect();
        of_key.reverse();
        hashes.extend(std::iter::repeat_n(key, of_key.len()));
        records.extend(of_key);
    }
    let filter = filter::fill(&hashes);
    let shape = [hashes.len() as u64];
    artifact.section_owned("id_hash", &shape, hashes);
    artifact.section_owned("id_record", &shape, records);
    artifact.section_owned("id_filter", &[filter.len() as u64], filter);
}

/// Hashes, rising; where the records of each end; the records, rising within a hash.
fn add_postings(artifact: &mut ArtifactBuilder<'_>, name: &str, chains: &Chains) {
    let hashes = chains.keys();
    let mut ends = Vec::with_capacity(hashes.len());
    let mut records: Vec<u32> = Vec::new();
    for &key in &hashes {
        let start = records.len();
        records.extend(chains.of(key));
        records[start..].reverse();
        ends.push(u32::try_from(records.len()).expect("a segment has fewer than 2^32 records"));
    }
    let shape = [hashes.len() as u64];
    artifact.section_owned(&format!("{name}_hash"), &shape, hashes);
    artifact.section_owned(&format!("{name}_end"), &shape, ends);
    let shape = [records.len() as u64];
    artifact.section_owned(&format!("{name}_record"), &shape, records);
}
