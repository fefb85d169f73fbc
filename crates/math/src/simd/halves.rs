//! Products of rows of 16-bit floating point numbers, widened on the way.
//!
//! One piece of safe code, compiled for what the machine has; products and sums are rounded one by
//! one in a fixed order, so every machine gives the same bits.

/// Sums that are kept apart.
const LANES: usize = 64;

/// Writes the product of each row of `rows`, `vector.len()` numbers each, with `vector`.
pub(crate) fn dots(rows: &[u16], vector: &[f32], products: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx512f") {
            #[target_feature(enable = "avx512f,avx512bw,avx2")]
            fn wide(rows: &[u16], vector: &[f32], products: &mut [f32]) {
                plain(rows, vector, products);
            }
            if std::arch::is_x86_feature_detected!("avx512bw") {
                // SAFETY: the machine was asked for what the function is compiled for.
                #[expect(unsafe_code, reason = "instructions beyond the baseline")]
                unsafe {
                    wide(rows, vector, products);
                }
                return;
            }
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            #[target_feature(enable = "avx2")]
            fn narrow(rows: &[u16], vector: &[f32], products: &mut [f32]) {
                plain(rows, vector, products);
            }
            // SAFETY: the machine was asked for what the function is compiled for.
            #[expect(unsafe_code, reason = "instructions beyond the baseline")]
            unsafe {
                narrow(rows, vector, products);
            }
            return;
        }
    }
    plain(rows, vector, products);
}

/// The same with what every machine has.
#[inline(always)]
pub(crate) fn plain(rows: &[u16], vector: &[f32], products: &mut [f32]) {
    for (row, product) in rows.chunks_exact(vector.len()).zip(products) {
        let mut sums = [0.0; LANES];
        let (parts, rest) = row.as_chunks::<LANES>();
        let (vector_parts, vector_rest) = vector.as_chunks::<LANES>();
        for (part, vector) in parts.iter().zip(vector_parts) {
            for lane in 0..LANES {
                sums[lane] += widened(part[lane]) * vector[lane];
            }
        }
        for ((sum, &half), &number) in sums.iter_mut().zip(rest).zip(vector_rest) {
            *sum += widened(half) * number;
        }
        let mut width = LANES / 2;
        while width > 0 {
            for lane in 0..width {
                sums[lane] += sums[lane + width];
            }
            width /= 2;
        }
        *product = sums[0];
    }
}

#[inline(always)]
fn widened(half: u16) -> f32 {
    f32::from_bits(u32::from(half) << 16)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_products_are_the_definition() {
        // 1.0, -2.0 and 0.5, whose lower halves are zero.
        let rows = [0x3f80, 0xc000, 0x3f00];
        let mut products = [0.0];
        plain(&rows, &[3.0, 5.0, 8.0], &mut products);
        assert_eq!(products, [-3.0]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn every_instruction_set_gives_the_same_bits(d in 1_usize..200, n in 0_usize..9, seed in 0_u64..1000) {
            let mut numbers = vec![0.0; (n + 1) * d];
            crate::fill_normal(&mut crate::rng(seed, 0), 1.0, &mut numbers);
            let halves: Vec<u16> = numbers[d..]
                .iter()
                .map(|number| (number.to_bits() >> 16) as u16)
                .collect();
            let (mut found, mut wanted) = (vec![0.0; n], vec![0.0; n]);
            dots(&halves, &numbers[..d], &mut found);
            plain(&halves, &numbers[..d], &mut wanted);
            prop_assert_eq!(found, wanted);
        }
    }
}
