//! The border to the matrix product of `matrixmultiply`, which takes pointers.

use crate::{MatrixView, MatrixViewMut, gemm::Scale};

/// Rows, inner length and columns of a product, checked.
struct Shape {
    m: usize,
    k: usize,
    n: usize,
}

fn check<T>(a: &MatrixView<'_, T>, b: &MatrixView<'_, T>, c: &MatrixViewMut<'_, T>) -> Shape {
    assert_eq!(a.n_columns(), b.n_rows(), "inner length of a product");
    assert_eq!(a.n_rows(), c.n_rows(), "rows of a product");
    assert_eq!(b.n_columns(), c.n_columns(), "columns of a product");
    Shape {
        m: a.n_rows(),
        k: a.n_columns(),
        n: b.n_columns(),
    }
}

fn stride(distance: usize) -> isize {
    isize::try_from(distance).expect("distances lie inside one allocation")
}

macro_rules! gemm {
    ($(#[$doc:meta])* $name:ident, $type:ty, $kernel:path) => {
        $(#[$doc])*
        pub(crate) fn $name(
            scale: Scale<$type>,
            a: MatrixView<'_, $type>,
            b: MatrixView<'_, $type>,
            c: &mut MatrixViewMut<'_, $type>,
        ) {
            let Shape { m, k, n } = check(&a, &b, c);
            if m == 0 || n == 0 {
                return;
            }
            let (a, a_row, a_column) = a.raw();
            let (b, b_row, b_column) = b.raw();
            let (c, c_row) = c.raw();
            // SAFETY: a view's constructor proves that every element it names lies in its slice,
            // `check` that the shapes agree, and `c` is borrowed for writing, so it overlaps nothing.
            #[expect(unsafe_code, reason = "the product takes pointers")]
            unsafe {
                $kernel(
                    m,
                    k,
                    n,
                    scale.product,
                    a.as_ptr(),
                    stride(a_row),
                    stride(a_column),
                    b.as_ptr(),
                    stride(b_row),
                    stride(b_column),
                    scale.old,
                    c.as_mut_ptr(),
                    stride(c_row),
                    1,
                );
            }
        }
    };
}

gemm!(
    /// `c = scale.product * a * b + scale.old * c` in single precision.
    gemm_f32,
    f32,
    matrixmultiply::sgemm
);
gemm!(
    /// `c = scale.product * a * b + scale.old * c` in double precision.
    gemm_f64,
    f64,
    matrixmultiply::dgemm
);
