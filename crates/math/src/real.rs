//! The two kinds of number that the dense algebra works in.

use std::{
    fmt::Debug,
    iter::Sum,
    ops::{AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign},
};

use crate::{MatrixView, MatrixViewMut, gemm::Scale, simd};

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// `f32` or `f64`.
pub trait Real:
    sealed::Sealed
    + Copy
    + Debug
    + Default
    + PartialOrd
    + Send
    + Sync
    + AddAssign
    + Div<Output = Self>
    + Mul<Output = Self>
    + MulAssign
    + Neg<Output = Self>
    + Sub<Output = Self>
    + SubAssign
    + Sum
    + 'static
{
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;

    /// The square root.
    #[must_use]
    fn sqrt(self) -> Self;

    /// Neither infinite nor not-a-number.
    fn is_finite(self) -> bool;

    /// The matrix product on one thread, behind [`gemm`](crate::gemm()).
    #[doc(hidden)]
    fn gemm(
        scale: Scale<Self>,
        a: MatrixView<'_, Self>,
        b: MatrixView<'_, Self>,
        c: &mut MatrixViewMut<'_, Self>,
    );
}

macro_rules! real {
    ($type:ty, $gemm:path) => {
        impl Real for $type {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;

            fn sqrt(self) -> Self {
                self.sqrt()
            }

            fn is_finite(self) -> bool {
                self.is_finite()
            }

            fn gemm(
                scale: Scale<Self>,
                a: MatrixView<'_, Self>,
                b: MatrixView<'_, Self>,
                c: &mut MatrixViewMut<'_, Self>,
            ) {
                $gemm(scale, a, b, c);
            }
        }
    };
}

real!(f32, simd::gemm_f32);
real!(f64, simd::gemm_f64);
