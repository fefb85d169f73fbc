//! Collecting events and writing them as a segment.

use std::path::{Path, PathBuf};

use marquee_store::ArtifactBuilder;

use crate::{
    Error, Result,
    row::EventRow,
    segment::{NO_ITEM, SEGMENT_KIND, SEGMENT_VERSION, Segment, dedup::repeated_rows, hash_of},
};

/// Events of one segment.
const MAX_ROWS: usize = 1 << 22;

/// Bytes of ids and extras after which a segment is full, whatever its rows.
const MAX_TEXT_BYTES: usize = 128 << 20;

/// Texts of some rows.
#[derive(Default)]
struct SparseTexts {
    rows: Vec<u32>,
    ends: Vec<usize>,
    text: String,
}

impl SparseTexts {
    fn push(&mut self, row: u32, text: &str) {
        self.rows.push(row);
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    fn get(&self, at: usize) -> &str {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.text[start..self.ends[at]]
    }

    /// The same without the rows that `kept` leaves out, and with the new numbers of the others.
    fn retain(&mut self, kept: &Kept) {
        let mut next = Self::default();
        for (at, &row) in self.rows.iter().enumerate() {
            if let Some(new) = kept.new_row(row) {
                next.push(new, self.get(at));
            }
        }
        *self = next;
    }
}

/// Which rows stay, and their new numbers.
struct Kept(Vec<u32>);

impl Kept {
    /// All but `dropped`, which rises.
    fn all_but(dropped: &[u32], rows: usize) -> Self {
        let mut new = Vec::with_capacity(rows);
        let (mut next, mut at) = (0_u32, 0);
        for row in 0..rows {
            if dropped.get(at).is_some_and(|&drop| drop as usize == row) {
                at += 1;
                new.push(u32::MAX);
            } else {
                new.push(next);
                next += 1;
            }
        }
        Self(new)
    }

    fn new_row(&self, row: u32) -> Option<u32> {
        Some(self.0[row as usize]).filter(|&new| new != u32::MAX)
    }

    fn retain<T>(&self, column: &mut Vec<T>) {
        let mut row = 0;
        column.retain(|_| {
            row += 1;
            self.0[row - 1] != u32::MAX
        });
    }
}

/// Events on their way into a segment.
#[derive(Default)]
pub(crate) struct SegmentBuilder {
    actor: Vec<u32>,
    item: Vec<u32>,
    kind: Vec<u8>,
    value: Vec<f32>,
    time: Vec<i64>,
    ids: SparseTexts,
    extra: SparseTexts,
    retracts: Vec<(u32, u128)>,
}

/// What writing a segment came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    /// Events in the file; where this is zero there is no file.
    pub(crate) rows: u64,
    /// Events left out because their id was there before.
    pub(crate) repeated: u64,
    /// Whether any event has an id.
    pub(crate) has_ids: bool,
}

impl SegmentBuilder {
    /// Adds one event, its ids replaced by rows.
    #[inline]
    pub(crate) fn push(&mut self, actor: u32, item: Option<u32>, row: &EventRow<'_>) {
        let at = self.next_row();
        self.actor.push(actor);
        self.item.push(item.unwrap_or(NO_ITEM));
        self.kind.push(row.kind.number());
        self.value.push(row.value);
        self.time.push(row.time.as_millis());
        if let Some(id) = row.id {
            self.ids.push(at, id);
        }
        if let Some(extra) = row.extra {
            self.extra.push(at, extra);
        }
        if let Some(event) = row.retracts {
            self.retracts.push((at, hash_of(event)));
        }
    }

    fn next_row(&self) -> u32 {
        u32::try_from(self.actor.len()).expect("a segment has at most MAX_ROWS rows")
    }

