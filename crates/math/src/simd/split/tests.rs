use super::*;
use crate::{fill_normal, rng, simd::isa::Rows};

struct Case {
    x: Vec<f32>,
    w: Vec<f32>,
    start: Vec<f32>,
    y: Vec<f32>,
    size: (usize, usize, usize),
}

impl Case {
    /// Rows, inner length and columns.
    fn new(n_rows: usize, inner: usize, width: usize) -> Self {
        let normal = |stream, n: usize| {
            let mut numbers = vec![0.0; n];
            fill_normal(&mut rng(7, stream), 1.0, &mut numbers);
            numbers
        };
        Self {
            x: normal(0, n_rows * inner),
            w: normal(1, inner * width),
            start: normal(2, width),
            y: normal(3, n_rows * (width + 3)),
            size: (n_rows, inner, width),
        }
    }

    fn run(&self, parts: usize, from_start: bool, product: fn(Product<'_>)) -> Vec<f32> {
        let (n_rows, inner, width) = self.size;
        let blocks = inner.div_ceil(DEPTH);
        let stride = blocks * parts * TILE;
        let mut x = vec![0; n_rows.div_ceil(SIDE) * stride];
        let from = |data, stride| Rows { data, stride };
        let to = |data| Rows { data, stride };
        rows(
            from(&self.x[..], inner),
            (n_rows, inner),
            parts,
            to(&mut x[..]),
        );
        let mut w = vec![0; width / SIDE * stride];
        panels(
            from(&self.w[..], width),
            (inner, width),
            parts,
            to(&mut w[..]),
        );
        let mut y = self.y.clone();
        let all = Product {
            x: &x,
            x_stride: stride,
            w: &w,
            w_stride: stride,
            blocks,
            parts,
            size: (n_rows, width),
            start: from_start.then_some(&self.start[..]),
            y: &mut y,
            y_stride: width + 3,
        };
        all.check();
        product(all);
        y
    }

    /// In double precision, and the sum of the sizes.
    fn exact(&self, from_start: bool, row: usize, column: usize) -> (f64, f64) {
        let (_, inner, width) = self.size;
        let start = match from_start {
            true => self.start[column],
            false => self.y[row * (width + 3) + column],
        };
        let start = (f64::from(start), f64::from(start.abs()));
        (0..inner).fold(start, |(sum, size), at| {
            let part = f64::from(self.x[row * inner + at]) * f64::from(self.w[at * width + column]);
            (sum + part, size + part.abs())
        })
    }
}

#[test]
fn products_are_close_to_those_in_double_precision() {
    let all = Case::new(33, 170, 48);
    for (parts, bits) in [(1, 7), (2, 15)] {
        for from_start in [true, false] {
            let found = all.run(parts, from_start, plain::product);
            for (at, (&found, &before)) in found.iter().zip(&all.y).enumerate() {
                let (row, column) = (at / 51, at % 51);
                if column >= 48 {
                    assert_eq!(found.to_bits(), before.to_bits(), "beyond the product");
                    continue;
                }
                let (wanted, size) = all.exact(from_start, row, column);
                let gap = (f64::from(found) - wanted).abs();
                assert!(gap <= size * 2.0_f64.powi(-bits), "{found} {wanted}");
            }
        }
    }
}

#[test]
fn this_machine_gives_the_bits_of_plain_code() {
    for size in [
        (1, 1, 16),
        (16, 32, 32),
        (32, 64, 64),
        (45, 330, 80),
        (70, 33, 336),
    ] {
        let all = Case::new(size.0, size.1, size.2);
        for (parts, from_start) in [(1, true), (1, false), (2, true), (2, false)] {
            let bits = |product| -> Vec<u32> {
                let numbers = all.run(parts, from_start, product);
                numbers.into_iter().map(f32::to_bits).collect()
            };
            assert_eq!(bits(product), bits(plain::product), "{size:?} {parts}");
        }
    }
}

#[test]
fn vectors_split_as_plain_code_does() {
    let odd = [
        0.0,
        -0.0,
        f32::from_bits(0x007f_ffff),
        f32::from_bits(0x8000_0001),
        f32::MIN_POSITIVE,
        f32::from_bits(0x3f80_8000),
        f32::from_bits(0x3f81_8000),
        f32::MAX,
        f32::NEG_INFINITY,
        f32::NAN,
    ];
    for (n_rows, width) in [(1, 1), (17, 31), (3, 32), (16, 70), (20, 336)] {
        let mut all = Case::new(n_rows, width, 16);
        for (at, number) in all.x.iter_mut().enumerate().step_by(3) {
            *number = odd[at % odd.len()];
        }
        for parts in [1, 2] {
            let stride = width.div_ceil(DEPTH) * parts * TILE;
            let mut wanted = vec![7; n_rows.div_ceil(SIDE) * stride];
            let mut found = wanted.clone();
            let from = Rows {
                data: &all.x[..],
                stride: width,
            };
            let to = |data| Rows { data, stride };
            pack::plain_rows(from, (n_rows, width), parts, to(&mut wanted[..]));
            rows(from, (n_rows, width), parts, to(&mut found[..]));
            assert_eq!(found, wanted, "{n_rows} {width} {parts}");
        }
    }
}

#[test]
fn turned_rows_are_rows_of_the_turned_matrix() {
    for (n_rows, width, parts) in [
        (1, 1, 2),
        (32, 16, 1),
        (40, 50, 2),
        (64, 48, 1),
        (17, 33, 2),
    ] {
        let all = Case::new(n_rows, width, 16);
        let stride = n_rows.div_ceil(DEPTH) * parts * TILE;
        let turned: Vec<f32> = (0..width * n_rows)
            .map(|at| all.x[at % n_rows * width + at / n_rows])
            .collect();
        let mut wanted = vec![7; width.div_ceil(SIDE) * stride];
        let mut found = wanted.clone();
        let from = |data, stride| Rows { data, stride };
        let to = |data| Rows { data, stride };
        let wanted_to = to(&mut wanted[..]);
        rows(from(&turned[..], n_rows), (width, n_rows), parts, wanted_to);
        let found_to = (parts, to(&mut found[..]));
        turned_rows(
            from(&all.x[..], width),
            (n_rows, width),
            &mut Vec::new(),
            found_to,
        );
        assert_eq!(found, wanted);
    }
}
