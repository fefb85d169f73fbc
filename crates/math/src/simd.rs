//! Kernels that only hold with `unsafe`: pointers for the matrix product, and instructions that the
//! machine must be asked for first.
//!
//! The kernels themselves ([`kernels`]) are safe code over an [`Isa`](isa::Isa), a few operations on
//! vectors of numbers; what is unsafe is confined to the implementations of that trait and to
//! entering a function compiled for an instruction set, once the machine is known to have it.

#[cfg(target_arch = "x86_64")]
mod amx;
pub(crate) mod bytes;
mod gather;
mod gemm;
pub(crate) mod halves;
mod isa;
mod kernels;
mod level;
pub(crate) mod loops;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
pub(crate) mod split;
#[cfg(target_arch = "x86_64")]
pub(crate) mod tiles;
#[cfg(not(target_arch = "x86_64"))]
#[path = "simd/no_tiles.rs"]
pub(crate) mod tiles;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use gather::{Gather, LINE, PLACES};
pub(crate) use gemm::{gemm_f32, gemm_f64};
pub(crate) use isa::{BLOCK, Rows};
pub(crate) use kernels::{
    Affine, Begun, Descent, FIELDS, Few, Halves, Looks, Outer, PANEL, Pack, Pairs, RankUpdate,
    Rotation, Sign, Singles, Start, Update,
};
pub(crate) use level::Level;
pub(crate) use loops::prefetch;

/// Defines, for each kernel, a function that runs it on the best instruction set of this machine, and
/// in the module `on` one that runs it on a given one.
macro_rules! dispatch {
    ($($(#[$doc:meta])* fn $name:ident ($($argument:ident: $type:ty),*) $(-> $result:ty)?;)*) => {
        $(
            $(#[$doc])*
            #[inline]
            pub(crate) fn $name($($argument: $type),*) $(-> $result)? {
                on::$name(Level::best(), $($argument),*)
            }
        )*

        /// The same kernels on a given instruction set.
        pub(crate) mod on {
            use super::{Affine, Begun, Descent, Few, Halves, Level, Looks, Outer, PANEL, Pack};
            use super::{Pairs, RankUpdate, Rotation, Rows, Singles, Update};
            use super::{kernels, level::Kind, portable};

            $(
                pub(crate) fn $name(level: Level, $($argument: $type),*) $(-> $result)? {
                    match level.kind() {
                        Kind::Portable => kernels::$name(portable::Portable, $($argument),*),
                        #[cfg(target_arch = "x86_64")]
                        Kind::Avx512 => {
                            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx2,fma")]
                            fn enter($($argument: $type),*) $(-> $result)? {
                                kernels::$name(super::x86::Avx512::new(), $($argument),*)
                            }
                            // SAFETY: a level is only made where the machine has it.
                            #[expect(unsafe_code, reason = "instructions beyond the baseline")]
                            unsafe { enter($($argument),*) }
                        }
                        #[cfg(target_arch = "x86_64")]
                        Kind::Avx2 => {
                            #[target_feature(enable = "avx2,fma")]
                            fn enter($($argument: $type),*) $(-> $result)? {
                                kernels::$name(super::x86::Avx2::new(), $($argument),*)
                            }
                            // SAFETY: a level is only made where the machine has it.
                            #[expect(unsafe_code, reason = "instructions beyond the baseline")]
                            unsafe { enter($($argument),*) }
                        }
                        #[cfg(target_arch = "aarch64")]
                        Kind::Neon => kernels::$name(super::neon::Neon::new(), $($argument),*),
                    }
                }
            )*
        }
    };
}

dispatch! {
    /// The sum of the products of `a` and `b`, which have the same length.
    fn dot(a: &[f32], b: &[f32]) -> f32;
    /// The product of each row with each vector, with the bits that [`dot`] gives; `size` is the length
    /// of a row and the number of rows.
    fn dots(rows: &[f32], vectors: &[f32], size: (usize, usize), products: &mut [f32]);
    /// `target += factor * from`, element by element.
    fn axpy(target: &mut [f32], factor: f32, from: &[f32]);
    /// See [`Affine`].
    fn affine(all: Affine<'_>);
    /// See [`Few`].
    fn few(all: Few<'_>);
    /// See [`Outer`].
    fn outer(all: Outer<'_>);
    /// See [`Looks`].
    fn looks(all: Looks<'_>);
    /// Writes what the first `shared` fields of a row give to the sums of pairs.
    fn pairs_begin(pairs: Pairs<'_>, shared: usize, start: &mut [f32]);
    /// Writes the sum over the pairs of each row.
    fn pairs(pairs: Pairs<'_>, begun: Begun<'_>, sums: Rows<&mut [f32]>);
    /// Adds the slopes of the vectors.
    fn pairs_vectors(pairs: Pairs<'_>, d_sums: Rows<&[f32]>, dx: Rows<&mut [f32]>);
    /// Adds the slopes of the weights of pairs.
    fn pairs_weights(pairs: Pairs<'_>, d_sums: Rows<&[f32]>, slopes: &mut [f32]);
    /// See [`RankUpdate`].
    fn rank_update(update: RankUpdate<'_>);
    /// See [`Pack`].
    fn pack(pack: Pack<'_>);
    /// Copies rows and columns, padded, with rows and columns exchanged.
    fn transpose(from: Rows<&[f32]>, to: Rows<&mut [f32]>, size: (usize, usize));
    /// Adds multiples of rows to a padded row.
    fn combine(rows: Rows<&[f32]>, factors: &[f32], sum: &mut [f32]);
    /// See [`Descent`]: steps of conjugate gradients from `x`, with memory for four padded vectors.
    fn descend_singles(all: Descent<'_, Singles<'_>>, x: &mut [f32], memory: &mut [f32]) -> f64;
    /// The same over rows of bfloat16.
    fn descend_halves(all: Descent<'_, Halves<'_>>, x: &mut [f32], memory: &mut [f32]) -> f64;
    /// Solves the padded symmetric positive definite system `a x = b` in place of `b`; writes `U^-T b`,
    /// where `a = Uᵀ U`, to `half_way`.
    fn solve(a: Rows<&mut [f32]>, b: &mut [f32], half_way: &mut [f32]) -> Result<(), usize>;
    /// Takes `own.0 * w + own.1 * v` out of a row; returns its product with `next`.
    fn update_and_dot(row: &mut [f64], update: Update<'_>) -> f64;
    /// Applies the reflection `I - scale v vᵀ` to the rows of a panel.
    fn reflect(rows: &mut [[f64; PANEL]], v: &[f64], scale: f64);
    /// Applies rotations to the rows of a panel, in their order.
    fn rotate(rows: &mut [[f64; PANEL]], rotations: &[Rotation]);
}

#[cfg(test)]
mod tests;
