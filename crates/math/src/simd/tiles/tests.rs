use proptest::prelude::*;

use super::*;
use crate::{HalfRows, fill_normal, rng};

/// Sums on and above the diagonal in double precision.
fn plain(rows: &HalfRows, which: &[u32], weights: Option<&[f32]>) -> Vec<f64> {
    let d = rows.d();
    let mut sums = vec![0.0; d * d];
    for (place, &row) in which.iter().enumerate() {
        let weight = weights.map_or(1.0, |weights| weights[place]);
        let rounded = |number: f32| match weights {
            None => number,
            Some(_) => crate::halves::from_half(crate::halves::to_half(number * weight)),
        };
        let row: Vec<f64> = rows
            .row(row as usize)
            .map(|n| f64::from(rounded(n)))
            .collect();
        for i in 0..d {
            for j in i..d {
                sums[i * d + j] += row[i] * row[j];
            }
        }
    }
    sums
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn sums_are_those_of_plain_code(
        d in 1_usize..150,
        n in 0_usize..300,
        is_weighted in any::<bool>(),
        seed in 0_u64..1000,
    ) {
        // A machine without tiles has nothing to compare.
        let Some(tiles) = Tiles::of_this_machine() else { return Ok(()) };
        let mut numbers = vec![0.0; 400 * d];
        fill_normal(&mut rng(seed, 0), 1.0, &mut numbers);
        let rows = HalfRows::of(&numbers, d);
        let which: Vec<u32> = (0..n).map(|row| u32::try_from(row * 7 % 400).unwrap()).collect();
        let mut weights = vec![0.0; n];
        fill_normal(&mut rng(seed, 1), 1.0, &mut weights);
        let weights = is_weighted.then_some(&*weights);
        let targets: Vec<f32> = (0..n).map(|row| (row % 3) as f32).collect();
        let lines = d.div_ceil(LINE);
        let width = lines * LINE;
        // What was in the memory before must not matter.
        let (mut target, mut sum) = (vec![f32::NAN; width * (width + 16)], vec![1.0; width]);
        let gather = Gather { from: rows.lines(), lines, rows: &which, weights, targets: &targets };
        let place = Rows { data: &mut target[..], stride: width + 16 };
        tiles.gram(gather, &mut Gathered::default(), place, &mut sum);
        let wanted = plain(&rows, &which, weights);
        let room = 1e-5 * (n as f64 + 1.0);
        for i in 0..if n == 0 { 0 } else { d } {
            for j in i..d {
                let found = f64::from(target[i * (width + 16) + j]);
                prop_assert!((found - wanted[i * d + j]).abs() < room, "{i} {j}: {found}");
            }
        }
        for (k, found) in sum[..d].iter().enumerate() {
            let wanted: f64 = which.iter().enumerate().map(|(place, &row)| {
                let weight = weights.map_or(1.0, |weights| weights[place]);
                let number = rows.row(row as usize).nth(k).unwrap_or(f32::NAN) * weight;
                let rounded = crate::halves::from_half(crate::halves::to_half(number));
                f64::from(targets[place]) * f64::from(rounded)
            }).sum();
            prop_assert!((f64::from(*found) - wanted - 1.0).abs() < room, "{k}: {found} {wanted}");
        }
    }
}