    /// Whether no further event may be added.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.actor.len() >= MAX_ROWS
            || self.ids.text.len() + self.extra.text.len() >= MAX_TEXT_BYTES
    }

    /// Whether there is no event.
    pub(crate) fn is_empty(&self) -> bool {
        self.actor.is_empty()
    }

    /// Leaves out events whose id another event of this segment or of an earlier one has, and writes
    /// the others to `path`.
    ///
    /// Cost: a sort of the event ids, and one pass over those of each earlier segment.
    ///
    /// # Errors
    ///
    /// [`Error::Artifact`] when an earlier segment is damaged or the file cannot be written.
    pub(crate) fn write(mut self, path: &Path, earlier: &[PathBuf]) -> Result<Written> {
        let hashed = self.sorted_hashes();
        let mut repeated = repeated_rows(&hashed);
        if !hashed.is_empty() {
            for path in earlier {
                Segment::open(path)?.rows_of_known_ids(&hashed, &mut repeated)?;
            }
        }
        repeated.sort_unstable();
        repeated.dedup();
        let mut written = Written {
            rows: 0,
            repeated: repeated.len() as u64,
            has_ids: false,
        };
        let hashed = self.drop_rows(&repeated, hashed);
        if !self.is_empty() {
            written.rows = self.actor.len() as u64;
            written.has_ids = !hashed.is_empty();
            self.write_sections(path, &hashed)?;
        }
        Ok(written)
    }

    /// Hash and row of every event id, rising.
    fn sorted_hashes(&self) -> Vec<(u128, u32)> {
        let rows = self.ids.rows.iter().enumerate();
        let mut hashed: Vec<_> = rows
            .map(|(at, &row)| (hash_of(self.ids.get(at)), row))
            .collect();
        hashed.sort_unstable();
        hashed
    }

    /// Takes `dropped` out of every column; gives the hashes of what stays.
    fn drop_rows(&mut self, dropped: &[u32], hashed: Vec<(u128, u32)>) -> Vec<(u128, u32)> {
        if dropped.is_empty() {
            return hashed;
        }
        let kept = Kept::all_but(dropped, self.actor.len());
        kept.retain(&mut self.actor);
        kept.retain(&mut self.item);
        kept.retain(&mut self.kind);
        kept.retain(&mut self.value);
        kept.retain(&mut self.time);
        self.ids.retain(&kept);
        self.extra.retain(&kept);
        let renumbered = |&(row, hash): &(u32, u128)| Some((kept.new_row(row)?, hash));
        self.retracts = self.retracts.iter().filter_map(renumbered).collect();
        let renumbered = |(hash, row)| Some((hash, kept.new_row(row)?));
        hashed.into_iter().filter_map(renumbered).collect()
    }

    fn write_sections(&self, path: &Path, hashed: &[(u128, u32)]) -> Result<()> {
        let rows = [self.actor.len() as u64];
        let mut artifact = ArtifactBuilder::new(SEGMENT_KIND, SEGMENT_VERSION);
        artifact.section("actor", &rows, &self.actor);
        artifact.section("item", &rows, &self.item);
        artifact.section("kind", &rows, &self.kind);
        artifact.section("value", &rows, &self.value);
        artifact.section("time", &rows, &self.time);
        if !hashed.is_empty() {
            let n = hashed.len() as u64;
            artifact.section("id_row", &[n], &self.ids.rows);
            artifact.strings("id", (0..self.ids.rows.len()).map(|at| self.ids.get(at)));
            let hashes = hashed.iter().flat_map(|&(hash, _)| halves(hash)).collect();
            artifact.section_owned::<u64>("id_hash", &[n, 2], hashes);
            let rows = hashed.iter().map(|&(_, row)| row).collect();
            artifact.section_owned::<u32>("id_hash_row", &[n], rows);
        }
        if !self.retracts.is_empty() {
            let n = self.retracts.len() as u64;
            let rows = self.retracts.iter().map(|&(row, _)| row).collect();
            artifact.section_owned::<u32>("retract_row", &[n], rows);
            let hashes = self
                .retracts
                .iter()
                .flat_map(|&(_, hash)| halves(hash))
                .collect();
            artifact.section_owned::<u64>("retract_hash", &[n, 2], hashes);
        }
        if !self.extra.rows.is_empty() {
            let n = self.extra.rows.len();
            artifact.section("extra_row", &[n as u64], &self.extra.rows);
            artifact.strings("extra", (0..n).map(|at| self.extra.get(at)));
        }
        artifact.write(path).map_err(Error::artifact(path))
    }
}

/// High and low half.
#[expect(clippy::cast_possible_truncation, reason = "each half is meant")]
fn halves(hash: u128) -> [u64; 2] {
    [(hash >> 64) as u64, hash as u64]
}
