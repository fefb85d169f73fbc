//! Kernels that training needs: sums of outer products, sums over pairs.

use super::*;

fn outer(level: Level, a: &[f32], b: &[f32], (n, height): (usize, usize)) -> Vec<f32> {
    let width = b.len() / n;
    let mut c = vec![0.5; height * width];
    on::outer(
        level,
        Outer {
            a: Rows {
                data: a,
                stride: height + 2,
            },
            b: Rows {
                data: b,
                stride: width,
            },
            size: (n, height, width),
            c: Rows {
                data: &mut c,
                stride: width,
            },
        },
    );
    c
}

/// Fields of some rows, two numbers apart from each other, and what to do with them.
struct Fields {
    x: Vec<f32>,
    columns: Vec<usize>,
    width: usize,
    n_rows: usize,
    weights: Vec<f32>,
}

impl Fields {
    fn new((n_rows, n, width): (usize, usize, usize), seed: u64) -> Self {
        let stride = n.next_multiple_of(FIELDS);
        let mut weights = numbers(n * stride, seed + 1);
        for (at, weight) in weights.iter_mut().enumerate() {
            if at % stride <= at / stride || at % stride >= n {
                *weight = 0.0;
            }
        }
        Self {
            x: numbers(n_rows * n * (width + 2), seed),
            columns: (0..n).map(|field| field * (width + 2)).collect(),
            width,
            n_rows,
            weights,
        }
    }

    fn stride(&self) -> usize {
        self.columns.len() * (self.width + 2)
    }

    fn pairs(&self) -> Pairs<'_> {
        Pairs {
            x: Rows {
                data: &self.x,
                stride: self.stride(),
            },
            n_rows: self.n_rows,
            columns: &self.columns,
            width: self.width,
            weights: &self.weights,
        }
    }

    fn sums(&self, level: Level, shared: usize) -> Vec<f32> {
        let mut start = vec![7.0; (self.columns.len() + 1) * self.width];
        on::pairs_begin(level, self.pairs(), shared, &mut start);
        let mut sums = vec![7.0; self.n_rows * self.width];
        let begun = Begun {
            shared,
            start: &start,
        };
        let to = Rows {
            data: &mut sums[..],
            stride: self.width,
        };
        on::pairs(level, self.pairs(), begun, to);
        sums
    }

    /// By the definition.
    fn number(&self, row: usize, at: usize) -> f64 {
        let value =
            |field: usize| f64::from(self.x[row * self.stride() + self.columns[field] + at]);
        let n = self.columns.len();
        let weight =
            |a: usize, b: usize| f64::from(self.weights[a * n.next_multiple_of(FIELDS) + b]);
        let pairs = (0..n).flat_map(|b| (0..b).map(move |a| (a, b)));
        pairs.map(|(a, b)| weight(a, b) * value(a) * value(b)).sum()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn outer_products_equal_their_twin(
        n in 1_usize..150,
        height in 1_usize..20,
        blocks in 1_usize..8,
        seed in 0_u64..1000,
    ) {
        let width = blocks * BLOCK;
        let (a, b) = (numbers(n * (height + 2), seed), numbers(n * width, seed + 1));
        let (wanted, all) = twins(|level| outer(level, &a, &b, (n, height)));
        for (at, wanted) in wanted.iter().enumerate() {
            let (row, column) = (at / width, at % width);
            let products = (0..n).map(|k| f64::from(a[k * (height + 2) + row]) * f64::from(b[k * width + column]));
            prop_assert!((0.5 + products.sum::<f64>() - f64::from(*wanted)).abs() < 3e-5);
        }
        for found in &all {
            assert_close(found, &wanted, 3e-5);
        }
    }

    #[test]
    fn sums_over_pairs_equal_their_twin(
        n_rows in 1_usize..11,
        n in 1_usize..14,
        width in prop_oneof![1_usize..7, 7_usize..36],
        seed in 0_u64..1000,
    ) {
        let fields = Fields::new((n_rows, n, width), seed);
        let (wanted, all) = twins(|level| fields.sums(level, 0));
        for (at, wanted) in wanted.iter().enumerate() {
            let exact = fields.number(at / width, at % width);
            prop_assert!((exact - f64::from(*wanted)).abs() < 1e-5);
        }
        for found in &all {
            assert_close(found, &wanted, 1e-5);
        }
    }

    #[test]
    fn sums_over_pairs_have_the_same_bits_wherever_they_begin(
        n_rows in 1_usize..11,
        (n, shared) in (1_usize..14).prop_flat_map(|n| (Just(n), 0..=n)),
        width in 1_usize..36,
        seed in 0_u64..1000,
    ) {
        let mut fields = Fields::new((n_rows, n, width), seed);
        // The first fields are the same in all rows.
        let (first, stride) = (fields.x[..fields.stride()].to_vec(), fields.stride());
        for row in fields.x.chunks_exact_mut(stride) {
            row[..shared * (width + 2)].copy_from_slice(&first[..shared * (width + 2)]);
        }
        for level in Level::all() {
            let wanted = fields.sums(level, 0);
            let found = fields.sums(level, shared);
            prop_assert!(found.iter().zip(&wanted).all(|(a, b)| a.to_bits() == b.to_bits()));
            let alone = Fields { n_rows: 1, ..Fields::new((1, n, width), seed) };
            let alone = Fields { x: first.clone(), ..alone };
            prop_assert_eq!(&alone.sums(level, shared)[..], &wanted[..width]);
        }
    }

    #[test]
    fn slopes_of_pairs_are_differences(
        n_rows in 1_usize..7,
        n in 1_usize..10,
        width in prop_oneof![1_usize..7, 15_usize..34],
        seed in 0_u64..1000,
    ) {
        let mut fields = Fields::new((n_rows, n, width), seed);
        let d_sums = numbers(n_rows * width, seed + 7);
        let d_rows = Rows { data: &d_sums[..], stride: width };
        let total = |fields: &Fields| -> f64 {
            let places = d_sums.iter().enumerate();
            places.map(|(at, &slope)| f64::from(slope) * fields.number(at / width, at % width)).sum()
        };
        let stride = n.next_multiple_of(FIELDS);
        let mut both = fields.weights.clone();
        for a in 0..n {
            for b in 0..a {
                both[a * stride + b] = both[b * stride + a];
            }
        }
        for level in Level::all() {
            let mut slopes = vec![0.0; n * stride];
            on::pairs_weights(level, fields.pairs(), d_rows, &mut slopes);
            let mut dx = vec![0.0; fields.x.len()];
            let pairs = Pairs { weights: &both, ..fields.pairs() };
            let to = Rows { data: &mut dx[..], stride: fields.stride() };
            on::pairs_vectors(level, pairs, d_rows, to);
            // Sums are linear in each number: differences are exact but for rounding.
            let middle = total(&fields);
            for at in (0..slopes.len()).step_by(3) {
                let there = at % stride > at / stride && at % stride < n;
                let old = fields.weights[at];
                fields.weights[at] += 1.0;
                let wanted = if there { total(&fields) - middle } else { 0.0 };
                fields.weights[at] = old;
                prop_assert!((wanted - f64::from(slopes[at])).abs() < 2e-4, "{} {}", wanted, slopes[at]);
            }
            for at in (0..dx.len()).step_by(5) {
                let old = fields.x[at];
                fields.x[at] = old + 1.0;
                let wanted = total(&fields) - middle;
                fields.x[at] = old;
                prop_assert!((wanted - f64::from(dx[at])).abs() < 2e-4, "{} {}", wanted, dx[at]);
            }
        }
    }
}
