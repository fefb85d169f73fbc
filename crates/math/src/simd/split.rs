//! Products of numbers that are split in two of 16 bits each, by the tiles of AMX.
//!
//! `x = high + low`, both of them bfloat16, keeps 16 bits of a number. Of a product three parts count: `high
//! high`, `high low` and `low high`; each is exact in single precision, and a tile adds up sixteen pairs of them
//! at a time. What the instructions do is defined to the bit, and [`plain`] is the same in safe code.

mod pack;
mod plain;
#[cfg(target_arch = "x86_64")]
mod tiles;

use super::tiles::Tiles;

pub(crate) use pack::{panels, rows, turned_rows};

/// Numbers along the inner length that a tile takes at a time.
pub(crate) const DEPTH: usize = 32;
/// Rows and columns of a tile.
pub(crate) const SIDE: usize = 16;
/// 16-bit numbers of a tile: [`SIDE`] rows or columns of [`DEPTH`].
pub(crate) const TILE: usize = SIDE * DEPTH;

/// A product of rows with panels: `Y = start + X W`.
#[derive(Debug)]
pub(crate) struct Product<'a> {
    /// Rows as [`rows`] writes them, from the first block that counts on.
    pub(crate) x: &'a [u16],
    /// 16-bit numbers from [`SIDE`] rows to the next.
    pub(crate) x_stride: usize,
    /// Panels of [`SIDE`] columns as [`panels`] writes them; each from the first block that counts on.
    pub(crate) w: &'a [u16],
    /// 16-bit numbers from a panel to the next.
    pub(crate) w_stride: usize,
    /// Blocks of [`DEPTH`] numbers.
    pub(crate) blocks: usize,
    /// Parts of each number: 2, or the high one alone.
    pub(crate) parts: usize,
    /// Rows and columns of `Y`; columns are whole panels.
    pub(crate) size: (usize, usize),
    /// What rows start from; what stands in their place where there is none.
    pub(crate) start: Option<&'a [f32]>,
    pub(crate) y: &'a mut [f32],
    pub(crate) y_stride: usize,
}

impl Product<'_> {
    /// Whether all that is read and written is there.
    fn check(&self) {
        let (n_rows, width) = self.size;
        assert!(width.is_multiple_of(SIDE), "whole panels");
        assert!(self.y_stride >= width, "rows overlap");
        if n_rows == 0 || width == 0 {
            return;
        }
        assert!(self.parts == 1 || self.parts == 2, "parts of a number");
        let depth = self.blocks * self.parts * TILE;
        for (all, n, stride) in [
            (self.x, n_rows.div_ceil(SIDE), self.x_stride),
            (self.w, width / SIDE, self.w_stride),
        ] {
            assert!(all.len() >= (n - 1) * stride + depth, "whole tiles");
        }
        assert!(
            self.y.len() >= (n_rows - 1) * self.y_stride + width,
            "room for the product"
        );
        assert!(
            self.start.is_none_or(|start| start.len() >= width),
            "numbers to start from"
        );
    }
}

/// Whether this machine has tiles and lets this process use them.
pub(crate) fn has_tiles() -> bool {
    Tiles::of_this_machine().is_some()
}

/// Carries out a [`Product`]: by tiles where the machine has them, the same bits in plain code elsewhere.
pub(crate) fn product(all: Product<'_>) {
    all.check();
    #[cfg(target_arch = "x86_64")]
    if let Some(found) = Tiles::of_this_machine() {
        tiles::product(found, all);
        return;
    }
    plain::product(all);
}

#[cfg(test)]
mod tests;
