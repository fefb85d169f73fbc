use proptest::prelude::*;

use super::*;

mod slopes;

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

fn rank(level: Level, target: &mut [f32], products: &[f32], (n, sign): (usize, Sign)) {
    let update = RankUpdate {
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
    };
    on::rank_update(level, update);
}

/// A well-conditioned padded symmetric matrix.
fn system(n: usize, seed: u64) -> Vec<f32> {
    let stride = n + BLOCK;
    let mut a = vec![0.0; n * stride];
    let products = numbers(40 * stride, seed);
    rank(Level::plain(), &mut a, &products, (n, Sign::Plus));
    for row in 0..n {
        a[row * stride + row] += 4.0;
    }
    a
}

/// What `run` gives on plain code, and what it gives on everything better.
fn twins<T>(run: impl Fn(Level) -> T) -> (T, Vec<T>) {
    let better = Level::all()
        .into_iter()
        .filter(|&level| level != Level::plain());
    (run(Level::plain()), better.map(&run).collect())
}

#[test]
fn plain_sums_are_the_definition() {
    let (a, b) = (numbers(37, 1), numbers(37, 2));
    let pairs = a.iter().zip(&b);
    let wanted: f64 = pairs.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
    let found = on::dot(Level::plain(), &a, &b);
    assert!((f64::from(found) - wanted).abs() < 1e-5);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn dot_equals_its_twin(n in 0_usize..300, seed in 0_u64..1000) {
        let (a, b) = (numbers(n, seed), numbers(n, seed + 1));
        let (wanted, all) = twins(|level| on::dot(level, &a, &b));
        for found in all {
            prop_assert!((found - wanted).abs() <= 1e-6 * n as f32);
        }
    }

    #[test]
    fn dots_are_bit_for_bit_what_dot_gives(
        d in 1_usize..90,
        n in 0_usize..200,
        many in 0_usize..4,
        seed in 0_u64..1000,
    ) {
        let (rows, vectors) = (numbers(n * d, seed), numbers(many * d, seed + 1));
        for level in Level::all() {
            let mut found = vec![0.0; n * many];
            on::dots(level, &rows, &vectors, (d, n), &mut found);
            let pairs = vectors.chunks(d).flat_map(|vector| rows.chunks(d).map(move |row| (row, vector)));
            for ((row, vector), found) in pairs.zip(&found) {
                prop_assert_eq!(found.to_bits(), on::dot(level, row, vector).to_bits());
            }
        }
    }

    #[test]
    fn axpy_equals_its_twin(n in 0_usize..300, factor in -2_f32..2.0, seed in 0_u64..1000) {
        let (start, from) = (numbers(n, seed), numbers(n, seed + 1));
        let (wanted, all) = twins(|level| {
            let mut target = start.clone();
            on::axpy(level, &mut target, factor, &from);
            target
        });
        for found in all {
            assert_close(&found, &wanted, 1e-6);
        }
    }

    #[test]
    fn rank_update_equals_its_twin(blocks in 1_usize..9, k in 0_usize..40, minus: bool, seed in 0_u64..1000) {
        let n = blocks * BLOCK;
        let stride = n + BLOCK;
        let (start, products) = (numbers(n * stride, seed), numbers(k * stride, seed + 1));
        let sign = if minus { Sign::Minus } else { Sign::Plus };
        let (wanted, all) = twins(|level| {
            let mut target = start.clone();
            rank(level, &mut target, &products, (n, sign));
            upper(&target, n, stride)
        });
        for found in all {
            assert_close(&found, &wanted, 1e-5);
        }
    }

    #[test]
    fn packed_rows_equal_the_products(width in 1_usize..70, n in 0_usize..20, seed in 0_u64..1000) {
        let from = numbers(30 * width, seed);
        let rows: Vec<u32> = (0..u32::try_from(n).unwrap()).map(|row| row * 7 % 30).collect();
        let (row_scales, column_scales) = (numbers(n, seed + 1), numbers(width, seed + 2));
        let stride = width.next_multiple_of(BLOCK);
        for level in Level::all() {
            let mut to = vec![0.0; n * stride];
            on::pack(level, Pack {
                from: Rows { data: &from, stride: width },
                width,
                rows: &rows,
                row_scales: &row_scales,
                column_scales: &column_scales,
                to: Rows { data: &mut to, stride },
            });
            for (place, &row) in rows.iter().enumerate() {
                for column in 0..width {
                    let wanted = from[row as usize * width + column] * row_scales[place] * column_scales[column];
                    prop_assert!((to[place * stride + column] - wanted).abs() <= 1e-6);
                }
            }
        }
    }

    #[test]
    fn looks_equal_their_twin(d in 1_usize..20, blocks in (1_usize..3, 1_usize..5), n in 1_usize..4, seed in 0_u64..1000) {
        let (units, n_events) = (blocks.0 * BLOCK, blocks.1 * BLOCK);
        let (events, base) = (numbers(d * n_events, seed), numbers(units * n_events, seed + 1));
        let (weights, score) = (numbers(d * units, seed + 2), numbers(units, seed + 3));
        let (candidates, starts) = (numbers(n * (d + 3), seed + 4), numbers(n * units, seed + 5));
        let run = |level, rows: std::ops::Range<usize>| {
            let (mut scaled, mut hidden) = (vec![0.0; d * units], vec![9.0; units * n_events]);
            let mut scores = vec![9.0; rows.len() * n_events];
            on::looks(level, Looks {
                events: &events,
                base: &base,
                weights: &weights,
                score: &score,
                candidates: Rows { data: &candidates[rows.start * (d + 3)..], stride: d + 3 },
                starts: &starts[rows.start * units..rows.end * units],
                size: (d, units, n_events),
                scaled: &mut scaled,
                hidden: &mut hidden,
                scores: &mut scores,
            });
            scores
        };
        let (wanted, all) = twins(|level| run(level, 0..n));
        for found in &all {
            assert_close(found, &wanted, 1e-3);
            prop_assert!(found.iter().zip(&all[0]).all(|(a, b)| a.to_bits() == b.to_bits()));
        }
        for level in Level::all() {
            let (together, alone) = (run(level, 0..n), run(level, n - 1..n));
            let last = together[(n - 1) * n_events..].iter().zip(&alone);
            prop_assert!(last.into_iter().all(|(a, b)| a.to_bits() == b.to_bits()));
        }
    }

    #[test]
    fn transposing_moves_every_number(rows in 1_usize..4, columns in 1_usize..4, seed in 0_u64..1000) {
        let (rows, columns) = (rows * BLOCK, columns * BLOCK);
        let from = numbers(rows * columns, seed);
        for level in Level::all() {
            let mut to = vec![0.0; rows * columns];
            let target = Rows { data: to.as_mut_slice(), stride: rows };
            on::transpose(level, Rows { data: &from, stride: columns }, target, (rows, columns));
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
        let start = numbers(width, seed + 2);
        let (wanted, all) = twins(|level| {
            let mut sum = start.clone();
            on::combine(level, rows, &factors, &mut sum);
            sum
        });
        for found in all {
            assert_close(&found, &wanted, 1e-5);
        }
    }

    #[test]
    fn factor_and_solution_equal_their_twins(blocks in 1_usize..7, seed in 0_u64..1000) {
        let n = blocks * BLOCK;
        let stride = n + BLOCK;
        let (start, right) = (system(n, seed), numbers(n, seed + 1));
        let (wanted, all) = twins(|level| {
            let (mut a, mut b) = (start.clone(), right.clone());
            let mut half_way = vec![0.0; n];
            on::solve(level, Rows { data: &mut a, stride }, &mut b, &mut half_way).unwrap();
            (upper(&a, n, stride), b)
        });
        for found in all {
            assert_close(&found.0, &wanted.0, 1e-4);
            assert_close(&found.1, &wanted.1, 1e-4);
        }
    }
}

fn reals(n: usize, seed: u64) -> Vec<f64> {
    numbers(n, seed).into_iter().map(f64::from).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn updated_rows_equal_their_twin(n in 0_usize..80, seed in 0_u64..1000) {
        let (v, w, next) = (reals(n, seed), reals(n, seed + 1), reals(n, seed + 2));
        let start = reals(n, seed + 3);
        let update = Update { v: &v, w: &w, own: (0.5, -0.25), next: &next };
        let (wanted, all) = twins(|level| {
            let mut row = start.clone();
            let product = on::update_and_dot(level, &mut row, update);
            (row, product)
        });
        for found in all {
            prop_assert!((found.1 - wanted.1).abs() < 1e-13);
            for (found, wanted) in found.0.iter().zip(&wanted.0) {
                prop_assert!((found - wanted).abs() < 1e-14);
            }
        }
    }

    #[test]
    fn turned_panels_equal_their_twin(n in 2_usize..40, seed in 0_u64..1000) {
        let numbers = reals(n * PANEL, seed);
        let rows: Vec<[f64; PANEL]> = numbers.chunks(PANEL).map(|row| row.try_into().unwrap()).collect();
        let v = reals(n, seed + 1);
        let rotations: Vec<Rotation> = (0..n - 1).map(|row| Rotation { row, sine: 0.6, cosine: 0.8 }).collect();
        let (wanted, all) = twins(|level| {
            let mut rows = rows.clone();
            on::reflect(level, &mut rows, &v, 0.3);
            on::rotate(level, &mut rows, &rotations);
            rows
        });
        for found in all {
            for (found, wanted) in found.iter().flatten().zip(wanted.iter().flatten()) {
                prop_assert!((found - wanted).abs() < 1e-13);
            }
        }
    }
}

#[test]
fn indefinite_system_names_its_row() {
    let stride = 3 * BLOCK;
    for (level, bad) in Level::all()
        .into_iter()
        .flat_map(|level| [0, 3, 16, 31].map(|bad| (level, bad)))
    {
        let mut a = vec![0.0; 32 * stride];
        for row in 0..32 {
            a[row * stride + row] = if row == bad { 0.0 } else { 1.0 };
        }
        let system = Rows {
            data: &mut a[..],
            stride,
        };
        let got = on::solve(level, system, &mut [1.0; 32], &mut [0.0; 32]);
        assert_eq!(got, Err(bad));
    }
}

fn layer(level: Level, x: &[f32], weights: &[f32], start: &[f32]) -> Vec<f32> {
    let width = start.len();
    let inner = weights.len() / width;
    let n = x.len() / inner;
    let mut y = vec![0.0; n * (width + 3)];
    on::affine(
        level,
        Affine {
            x: Rows {
                data: x,
                stride: inner,
            },
            size: (n, inner),
            weights: Rows {
                data: weights,
                stride: width,
            },
            width,
            start: Start::Row(start),
            y: Rows {
                data: &mut y,
                stride: width + 3,
            },
        },
    );
    let rows = y.chunks_exact(width + 3);
    rows.flat_map(|row| row[..width].to_vec()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn rows_through_a_layer_equal_their_twin(
        n in 0_usize..20,
        inner in prop_oneof![1_usize..40, 120_usize..300],
        blocks in 1_usize..12,
        seed in 0_u64..1000,
    ) {
        let width = blocks * BLOCK;
        let (x, weights) = (numbers(n * inner, seed), numbers(inner * width, seed + 1));
        let start = numbers(width, seed + 2);
        let (wanted, all) = twins(|level| layer(level, &x, &weights, &start));
        for (row, wanted) in wanted.chunks_exact(width).enumerate() {
            for (column, wanted) in wanted.iter().enumerate() {
                let products = (0..inner).map(|at| f64::from(x[row * inner + at]) * f64::from(weights[at * width + column]));
                let sum = f64::from(start[column]) + products.sum::<f64>();
                prop_assert!((sum - f64::from(*wanted)).abs() < 3e-5);
            }
        }
        for found in &all {
            assert_close(found, &wanted, 3e-5);
        }
    }

    #[test]
    fn a_row_through_a_layer_has_the_same_bits_in_any_company(
        n in 1_usize..20,
        (inner, cut) in prop_oneof![2_usize..40, 120_usize..300].prop_flat_map(|inner| (Just(inner), 1..inner)),
        blocks in 1_usize..8,
        seed in 0_u64..1000,
    ) {
        let width = blocks * BLOCK;
        let (x, weights) = (numbers(n * inner, seed), numbers(inner * width, seed + 1));
        let start = numbers(width, seed + 2);
        for level in Level::all() {
            let all = layer(level, &x, &weights, &start);
            for (row, wanted) in all.chunks_exact(width).enumerate() {
                let x = &x[row * inner..(row + 1) * inner];
                // Alone, and with a break in the chain.
                let first = layer(level, &x[..cut], &weights[..cut * width], &start);
                let found = layer(level, &x[cut..], &weights[cut * width..], &first);
                prop_assert!(found.iter().zip(wanted).all(|(a, b)| a.to_bits() == b.to_bits()));
            }
        }
    }
}

/// Where steps over rows of both kinds lead.
fn descended(level: Level, (n, d): (usize, usize), seed: u64) -> [Vec<f32>; 2] {
    let matrix = numbers((n + 1) * d, seed);
    let halves = crate::HalfRows::of(&matrix, d);
    let rows: Vec<u32> = (0..n).map(|row| u32::try_from(row).unwrap()).collect();
    let weights: Vec<f32> = numbers(n, seed + 1).iter().map(|w| 1.2 + w).collect();
    let scales: Vec<f32> = numbers(d, seed + 2).iter().map(|s| 0.6 + 0.5 * s).collect();
    let (targets, start) = (numbers(n, seed + 3), numbers(d, seed + 4));
    let mut memory = vec![f32::NAN; 4 * d.next_multiple_of(LINE)];
    let mut found = [start.clone(), start];
    let from = Rows {
        data: &matrix[..],
        stride: d,
    };
    let whole = Descent {
        matrix: Singles { from, d },
        rows: &rows,
        weights: &weights,
        targets: &targets,
        scales: &scales,
        steps: 3,
    };
    on::descend_singles(level, whole, &mut found[0], &mut memory);
    let lines = Halves {
        lines: halves.lines(),
        a_row: d.div_ceil(LINE),
    };
    let rounded = Descent {
        matrix: lines,
        rows: &rows,
        weights: &weights,
        targets: &targets,
        scales: &scales,
        steps: 3,
    };
    on::descend_halves(level, rounded, &mut found[1], &mut memory);
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn steps_equal_their_twin(n in 1_usize..60, d in 1_usize..90, seed in 0_u64..1000) {
        let (wanted, all) = twins(|level| descended(level, (n, d), seed));
        for found in all {
            for (found, wanted) in found.iter().zip(&wanted) {
                assert_close(found, wanted, 2e-3);
            }
        }
    }
}
