use proptest::prelude::*;

use super::*;

fn draws(n: usize, seed: u64) -> Vec<f32> {
    let mut values = vec![0.0; n];
    crate::fill_normal(&mut crate::rng(seed, 1), 2.0, &mut values);
    values
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn scores_are_off_by_no_more_than_the_bound(
        d in 1_usize..150,
        n in 1_usize..40,
        seed in 0_u64..1000,
    ) {
        let (rows, vector) = (draws(n * d, seed), draws(d, seed + 1));
        let layout = ByteLayout::new(d, 2);
        let mut blocks = vec![0; layout.n_blocks(n) * layout.block_bytes()];
        for block in blocks.chunks_mut(layout.block_bytes()) {
            layout.clear(block);
        }
        let mut encoded = Vec::new();
        for (index, row) in rows.chunks(d).enumerate() {
            let block = blocks.chunks_mut(layout.block_bytes()).nth(index / BLOCK_ROWS).unwrap();
            encoded.push(layout.write(block, index % BLOCK_ROWS, row));
            layout.set(block, (1, index % BLOCK_ROWS), 1.0);
        }
        let query = ByteQuery::new(&vector).with_columns(3.0, 0.0);
        let mut found = ByteScores::default();
        layout.score(&blocks, std::slice::from_ref(&query), &mut found);
        let length = vector.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
        for (index, row) in rows.chunks(d).enumerate() {
            let exact: f64 = row.iter().zip(&vector).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            let bound = length * f64::from(encoded[index].error)
                + f64::from(query.encoded().error) * f64::from(encoded[index].norm);
            let gap = (f64::from(found.scores[index]) - 3.0 - exact).abs();
            prop_assert!(gap <= bound + 1e-5 * length * f64::from(encoded[index].norm) + 1e-5);
        }
        for (place, score) in found.scores.iter().enumerate() {
            prop_assert_eq!(score.is_nan(), place >= n);
            prop_assert_eq!(found.marks[place / 16] >> (place % 16) & 1 == 1, place < n);
        }
    }

    #[test]
    fn what_is_read_is_near_what_was_written(d in 1_usize..40, place in 0_usize..16, seed in 0_u64..1000) {
        let row = draws(d, seed);
        let layout = ByteLayout::new(d, 1);
        let mut block = vec![0; layout.block_bytes()];
        layout.clear(&mut block);
        let encoded = layout.write(&mut block, place, &row);
        let mut back = vec![0.0; d];
        layout.read(&block, place, &mut back);
        let gap: f64 = row.iter().zip(&back).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
        prop_assert!(gap.sqrt() <= f64::from(encoded.error) + 1e-6);
        prop_assert!(row.iter().zip(&back).all(|(a, b)| (a - b).abs() <= 0.51 * encoded.scale));
    }
}

#[test]
fn a_row_of_zeros_has_no_scale() {
    let layout = ByteLayout::new(3, 1);
    let mut block = vec![0; layout.block_bytes()];
    layout.clear(&mut block);
    assert!(layout.write(&mut block, 0, &[0.0; 3]).scale.abs() < f32::MIN_POSITIVE);
    let mut found = ByteScores::default();
    layout.score(&block, &[ByteQuery::new(&[1.0, 2.0, 3.0])], &mut found);
    assert!(found.scores[0].abs() < f32::MIN_POSITIVE);
    assert_eq!(found.marks, [1]);
}
