//! Sums of outer products by matrix tiles (AMX): sixteen rows of thirty-two bfloat16 numbers are
//! multiplied in one instruction, the products exact and the sums in single precision.
//!
//! Rows are gathered two by two, so that both numbers of a column make one word. Sixteen such pairs
//! are a tile of the right factor, and its words transposed are the same rows as the left factor.

use std::arch::{
    asm,
    x86_64::{
        __m256i, __m512, __m512bh, __m512i, _MM_HINT_T0, _mm_prefetch, _mm512_and_si512,
        _mm512_castsi512_ps, _mm512_castsi512_si256, _mm512_cvtepu16_epi32, _mm512_cvtne2ps_pbh,
        _mm512_extracti64x4_epi64, _mm512_load_si512, _mm512_loadu_si512, _mm512_mul_ps,
        _mm512_set1_epi32, _mm512_set1_ps, _mm512_slli_epi32, _mm512_store_si512,
        _mm512_unpackhi_epi16, _mm512_unpacklo_epi16,
    },
};

pub(crate) use super::amx::Tiles;
use super::{
    gather::{Gather, LINE},
    isa::{Isa, Rows},
    x86::Avx512,
};

/// Rows and words of a tile.
const SIDE: usize = 16;
/// Rows of bfloat16 that are multiplied in one step.
const STEP: usize = 2 * SIDE;
/// Numbers that are gathered before they are multiplied: both factors stay in the second cache, and most
/// rows need no second time.
const GATHERED: usize = 32_768;
/// Rows ahead that are asked for from memory while two are gathered.
const AHEAD: usize = 16;

/// Memory for what is gathered, of no meaning between calls.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// Tiles of the right factor: for each sixteen columns, a tile for each step.
    right: Vec<Tile>,
    /// The same, transposed.
    left: Vec<Tile>,
}

/// Sixteen words at the beginning of a cache line.
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C, align(64))]
struct Words([u32; SIDE]);

/// Sixteen rows of words.
type Tile = [Words; SIDE];

const NOTHING: Tile = [Words([0; SIDE]); SIDE];

impl Tiles {
    /// Writes the sum of the rows' outer products on and above the diagonal of `target`, and adds
    /// the sum of the rows themselves, times their targets, to `sum`. Both are as wide as a row with
    /// its padding; below the diagonal there is garbage. There is at least one row.
    pub(crate) fn gram(
        self,
        gather: Gather<'_>,
        gathered: &mut Gathered,
        target: Rows<&mut [f32]>,
        sum: &mut [f32],
    ) {
        let width = gather.lines * LINE;
        let Rows { data, stride } = target;
        assert_eq!(sum.len(), width, "columns of the sum");
        assert!(
            stride >= width && data.len() >= width * stride,
            "room for the sum of outer products"
        );
        let rows_at_once = (GATHERED / width / STEP).max(1) * STEP;
        let n_tiles = 2 * gather.lines * (rows_at_once / STEP);
        gathered.right.resize(n_tiles, NOTHING);
        gathered.left.resize(n_tiles, NOTHING);
        self.configure();
        for start in (0..gather.rows.len()).step_by(rows_at_once) {
            let end = (start + rows_at_once).min(gather.rows.len());
            // SAFETY: `self` proves the instruction sets.
            #[expect(unsafe_code, reason = "instructions beyond the baseline")]
            let n_steps = unsafe { fill(gather, start..end, gathered, sum) };
            for row in (0..2 * gather.lines).step_by(2) {
                for column in (row..2 * gather.lines).step_by(2) {
                    let from = SIDE * (row * stride + column);
                    // Two by two tiles of sixteen by sixteen numbers.
                    let block = Rows {
                        data: &mut data[from..from + (2 * SIDE - 1) * stride + 2 * SIDE],
                        stride,
                    };
                    let left = &gathered.left[row * n_steps..(row + 2) * n_steps];
                    let right = &gathered.right[column * n_steps..(column + 2) * n_steps];
                    self.multiply((left, right), start == 0, block);
                }
            }
        }
        self.release();
    }

