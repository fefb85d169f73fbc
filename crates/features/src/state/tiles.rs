//! Counts by tiles of time.

use crate::{
    declare::Measure,
    plan::{Fading, HALF_LIFE_TILES, Ring, TILES, TileLayout, TileRead},
};

use super::Entry;

/// The blocks of all entities of one sort.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tiles {
    layout: TileLayout,
    words: usize,
    /// A block for each entity that had an event, see [`Ring`].
    pub(super) blocks: Vec<Option<Box<[u32]>>>,
    level: Weights,
    halving: Weights,
}

/// Tiles of a ring, as a length.
const N: usize = TILES as usize;

/// What a count weighs by its age in tiles, as whole numbers of [`scale`](Self::scale), so that sums
/// are exact in any order and on any machine.
///
/// The tiles of a ring lie at their number modulo [`TILES`], so the weights are kept as they have to
/// be read beside them: a row for each number of tiles by which the newest one lies back, twice
/// around, cut where the newest tile lies.
#[derive(Debug, Clone, PartialEq)]
struct Weights {
    rows: Vec<[u32; 2 * N]>,
    scale: f64,
}

impl Weights {
    /// - `of_age`: weight of a count that is so many tiles old, below 2^26 as a whole number.
    fn new(scale: f64, of_age: impl Fn(u32) -> u32) -> Self {
        let row = |behind: i64| {
            let mut row = [0; 2 * N];
            for (at, weight) in row.iter_mut().enumerate() {
                let before_newest = (2 * N - 1 - at) % N;
                let age = behind + i64::try_from(before_newest).unwrap_or_default();
                let age = u32::try_from(age).ok().filter(|age| *age < TILES);
                *weight = age.map_or(0, &of_age);
            }
            row
        };
        let last = i64::from(TILES) - 1;
        Self {
            rows: (-last..=last).map(row).collect(),
            scale,
        }
    }

    /// The weights of tiles in the order in which they lie.
    fn beside(&self, now: i32, newest: i32) -> Option<&[u32]> {
        let behind = i64::from(now) - i64::from(newest) + i64::from(TILES) - 1;
        let row = self.rows.get(usize::try_from(behind).ok()?)?;
        let cut = N - 1 - slot_of(newest);
        Some(&row[cut..cut + N])
    }
}

/// One count of many entities at one time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TileReader<'a> {
    blocks: &'a [Option<Box<[u32]>>],
    start: usize,
    end: usize,
    /// Number of the tile of now; none for a total.
    now: Option<i32>,
    weights: &'a Weights,
}

impl TileReader<'_> {
    /// The count of an entity; nothing happened to one without a block.
    pub(crate) fn get(&self, entity: u32) -> f64 {
        let Some(Some(block)) = self.blocks.get(entity as usize) else {
            return 0.0;
        };
        let words = &block[self.start..self.end];
        let Some(now) = self.now else {
            return total_of(words) as f64;
        };
        let (newest, tiles) = (words[0].cast_signed(), &words[1..]);
        if newest == EMPTY {
            return 0.0;
        }
        let Some(weights) = self.weights.beside(now, newest) else {
            return 0.0;
        };
        let weighed = tiles.iter().zip(weights);
        let sum: u64 = weighed
            .map(|(count, weight)| u64::from(*count) * u64::from(*weight))
            .sum();
        sum as f64 * self.weights.scale
    }
}

/// Whether an event comes or is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    Plus,
    Minus,
}

/// Stands for "no tile yet" in the place of the newest tile's number.
const EMPTY: i32 = i32::MIN;

impl Tiles {
    pub(super) fn new(layout: TileLayout) -> Self {
        // With 26 bits of a weight and 32 of a count, a sum of 32 of them fits 64.
        let one = f64::from(1 << 26);
        let left = |age: u32| {
            let left = (-f64::from(age) / f64::from(HALF_LIFE_TILES)).exp2();
            whole(left * one)
        };
        Self {
            words: layout.words(),
            layout,
            blocks: Vec::new(),
            level: Weights::new(1.0, |_| 1),
            halving: Weights::new(1.0 / one, left),
        }
    }

    /// Length of a block in words.
    pub(super) const fn words(&self) -> usize {
        self.words
    }

    /// A block without counts.
    fn empty_block(&self) -> Box<[u32]> {
        let mut block = vec![0; self.words].into_boxed_slice();
        for ring in self.layout.rings.iter().filter(|ring| !ring.is_total()) {
            block[ring.offset as usize] = EMPTY.cast_unsigned();
        }
        block
    }

    pub(super) fn add(&mut self, entity: u32, entry: &Entry, sign: Sign) {
        let entity = entity as usize;
        if !self
            .layout
            .rings
            .iter()
            .any(|ring| entry.marks.meets(ring.marks))
        {
            return;
        }
        if entity >= self.blocks.len() {
            self.blocks.resize(entity + 1, None);
        }
        let mut block = self.blocks[entity]
            .take()
            .unwrap_or_else(|| self.empty_block());
        for ring in &self.layout.rings {
            if entry.marks.meets(ring.marks) {
                let words = &mut block[ring.offset as usize..][..ring.words() as usize];
                add_to(words, ring, entry, sign);
            }
        }
        self.blocks[entity] = Some(block);
    }

