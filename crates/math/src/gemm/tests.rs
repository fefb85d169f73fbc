use proptest::prelude::*;

use super::*;

fn numbers(n: usize, salt: u32) -> Vec<f32> {
    let mut state = salt.wrapping_mul(2_654_435_761).wrapping_add(12_345);
    (0..n)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from(u16::try_from(state >> 16).unwrap()) / 32_768.0 - 1.0
        })
        .collect()
}

/// `aᵀ a` in double precision, by the definition.
fn plain_gram(a: &[f32], d: usize) -> Vec<f64> {
    let mut total = vec![0.0; d * d];
    for row in a.chunks_exact(d) {
        for (i, &left) in row.iter().enumerate() {
            for (j, &right) in row.iter().enumerate() {
                total[i * d + j] += f64::from(left) * f64::from(right);
            }
        }
    }
    total
}

#[test]
fn gram_matrix_is_the_sum_of_outer_products() {
    for (n, d) in [(0, 3), (5, 1), (2100, 7), (40, 300)] {
        let a = numbers(n * d, 7);
        let got = gram(MatrixView::new(&a, n, d));
        for (found, wanted) in got.iter().zip(plain_gram(&a, d)) {
            assert!((found - wanted).abs() < 1e-5 * n as f64 + 1e-9, "{n} x {d}");
        }
    }
}

proptest! {
    #[test]
    fn product_equals_nalgebra(m in 0_usize..40, k in 0_usize..40, n in 0_usize..40, salt in 0_u32..100) {
        let (a, b, mut c) = (numbers(m * k, salt), numbers(k * n, salt + 1), numbers(m * n, salt + 2));
        let matrix = nalgebra::DMatrix::<f32>::from_row_slice;
        let wanted = matrix(m, n, &c) - matrix(m, k, &a) * matrix(k, n, &b);
        let mut view = MatrixViewMut::new(&mut c, m, n);
        gemm(Scale::subtract(), MatrixView::new(&a, m, k), MatrixView::new(&b, k, n), &mut view);
        for row in 0..m {
            for column in 0..n {
                prop_assert!((c[row * n + column] - wanted[(row, column)]).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn transposed_view_multiplies_as_the_transposed_matrix(n in 1_usize..20, salt in 0_u32..100) {
        let a = numbers(n * n, salt);
        let mut c = vec![0.0; n * n];
        let view = MatrixView::new(&a, n, n);
        gemm(Scale::SET, view.transposed(), view, &mut MatrixViewMut::new(&mut c, n, n));
        for (found, wanted) in c.iter().zip(plain_gram(&a, n)) {
            prop_assert!((f64::from(*found) - wanted).abs() < 1e-4);
        }
    }

    #[test]
    fn mirror_makes_symmetric(n in 0_usize..150) {
        let mut a = numbers(n * n, 3);
        let old = a.clone();
        mirror(&mut a, n);
        for row in 0..n {
            for column in 0..n {
                let (low, high) = (row.min(column), row.max(column));
                prop_assert_eq!(a[row * n + column].to_bits(), old[low * n + high].to_bits());
            }
        }
    }
}

#[test]
fn many_row_blocks_give_the_same_bits_on_one_thread_and_on_three() {
    let (m, k, n) = (700, 33, 21);
    let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let mut c = vec![0.0; m * n];
        pool.unwrap().install(|| {
            let mut view = MatrixViewMut::new(&mut c, m, n);
            gemm(
                Scale::SET,
                MatrixView::new(&a, m, k),
                MatrixView::new(&b, k, n),
                &mut view,
            );
        });
        c
    };
    assert_eq!(run(1), run(3));
}
