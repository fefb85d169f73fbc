//! Products of rows of 16-bit floating point numbers, widened on the way.
//!
//! One piece of safe code, compiled for what the machine has; products and sums are rounded one by
//! one in a fixed order, so every machine gives the same bits.

/// Rows of a block.
pub(crate) const ROWS: usize = 16;

/// Writes the product of each row of `blocks` with `vector`: in each block the first numbers of its
/// rows, then the second ones.
pub(crate) fn dots(blocks: &[u16], vector: &[f32], products: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx512f") {
            #[target_feature(enable = "avx512f")]
            fn wide(blocks: &[u16], vector: &[f32], products: &mut [f32]) {
                plain(blocks, vector, products);
            }
            // SAFETY: the machine was asked for what the function is compiled for.
            #[expect(unsafe_code, reason = "instructions beyond the baseline")]
            unsafe {
                wide(blocks, vector, products);
            }
            return;
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            #[target_feature(enable = "avx2")]
            fn narrow(blocks: &[u16], vector: &[f32], products: &mut [f32]) {
                plain(blocks, vector, products);
            }
            // SAFETY: the machine was asked for what the function is compiled for.
            #[expect(unsafe_code, reason = "instructions beyond the baseline")]
            unsafe {
                narrow(blocks, vector, products);
            }
            return;
        }
    }
    plain(blocks, vector, products);
}

/// The same with what every machine has.
#[inline(always)]
pub(crate) fn plain(blocks: &[u16], vector: &[f32], products: &mut [f32]) {
    let (products, _) = products.as_chunks_mut::<ROWS>();
    for (block, products) in blocks.chunks_exact(ROWS * vector.len()).zip(products) {
        // Dimensions take turns, so that an addition does not wait for the one before.
        let mut sums = [[0.0; ROWS]; 2];
        let (columns, _) = block.as_chunks::<ROWS>();
        let (pairs, last) = columns.as_chunks::<2>();
        let (numbers, last_number) = vector.as_chunks::<2>();
        for (pair, numbers) in pairs.iter().zip(numbers) {
            for turn in 0..2 {
                add(&mut sums[turn], &pair[turn], numbers[turn]);
            }
        }
        for (column, &number) in last.iter().zip(last_number) {
            add(&mut sums[0], column, number);
        }
        *products = std::array::from_fn(|row| sums[0][row] + sums[1][row]);
    }
}

#[inline(always)]
fn add(sums: &mut [f32; ROWS], column: &[u16; ROWS], number: f32) {
    for row in 0..ROWS {
        sums[row] += f32::from_bits(u32::from(column[row]) << 16) * number;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_products_are_the_definition() {
        // Row 2 is 1.0, -2.0 and 0.5, whose lower halves are zero.
        let mut block = [0; 3 * ROWS];
        for (column, half) in [0x3f80, 0xc000, 0x3f00].into_iter().enumerate() {
            block[column * ROWS + 2] = half;
        }
        let mut products = [0.0_f32; ROWS];
        plain(&block, &[3.0, 5.0, 8.0], &mut products);
        let mut wanted = [0.0_f32; ROWS];
        wanted[2] = -3.0;
        assert_eq!(products.map(f32::to_bits), wanted.map(f32::to_bits));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn every_instruction_set_gives_the_same_bits(d in 1_usize..200, n in 0_usize..4, seed in 0_u64..1000) {
            let mut numbers = vec![0.0; (n * ROWS + 1) * d];
            crate::fill_normal(&mut crate::rng(seed, 0), 1.0, &mut numbers);
            let halves: Vec<u16> = numbers[d..]
                .iter()
                .map(|number| (number.to_bits() >> 16) as u16)
                .collect();
            let (mut found, mut wanted) = (vec![0.0; n * ROWS], vec![0.0; n * ROWS]);
            dots(&halves, &numbers[..d], &mut found);
            plain(&halves, &numbers[..d], &mut wanted);
            prop_assert_eq!(found, wanted);
        }
    }
}
