//! Products by the tiles of AMX.

use std::arch::asm;

use super::{Product, SIDE, TILE};
use crate::simd::{amx::Tiles, isa::Rows, loops::wide};

/// Numbers of a tile of a product.
const SUMS: usize = SIDE * SIDE;

/// Two by two tiles of a product, one after the other.
#[repr(C, align(64))]
struct Sums([f32; 4 * SUMS]);

/// What four tiles are worked out from.
struct Step {
    /// Two tiles of rows.
    x: [*const u16; 2],
    /// Two panels.
    w: [*const u16; 2],
    to: *mut Sums,
    blocks: usize,
    parts: usize,
}

/// Carries out a [`Product`] that was checked.
pub(super) fn product(tiles: Tiles, mut all: Product<'_>) {
    let (n_rows, width) = all.size;
    if n_rows == 0 || width == 0 {
        return;
    }
    tiles.configure();
    // What a tile stores cannot be read at once: it is taken while the next ones are worked out.
    let mut sums = [Sums([0.0; 4 * SUMS]), Sums([0.0; 4 * SUMS])];
    let [next, ready] = &mut sums;
    let (mut next, mut ready) = (next, ready);
    let mut last = None;
    for column in (0..width).step_by(2 * SIDE) {
        for row in (0..n_rows).step_by(2 * SIDE) {
            four(&all, (row, column), next);
            if let Some(place) = last.replace((row, column)) {
                take(&mut all, place, ready);
            }
            std::mem::swap(&mut next, &mut ready);
        }
    }
    if let Some(place) = last {
        take(&mut all, place, ready);
    }
    tiles.release();
}

/// Works out two by two tiles; one that is not there is worked out from the first one.
fn four(all: &Product<'_>, (row, column): (usize, usize), to: &mut Sums) {
    let (n_rows, width) = all.size;
    let beyond = |at: usize, end: usize| if at + SIDE < end { at + SIDE } else { at };
    let rows = [row, beyond(row, n_rows)];
    let columns = [column, beyond(column, width)];
    run(&Step {
        x: rows.map(|row| all.x[row / SIDE * all.x_stride..].as_ptr()),
        w: columns.map(|column| all.w[column / SIDE * all.w_stride..].as_ptr()),
        to,
        blocks: all.blocks,
        parts: all.parts,
    });
}

/// Adds what four tiles gave to what the product starts from.
fn take(all: &mut Product<'_>, (row, column): (usize, usize), sums: &Sums) {
    let (n_rows, width) = all.size;
    let size = ((n_rows - row).min(2 * SIDE), (width - column).min(2 * SIDE));
    let start = all.start.map(|start| &start[column..][..size.1]);
    let to = Rows {
        data: &mut all.y[row * all.y_stride + column..],
        stride: all.y_stride,
    };
    add_sums(&sums.0, start, size, to);
}

wide! {
    fn add_sums(
        sums: &[f32; 4 * SUMS],
        start: Option<&[f32]>,
        size: (usize, usize),
        to: Rows<&mut [f32]>,
    ) {
        for row in 0..size.0 {
            let to = &mut to.data[row * to.stride..][..size.1];
            let (to, _) = to.as_chunks_mut::<SIDE>();
            for (part, to) in to.iter_mut().enumerate() {
                let at = (row / SIDE * 2 + part) * SUMS + row % SIDE * SIDE;
                let sums: &[f32; SIDE] = sums[at..].first_chunk().expect("a row of a tile");
                let from = match start {
                    Some(start) => *start[part * SIDE..].first_chunk().expect("whole panels"),
                    None => *to,
                };
                for ((to, sum), from) in to.iter_mut().zip(sums).zip(&from) {
                    *to = from + sum;
                }
            }
        }
    }
}

/// Bytes of a tile of parts.
const HIGH: usize = 2 * TILE;

fn run(step: &Step) {
    // SAFETY: `Product::check` proved that whole tiles of rows and panels are there for all blocks, and `to` has room
    // for four tiles. Tiles hold nothing else.
    #[expect(unsafe_code, reason = "the instructions of tiles")]
    unsafe {
        asm!(
            "tilezero tmm0\n tilezero tmm1",
            "tilezero tmm2\n tilezero tmm3",
            "test {n}, {n}",
            "jz 3f",
            "cmp {parts}, 1",
            "je 4f",
            "2:",
            "tileloadd tmm4, [{x0} + {s}]",
            "tileloadd tmm5, [{x1} + {s}]",
            "tileloadd tmm6, [{w0} + {s} + {high}]",
            "tileloadd tmm7, [{w1} + {s} + {high}]",
            "tdpbf16ps tmm0, tmm4, tmm6",
            "tdpbf16ps tmm1, tmm4, tmm7",
            "tdpbf16ps tmm2, tmm5, tmm6",
            "tdpbf16ps tmm3, tmm5, tmm7",
            "tileloadd tmm6, [{w0} + {s}]",
            "tileloadd tmm7, [{w1} + {s}]",
            "tdpbf16ps tmm0, tmm4, tmm6",
            "tdpbf16ps tmm1, tmm4, tmm7",
            "tdpbf16ps tmm2, tmm5, tmm6",
            "tdpbf16ps tmm3, tmm5, tmm7",
            "tileloadd tmm4, [{x0} + {s} + {high}]",
            "tileloadd tmm5, [{x1} + {s} + {high}]",
            "tdpbf16ps tmm0, tmm4, tmm6",
            "tdpbf16ps tmm1, tmm4, tmm7",
            "tdpbf16ps tmm2, tmm5, tmm6",
            "tdpbf16ps tmm3, tmm5, tmm7",
            "add {x0}, 2 * {high}\n add {x1}, 2 * {high}",
            "add {w0}, 2 * {high}\n add {w1}, 2 * {high}",
            "dec {n}",
            "jnz 2b",
            "jmp 3f",
            "4:",
            "tileloadd tmm4, [{x0} + {s}]",
            "tileloadd tmm6, [{w0} + {s}]",
            "tileloadd tmm7, [{w1} + {s}]",
            "tileloadd tmm5, [{x1} + {s}]",
            "tdpbf16ps tmm0, tmm4, tmm6",
            "tdpbf16ps tmm1, tmm4, tmm7",
            "tdpbf16ps tmm2, tmm5, tmm6",
            "tdpbf16ps tmm3, tmm5, tmm7",
            "add {x0}, {high}\n add {x1}, {high}",
            "add {w0}, {high}\n add {w1}, {high}",
            "dec {n}",
            "jnz 4b",
            "3:",
            "tilestored [{to} + {s}], tmm0",
            "tilestored [{to} + {s} + 1024], tmm1",
            "tilestored [{to} + {s} + 2048], tmm2",
            "tilestored [{to} + {s} + 3072], tmm3",
            to = in(reg) step.to,
            parts = in(reg) step.parts,
            s = in(reg) 64_usize,
            n = inout(reg) step.blocks => _,
            x0 = inout(reg) step.x[0] => _,
            x1 = inout(reg) step.x[1] => _,
            w0 = inout(reg) step.w[0] => _,
            w1 = inout(reg) step.w[1] => _,
            high = const HIGH,
            options(nostack),
        );
    }
}