    /// What a feature reads at `now_ms`.
    pub(crate) fn reader(&self, read: TileRead, now_ms: i64) -> TileReader<'_> {
        let ring = &self.layout.rings[read.ring as usize];
        let start = ring.offset as usize;
        TileReader {
            blocks: &self.blocks,
            start,
            end: start + ring.words() as usize,
            now: (!ring.is_total()).then(|| tile_of(now_ms, ring.width_ms)),
            weights: match read.fading {
                Fading::Level => &self.level,
                Fading::Halving => &self.halving,
            },
        }
    }

    /// Puts a block of a checkpoint in its place; it is as long as blocks are.
    pub(super) fn put(&mut self, entity: u32, block: &[u32]) {
        let entity = entity as usize;
        if entity >= self.blocks.len() {
            self.blocks.resize(entity + 1, None);
        }
        self.blocks[entity] = Some(block.into());
    }

    /// Adds the counts of one entity to those of another and forgets the first.
    pub(super) fn merge(&mut self, from: u32, into: u32) {
        let from = self.blocks.get_mut(from as usize).and_then(Option::take);
        let Some(from) = from else { return };
        let entity = into as usize;
        if entity >= self.blocks.len() {
            self.blocks.resize(entity + 1, None);
        }
        let mut into = self.blocks[entity]
            .take()
            .unwrap_or_else(|| self.empty_block());
        for ring in &self.layout.rings {
            let words = ring.offset as usize..(ring.offset + ring.words()) as usize;
            merge_ring(ring, &from[words.clone()], &mut into[words]);
        }
        self.blocks[entity] = Some(into);
    }

    /// Whether anything was ever counted of it.
    pub(super) fn has(&self, entity: u32) -> bool {
        let block = self.blocks.get(entity as usize);
        block.is_some_and(Option::is_some)
    }

    pub(super) fn forget(&mut self, entity: u32) {
        if let Some(block) = self.blocks.get_mut(entity as usize) {
            *block = None;
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let made = self.blocks.iter().flatten().count();
        self.blocks.len() * size_of::<Option<Box<[u32]>>>() + made * self.words * size_of::<u32>()
    }
}

/// Number of the tile that a time lies in. Times beyond what numbers reach share the last tile.
fn tile_of(time_ms: i64, width_ms: i64) -> i32 {
    let tile = time_ms
        .div_euclid(width_ms)
        .clamp(i64::from(EMPTY) + 1, i64::from(i32::MAX));
    i32::try_from(tile).expect("clamped to what fits")
}

/// Where a tile lies in its ring.
const fn slot_of(tile: i32) -> usize {
    (tile.cast_unsigned() % TILES) as usize
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "of numbers from 0 to 2^26"
)]
fn whole(weight: f64) -> u32 {
    weight.round() as u32
}

fn amount(ring: &Ring, entry: &Entry) -> u32 {
    match ring.measure {
        Measure::Count => 1,
        Measure::Watched => seconds(entry.watched_ms),
    }
}

/// Whole seconds, so that a tile holds a century of watching in 32 bits.
const fn seconds(millis: u32) -> u32 {
    (millis / 1000) + (millis % 1000) / 500
}

fn add_to(words: &mut [u32], ring: &Ring, entry: &Entry, sign: Sign) {
    let amount = amount(ring, entry);
    if ring.is_total() {
        let sum = match sign {
            Sign::Plus => total_of(words).wrapping_add(u64::from(amount)),
            Sign::Minus => total_of(words).wrapping_sub(u64::from(amount)),
        };
        return put_total(words, sum);
    }
    let tile = tile_of(entry.time_ms, ring.width_ms);
    if let Some(count) = count_of(words, tile) {
        *count = match sign {
            Sign::Plus => count.wrapping_add(amount),
            Sign::Minus => count.wrapping_sub(amount),
        };
    }
}

/// The count of a tile, the ring being turned so that it has it; none for a tile that is too old for
/// any window, be it added to or taken from.
fn count_of(words: &mut [u32], tile: i32) -> Option<&mut u32> {
    let (head, tiles) = words.split_at_mut(1);
    let newest = head[0].cast_signed();
    let kept = i64::from(TILES);
    let ahead = i64::from(tile) - i64::from(newest);
    if newest != EMPTY && ahead <= -kept {
        return None;
    }
    if newest == EMPTY || ahead > 0 {
        if newest != EMPTY {
            for step in 1..=ahead.min(kept) {
                let passed = i32::try_from(i64::from(newest) + step).unwrap_or(i32::MAX);
                tiles[slot_of(passed)] = 0;
            }
        }
        head[0] = tile.cast_unsigned();
    }
    Some(&mut tiles[slot_of(tile)])
}

fn total_of(words: &[u32]) -> u64 {
    u64::from(words[0]) | u64::from(words[1]) << 32
}

fn put_total(words: &mut [u32], total: u64) {
    let [a, b, c, d, e, f, g, h] = total.to_le_bytes();
    words[0] = u32::from_le_bytes([a, b, c, d]);
    words[1] = u32::from_le_bytes([e, f, g, h]);
}

/// Adds the counts of one ring to those of another of the same width.
fn merge_ring(ring: &Ring, from: &[u32], into: &mut [u32]) {
    if ring.is_total() {
        put_total(into, total_of(into).wrapping_add(total_of(from)));
        return;
    }
    let newest = from[0].cast_signed();
    if newest == EMPTY {
        return;
    }
    for back in 0..i64::from(TILES) {
        let Ok(tile) = i32::try_from(i64::from(newest) - back) else {
            break;
        };
        let added = from[1 + slot_of(tile)];
        if let Some(count) = count_of(into, tile) {
            *count = count.wrapping_add(added);
        }
    }
}