    /// Writes the products of two by two rows of tiles to a block, or adds them where this is not the
    /// first time: four tiles of the result stay where they are while the factors stream past.
    #[inline(always)]
    fn multiply(self, (left, right): (&[Tile], &[Tile]), first: bool, block: Rows<&mut [f32]>) {
        let Rows { data, stride } = block;
        let n_steps = left.len() / 2;
        assert!(
            n_steps > 0 && right.len() == 2 * n_steps,
            "steps of both factors"
        );
        let (upper, lower) = left.split_at(n_steps);
        let (near, far) = right.split_at(n_steps);
        let (above, below) = data.split_at_mut(SIDE * stride);
        assert!(lower.len() == n_steps && below.len() >= (SIDE - 1) * stride + 2 * SIDE);
        // SAFETY: `self` proves the instructions, and tiles are configured. Tiles read the `n_steps`
        // whole tiles of each of four slices, and read and write thirty-two numbers of sixteen rows of
        // two slices, all of which the assertions above checked. The registers are named as overwritten.
        #[expect(unsafe_code, reason = "matrix tiles have no safe form")]
        unsafe {
            asm!(
                "test {first:e}, {first:e}",
                "jz 3f",
                "tilezero tmm0",
                "tilezero tmm1",
                "tilezero tmm2",
                "tilezero tmm3",
                "jmp 2f",
                "3:",
                "tileloadd tmm0, [{above} + {stride}*1]",
                "tileloadd tmm1, [{above} + {stride}*1 + 64]",
                "tileloadd tmm2, [{below} + {stride}*1]",
                "tileloadd tmm3, [{below} + {stride}*1 + 64]",
                "2:",
                "tileloadd tmm4, [{upper} + {line}*1]",
                "tileloadd tmm6, [{near} + {line}*1]",
                "tdpbf16ps tmm0, tmm4, tmm6",
                "tileloadd tmm7, [{far} + {line}*1]",
                "tdpbf16ps tmm1, tmm4, tmm7",
                "tileloadd tmm5, [{lower} + {line}*1]",
                "tdpbf16ps tmm2, tmm5, tmm6",
                "tdpbf16ps tmm3, tmm5, tmm7",
                "add {upper}, 1024",
                "add {lower}, 1024",
                "add {near}, 1024",
                "add {far}, 1024",
                "dec {steps}",
                "jnz 2b",
                "tilestored [{above} + {stride}*1], tmm0",
                "tilestored [{above} + {stride}*1 + 64], tmm1",
                "tilestored [{below} + {stride}*1], tmm2",
                "tilestored [{below} + {stride}*1 + 64], tmm3",
                first = in(reg) u32::from(first),
                above = in(reg) above.as_mut_ptr(),
                below = in(reg) below.as_mut_ptr(),
                stride = in(reg) 4 * stride,
                line = in(reg) size_of::<Words>(),
                upper = inout(reg) upper.as_ptr() => _,
                lower = inout(reg) lower.as_ptr() => _,
                near = inout(reg) near.as_ptr() => _,
                far = inout(reg) far.as_ptr() => _,
                steps = inout(reg) n_steps => _,
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack),
            );
        }
    }
}

/// Gathers some rows and adds them to `sum`; gives the number of steps they take.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512bf16,avx2,fma")]
fn fill(
    gather: Gather<'_>,
    part: std::ops::Range<usize>,
    gathered: &mut Gathered,
    sum: &mut [f32],
) -> usize {
    let n_steps = part.len().div_ceil(STEP);
    let right = &mut gathered.right[..2 * gather.lines * n_steps];
    gather_pairs(gather, part.clone(), n_steps, right);
    turn(right, &mut gathered.left);
    add_rows(right, n_steps, &gather.targets[part], sum);
    n_steps
}

/// Transposes tiles, word by word.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx2,fma")]
fn turn(from: &[Tile], to: &mut [Tile]) {
    let isa = Avx512::new();
    for (from, to) in from.iter().zip(to) {
        let from = Rows {
            data: bytemuck::cast_slice(from),
            stride: SIDE,
        };
        let to = Rows {
            data: bytemuck::cast_slice_mut(to),
            stride: SIDE,
        };
        isa.transpose(from, to);
    }
}

/// Writes pairs of rows to tiles; what is missing to whole steps is filled with zeros.
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
fn gather_pairs(
    gather: Gather<'_>,
    part: std::ops::Range<usize>,
    n_steps: usize,
    tiles: &mut [Tile],
) {
    let lines = gather.lines;
    if part.start == 0 {
        for &first in &gather.rows[..AHEAD.min(gather.rows.len())] {
            fetch(row(gather, first));
        }
    }
    const ZEROS: [u16; LINE] = [0; LINE];
    for pair in 0..n_steps * SIDE {
        let place = part.start + 2 * pair;
        for ahead in [place + AHEAD, place + AHEAD + 1] {
            if let Some(&next) = gather.rows.get(ahead) {
                fetch(row(gather, next));
            }
        }
        let mut both: [&[[u16; LINE]]; 2] = [&[]; 2];
        for (row_of, &place) in both
            .iter_mut()
            .zip(gather.rows[..part.end].iter().skip(place))
        {
            *row_of = row(gather, place);
        }
        let (step, line_in_tile) = (pair / SIDE, pair % SIDE);
        for line in 0..lines {
            let mut first = load(both[0].get(line).unwrap_or(&ZEROS));
            let mut second = load(both[1].get(line).unwrap_or(&ZEROS));
            if let Some(weights) = gather.weights {
                // What an odd last row is paired with is zero in any case.
                first = scaled(first, weights[place.min(part.end - 1)]);
                second = scaled(second, weights[(place + 1).min(part.end - 1)]);
            }
            // The order of numbers in a line makes these the first sixteen columns and the others.
            let (near, far) = (
                _mm512_unpacklo_epi16(first, second),
                _mm512_unpackhi_epi16(first, second),
            );
            let tile = 2 * line * n_steps + step;
            store(near, &mut tiles[tile][line_in_tile]);
            store(far, &mut tiles[tile + n_steps][line_in_tile]);
        }
    }
}

