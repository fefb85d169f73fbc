use proptest::prelude::*;

use super::*;

/// Bytes without a pattern.
fn bytes(n: usize, seed: u64) -> Vec<u8> {
    let mut rng = crate::rng(seed, 3);
    (0..n).map(|_| rng.next_u32().to_le_bytes()[0]).collect()
}

#[test]
fn plain_scores_are_the_definition() {
    let mut data = vec![128; 2 * GROUP_BYTES];
    // Row 3 has the codes 1, 2, 3, 4 above the middle.
    data[12..16].copy_from_slice(&[129, 130, 131, 132]);
    data[GROUP_BYTES..].copy_from_slice(&0.5_f32.to_le_bytes().repeat(ROWS));
    let blocks = Blocks {
        data: &data,
        n_groups: 1,
        n_columns: 1,
    };
    let query = Query {
        codes: &[i32::from_le_bytes([10, 0, 246, 1])],
        start: -128,
        factors: [2.0, 0.0, 0.0],
        threshold: -16.0,
    };
    let (mut scores, mut marks) = ([0.0_f32; ROWS], [0]);
    let found = Scores {
        scores: &mut scores,
        marks: &mut marks,
    };
    score(ByteLevel(Kind::Portable), blocks, &[query], found);
    let mut wanted = [0.0_f32; ROWS];
    wanted[3] = -16.0;
    assert_eq!(scores.map(f32::to_bits), wanted.map(f32::to_bits));
    assert_eq!(marks, [u16::MAX]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_instruction_set_gives_the_same_bits(
        n_groups in 1_usize..40,
        n_columns in 1_usize..=3,
        n_blocks in 0_usize..9,
        n_queries in 0_usize..7,
        seed in 0_u64..1000,
    ) {
        let mut data = bytes(n_blocks * (n_groups + n_columns) * GROUP_BYTES, seed);
        for block in data.chunks_mut((n_groups + n_columns) * GROUP_BYTES) {
            for (row, number) in block[n_groups * GROUP_BYTES..].chunks_mut(4).enumerate() {
                let value = if row == 5 { f32::NAN } else { f32::from(number[0]) / 100.0 - 0.7 };
                number.copy_from_slice(&value.to_le_bytes());
            }
        }
        let blocks = Blocks { data: &data, n_groups, n_columns };
        let codes: Vec<i32> = bytes(n_queries * n_groups * 4, seed + 1)
            .chunks(4)
            .map(|four| i32::from_le_bytes(four.try_into().unwrap()))
            .collect();
        let queries: Vec<Query<'_>> = codes
            .chunks(n_groups)
            .zip(1_u8..)
            .map(|(codes, n)| Query {
                codes,
                start: -1000 * i32::from(n),
                factors: [0.01 * f32::from(n), 1.5, -0.3],
                threshold: 3.0,
            })
            .collect();
        let run = |level| {
            let mut scores = vec![0.0; n_queries * n_blocks * ROWS];
            let mut marks = vec![0; n_queries * n_blocks];
            score(level, blocks, &queries, Scores { scores: &mut scores, marks: &mut marks });
            let bits: Vec<u32> = scores.into_iter().map(f32::to_bits).collect();
            (bits, marks)
        };
        let mut all = ByteLevel::all().into_iter().map(run);
        let wanted = all.next().unwrap();
        for found in all {
            for (found, wanted) in found.0.iter().zip(&wanted.0) {
                let both_nan = f32::from_bits(*found).is_nan() && f32::from_bits(*wanted).is_nan();
                prop_assert!(both_nan || found == wanted);
            }
            prop_assert_eq!(&found.1, &wanted.1);
        }
    }
}
