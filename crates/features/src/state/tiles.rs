//! Counts by tiles of time.

use crate::{
    declare::Measure,
    plan::{Fading, HALF_LIFE_TILES, HALF_LIVES, Ring, TileLayout, TileRead},
};

use super::Entry;

/// The blocks of all entities of one sort.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tiles {
    layout: TileLayout,
    words: usize,
    /// A block for each entity that had an event, see [`Ring`].
    pub(super) blocks: Vec<Option<Box<[u32]>>>,
    /// What is left of a count after so many tiles.
    fading: Vec<f64>,
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
        let steps = 0..HALF_LIFE_TILES * HALF_LIVES;
        let left = |step: u32| (-f64::from(step) / f64::from(HALF_LIFE_TILES)).exp2();
        Self {
            words: layout.words(),
            layout,
            blocks: Vec::new(),
            fading: steps.map(left).collect(),
        }
    }

    /// Length of a block in words.
    pub(super) const fn words(&self) -> usize {
        self.words
    }

    /// A block without counts.
    fn empty_block(&self) -> Box<[u32]> {
        let mut block = vec![0; self.words].into_boxed_slice();
        for ring in self.layout.rings.iter().filter(|ring| ring.len > 0) {
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

    /// What a feature reads at `now_ms`; nothing happened to an entity without a block.
    pub(crate) fn read(&self, entity: u32, read: TileRead, now_ms: i64) -> f64 {
        let Some(Some(block)) = self.blocks.get(entity as usize) else {
            return 0.0;
        };
        let ring = &self.layout.rings[read.ring as usize];
        let words = &block[ring.offset as usize..][..ring.words() as usize];
        if read.tiles == 0 {
            return total(words, ring);
        }
        let (newest, tiles) = (words[0].cast_signed(), &words[1..]);
        if newest == EMPTY {
            return 0.0;
        }
        let now = tile_of(now_ms, ring.width_ms);
        let first = now.min(newest);
        let last = (now.saturating_sub(length(read.tiles)) + 1)
            .max(newest.saturating_sub(length(ring.len)).saturating_add(1));
        if last > first {
            return 0.0;
        }
        // From the newest to the oldest tile, so that a sum is the same in whatever order events came.
        let mut slot = slot_of(first, ring.len);
        let mut next = || {
            let count = tiles[slot];
            slot = slot.checked_sub(1).unwrap_or(tiles.len() - 1);
            count
        };
        match read.fading {
            Fading::Level => {
                let sum: u64 = (last..=first).map(|_| u64::from(next())).sum();
                sum as f64
            }
            Fading::Halving => {
                let age = usize::try_from(now - first).unwrap_or(usize::MAX);
                let left = self.fading.iter().skip(age);
                (last..=first)
                    .zip(left)
                    .map(|(_, left)| f64::from(next()) * left)
                    .sum()
            }
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

fn length(tiles: u32) -> i32 {
    i32::try_from(tiles).unwrap_or(i32::MAX)
}

/// Number of the tile that a time lies in. Times beyond what numbers reach share the last tile.
fn tile_of(time_ms: i64, width_ms: i64) -> i32 {
    let tile = time_ms
        .div_euclid(width_ms)
        .clamp(i64::from(EMPTY) + 1, i64::from(i32::MAX));
    i32::try_from(tile).expect("clamped to what fits")
}

fn slot_of(tile: i32, len: u32) -> usize {
    usize::try_from(tile.rem_euclid(length(len))).expect("a remainder is not negative")
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
    // Totals of rings that also have tiles are not kept: a total is a ring of its own.
    if ring.len == 0 {
        let sum = u64::from(words[0]) | u64::from(words[1]) << 32;
        let sum = match sign {
            Sign::Plus => sum.wrapping_add(u64::from(amount)),
            Sign::Minus => sum.wrapping_sub(u64::from(amount)),
        };
        let [a, b, c, d, e, f, g, h] = sum.to_le_bytes();
        (words[0], words[1]) = (
            u32::from_le_bytes([a, b, c, d]),
            u32::from_le_bytes([e, f, g, h]),
        );
        return;
    }
    let (head, tiles) = words.split_at_mut(1);
    let newest = head[0].cast_signed();
    let tile = tile_of(entry.time_ms, ring.width_ms);
    let kept = i64::from(ring.len);
    let ahead = i64::from(tile) - i64::from(newest);
    if newest != EMPTY && ahead <= -kept {
        // Too old for any window; the same event is passed over when it is taken back.
        return;
    }
    if newest == EMPTY || ahead > 0 {
        if newest != EMPTY {
            for step in 1..=ahead.min(kept) {
                let passed = i32::try_from(i64::from(newest) + step).unwrap_or(i32::MAX);
                tiles[slot_of(passed, ring.len)] = 0;
            }
        }
        head[0] = tile.cast_unsigned();
    }
    let count = &mut tiles[slot_of(tile, ring.len)];
    *count = match sign {
        Sign::Plus => count.wrapping_add(amount),
        Sign::Minus => count.wrapping_sub(amount),
    };
}

fn total(words: &[u32], ring: &Ring) -> f64 {
    debug_assert_eq!(ring.len, 0, "totals are read from totals");
    (u64::from(words[0]) | u64::from(words[1]) << 32) as f64
}
