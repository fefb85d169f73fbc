//! The index of a sealed segment, mapped.

use marquee_core::Timestamp;
use marquee_store::{Artifact, Element, Result};

use super::{
    Key, Place, Totals,
    build::{FORMAT_VERSION, KIND},
    filter,
};
use crate::{
    disk::DiskFile,
    frame::{FrameHeader, HEADER_BYTES},
    segment::SegmentHeader,
};

/// The index of a sealed segment: an artifact, of which only the filter is kept in memory.
#[derive(Debug)]
pub(crate) struct MappedIndex {
    artifact: Artifact,
    filter: Vec<u32>,
    first_seq: u64,
    last_seq: Option<u64>,
    totals: Totals,
}

/// Sections with their lengths checked, or empty ones, which find nothing.
#[derive(Debug, Clone, Copy)]
struct Postings<'a> {
    hashes: &'a [u64],
    ends: &'a [u32],
    records: &'a [u32],
}

impl MappedIndex {
    /// Takes `artifact`, if every byte of it is as it was written and it belongs to a segment with
    /// this header of `end` bytes; gives it back as nothing if not.
    pub(crate) fn new(artifact: Artifact, header: &SegmentHeader, end: u64) -> Option<Self> {
        artifact.expect_kind(KIND, FORMAT_VERSION).ok()?;
        artifact.verify().ok()?;
        let segment = format!("{:016x}", header.checksum());
        let belongs = artifact.meta("segment") == Some(&segment)
            && artifact.meta("end") == Some(&end.to_string());
        if !belongs {
            return None;
        }
        let filter = artifact.section::<u32>("id_filter").ok()?.data.to_vec();
        let time = |key| Some(artifact.meta(key)?.parse().ok().map(Timestamp::from_millis));
        let (earliest, latest) = (time("earliest")?, time("latest")?);
        let mut this = Self {
            filter,
            first_seq: header.first_seq,
            last_seq: None,
            totals: Totals::default(),
            artifact,
        };
        this.check().ok()?;
        let records = this.slice::<u32>("record_offset").len();
        this.last_seq = records.checked_sub(1).map(|last| this.seq_of(last));
        let n_catalog = this.catalog().len();
        this.totals = Totals {
            records: records as u64,
            events: records.checked_sub(n_catalog)? as u64,
            earliest,
            latest,
            memory_bytes: this.filter.len() as u64 * 4,
        };
        Some(this)
    }

    /// Whether the last frame of `file` is the one that the index was made from; `front` is the
    /// checksum of the segment's header, for a segment without frames.
    pub(crate) fn describes(&self, file: &dyn DiskFile, front: u64) -> bool {
        let found = match self.slice::<u32>("frame_offset").last() {
            None => Some(front),
            Some(&offset) => {
                let mut bytes = [0; HEADER_BYTES];
                let n = file.read_at(&mut bytes, offset.into());
                let header = FrameHeader::decode(&bytes);
                (n.is_ok_and(|n| n == HEADER_BYTES))
                    .then_some(header.ok().map(|h| h.checksum))
                    .flatten()
            }
        };
        found.is_some_and(|found| self.artifact.meta("checksum") == Some(&format!("{found:016x}")))
    }

    /// Asks for every section once, so that later look-ups cannot miss one.
    fn check(&self) -> Result<()> {
        let (u32s, u64s) = (
            [
                "frame_offset",
                "record_offset",
                "id_record",
                "actor_end",
                "actor_record",
                "item_end",
                "item_record",
                "catalog",
            ],
            ["frame_seq", "id_hash", "actor_hash", "item_hash"],
        );
        for name in u32s {
            self.artifact.section::<u32>(name)?;
        }
        for name in u64s {
            self.artifact.section::<u64>(name)?;
        }
        self.artifact.section::<i64>("frame_received")?;
        Ok(())
    }

    fn slice<T: Element>(&self, name: &str) -> &[T] {
        self.artifact
            .section(name)
            .map_or(&[], |section| section.data)
    }

    /// Sequence number of a record.
    fn seq_of(&self, record: usize) -> u64 {
        let seqs = self.slice::<u32>("record_seq");
        let after = seqs.get(record).map_or(record as u64, |&seq| seq.into());
        self.first_seq + after
    }

    pub(super) fn events(&self, hash: u64) -> Vec<u32> {
        if !filter::may_have(&self.filter, hash) {
            return Vec::new();
        }
        let hashes = self.slice::<u64>("id_hash");
        let start = lower_bound(hashes, hash);
        let same = hashes[start..].iter().take_while(|&&one| one == hash);
        let records = self.slice::<u32>("id_record").iter().skip(start);
        records.take(same.count()).copied().collect()
    }

