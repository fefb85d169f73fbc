//! The vector instructions that every 64-bit Arm machine has.

use std::arch::aarch64::{
    float32x4_t, vaddq_f32, vaddvq_f32, vbslq_f32, vcgtq_f32, vdupq_n_f32, vfmaq_f32, vfmsq_f32,
    vld1q_f32, vmulq_f32, vst1q_f32,
};

use super::isa::Isa;

/// NEON: 32 registers of 4 numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Neon(());

impl Neon {
    /// Belongs to the baseline of the architecture, so nothing has to be asked.
    pub(super) fn new() -> Self {
        Self(())
    }
}

impl Isa for Neon {
    type Vector = float32x4_t;
    const LANES: usize = 4;
    const TALL: bool = true;
    const FUSED: bool = true;

    #[inline(always)]
    fn splat(self, value: f32) -> float32x4_t {
        vdupq_n_f32(value)
    }

    #[inline(always)]
    fn load(self, from: &[f32]) -> float32x4_t {
        let from: &[f32; 4] = from.first_chunk().expect("a vector's worth of numbers");
        // SAFETY: NEON belongs to the baseline, `from` has 4 numbers.
        #[expect(unsafe_code, reason = "loads take pointers")]
        unsafe {
            vld1q_f32(from.as_ptr())
        }
    }

    #[inline(always)]
    fn store(self, value: float32x4_t, to: &mut [f32]) {
        let to: &mut [f32; 4] = to.first_chunk_mut().expect("room for a vector");
        // SAFETY: NEON belongs to the baseline, `to` has 4 places.
        #[expect(unsafe_code, reason = "stores take pointers")]
        unsafe {
            vst1q_f32(to.as_mut_ptr(), value);
        }
    }

    #[inline(always)]
    fn mul(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        vmulq_f32(a, b)
    }

    #[inline(always)]
    fn add(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        vaddq_f32(a, b)
    }

    #[inline(always)]
    fn max(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        vbslq_f32(vcgtq_f32(a, b), a, b)
    }

    #[inline(always)]
    fn mul_add(self, a: float32x4_t, b: float32x4_t, c: float32x4_t) -> float32x4_t {
        vfmaq_f32(c, a, b)
    }

    #[inline(always)]
    fn mul_sub(self, a: float32x4_t, b: float32x4_t, c: float32x4_t) -> float32x4_t {
        vfmsq_f32(c, a, b)
    }

    #[inline(always)]
    fn sum(self, value: float32x4_t) -> f32 {
        vaddvq_f32(value)
    }
}
