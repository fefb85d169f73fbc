//! The instruction sets of x86-64.

use std::arch::x86_64::{
    __m256, __m512, _MM_HINT_T0, _mm_add_ps, _mm_add_ss, _mm_cvtss_f32, _mm_movehl_ps,
    _mm_prefetch, _mm_shuffle_ps, _mm256_add_ps, _mm256_castps256_ps128, _mm256_extractf128_ps,
    _mm256_fmadd_ps, _mm256_fnmadd_ps, _mm256_loadu_ps, _mm256_max_ps, _mm256_mul_ps,
    _mm256_set1_ps, _mm256_storeu_ps, _mm512_add_ps, _mm512_castsi512_ps, _mm512_fmadd_ps,
    _mm512_fnmadd_ps, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_mask_storeu_ps,
    _mm512_maskz_loadu_ps, _mm512_max_ps, _mm512_mul_ps, _mm512_reduce_add_ps, _mm512_set1_ps,
    _mm512_setzero_si512, _mm512_shuffle_f32x4, _mm512_shuffle_ps, _mm512_storeu_ps,
    _mm512_unpackhi_epi16, _mm512_unpackhi_ps, _mm512_unpacklo_epi16, _mm512_unpacklo_ps,
};

use super::{
    gather::LINE,
    isa::{BLOCK, Isa, Rows},
};

/// AVX-512 (F, BW and DQ): 32 registers of 16 numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx512(());

/// AVX2 with FMA: 16 registers of 8 numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx2(());

impl Avx512 {
    /// The proof that the machine has it: only code that is compiled for it can ask safely.
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx2,fma")]
    #[inline]
    pub(super) fn new() -> Self {
        Self(())
    }
}

impl Avx2 {
    /// The proof that the machine has it: only code that is compiled for it can ask safely.
    #[target_feature(enable = "avx2,fma")]
    #[inline]
    pub(super) fn new() -> Self {
        Self(())
    }
}

/// One instruction, safe because `self` proves that the machine has it.
macro_rules! instruction {
    ($call:expr) => {{
        // SAFETY: `self` exists only where the machine has the instruction set.
        #[expect(unsafe_code, reason = "instructions beyond the baseline")]
        unsafe {
            $call
        }
    }};
}

impl Isa for Avx512 {
    type Vector = __m512;
    const LANES: usize = 16;
    const TALL: bool = true;
    const FUSED: bool = true;

    #[inline(always)]
    fn splat(self, value: f32) -> __m512 {
        instruction!(_mm512_set1_ps(value))
    }

    #[inline(always)]
    fn load(self, from: &[f32]) -> __m512 {
        let from: &[f32; 16] = from.first_chunk().expect("a vector's worth of numbers");
        // SAFETY: `self` proves the instruction, `from` has 16 numbers; no alignment is needed.
        #[expect(unsafe_code, reason = "loads take pointers")]
        unsafe {
            _mm512_loadu_ps(from.as_ptr())
        }
    }

    #[inline(always)]
    fn store(self, value: __m512, to: &mut [f32]) {
        let to: &mut [f32; 16] = to.first_chunk_mut().expect("room for a vector");
        // SAFETY: `self` proves the instruction, `to` has 16 places; no alignment is needed.
        #[expect(unsafe_code, reason = "stores take pointers")]
        unsafe {
            _mm512_storeu_ps(to.as_mut_ptr(), value);
        }
    }

    #[inline(always)]
    fn load_some(self, from: &[f32]) -> __m512 {
        let mask = first_lanes(from.len());
        // SAFETY: `self` proves the instruction, and the mask has a lane for each number of `from` only;
        // what is masked out is not read.
        #[expect(unsafe_code, reason = "loads take pointers")]
        unsafe {
            _mm512_maskz_loadu_ps(mask, from.as_ptr())
        }
    }

