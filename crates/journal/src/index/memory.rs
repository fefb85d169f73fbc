//! The index of a segment that grows.

use marquee_core::Timestamp;

use super::{Key, Place, Totals};
use crate::{
    Committed, Entry, Problem,
    frame::Frame,
    hash::{HashedMap, actor_hash, event_hash, item_hash},
    segment::SegmentHeader,
};

/// Stands for "no earlier record".
const NONE: u32 = u32::MAX;

/// The index of a segment that grows: for each key its latest record, and for each record the one
/// before it with the same key.
#[derive(Debug, Default)]
pub(crate) struct MemoryIndex {
    pub(super) frame_offset: Vec<u32>,
    pub(super) frame_seq: Vec<u64>,
    pub(super) frame_received: Vec<i64>,
    pub(super) record_offset: Vec<u32>,
    /// Counted from the segment's first.
    pub(super) record_seq: Vec<u32>,
    pub(super) ids: Chains,
    pub(super) actors: Chains,
    pub(super) items: Chains,
    pub(super) catalog: Vec<u32>,
    pub(super) earliest: Option<i64>,
    pub(super) latest: Option<i64>,
    last_seq: Option<u64>,
}

/// Records by key, newest first.
#[derive(Debug, Default)]
pub(super) struct Chains {
    latest: HashedMap<u32>,
    /// For each record the one before it with its key.
    before: Vec<u32>,
}

impl Chains {
    fn push(&mut self, record: u32, key: Option<u64>) {
        let before = key.and_then(|key| self.latest.insert(key, record));
        self.before.push(before.unwrap_or(NONE));
    }

    /// Records under `key`, newest first.
    pub(super) fn of(&self, key: u64) -> impl Iterator<Item = u32> + '_ {
        let first = self.latest.get(&key).copied();
        std::iter::successors(first, |&record| {
            let before = self.before[record as usize];
            (before != NONE).then_some(before)
        })
    }

    /// All keys, rising.
    pub(super) fn keys(&self) -> Vec<u64> {
        let mut keys: Vec<u64> = self.latest.keys().copied().collect();
        keys.sort_unstable();
        keys
    }

    fn memory_bytes(&self) -> usize {
        // A bucket is a pair of key and value and one byte of control.
        self.latest.capacity() * 17 + self.before.capacity() * 4
    }
}

impl MemoryIndex {
    /// Adds all records of a frame that was read.
    ///
    /// # Errors
    ///
    /// [`Problem`] when it does not follow what is there.
    pub(crate) fn push_frame(
        &mut self,
        frame: &Frame,
        header: &SegmentHeader,
    ) -> Result<(), Problem> {
        let offset = short("position in a segment", frame.offset)?;
        self.begin_frame(offset, frame.header.first_seq, frame.header.received);
        frame.each_record(|offset, committed| {
            let expected = self.last_seq.map_or(header.first_seq, |last| last + 1);
            let rewritten = header.last_seq != 0;
            let follows = if rewritten {
                (expected..=header.last_seq).contains(&committed.seq)
            } else {
                committed.seq == expected
            };
            if !follows {
                return Err(Problem::Order {
                    field: "sequence number",
                    found: committed.seq,
                    expected,
                });
            }
            let offset = short("position in a segment", offset)?;
            short("entries of a segment", committed.seq - header.first_seq)?;
            self.push(offset, &committed, header);
            Ok(())
        })
    }

    /// Begins a frame; the records that are pushed from now on are its.
    pub(crate) fn begin_frame(&mut self, offset: u32, first_seq: u64, received: Timestamp) {
        self.frame_offset.push(offset);
        self.frame_seq.push(first_seq);
        self.frame_received.push(received.as_millis());
    }

    /// Adds a record at `offset` of the file.
    pub(crate) fn push(&mut self, offset: u32, committed: &Committed, header: &SegmentHeader) {
        let record = position(self.record_offset.len());
        self.record_offset.push(offset);
        let seq = u32::try_from(committed.seq - header.first_seq)
            .expect("a segment covers fewer than 2^32 entries");
        self.record_seq.push(seq);
        self.last_seq = Some(committed.seq);
        let Entry::Event(event) = &committed.entry else {
            self.catalog.push(record);
            self.ids.push(record, None);
            self.actors.push(record, None);
            self.items.push(record, None);
            return;
        };
        self.ids.push(record, event.id.as_ref().map(event_hash));
        self.actors.push(record, Some(actor_hash(&event.actor)));
        self.items.push(record, event.action.item().map(item_hash));
        let received = committed.received.as_millis();
        self.earliest = Some(self.earliest.map_or(received, |first| first.min(received)));
        self.latest = Some(self.latest.map_or(received, |last| last.max(received)));
    }

    pub(super) fn events(&self, hash: u64) -> Vec<u32> {
        self.ids.of(hash).collect()
    }

    pub(super) fn newest(&self, key: Key, before: u32, limit: usize) -> Vec<u32> {
        let (chains, key) = match key {
            Key::Actor(key) => (&self.actors, key),
            Key::Item(key) => (&self.items, key),
        };
        let records = chains.of(key).skip_while(|&record| record >= before);
        records.take(limit).collect()
    }

    pub(super) fn catalog(&self) -> &[u32] {
        &self.catalog
    }

    pub(super) fn records_before(&self, seq: u64) -> u32 {
        position(self.record_seq.partition_point(|&one| u64::from(one) < seq))
    }

    pub(super) fn frame_before(&self, seq: u64) -> Option<u32> {
        let behind = self.frame_seq.partition_point(|&first| first <= seq);
        self.frame_offset.get(behind.checked_sub(1)?).copied()
    }

    pub(crate) fn last_seq(&self) -> Option<u64> {
        self.last_seq
    }

    pub(super) fn place(&self, record: u32) -> Option<Place> {
        let offset = *self.record_offset.get(record as usize)?;
        let behind = self.frame_offset.partition_point(|&frame| frame <= offset);
        let frame = behind.checked_sub(1)?;
        Some(Place {
            offset,
            first_seq: self.frame_seq[frame],
            received: Timestamp::from_millis(self.frame_received[frame]),
        })
    }

    pub(super) fn totals(&self) -> Totals {
        let records = self.record_offset.len();
        let chains = [&self.ids, &self.actors, &self.items];
        let memory = self.frame_offset.capacity() * 20
            + self.record_offset.capacity() * 8
            + self.catalog.capacity() * 4
            + chains.map(Chains::memory_bytes).iter().sum::<usize>();
        Totals {
            records: records as u64,
            events: (records - self.catalog.len()) as u64,
            earliest: self.earliest.map(Timestamp::from_millis),
            latest: self.latest.map(Timestamp::from_millis),
            memory_bytes: memory as u64,
        }
    }
}

/// A length as the number of a record.
fn position(length: usize) -> u32 {
    u32::try_from(length).expect("a segment has fewer than 2^32 bytes")
}

fn short(what: &'static str, found: u64) -> Result<u32, Problem> {
    u32::try_from(found).map_err(|_| Problem::Limit {
        what,
        found,
        limit: u32::MAX.into(),
    })
}