/// Adds the gathered rows, each times its target, to `sum`.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx2,fma")]
fn add_rows(tiles: &[Tile], n_steps: usize, targets: &[f32], sum: &mut [f32]) {
    let isa = Avx512::new();
    let pairs = tiles
        .chunks_exact(2 * n_steps)
        .zip(sum.chunks_exact_mut(LINE));
    for (tiles, sum) in pairs {
        let (near, far) = tiles.split_at(n_steps);
        let words = near.as_flattened().iter().zip(far.as_flattened());
        // Additions of four chains, so that none waits for the one before.
        let mut sums = [isa.splat(0.0); 4];
        for ((near, far), targets) in words.zip(targets.chunks(2)) {
            let first = isa.splat(targets[0]);
            // What an odd last row is paired with is zero.
            let second = isa.splat(targets[targets.len() - 1]);
            for (words, sums) in [near, far].into_iter().zip(sums.as_chunks_mut::<2>().0) {
                let (lower, upper) = halves(load_words(words));
                sums[0] = isa.mul_add(first, lower, sums[0]);
                sums[1] = isa.mul_add(second, upper, sums[1]);
            }
        }
        for (sum, sums) in sum.chunks_exact_mut(SIDE).zip(sums.chunks_exact(2)) {
            let both = isa.add(sums[0], sums[1]);
            isa.store(isa.add(isa.load(sum), both), sum);
        }
    }
}

#[inline(always)]
fn row(gather: Gather<'_>, row: u32) -> &[[u16; LINE]] {
    &gather.from[row as usize * gather.lines..][..gather.lines]
}

/// Asks for a row's memory.
#[target_feature(enable = "avx512f")]
#[inline]
fn fetch(row: &[[u16; LINE]]) {
    for line in row {
        _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast());
    }
}

#[target_feature(enable = "avx512f")]
#[inline]
fn load(line: &[u16; LINE]) -> __m512i {
    // SAFETY: the line is as long as the register; no alignment is needed.
    #[expect(unsafe_code, reason = "loads take pointers")]
    unsafe {
        _mm512_loadu_si512(line.as_ptr().cast())
    }
}

#[target_feature(enable = "avx512f")]
#[inline]
fn store(words: __m512i, to: &mut Words) {
    // SAFETY: the words are as long as the register, and aligned to it.
    #[expect(unsafe_code, reason = "stores take pointers")]
    unsafe {
        _mm512_store_si512(to.0.as_mut_ptr().cast(), words);
    }
}

/// Thirty-two bfloat16 numbers, multiplied and rounded again.
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
#[inline]
fn scaled(line: __m512i, scale: f32) -> __m512i {
    let scale = _mm512_set1_ps(scale);
    let wide = |half: __m256i| {
        let bits = _mm512_slli_epi32::<16>(_mm512_cvtepu16_epi32(half));
        _mm512_mul_ps(_mm512_castsi512_ps(bits), scale)
    };
    let lower = wide(_mm512_castsi512_si256(line));
    let upper = wide(_mm512_extracti64x4_epi64::<1>(line));
    let rounded = _mm512_cvtne2ps_pbh(upper, lower);
    // SAFETY: both types are the same 512 bits.
    #[expect(unsafe_code, reason = "types of one register")]
    unsafe {
        std::mem::transmute::<__m512bh, __m512i>(rounded)
    }
}

#[target_feature(enable = "avx512f")]
#[inline]
fn load_words(words: &Words) -> __m512i {
    // SAFETY: the words are as long as the register, and aligned to it.
    #[expect(unsafe_code, reason = "loads take pointers")]
    unsafe {
        _mm512_load_si512(words.0.as_ptr().cast())
    }
}

/// The numbers in the lower halves of the words, and those in the upper ones.
#[target_feature(enable = "avx512f")]
#[inline]
fn halves(words: __m512i) -> (__m512, __m512) {
    let upper = _mm512_set1_epi32(0xffff_0000_u32.cast_signed());
    (
        _mm512_castsi512_ps(_mm512_slli_epi32::<16>(words)),
        _mm512_castsi512_ps(_mm512_and_si512(words, upper)),
    )
}

#[cfg(test)]
mod tests;
