//! Kernels that only hold with `unsafe`: pointers for the matrix product, and instructions that the
//! machine must be asked for first.
//!
//! The kernels themselves ([`kernels`]) are safe code over an [`Isa`](isa::Isa), a few operations on
//! vectors of numbers; what is unsafe is confined to the implementations of that trait and to
//! entering a function compiled for an instruction set, once the machine is known to have it.

mod gemm;
mod isa;
mod kernels;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use gemm::{gemm_f32, gemm_f64};
pub(crate) use isa::{BLOCK, Rows};
pub(crate) use kernels::{Pack, RankUpdate, Sign};

/// Defines a function that runs one of [`kernels`] on the best instruction set of this machine, and
/// its twin on plain code for the tests to compare with.
macro_rules! dispatch {
    ($(#[$doc:meta])* fn $name:ident / $plain:ident ($($argument:ident: $type:ty),*) $(-> $result:ty)?) => {
        $(#[$doc])*
        pub(crate) fn $name($($argument: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            {
                if std::arch::is_x86_feature_detected!("avx512f")
                    && std::arch::is_x86_feature_detected!("avx512dq")
                {
                    #[target_feature(enable = "avx512f,avx512dq,avx2,fma")]
                    fn enter($($argument: $type),*) $(-> $result)? {
                        kernels::$name(x86::Avx512::new(), $($argument),*)
                    }
                    // SAFETY: the machine was just asked for these instructions, and those that
                    // have AVX-512 have AVX2 and FMA.
                    #[expect(unsafe_code, reason = "instructions beyond the baseline")]
                    return unsafe { enter($($argument),*) };
                }
                if std::arch::is_x86_feature_detected!("avx2")
                    && std::arch::is_x86_feature_detected!("fma")
                {
                    #[target_feature(enable = "avx2,fma")]
                    fn enter($($argument: $type),*) $(-> $result)? {
                        kernels::$name(x86::Avx2::new(), $($argument),*)
                    }
                    // SAFETY: the machine was just asked for these instructions.
                    #[expect(unsafe_code, reason = "instructions beyond the baseline")]
                    return unsafe { enter($($argument),*) };
                }
            }
            #[cfg(target_arch = "aarch64")]
            {
                // NEON belongs to the baseline of this architecture.
                return kernels::$name(neon::Neon::new(), $($argument),*);
            }
            #[cfg(not(target_arch = "aarch64"))]
            $plain($($argument),*)
        }

        /// The same on plain code.
        #[cfg_attr(target_arch = "aarch64", expect(dead_code, reason = "only for tests there"))]
        pub(crate) fn $plain($($argument: $type),*) $(-> $result)? {
            kernels::$name(portable::Portable, $($argument),*)
        }
    };
}

dispatch!(
    /// The sum of the products of `a` and `b`, which have the same length.
    fn dot / dot_plain(a: &[f32], b: &[f32]) -> f32
);
dispatch!(
    /// The product of each row with `vector`, with the bits that [`dot`] gives.
    fn dots / dots_plain(rows: &[f32], vector: &[f32], products: &mut [f32])
);
dispatch!(
    /// `target += factor * from`, element by element.
    fn axpy / axpy_plain(target: &mut [f32], factor: f32, from: &[f32])
);
dispatch!(
    /// See [`RankUpdate`].
    fn rank_update / rank_update_plain(update: RankUpdate<'_>)
);
dispatch!(
    /// See [`Pack`].
    fn pack / pack_plain(pack: Pack<'_>)
);
dispatch!(
    /// Copies rows and columns, padded, with rows and columns exchanged.
    fn transpose / transpose_plain(from: Rows<&[f32]>, to: Rows<&mut [f32]>, size: (usize, usize))
);
dispatch!(
    /// Adds multiples of rows to a padded row.
    fn combine / combine_plain(rows: Rows<&[f32]>, factors: &[f32], sum: &mut [f32])
);
dispatch!(
    /// Factors the padded symmetric matrix `a` of `n` rows into `Uᵀ U` in its place.
    fn factor / factor_plain(a: Rows<&mut [f32]>, n: usize) -> Result<(), usize>
);
dispatch!(
    /// Solves `Uᵀ U x = b` in place of the padded `b`.
    fn solve / solve_plain(u: Rows<&[f32]>, b: &mut [f32])
);

#[cfg(test)]
mod tests;