    pub(super) fn newest(&self, key: Key, before: u32, limit: usize) -> Vec<u32> {
        let (postings, hash) = match key {
            Key::Actor(hash) => (
                self.postings("actor_hash", "actor_end", "actor_record"),
                hash,
            ),
            Key::Item(hash) => (self.postings("item_hash", "item_end", "item_record"), hash),
        };
        let records = postings.of(hash);
        let n = records.partition_point(|&record| record < before);
        records[..n].iter().rev().take(limit).copied().collect()
    }

    fn postings(&self, hashes: &str, ends: &str, records: &str) -> Postings<'_> {
        Postings {
            hashes: self.slice(hashes),
            ends: self.slice(ends),
            records: self.slice(records),
        }
    }

    pub(super) fn catalog(&self) -> &[u32] {
        self.slice("catalog")
    }

    pub(super) fn records_before(&self, seq: u64) -> u32 {
        let seqs = self.slice::<u32>("record_seq");
        let n = if seqs.is_empty() {
            seq.min(self.totals.records)
        } else {
            seqs.partition_point(|&one| u64::from(one) < seq) as u64
        };
        u32::try_from(n).unwrap_or(u32::MAX)
    }

    pub(super) fn frame_before(&self, seq: u64) -> Option<u32> {
        let behind = (self.slice::<u64>("frame_seq")).partition_point(|&first| first <= seq);
        let frame = behind.checked_sub(1)?;
        self.slice::<u32>("frame_offset").get(frame).copied()
    }

    pub(super) fn last_seq(&self) -> Option<u64> {
        self.last_seq
    }

    pub(super) fn totals(&self) -> Totals {
        self.totals
    }

    pub(super) fn place(&self, record: u32) -> Option<Place> {
        let offset = *self.slice::<u32>("record_offset").get(record as usize)?;
        let frames = self.slice::<u32>("frame_offset");
        let frame = (frames.partition_point(|&frame| frame <= offset)).checked_sub(1)?;
        let received = *self.slice::<i64>("frame_received").get(frame)?;
        Some(Place {
            offset,
            first_seq: *self.slice::<u64>("frame_seq").get(frame)?,
            received: Timestamp::from_millis(received),
        })
    }
}

impl<'a> Postings<'a> {
    /// Records of `hash`, rising.
    fn of(&self, hash: u64) -> &'a [u32] {
        let at = lower_bound(self.hashes, hash);
        if self.hashes.get(at) != Some(&hash) {
            return &[];
        }
        let end = |at: usize| self.ends.get(at).map(|&end| end as usize);
        let start = at.checked_sub(1).map_or(Some(0), end);
        let range = start.zip(end(at)).map(|(start, end)| start..end);
        range
            .and_then(|range| self.records.get(range))
            .unwrap_or(&[])
    }
}

/// First position whose hash is not lower than `hash`.
///
/// Hashes are spread evenly, so their place can be guessed to within about the square root of their
/// number; from there the range is doubled until it holds the place, then halved.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the product shifted right is lower than the length"
)]
fn lower_bound(hashes: &[u64], hash: u64) -> usize {
    let n = hashes.len();
    let guess = ((u128::from(hash) * n as u128) >> 64) as usize;
    let mut step = 16;
    let (mut low, mut high) = (guess, guess);
    while low > 0 && hashes[low - 1] >= hash {
        low = low.saturating_sub(step);
        step *= 2;
    }
    step = 16;
    while high < n && hashes[high] < hash {
        high = (high + step).min(n);
        step *= 2;
    }
    low + hashes[low..high].partition_point(|&one| one < hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_bound_is_that_of_a_plain_search() {
        let even = |n: u64| (0..n).map(|i| i * (u64::MAX / n.max(1))).collect();
        let lists: [Vec<u64>; 5] = [
            vec![],
            vec![7],
            even(1000),
            vec![5; 100],
            (0..300).collect(),
        ];
        for hashes in lists {
            let near = hashes.iter().flat_map(|&h| [h.saturating_sub(1), h, h + 1]);
            for hash in near.chain([0, 5, 6, u64::MAX]) {
                let want = hashes.partition_point(|&one| one < hash);
                assert_eq!(
                    lower_bound(&hashes, hash),
                    want,
                    "{hash} in {}",
                    hashes.len()
                );
            }
        }
    }
}
