use proptest::prelude::*;

use super::*;

/// Numbers in `-1 .. 1`.
fn numbers(n: usize, seed: u64) -> Vec<f32> {
    let mut rng = crate::rng(seed, 9);
    let mut one = || f32::from(u16::try_from(rng.next_u32() >> 16).unwrap()) / 32_768.0 - 1.0;
    (0..n).map(|_| one()).collect()
}

#[track_caller]
fn assert_close(found: &[f32], wanted: &[f32], bound: f32) {
    assert_eq!(found.len(), wanted.len());
    for (place, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        let gap = (found - wanted).abs();
        assert!(gap <= bound, "{found} for {wanted} at {place}");
    }
}

/// Only what stands on and above the diagonal.
fn upper(a: &[f32], n: usize, stride: usize) -> Vec<f32> {
    let element = |(row, column): (usize, usize)| {
        if row <= column {
            a[row * stride + column]
        } else {
            0.0
        }
    };
    (0..n * n)
        .map(|place| element((place / n, place % n)))
        .collect()
}

fn rank(target: &mut [f32], products: &[f32], n: usize, sign: Sign, run: fn(RankUpdate<'_>)) {
    run(RankUpdate {
        target: Rows {
            data: target,
            stride: n + BLOCK,
        },
        rows: 0..n,
        n,
        products: Rows {
            data: products,
            stride: n + BLOCK,
        },
        n_products: products.len() / (n + BLOCK),
        sign,
    });
}

/// A well-conditioned padded symmetric matrix.
fn system(n: usize, seed: u64) -> Vec<f32> {
    let stride = n + BLOCK;
    let mut a = vec![0.0; n * stride];
    rank(
        &mut a,
        &numbers(40 * stride, seed),
        n,
        Sign::Plus,
        rank_update_plain,
    );
    for row in 0..n {
        a[row * stride + row] += 4.0;
    }
    a
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn dot_equals_its_twin(n in 0_usize..300, seed in 0_u64..1000) {
        let (a, b) = (numbers(n, seed), numbers(n, seed + 1));
        prop_assert!((dot(&a, &b) - dot_plain(&a, &b)).abs() <= 1e-6 * n as f32);
    }

    #[test]
    fn dots_are_bit_for_bit_what_dot_gives(d in 1_usize..90, n in 0_usize..20, seed in 0_u64..1000) {
        let (rows, vector) = (numbers(n * d, seed), numbers(d, seed + 1));
        let mut found = vec![0.0; n];
        dots(&rows, &vector, &mut found);
        for (row, found) in rows.chunks_exact(d).zip(&found) {
            prop_assert_eq!(found.to_bits(), dot(row, &vector).to_bits());
        }
        let mut plain = vec![0.0; n];
        dots_plain(&rows, &vector, &mut plain);
        assert_close(&found, &plain, 1e-6 * d as f32);
    }

    #[test]
    fn axpy_equals_its_twin(n in 0_usize..300, factor in -2_f32..2.0, seed in 0_u64..1000) {
        let (mut found, from) = (numbers(n, seed), numbers(n, seed + 1));
        let mut wanted = found.clone();
        axpy(&mut found, factor, &from);
        axpy_plain(&mut wanted, factor, &from);
        assert_close(&found, &wanted, 1e-6);
    }

    #[test]
    fn rank_update_equals_its_twin(blocks in 1_usize..9, k in 0_usize..40, minus: bool, seed in 0_u64..1000) {
        let n = blocks * BLOCK;
        let stride = n + BLOCK;
        let (mut found, products) = (numbers(n * stride, seed), numbers(k * stride, seed + 1));
        let mut wanted = found.clone();
        let sign = if minus { Sign::Minus } else { Sign::Plus };
        rank(&mut found, &products, n, sign, rank_update);
        rank(&mut wanted, &products, n, sign, rank_update_plain);
        assert_close(&upper(&found, n, stride), &upper(&wanted, n, stride), 1e-5);
    }

    #[test]
    fn packed_rows_equal_their_twin(width in 1_usize..70, n in 0_usize..20, seed in 0_u64..1000) {
        let from = numbers(30 * width, seed);
        let rows: Vec<u32> = (0..u32::try_from(n).unwrap()).map(|row| row * 7 % 30).collect();
        let (row_scales, column_scales) = (numbers(n, seed + 1), numbers(width, seed + 2));
        let stride = width.next_multiple_of(BLOCK);
        let run = |run: fn(Pack<'_>)| {
            let mut to = vec![0.0; n * stride];
            run(Pack {
                from: Rows { data: &from, stride: width },
                width,
                rows: &rows,
                row_scales: &row_scales,
                column_scales: &column_scales,
                to: Rows { data: &mut to, stride },
            });
            to
        };
        let found = run(pack);
        assert_close(&found, &run(pack_plain), 1e-6);
        if n > 0 {
            let wanted = from[rows[n - 1] as usize * width] * row_scales[n - 1] * column_scales[0];
            prop_assert!((found[(n - 1) * stride] - wanted).abs() <= 1e-6);
        }
    }

    #[test]
    fn transposing_moves_every_number(rows in 1_usize..4, columns in 1_usize..4, seed in 0_u64..1000) {
        let (rows, columns) = (rows * BLOCK, columns * BLOCK);
        let from = numbers(rows * columns, seed);
        for run in [transpose, transpose_plain] {
            let mut to = vec![0.0; rows * columns];
            let target = Rows { data: to.as_mut_slice(), stride: rows };
            run(Rows { data: &from, stride: columns }, target, (rows, columns));
            for row in 0..rows {
                for column in 0..columns {
                    let (found, wanted) = (to[column * rows + row], from[row * columns + column]);
                    prop_assert_eq!(found.to_bits(), wanted.to_bits());
                }
            }
        }
    }

    #[test]
    fn combined_rows_equal_their_twin(blocks in 1_usize..12, n in 0_usize..20, seed in 0_u64..1000) {
        let width = blocks * BLOCK;
        let (rows, factors) = (numbers(n * width, seed), numbers(n, seed + 1));
        let rows = Rows { data: rows.as_slice(), stride: width };
        let mut found = numbers(width, seed + 2);
        let mut wanted = found.clone();
        combine(rows, &factors, &mut found);
        combine_plain(rows, &factors, &mut wanted);
        assert_close(&found, &wanted, 1e-5);
    }

    #[test]
    fn factor_and_solution_equal_their_twins(blocks in 1_usize..7, seed in 0_u64..1000) {
        let n = blocks * BLOCK;
        let stride = n + BLOCK;
        let (mut found, b) = (system(n, seed), numbers(n, seed + 1));
        let mut wanted = found.clone();
        factor(Rows { data: &mut found, stride }, n).unwrap();
        factor_plain(Rows { data: &mut wanted, stride }, n).unwrap();
        assert_close(&upper(&found, n, stride), &upper(&wanted, n, stride), 1e-4);
        let (mut x, mut y) = (b.clone(), b);
        solve(Rows { data: &found, stride }, &mut x);
        solve_plain(Rows { data: &wanted, stride }, &mut y);
        assert_close(&x, &y, 1e-4);
    }
}

#[test]
fn indefinite_system_names_its_row() {
    let stride = 3 * BLOCK;
    for bad in [0, 3, 16, 31] {
        let mut a = vec![0.0; 32 * stride];
        for row in 0..32 {
            a[row * stride + row] = if row == bad { 0.0 } else { 1.0 };
        }
        let got = factor(
            Rows {
                data: &mut a,
                stride,
            },
            32,
        );
        assert_eq!(got, Err(bad));
    }
}