    #[inline(always)]
    fn store_some(self, value: __m512, to: &mut [f32]) {
        let mask = first_lanes(to.len());
        // SAFETY: `self` proves the instruction, and the mask has a lane for each place of `to` only; what
        // is masked out is not written.
        #[expect(unsafe_code, reason = "stores take pointers")]
        unsafe {
            _mm512_mask_storeu_ps(to.as_mut_ptr(), mask, value);
        }
    }

    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        instruction!(_mm512_mul_ps(a, b))
    }

    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        instruction!(_mm512_add_ps(a, b))
    }

    #[inline(always)]
    fn max(self, a: __m512, b: __m512) -> __m512 {
        instruction!(_mm512_max_ps(a, b))
    }

    #[inline(always)]
    fn mul_add(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        instruction!(_mm512_fmadd_ps(a, b, c))
    }

    #[inline(always)]
    fn mul_sub(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        instruction!(_mm512_fnmadd_ps(a, b, c))
    }

    #[inline(always)]
    fn sum(self, value: __m512) -> f32 {
        instruction!(_mm512_reduce_add_ps(value))
    }

    /// Two vectors become one of twice as many parts of sums, until the lanes are the vectors.
    #[inline(always)]
    fn sums(self, values: &[__m512; BLOCK]) -> [f32; BLOCK] {
        let mut twos = [self.splat(0.0); 8];
        for (two, &[a, b]) in twos.iter_mut().zip(values.as_chunks().0) {
            let lower = instruction!(_mm512_unpacklo_ps(a, b));
            let upper = instruction!(_mm512_unpackhi_ps(a, b));
            *two = self.add(lower, upper);
        }
        let mut fours = [self.splat(0.0); 4];
        for (four, &[a, b]) in fours.iter_mut().zip(twos.as_chunks().0) {
            let lower = instruction!(_mm512_shuffle_ps::<0b01_00_01_00>(a, b));
            let upper = instruction!(_mm512_shuffle_ps::<0b11_10_11_10>(a, b));
            *four = self.add(lower, upper);
        }
        let [first, second, third, fourth] = fours;
        let (lower, upper) = (self.folded(first, second), self.folded(third, fourth));
        let mut sums = [0.0; BLOCK];
        self.store(self.folded(lower, upper), &mut sums);
        sums
    }

    #[inline(always)]
    fn prefetch(self, from: &[f32]) {
        // Prefetching reads nothing: any address will do.
        instruction!(_mm_prefetch::<_MM_HINT_T0>(from.as_ptr().cast()));
    }

    #[inline(always)]
    fn load_halves(self, line: &[u16; LINE], at: usize) -> __m512 {
        // SAFETY: `self` proves the instruction, and the line is as long as the register; no alignment is
        // needed.
        #[expect(unsafe_code, reason = "loads take pointers")]
        let line = unsafe { _mm512_loadu_si512(line.as_ptr().cast()) };
        let zeros = instruction!(_mm512_setzero_si512());
        // With zeros by turns, a number is the upper half of a word.
        let words = match at {
            0 => instruction!(_mm512_unpacklo_epi16(zeros, line)),
            _ => instruction!(_mm512_unpackhi_epi16(zeros, line)),
        };
        instruction!(_mm512_castsi512_ps(words))
    }

    #[inline(always)]
    fn prefetch_halves(self, line: &[u16; LINE]) {
        // Prefetching reads nothing: any address will do.
        instruction!(_mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()));
    }

    #[inline(always)]
    fn transpose(self, from: Rows<&[f32]>, to: Rows<&mut [f32]>) {
        let mut rows = [self.splat(0.0); BLOCK];
        for (row, vector) in rows.iter_mut().enumerate() {
            *vector = self.load(&from.data[row * from.stride..]);
        }
        for (row, column) in self.transposed(rows).into_iter().enumerate() {
            self.store(column, &mut to.data[row * to.stride..]);
        }
    }
}

/// A bit for each of the first `n` lanes, at most 16.
#[inline(always)]
fn first_lanes(n: usize) -> u16 {
    assert!(n <= 16, "numbers of a vector");
    if n == 16 { u16::MAX } else { (1 << n) - 1 }
}

/// A 16 x 16 block in registers, one row each.
type Block512 = [__m512; BLOCK];

impl Avx512 {
    /// The sums of neighboring quarters of two vectors, those of the first before those of the second.
    #[inline(always)]
    fn folded(self, a: __m512, b: __m512) -> __m512 {
        let even = instruction!(_mm512_shuffle_f32x4::<0b10_00_10_00>(a, b));
        let odd = instruction!(_mm512_shuffle_f32x4::<0b11_01_11_01>(a, b));
        self.add(even, odd)
    }

