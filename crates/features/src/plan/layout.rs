//! Which counts a state keeps.
//!
//! Counts of viewers, items and creators lie in rings of *tiles*: a tile is a stretch of time of a
//! fixed width, and holds one whole number. Windows and decays are sums over tiles at the time of
//! reading, so the state itself never decays, nothing drifts, and taking an event back subtracts
//! what adding it added. Rings that several features need are kept once.

use twox_hash::XxHash3_64;

use crate::{
    declare::{Limits, Measure, Signal, Span, Trait},
    observed::Marks,
};

/// Tiles of a ring: those of a whole window, or of eight half-lives, after which 1/256 is left of an
/// event and it counts no more.
pub(crate) const TILES: u32 = 32;
/// Tiles that a half-life is divided into.
pub(crate) const HALF_LIFE_TILES: u32 = 4;

/// Whose tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entity {
    Viewer = 0,
    Item = 1,
    Creator = 2,
}

/// One ring of tiles, or one total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ring {
    pub(crate) marks: Marks,
    pub(crate) measure: Measure,
    /// Width of a tile in milliseconds; 0 for the total of all time.
    pub(crate) width_ms: i64,
    /// Where its words begin in the block of an entity: the number of the newest tile, then the
    /// tiles; for a total its lower and upper half.
    pub(crate) offset: u32,
}

impl Ring {
    pub(crate) const fn is_total(&self) -> bool {
        self.width_ms == 0
    }

    pub(crate) const fn words(&self) -> u32 {
        if self.is_total() { 2 } else { TILES + 1 }
    }
}

/// The rings of one sort of entity.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct TileLayout {
    pub(crate) rings: Vec<Ring>,
}

/// How a feature reads a ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TileRead {
    pub(crate) ring: u32,
    /// Whether older tiles count less.
    pub(crate) fading: Fading,
}

/// How tiles are weighed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fading {
    Level,
    /// Half for each [`HALF_LIFE_TILES`].
    Halving,
}

impl TileLayout {
    /// The ring that holds `signal`, which is added if there is none.
    pub(crate) fn read(&mut self, signal: Signal) -> TileRead {
        let (width_ms, fading) = match signal.span {
            Span::Ever => (0, Fading::Level),
            Span::Window(window) => ((window / i64::from(TILES)).max(1), Fading::Level),
            Span::HalfLife(half_life) => {
                let width = (half_life / i64::from(HALF_LIFE_TILES)).max(1);
                (width, Fading::Halving)
            }
        };
        let same = |ring: &Ring| {
            (ring.marks, ring.measure, ring.width_ms) == (signal.marks, signal.measure, width_ms)
        };
        let ring = self.rings.iter().position(same).unwrap_or_else(|| {
            self.rings.push(Ring {
                marks: signal.marks,
                measure: signal.measure,
                width_ms,
                offset: 0,
            });
            self.rings.len() - 1
        });
        let ring = u32::try_from(ring).expect("a file declares fewer rings");
        TileRead { ring, fading }
    }

    /// Gives every ring its place, after the last one was added.
    pub(crate) fn place(&mut self) {
        let mut offset = 0;
        for ring in &mut self.rings {
            ring.offset = offset;
            offset += ring.words();
        }
    }

    /// Length of the block of one entity, in words of 32 bits.
    pub(crate) fn words(&self) -> usize {
        self.rings.iter().map(|ring| ring.words() as usize).sum()
    }
}

/// What is summed over a viewer's events that have a trait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PairLayout {
    pub(crate) of: Trait,
    pub(crate) slots: Vec<PairSlot>,
    /// Events that any slot counts.
    pub(crate) marks: Marks,
}

/// One sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PairSlot {
    Sum(Signal),
    /// The time of the last one, in milliseconds.
    Last(Marks),
}

impl PairSlot {
    pub(crate) const fn marks(&self) -> Marks {
        match self {
            Self::Sum(signal) => signal.marks,
            Self::Last(marks) => *marks,
        }
    }
}

/// A hash of everything that decides what a state's numbers mean.
pub(crate) fn fingerprint(tiles: &[TileLayout; 3], limits: Limits) -> u64 {
    let mut numbers = vec![
        i64::from(limits.shown),
        i64::from(limits.deeds),
        i64::from(TILES),
    ];
    for layout in tiles {
        numbers.push(i64::try_from(layout.rings.len()).unwrap_or(i64::MAX));
        for ring in &layout.rings {
            let watched = i64::from(ring.measure == Measure::Watched);
            let marks = i64::from(ring.marks.0);
            numbers.extend([marks, watched, ring.width_ms]);
        }
    }
    let bytes: Vec<u8> = numbers
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect();
    XxHash3_64::oneshot(&bytes)
}