    /// Exchanges rows and columns: pairs, then fours, then halves of the registers change places.
    #[inline(always)]
    fn transposed(self, mut rows: Block512) -> Block512 {
        for pair in rows.as_chunks_mut::<2>().0 {
            let [even, odd] = *pair;
            pair[0] = instruction!(_mm512_unpacklo_ps(even, odd));
            pair[1] = instruction!(_mm512_unpackhi_ps(even, odd));
        }
        // Afterwards row `4 g + c` holds column `c` of each 4 x 4 block of rows `4 g ..`.
        for four in rows.as_chunks_mut::<4>().0 {
            let [first, second, third, fourth] = *four;
            four[0] = instruction!(_mm512_shuffle_ps::<0b01_00_01_00>(first, third));
            four[1] = instruction!(_mm512_shuffle_ps::<0b11_10_11_10>(first, third));
            four[2] = instruction!(_mm512_shuffle_ps::<0b01_00_01_00>(second, fourth));
            four[3] = instruction!(_mm512_shuffle_ps::<0b11_10_11_10>(second, fourth));
        }
        let mut halves = rows;
        for column in 0..4 {
            for start in [0, 8] {
                let (first, second) = (rows[start + column], rows[start + 4 + column]);
                halves[start + column] =
                    instruction!(_mm512_shuffle_f32x4::<0b10_00_10_00>(first, second));
                halves[start + 4 + column] =
                    instruction!(_mm512_shuffle_f32x4::<0b11_01_11_01>(first, second));
            }
        }
        for column in 0..4 {
            for odd in [0, 4] {
                let (first, second) = (halves[odd + column], halves[8 + odd + column]);
                rows[odd + column] =
                    instruction!(_mm512_shuffle_f32x4::<0b10_00_10_00>(first, second));
                rows[8 + odd + column] =
                    instruction!(_mm512_shuffle_f32x4::<0b11_01_11_01>(first, second));
            }
        }
        rows
    }
}

impl Isa for Avx2 {
    type Vector = __m256;
    const LANES: usize = 8;
    const TALL: bool = false;
    const FUSED: bool = true;

    #[inline(always)]
    fn splat(self, value: f32) -> __m256 {
        instruction!(_mm256_set1_ps(value))
    }

    #[inline(always)]
    fn load(self, from: &[f32]) -> __m256 {
        let from: &[f32; 8] = from.first_chunk().expect("a vector's worth of numbers");
        // SAFETY: `self` proves the instruction, `from` has 8 numbers; no alignment is needed.
        #[expect(unsafe_code, reason = "loads take pointers")]
        unsafe {
            _mm256_loadu_ps(from.as_ptr())
        }
    }

    #[inline(always)]
    fn store(self, value: __m256, to: &mut [f32]) {
        let to: &mut [f32; 8] = to.first_chunk_mut().expect("room for a vector");
        // SAFETY: `self` proves the instruction, `to` has 8 places; no alignment is needed.
        #[expect(unsafe_code, reason = "stores take pointers")]
        unsafe {
            _mm256_storeu_ps(to.as_mut_ptr(), value);
        }
    }

    #[inline(always)]
    fn mul(self, a: __m256, b: __m256) -> __m256 {
        instruction!(_mm256_mul_ps(a, b))
    }

    #[inline(always)]
    fn add(self, a: __m256, b: __m256) -> __m256 {
        instruction!(_mm256_add_ps(a, b))
    }

    #[inline(always)]
    fn max(self, a: __m256, b: __m256) -> __m256 {
        instruction!(_mm256_max_ps(a, b))
    }

    #[inline(always)]
    fn mul_add(self, a: __m256, b: __m256, c: __m256) -> __m256 {
        instruction!(_mm256_fmadd_ps(a, b, c))
    }

    #[inline(always)]
    fn mul_sub(self, a: __m256, b: __m256, c: __m256) -> __m256 {
        instruction!(_mm256_fnmadd_ps(a, b, c))
    }

    #[inline(always)]
    fn sum(self, value: __m256) -> f32 {
        let low = instruction!(_mm256_castps256_ps128(value));
        let high = instruction!(_mm256_extractf128_ps::<1>(value));
        let four = instruction!(_mm_add_ps(low, high));
        let two = instruction!(_mm_add_ps(four, _mm_movehl_ps(four, four)));
        let one = instruction!(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)));
        instruction!(_mm_cvtss_f32(one))
    }

    #[inline(always)]
    fn prefetch(self, from: &[f32]) {
        // Prefetching reads nothing: any address will do.
        instruction!(_mm_prefetch::<_MM_HINT_T0>(from.as_ptr().cast()));
    }
}
